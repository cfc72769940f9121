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


class AccountMove(models.Model):
    """The end of the cascade from netbank over e-mail: invoices to be posted, a queue
    that people work through."""

    _inherit = "account.move"

    def _einvoice_ask_to_post(self, sentence=NO_EMAIL):
        """Have invoices printed and posted: a program cannot."""
        self._remind(POST, sentence)

    def _einvoice_on_undelivered_email(self):
        """Have what neither the netbank shows nor an e-mail brought posted; of a direct
        payment the netbank shows nothing, its bank has a copy."""
        for move in self.filtered(lambda m: m.move_type == "out_invoice"):
            documents = move._get_einvoices()
            shown = documents.filtered(
                lambda d: d.type == "invoice" and d.state in UNDER_WAY
            )
            if (
                documents
                and not shown
                and move.payment_state in ("not_paid", "partial")
            ):
                move._message_log(body=move.env._(EMAIL_FAILED))
                move._einvoice_ask_to_post(EMAIL_FAILED)

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
