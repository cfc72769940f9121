from odoo import api, fields, models
from odoo.exceptions import UserError


class EinvoiceChannel(models.Model):
    _inherit = "einvoice.channel"

    proposal_ids = fields.One2many("einvoice.proposal", "channel_id", "Proposals")

    def action_propose(self):
        """Open the wizard that picks consumers and asks them."""
        self.ensure_one()
        self._check_user()
        self._check_enabled()
        if not self.announced_count:
            raise UserError(
                self.env._(
                    "No bank knows the channel yet: announce it to the banks, then "
                    "propose e-invoices to their customers."
                )
            )
        wizard = self.env["einvoice.proposal.wizard"].create({"channel_id": self.id})
        return wizard._get_records_action(
            name=self.env._("Propose E-Invoices"), target="new", view_mode="form"
        )


class EinvoiceIntermediator(models.Model):
    _inherit = "einvoice.intermediator"

    account_prefixes = fields.Char(
        "Accounts begin with",
        help="Beginnings of the bank's account numbers after country and check digits, "
        "as 1, 2: by these it is found at which bank a consumer is.",
    )

    @api.model
    def _get_bank_codes(self, accounts):
        """Find at which bank accounts are: by their numbers, else by the bank that was
        entered.

        :return: ``{account: routing code, or what is empty}``
        """
        banks = self.search([("account_prefixes", "!=", False)])
        beginnings = {
            (bank.country_id.code, prefix.strip()): bank.code
            for bank in banks
            if bank == self._from_code(bank.code)
            for prefix in bank.account_prefixes.split(",")
            if prefix.strip()
        }
        codes = {}
        for account in accounts:
            number = (account.sanitized_acc_number or "").upper()
            country, digits = number[:2], number[4:]
            found = (
                beginnings.get((country, digits[:length]))
                for length in range(len(digits), 0, -1)
            )
            codes[account] = next(filter(None, found), account.bank_bic)
        return codes
