from odoo import api, fields, models


class PaymentTerminalIssue(models.TransientModel):
    """Gives many customers their number at once."""

    _name = "payment.terminal.issue"
    _description = "Give customers their numbers"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    scope = fields.Selection(
        [
            ("open", "All customers with unpaid invoices"),
            ("chosen", "The customers chosen here"),
        ],
        string="Who gets a number?",
        required=True,
        compute="_compute_scope",
        store=True,
        readonly=False,
        precompute=True,
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        default=lambda self: self._get_chosen_partners(),
    )
    issue_count = fields.Integer(string="Get a number", compute="_compute_counts")
    having_count = fields.Integer(string="Have one already", compute="_compute_counts")

    @api.model
    def _get_chosen_partners(self):
        """Return the customers that were selected in their list."""
        if self.env.context.get("active_model") != "res.partner":
            return self.env["res.partner"]
        chosen = self.env["res.partner"].browse(self.env.context.get("active_ids", []))
        return chosen.commercial_partner_id

    @api.depends_context("active_model")
    def _compute_scope(self):
        chosen = self.env.context.get("active_model") == "res.partner"
        for wizard in self:
            wizard.scope = "chosen" if chosen else "open"

    @api.depends("scope", "partner_ids", "company_id")
    def _compute_counts(self):
        accounts = self.env["payment.terminal.account"]
        for wizard in self:
            owners = wizard._get_owners()
            wizard.having_count = len(accounts._find_active(owners, wizard.company_id))
            wizard.issue_count = len(owners) - wizard.having_count

    def _get_owners(self):
        """Return the customers who shall have a number."""
        self.ensure_one()
        self.company_id.check_access("read")
        if self.scope == "chosen":
            return self.partner_ids._origin.commercial_partner_id
        groups = self.env["account.move"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
            ],
            ["commercial_partner_id"],
        )
        return self.env["res.partner"].browse(
            partner.id for [partner] in groups if partner.active
        )

    def action_issue(self):
        """Give the numbers and show them."""
        self.ensure_one()
        issued = self.env["payment.terminal.account"]._issue_for(
            self._get_owners(), self.company_id
        )
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_account_action"
            ),
            "name": self.env._("New customer numbers"),
            "display_name": self.env._("New customer numbers"),
            "domain": [("id", "in", issued.ids)],
            "context": {},
        }
