from decimal import Decimal

from odoo import api, models
from odoo.tools import html2plaintext

from ...formats.letter import compose_letter


class AccountMove(models.Model):
    """What the agency gets of an invoice."""

    _inherit = "account.move"

    def _get_collection_delivery(self):
        """Return how the customer got the invoice: ``einvoice``, ``email``, ``post``,
        ``portal`` or ``unknown`` (docs/agency_api.md, cases)."""
        self.ensure_one()
        if not self.is_move_sent:
            return "unknown"
        if "peppol_move_state" in self._fields and self.peppol_move_state in (
            "processing",
            "done",
        ):
            return "einvoice"
        method = self.partner_id.with_company(self.company_id).invoice_sending_method
        return {"snailmail": "post", "email": "email"}.get(method, "unknown")

    @api.model
    def _get_collection_withheld(self, domain):
        """Return what other addons know against collecting invoices.

        :param domain: which invoices are looked at
        :return: ``{move id: (code, earliest day or None)}``; the code has its sentence
            in ``SENTENCES``
        """
        return {}

    def _get_collection_letter(self, agency):
        """Return the description on the agency's letter: all of it, and as much as
        the letter shows. Empty when the company chose not to describe.

        :return: ``(full, shown)``
        """
        self.ensure_one()
        if not agency.letter_include_lines:
            return "", ""
        products = []
        for line in self.invoice_line_ids:
            if line.display_type == "product":
                first, _newline, rest = (line.name or "").partition("\n")
                name = line.product_id.name or first
                comment = rest if name == first else (line.name or "")
                products.append([name, comment])
            elif line.display_type == "line_note" and products:
                products[-1][1] = "\n".join(filter(None, (products[-1][1], line.name)))
        return compose_letter(
            html2plaintext(self.narration or ""),
            [(name, comment) for name, comment in products],
        )

    def _get_collection_pdf(self):
        """Return the invoice as PDF: the one that was sent, else one made now."""
        self.ensure_one()
        if self.invoice_pdf_report_id:
            return self.invoice_pdf_report_id
        content, _kind = self.env["ir.actions.report"]._render_qweb_pdf(
            "account.account_invoices", self.ids
        )
        return self.env["ir.attachment"].create(
            {
                "name": self._get_invoice_report_filename(),
                "raw": content,
                "mimetype": "application/pdf",
                "res_model": "collection.case",
                "res_id": self.collection_case_id.id,
            }
        )

    def _get_collection_attachments(self):
        """Return what people have attached to the invoice, without its own PDF."""
        self.ensure_one()
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("res_field", "=", False),
                ("id", "!=", self.invoice_pdf_report_id.id),
                ("type", "=", "binary"),
            ],
            order="id",
        )

    def _collection_decimal(self, amount):
        """Return an amount of this invoice as it is written: with its currency's
        decimals."""
        self.ensure_one()
        currency = self.currency_id
        return Decimal(f"{currency.round(amount):.{currency.decimal_places}f}")
