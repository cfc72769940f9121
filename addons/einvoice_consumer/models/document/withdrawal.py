from odoo import models
from odoo.tools import LazyTranslate, format_date

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

CANCELLED_AT_BANK = _lt("Cancelled at the bank, as far as it has not said otherwise.")
NOT_CANCELLED = _lt("The bank did not cancel it.")


class EinvoiceDocument(models.Model):
    """A message that asks the bank to cancel another one, its ``original_id``."""

    _inherit = "einvoice.document"

    def _cancels_own(self):
        """Whether it asks for the cancellation of its own invoice, which was paid
        another way, and not of that of a credit note."""
        return self.type == "cancellation" and self.move_id.move_type == "out_invoice"

    def _get_last_cancel_day(self):
        """Return until when the bank cancels what it has."""
        self.ensure_one()
        return self.channel_id._get_rail().get_last_cancel_day(self.channel_id, self)

    def _presume_delivered(self):
        result = super()._presume_delivered()
        done = self.filtered(
            lambda d: d.type == "cancellation" and d.state == "presumed_delivered"
        )
        done.original_id._set_state(
            "cancelled", reason=Sentence.store(CANCELLED_AT_BANK)
        )
        return result

    def _on_rejected(self, reason):
        if self.type != "cancellation":
            return super()._on_rejected(reason)
        original = self.original_id
        original.reason = Sentence.store(NOT_CANCELLED)
        original.filtered(lambda d: d.state == "cancelled")._set_state(
            "presumed_delivered"
        )
        sentence = _lt(
            "The bank did not cancel %(invoice)s, which falls due on %(day)s. Ask the "
            "bank to stop the payment, or pay it back after it has come.",
            invoice=original.move_id.name,
            day=format_date(self.env, self.due_date),
        )
        return self.move_id._einvoice_warn([sentence], document=self)
