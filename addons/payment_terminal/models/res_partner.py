from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS

# What the endpoint keeps of a company between two calls, which has it of its partner.
SERVED_FIELDS = {"name", "company_registry", "vat"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    terminal_account_ids = fields.One2many(
        "payment.terminal.account",
        "partner_id",
        string="Customer numbers",
        groups=READERS,
    )
    terminal_number = fields.Char(
        string="Customer number at terminals",
        compute="_compute_terminal_number",
        search="_search_terminal_number",
        help="What the customer types at a kiosk or in a bank's application.",
    )

    terminal_transaction_count = fields.Integer(
        string="Payments at terminals",
        compute="_compute_terminal_transaction_count",
        groups=READERS,
    )

    def write(self, vals):
        # EXTENDS 'base'
        result = super().write(vals)
        if SERVED_FIELDS & set(vals) and self.sudo().ref_company_ids:
            self.env["payment.terminal.network"]._forget_snapshots()
        return result

    @api.depends("terminal_account_ids.state", "commercial_partner_id")
    @api.depends_context("company")
    def _compute_terminal_number(self):
        accounts = self.env["payment.terminal.account"]._find_active(
            self.commercial_partner_id, self.env.company
        )
        numbers = {account.partner_id: account.number for account in accounts}
        for partner in self:
            partner.terminal_number = numbers.get(partner.commercial_partner_id, False)

    def _compute_terminal_transaction_count(self):
        owners = self.commercial_partner_id
        groups = self.env["payment.terminal.transaction"]._read_group(
            [("partner_id", "in", owners.ids), ("money", "!=", 0)],
            ["partner_id"],
            ["__count"],
        )
        counts = dict(groups)
        for partner in self:
            partner.terminal_transaction_count = counts.get(
                partner.commercial_partner_id, 0
            )

    def _search_terminal_number(self, operator, value):
        """Find customers by any of their numbers, replaced ones too."""
        accounts = self.env["payment.terminal.account"]._search(
            [("number", operator, value), ("company_id", "in", self.env.companies.ids)]
        )
        return [("commercial_partner_id.terminal_account_ids", "in", accounts)]

    def action_issue_terminal_number(self):
        """Give the customers who have no number one."""
        self.env["payment.terminal.account"]._issue_for(self, self.env.company)
        return True

    def action_open_terminal_numbers(self):
        """Show all numbers of the customer, the replaced and blocked ones too."""
        action = self._open_terminal("account")
        action["context"] = {"default_partner_id": self.commercial_partner_id.id}
        return action

    def action_open_terminal_payments(self):
        """Show what the customer paid at terminals."""
        return self._open_terminal("transaction")

    def _open_terminal(self, name):
        self.ensure_one()
        self.check_access("read")
        self.env[f"payment.terminal.{name}"].check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                f"payment_terminal.payment_terminal_{name}_action"
            ),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {"search_default_money": name == "transaction"},
        }
