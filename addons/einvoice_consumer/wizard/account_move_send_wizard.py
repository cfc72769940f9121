from odoo import api, models

from ..models.account_move import METHOD


class AccountMoveSendWizard(models.TransientModel):
    _inherit = "account.move.send.wizard"

    @api.onchange("sending_method_checkboxes")
    def _onchange_sending_method_checkboxes(self):
        """An e-mail beside the bank's message asks for no money; one instead of it
        does."""
        move = self.move_id
        at_bank = self.env.ref("einvoice_consumer.mail_template_invoice_at_bank")
        usual = move._get_mail_template()
        to_bank = (
            METHOD in (self.sending_methods or ()) or move._einvoice_is_asked_by_bank()
        )
        if to_bank and move.move_type == "out_invoice" and self.template_id == usual:
            self.template_id = at_bank
        elif not to_bank and self.template_id == at_bank:
            self.template_id = usual

    @api.model
    def _generate_and_send_invoices(self, moves, **settings):
        # EXTENDS 'account': whoever presses Send has read the warnings
        confirmed = self.with_context(einvoice_confirmed=True)
        return super(AccountMoveSendWizard, confirmed)._generate_and_send_invoices(
            moves, **settings
        )
