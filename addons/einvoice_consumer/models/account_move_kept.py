from odoo import models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from .account_move import IN_NETBANK, UNDER_WAY

_lt = LazyTranslate(__name__)

# What a consumer's bank pays by.
KEPT = {"invoice_date_due", "partner_bank_id", "payment_reference"}
# What tells how an invoice was sent, and the context in which core does not compare the
# rows of each with its totals because of that.
SENDING = {"einvoice_way", "is_move_sent", "sending_data"}
NO_ROWS = {"skip_invoice_sync": True, "check_move_validity": False}
PART_PAID = _lt("A part of it was paid: it is sent anew, with what is still open.")
RESET = _lt("The invoice was reset to draft.")
SENT_OTHERWISE = _lt("The invoice was sent another way.")
SETTLED = _lt("The invoice has been paid or credited.")


class AccountMove(models.Model):
    """What the consumer's bank has stays as it is; what the bank was to have follows
    the invoice."""

    _inherit = "account.move"

    def _compute_show_reset_to_draft_button(self):
        # EXTENDS 'account'
        result = super()._compute_show_reset_to_draft_button()
        for move in self.sudo():
            if move._einvoice_is_at_bank(IN_NETBANK):
                move.show_reset_to_draft_button = False
        return result

    def _check_draftable(self):
        # EXTENDS 'account'
        result = super()._check_draftable()
        for move in self.sudo():
            if move._einvoice_is_at_bank(IN_NETBANK):
                raise UserError(
                    self.env._(
                        "The consumer has %s in the netbank: make a credit note "
                        "instead of changing it.",
                        move.name,
                    )
                )
        einvoices = self._get_einvoices()
        for document in einvoices._may_have_left():
            raise UserError(
                self.env._(
                    "%s is on its way to the bank, which may have it already. Wait "
                    "until it is sent, and make a credit note then. If you know that "
                    "it never left, press “Take back” on the message.",
                    document.move_id.name,
                )
            )
        einvoices._take_back(RESET)
        return result

    def _einvoice_on_settled(self):
        """What was paid or credited in full is not asked for any more; whether the bank
        has cancelled it, is another matter."""
        einvoices = self._get_einvoices().filtered(lambda d: d.type != "cancellation")
        einvoices._set_over(SETTLED)
        asking = einvoices.filtered(lambda d: d.move_id.move_type == "out_invoice")
        asking._take_back(SETTLED)._unmark_sent()
        asking.move_id._einvoice_ask_to_cancel()

    def _einvoice_on_sent_otherwise(self):
        """What did not arrive at the bank reached the customer another way."""
        self._get_einvoices().filtered(lambda d: d.type != "cancellation")._set_over(
            SENT_OTHERWISE
        )

    def _einvoice_on_part_paid(self):
        """What waits is made anew, so that no more is asked for than is open."""
        waiting = self._get_einvoices().filtered(
            lambda d: (
                d.state == "to_send"
                and d.move_id.move_type == "out_invoice"
                and d.type != "cancellation"
            )
        )
        stale = waiting._take_back(PART_PAID)
        stale.move_id._einvoice_queue()

    def write(self, vals):
        if vals.keys() <= SENDING:
            return super(AccountMove, self.with_context(**NO_ROWS)).write(vals)
        for name in KEPT & vals.keys():
            field = self._fields[name]
            self.filtered(
                lambda m, name=name, field=field: (
                    field.convert_to_cache(m[name], m)
                    != field.convert_to_cache(vals[name], m)
                )
            )._einvoice_check_kept()
        return super().write(vals)

    def _einvoice_check_kept(self):
        """Refuse to change what the consumer pays by: the netbank still shows it."""
        for move in self.sudo():
            if move._einvoice_is_at_bank(UNDER_WAY):
                raise UserError(
                    self.env._(
                        "The consumer's bank has %s as it was sent, with its due date, "
                        "reference and account. Make a credit note and a new invoice "
                        "instead.",
                        move.name,
                    )
                )
