import base64
import logging
from decimal import Decimal

from reportlab.graphics.barcode import createBarcodeDrawing

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.receivables_base.formats.references import printed
from odoo.addons.receivables_base.tools import NO_RECORDS_FAULT, log_fault, remote_call

from ..formats.bank_barcode import bank_barcode
from .account_move import METHOD, UNDER_WAY

_logger = logging.getLogger(__name__)

# Invoices without paper that are sent in one transaction.
BATCH = 200


class AccountMove(models.Model):
    """Invoices that are printed when somebody asks for it: a netbank shows its own."""

    _inherit = "account.move"

    def _einvoice_is_unprinted(self):
        """Whether the bank has the invoice, and nobody has asked for paper yet."""
        self.ensure_one()
        return (
            self.state == "posted"
            and not self.invoice_pdf_report_id
            and self._einvoice_is_at_bank(UNDER_WAY)
        )

    def _einvoice_print(self):
        """Print and keep invoices, as they would have been printed when they were
        sent."""
        send = self.env["account.move.send"].sudo()
        for move in self.sudo():
            report = send._get_default_pdf_report_id(move)
            data = {move: {"pdf_report": report, "sending_methods": []}}
            is_move_sent = move.is_move_sent
            send._prepare_invoice_pdf_report(data)
            send._link_invoice_documents(data)
            move.is_move_sent = is_move_sent

    def _get_invoice_legal_documents(self, filetype, allow_fallback=False):
        # EXTENDS 'account'
        if filetype == "pdf" and allow_fallback and self._einvoice_is_unprinted():
            self._einvoice_print()
        return super()._get_invoice_legal_documents(
            filetype, allow_fallback=allow_fallback
        )

    def _get_invoice_legal_documents_all(self, allow_fallback=False):
        # EXTENDS 'account'
        if allow_fallback and self._einvoice_is_unprinted():
            self._einvoice_print()
        return super()._get_invoice_legal_documents_all(allow_fallback=allow_fallback)

    @api.depends("einvoice_document_ids.state")
    def _compute_highlight_send_button(self):
        # EXTENDS 'account', for which what has no PDF was not sent
        result = super()._compute_highlight_send_button()
        for move in self.sudo():
            if move.highlight_send_button and move._einvoice_is_at_bank(UNDER_WAY):
                move.highlight_send_button = False
        return result

    @remote_call()
    def fetch_invoice_pdf(self):
        """Give the PDFs of posted customer invoices and credit notes, and print those
        that have none yet.

        An invoice to a netbank alone is printed when somebody asks for it. What was
        printed is kept, and is the same the next time.

        :return: one dict an invoice: ``{move_id, filename, content}``; ``content`` is
            base64
        :rtype: list[dict]
        """
        self.check_access("read")
        for move in self:
            if move.state != "posted" or not move.is_sale_document():
                raise UserError(
                    self.env._(
                        "%s is no posted customer invoice.", move.display_name or ""
                    )
                )
        self.filtered(lambda m: not m.invoice_pdf_report_id)._einvoice_print()
        told = []
        for move in self:
            document = move._get_invoice_legal_documents("pdf", allow_fallback=True)
            told.append(
                {
                    "move_id": move.id,
                    "filename": document["filename"],
                    "content": base64.b64encode(document["content"]).decode(),
                }
            )
        return told

    def _get_bank_barcode(self):
        """Return the digits of the Finnish bank bar code for the paper of an invoice;
        empty where it has none."""
        self.ensure_one()
        to_pay = self.move_type == "out_invoice" and self.state == "posted"
        if not to_pay or self.currency_id.name != "EUR" or self.amount_residual <= 0:
            return ""
        return bank_barcode(
            self.partner_bank_id.sanitized_acc_number or "",
            Decimal(f"{self.amount_residual:.2f}"),
            self.payment_reference or "",
            self.invoice_date_due or None,
        )

    def _get_printed_reference(self):
        """Return the payment reference as Finnish paper has it, for a Finnish account;
        else as it is."""
        self.ensure_one()
        account = self.partner_bank_id.sanitized_acc_number or ""
        reference = self.payment_reference or ""
        return printed(reference) if account.startswith("FI") else reference

    def _draw_bank_barcode(self, digits):
        """Return the address of an image with the bars of Code 128."""
        drawing = createBarcodeDrawing("Code128", value=digits, format="svg")
        picture = base64.b64encode(drawing.asString("svg").encode()).decode()
        return f"data:image/svg+xml;base64,{picture}"

    # === MANY AT ONCE === #

    @api.model
    def _cron_account_move_send(self, job_count=10):
        # EXTENDS 'account': what goes to netbanks alone is not printed, and need not go
        # by tens
        try:
            if self._einvoice_send_batch():
                return None
        except NO_RECORDS_FAULT:
            raise
        except Exception as fault:
            log_fault(_logger, fault, "A batch for netbanks failed: it is sent by tens")
            self.env.cr.rollback()
        return super()._cron_account_move_send(job_count=job_count)

    @api.model
    def _einvoice_send_batch(self):
        """Send the next invoices that go to netbanks alone.

        :return: whether there were any
        """
        waiting = Domain("sending_data", "!=", False) & Domain("state", "=", "posted")
        # Who has an agreement is not for everybody to read.
        moves = self.sudo().search(
            waiting
            & Domain(
                "commercial_partner_id.einvoice_agreement_ids.state", "=", "active"
            ),
            order="date, invoice_date, sequence_number, id",
            limit=BATCH,
        )
        moves = moves.with_env(self.env)
        send = self.env["account.move.send"]
        alone = moves.filtered(
            lambda m: (
                send._get_default_sending_methods(m) == {METHOD}
                and m.sudo().einvoice_agreement_id.channel_id._prints_nothing()
            )
        )
        alone = alone.try_lock_for_update().filtered_domain(waiting)
        if not alone:
            return False
        # Sending changes no rows; core would look at them with each that it ticks off.
        unchanged = alone.with_context(
            skip_invoice_sync=True, check_move_validity=False
        )
        # Nobody writes an e-mail; without a template core looks for one for each.
        template = self.env.ref("einvoice_consumer.mail_template_invoice_at_bank")
        send._generate_and_send_invoices(
            unchanged, from_cron=True, mail_template=template
        )
        self.env["ir.cron"]._commit_progress(
            len(alone), remaining=self.search_count(waiting)
        )
        return True


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        # EXTENDS 'account', which calls what was not printed yet a proforma invoice
        data = super()._get_rendering_context(report, docids, data)
        if data.get("proforma") and report.model == "account.move":
            moves = self.env["account.move"].browse(docids).sudo()
            if all(move._einvoice_is_unprinted() for move in moves):
                data["proforma"] = False
        return data
