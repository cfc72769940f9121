from odoo import models
from odoo.exceptions import UserError

from ...formats import kid


class AccountMove(models.Model):
    """KIDs of invoices, by core's seam for payment references."""

    _inherit = "account.move"

    def _get_invoice_reference_own_kid_invoice(self):
        """Return the KID of the journal's layout."""
        self.ensure_one()
        layout = self.journal_id.sudo().kid_layout_id
        reference = layout._make(self.commercial_partner_id, self.name)
        # by hand, or of another journal whose numbers have the same digits
        taken = self.sudo().search(
            [
                ("payment_reference", "=", reference),
                ("company_id", "=", self.company_id.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if taken and layout._get_layout().find(kid.INVOICE):
            raise UserError(
                self.env._(
                    "%(invoice)s would get the KID %(kid)s of %(other)s: give each "
                    "journal a layout with digits of its own.",
                    invoice=self.name,
                    kid=reference,
                    other=taken.name,
                )
            )
        return reference

    def _get_invoice_reference_own_kid_partner(self):
        """Return the KID of the journal's layout, which itself says what it tells."""
        return self._get_invoice_reference_own_kid_invoice()

    def _has_valid_kid(self):
        """Whether the payment reference is a KID of the journal's kind."""
        self.ensure_one()
        found = self.journal_id._get_kid_layout()
        reference = "".join((self.payment_reference or "").split())
        return kid.is_valid(reference, found[0].method if found else kid.MOD10)
