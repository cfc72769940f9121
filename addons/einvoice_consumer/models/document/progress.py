from odoo import fields, models
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

PROGRESS = [
    ("received", "At the operator"),
    ("awaiting_approval", "Awaiting approval"),
    ("opened", "Opened"),
    ("approved", "Approved"),
    ("deleted", "Deleted by the customer"),
]
TOLD = {
    "received": _lt("It is at the operator."),
    "awaiting_approval": _lt("It is in the netbank and awaits approval."),
    "opened": _lt("The customer has opened it."),
    "approved": _lt("The customer has approved the payment."),
    "deleted": _lt("The customer has deleted it in the netbank."),
}
SEEN = ("awaiting_approval", "opened", "approved")
OLDER = _lt("Older than what is known: nothing changes.")
CANCELLED = _lt("The operator has taken it back from the netbank.")


class EinvoiceDocument(models.Model):
    """How far an invoice has come at an operator that tells of it."""

    _inherit = "einvoice.document"

    progress = fields.Selection(
        PROGRESS,
        "At the customer",
        readonly=True,
        help="How far it has come, as the operator told it last.",
    )
    progress_at = fields.Datetime("At the customer since", readonly=True)

    def _process_invoice_status(self):
        self.ensure_one()
        event = self.channel_id._get_rail().read_event(self._get_bytes())
        original = self.search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("direction", "=", "out"),
                ("message_id", "=", event.message_id),
            ],
            limit=1,
        )
        if not original:
            self._set_parked(
                _lt(
                    "The operator tells of a message that was not sent from here: %s.",
                    event.message_id,
                )
            )
            return
        sentence = original._take_progress(event)
        self._set_state(
            "processed",
            original_id=original.id,
            move_id=original.move_id.id,
            partner_id=original.partner_id.id,
            agreement_id=original.agreement_id.id,
            reason=Sentence.store(sentence),
        )

    def _take_progress(self, event):
        """Take over how far the operator is with an invoice, or with cancelling it.

        :param event: see ``formats.efaktura.InvoiceStatus``
        :return: a sentence about what happened
        """
        self.ensure_one()
        at = event.at.replace(tzinfo=None, microsecond=0)
        if self.progress_at and at < self.progress_at:
            return OLDER
        if self.state == "to_send":
            self._set_sent()  # who tells of it has it
        if event.state == "cancelled":
            return self._take_cancelled()
        if event.state == "refused":
            self._set_rejected(event.code or "refused", event.text)
            return event.text or _lt("The operator refused it.")
        if self.type == "invoice":
            self.write(
                {
                    "progress": event.state,
                    "progress_at": at,
                    "reason": Sentence.store(TOLD[event.state]),
                }
            )
        if event.state == "deleted":
            self._set_rejected("deleted", event.text)
        elif event.state in SEEN:
            self._set_state("delivered")._settle_refused()
        return TOLD[event.state]

    def _take_cancelled(self):
        """The operator has taken an invoice back: what asked for that has done so."""
        asked = self.filtered(lambda d: d.type == "cancellation")
        invoice = asked.original_id or self
        asked |= self.search(
            [
                ("original_id", "in", invoice.ids),
                ("type", "=", "cancellation"),
                ("state", "=", "sent"),
            ]
        )
        asked._set_state("delivered")
        invoice._set_state("cancelled", reason=Sentence.store(CANCELLED))
        return CANCELLED
