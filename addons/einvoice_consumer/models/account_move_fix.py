from odoo import models
from odoo.exceptions import UserError

from odoo.addons.receivables_base.formats import references

# Which digits of an invoice's number make its reference, at most.
LONGEST_BASE = 19
SHORTEST_BASE = 3


class AccountMove(models.Model):
    """What a bank would refuse, mended by one click in the Send dialog."""

    _inherit = "account.move"

    def _einvoice_get_button(self, code):
        """Return the link that mends a problem at once, if one does.

        :param str code: see ``Problem``
        """
        if code == "account" and (account := self._einvoice_get_told_account()):
            text = self.env._("Ask for payment to %s", account.acc_number)
            return self._einvoice_get_link("use_account", text)
        if code == "reference" and self.move_type == "out_invoice":
            text = self.env._("Give it a Finnish reference")
            return self._einvoice_get_link("make_reference", text)
        return {}

    def _einvoice_get_link(self, name, text):
        action = self.env["ir.actions.actions"]._for_xml_id(
            f"einvoice_consumer.account_move_action_{name}"
        )
        context = {"active_model": self._name, "active_id": self.id}
        context["active_ids"] = self.ids
        return {"action_text": text, "action": {**action, "context": context}}

    def _einvoice_get_told_account(self):
        """Return the first account that the consumer's bank was told of."""
        agreement = self.sudo().einvoice_agreement_id
        channel, bank = agreement.channel_id, agreement.recipient_intermediator
        return channel.bank_account_ids.filtered(
            lambda account: channel._is_told(account, bank)
        )[:1]

    def action_einvoice_use_account(self):
        """Ask for payment to an account that the bank knows, and go on sending."""
        self.ensure_one()
        self.check_access("write")
        account = self._einvoice_get_told_account()
        if not account:
            raise UserError(
                self.env._("The consumer's bank knows none of your accounts.")
            )
        self.partner_bank_id = account
        self._einvoice_print_anew()
        self._message_log(
            body=self.env._(
                "Payment is asked for to %s, which the bank knows.", account.acc_number
            )
        )
        return self.action_send_and_print()

    def action_einvoice_make_reference(self):
        """Give the invoice a Finnish reference of the digits of its number, and go on
        sending."""
        self.ensure_one()
        self.check_access("write")
        if self.move_type != "out_invoice" or self.state != "posted":
            raise UserError(self.env._("Only posted invoices are given a reference."))
        self.payment_reference = self._einvoice_make_reference()
        self._einvoice_print_anew()
        self._message_log(
            body=self.env._("Its reference is now %s.", self.payment_reference)
        )
        return self.action_send_and_print()

    def _einvoice_make_reference(self):
        """Return a reference that no other invoice of the company has."""
        digits = "".join(char for char in self.name or "" if char in "0123456789")
        taken = [("company_id", "=", self.company_id.id), ("id", "!=", self.id)]
        for base in (digits, f"{digits}{self.id}", f"{self.id:0>3}"):
            base = base.lstrip("0")[-LONGEST_BASE:].ljust(SHORTEST_BASE, "0")
            reference = references.make(base)
            same = [("payment_reference", "=", reference)]
            if not self.search_count([*taken, *same], limit=1):
                return reference
        raise UserError(self.env._("Enter a reference by hand: those made are taken."))
