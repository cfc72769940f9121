from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ..account_move import REFUSED, UNDER_WAY, handled_by

_lt = LazyTranslate(__name__)

FELL_BACK = _lt("The bank refused it: it goes to the customer by e-mail or post.")
NOT_HANDED_OVER = _lt(
    "It could not be handed over: it goes to the customer by e-mail or post."
)
TEST_OVER = _lt("It belongs to a test that is over.")
LEFT_AFTER_ALL = _lt(
    "The message was carried to the bank although it had been cancelled here: the "
    "consumer may be asked for this money. Ask the bank to remove it, or make a credit "
    "note."
)
ORDER_ENDED = _lt(
    "The consumer's order ended while the invoice was on its way to the bank, which "
    "may have it or refuse it. If nothing is heard, ask the customer, and send it "
    "another way where it did not arrive."
)


class EinvoiceDocument(models.Model):
    """What becomes of a message: it leaves or is taken back, arrives or is refused."""

    _inherit = "einvoice.document"

    # === BEFORE THE BANK HAS IT === #

    def _may_have_left(self):
        """Return what waits and was handed out: the bank may have it already."""
        return self.filtered(
            lambda d: (
                d.state == "to_send" and d.handed_out_at and d.environment == "prod"
            )
        )

    def _take_back(self, sentence):
        """Cancel what has not left; what may have, stays.

        :return: what was cancelled
        """
        here = (self - self._may_have_left()).filtered(
            lambda d: d.direction == "out" and d.state in ("to_send", "error")
        )
        return here._set_state(
            "cancelled", reason=Sentence.store(sentence), next_attempt=False
        )

    def _set_handed_out(self):
        """Note that somebody has the message who may carry it to the bank."""
        self.filtered(
            lambda d: d.state == "to_send" and not d.handed_out_at
        ).handed_out_at = fields.Datetime.now()

    def action_take_back(self):
        """Cancel a message that was handed out: somebody knows that it never left."""
        self.channel_id._check_user()
        documents = self.sudo().filtered(lambda d: d.state == "to_send")
        now = fields.Datetime.now()
        if documents.filtered(lambda d: d.leased_until and d.leased_until > now):
            raise UserError(
                self.env._("It is being handed over in this moment: look again later.")
            )
        documents.handed_out_at = False
        documents._take_back(
            _lt("Taken back by %s: it had not left.", self.env.user.name)
        )._unmark_sent()
        return True

    def _set_aside(self):
        """Leave messages of a test behind: nothing of them is sent, nothing counts."""
        self._take_back(TEST_OVER)
        parked = self.filtered(lambda d: d.direction == "in" and d.state == "error")
        parked._set_state("handled", reason=Sentence.store(TEST_OVER))
        parked._settle("einvoice_consumer.mail_activity_type_parked")
        self.write({"is_latest": False})
        self._settle_refused()

    # === THE BANK HAS IT === #

    def _set_sent(self):
        """Mark as handed over, and start the wait for complaints."""
        now = fields.Datetime.now()
        for channel, documents in self.grouped("channel_id").items():
            today = channel._get_today()
            sent = documents._set_state(
                "sent",
                sent_at=now,
                deadline=not channel.confirms_delivery
                and today + timedelta(days=channel.silence_days),
                reason=False,
                next_attempt=False,
            )
            in_force = sent.filtered(lambda d: d.agreement_id.state != "ended")
            in_force._settle_refused()
        gone = self.filtered(
            lambda d: d.state in ("cancelled", "handled") and not d.sent_at
        )
        gone.sent_at = now
        gone.move_id._einvoice_warn([LEFT_AFTER_ALL])
        return True

    def _presume_delivered(self):
        self._set_state("presumed_delivered")._settle_refused()

    # === IT DID NOT ARRIVE === #

    def _set_rejected(self, code, text):
        """The other party refused the message."""
        for document in self:
            reason = self.env["einvoice.reason"]._from_code(
                document.channel_id.rail, code
            )
            if not document._set_state(
                "rejected",
                reason_code=code,
                reason_id=reason.id,
                reason=Sentence.store(text),
            ):
                continue
            # not of a test beside the real one, nor replaced
            if document in document.move_id._get_einvoices():
                document._on_rejected(reason)

    def _on_rejected(self, reason):
        """Find another way for an invoice that was refused, or ask a person."""
        self.ensure_one()
        self._unmark_sent()
        if reason.effect == "reroute" and self._redirect():
            return
        if not self._fall_back(FELL_BACK):
            self.move_id._einvoice_warn(document=self)

    def _give_up(self, sentence, fault=None):
        for document in self._set_state("error", reason=Sentence.store(sentence)):
            document._unmark_sent()
            # of what was tried in vain nobody knows whether it arrived
            refused = getattr(fault, "kind", "retry") != "retry"
            if not (refused and document._fall_back(NOT_HANDED_OVER)):
                document.move_id._einvoice_warn(document=document)

    def _fall_back(self, sentence):
        """Send what a bank refused the customer's other way, where the channel says so.

        :return: False when a person must decide
        """
        self.ensure_one()
        move = self.move_id
        if (
            self.channel_id.after_refusal != "otherwise"
            or self.environment != "prod"
            or move.move_type != "out_invoice"
            or move.payment_state not in ("not_paid", "partial")
            or move._einvoice_is_at_bank(UNDER_WAY)  # other parts of it
        ):
            return False
        reader = move._get_responsible()
        move._message_log(body=self._in_language_of(reader).summary)
        self._set_over(sentence)
        move._einvoice_send_otherwise()
        return True

    def _unmark_sent(self):
        """Nobody has got what a bank did not take; of a direct payment the consumer has
        the invoice itself, and a test marks nothing as sent."""
        missing = (self & self.move_id._get_einvoices()).filtered(
            lambda d: d.environment == "prod" and d.type == "invoice"
        )
        missing.move_id.is_move_sent = False

    # === IT NEEDS NOBODY ANY MORE === #

    def action_handled(self):
        # EXTENDS 'receivables_base': what did not arrive at the bank, too
        result = super().action_handled()
        self.sudo()._set_over(handled_by(self.env.user))
        return result

    def _set_over(self, sentence):
        """What did not arrive needs nobody any more: say why, and close what people
        were asked to do."""
        over = self.filtered(
            lambda d: (
                d.direction == "out" and d.state in ("rejected", "error", "cancelled")
            )
        )
        over._set_state("handled", reason=Sentence.store(sentence), next_attempt=False)
        over._settle_refused()

    def _settle_refused(self):
        """Close what people were asked to do about invoices, where no other message
        about them needs somebody."""
        moves = self.move_id
        waiting = moves._get_einvoices().filtered(
            lambda d: d.state in ("rejected", "error")
        )
        (moves - waiting.move_id)._settle(REFUSED)
