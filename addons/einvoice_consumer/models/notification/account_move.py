from odoo import api, fields, models

from odoo.addons.receivables_base.tools.groups import READERS


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_account_warning = fields.Char(
        "About the account",
        compute="_compute_einvoice_account_warning",
        compute_sudo=True,
        groups=READERS,
        help="The bank of a customer with e-invoices does not know the account.",
    )

    @api.depends(
        "einvoice_agreement_id",
        "einvoice_document_ids.state",
        "move_type",
        "partner_bank_id",
        "state",
    )
    @api.depends_context("lang")
    def _compute_einvoice_account_warning(self):
        """Warn while the account can still be changed or announced: the bank refuses
        an invoice to an account that it was not told of."""
        for move in self:
            agreement = move.einvoice_agreement_id
            asks = move.move_type == "out_invoice" and move.state != "cancel"
            # an empty record in a text field is the name of its model
            is_due = asks and bool(agreement) and not move._get_einvoice()
            move.einvoice_account_warning = is_due and move._get_account_warning(
                agreement
            )

    def _get_account_warning(self, agreement):
        channel = agreement.channel_id
        account = self.partner_bank_id
        bank = agreement.intermediator_id.name or agreement.recipient_intermediator
        if account._origin in channel.bank_account_ids and channel._is_told(
            account, agreement.recipient_intermediator
        ):
            return False
        return self.env._(
            "The account %(account)s has not been announced to %(bank)s, which would "
            "refuse the e-invoice: choose another, or have it announced.",
            account=account.acc_number or self.env._("(none)"),
            bank=bank,
        )
