from odoo import models
from odoo.tools import LazyTranslate

from .account_move import POST, UNDER_WAY

_lt = LazyTranslate(__name__)

NO_EMAIL = _lt(
    "The customer has no e-mail address, or gets invoices by post: print the invoice "
    "and post it."
)
EMAIL_FAILED = _lt(
    "The e-mail did not reach the customer: print the invoice and post it."
)
EMAIL = "einvoice_consumer.mail_activity_type_email"
EMAIL_UNSENT = _lt(
    "The e-mail was not sent: the outgoing mail server did not take it, and the "
    "customer has got nothing. Send it again when the server works."
)


class AccountMove(models.Model):
    """The end of the cascade from netbank over e-mail: invoices to be posted, a queue
    that people work through."""

    _inherit = "account.move"

    def _einvoice_ask_to_post(self, sentence=NO_EMAIL):
        """Have invoices printed and posted: a program cannot."""
        self._remind(POST, sentence)

    def _einvoice_on_undelivered_email(self):
        """Have what neither the netbank shows nor an e-mail brought posted."""
        for move in self._einvoice_depending_on_email():
            move._message_log(body=move.env._(EMAIL_FAILED))
            move._einvoice_ask_to_post(EMAIL_FAILED)

    def _einvoice_on_unsent_email(self):
        """Have what our own server did not take sent again: the customer's address is
        not to blame."""
        self._einvoice_depending_on_email()._remind(EMAIL, EMAIL_UNSENT)

    def _einvoice_depending_on_email(self):
        """Return what is to be paid and only an e-mail brings: of a direct payment the
        netbank shows nothing, its bank has a copy."""
        return self.filtered(
            lambda m: (
                m.move_type == "out_invoice"
                and m.payment_state in ("not_paid", "partial")
                and m._einvoice_was_tried()
                and not m._get_einvoices().filtered(
                    lambda d: d.type == "invoice" and d.state in UNDER_WAY
                )
            )
        )

    def _message_receive_bounce(self, email, partner):
        # EXTENDS 'mail'
        result = super()._message_receive_bounce(email, partner)
        for move in self:
            if partner == move.partner_id or email == move.partner_id.email_normalized:
                move._einvoice_on_undelivered_email()
        return result

    def action_einvoice_posted(self):
        """Note that invoices were put in the post."""
        self.check_access("write")
        asked = self._get_activities(self.env.ref(POST))
        moves = self.browse(asked.mapped("res_id"))
        moves.is_move_sent = True
        moves._einvoice_on_sent_otherwise()
        asked.action_feedback(self.env._("Printed and posted."))
        return True
