from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS

from .res_company import SERVED_FIELDS


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
        accounts = self.env["payment.terminal.account"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
                ("state", "=", "active"),
            ]
        )
        numbers = {account.partner_id: account.number for account in accounts}
        for partner in self:
            partner.terminal_number = numbers.get(partner.commercial_partner_id, False)

    def _compute_terminal_transaction_count(self):
        owners = self.commercial_partner_id
        counts = {
            partner: count
            for partner, count in self.env["payment.terminal.transaction"]._read_group(
                [("partner_id", "in", owners.ids), ("state", "!=", "cancelled")],
                ["partner_id"],
                ["__count"],
            )
        }
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
        self.ensure_one()
        self.check_access("read")
        self.env["payment.terminal.account"].check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_account_action"
            ),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }

    def action_open_terminal_payments(self):
        """Show what the customer paid at terminals."""
        self.ensure_one()
        self.check_access("read")
        self.env["payment.terminal.transaction"].check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_transaction_action"
            ),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }
