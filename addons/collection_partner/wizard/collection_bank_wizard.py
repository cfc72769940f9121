from odoo import api, fields, models


class CollectionBankWizard(models.TransientModel):
    """In which transaction has the money of these settlements come?"""

    _name = "collection.bank.wizard"
    _description = "Bank transaction of settlements"

    settlement_ids = fields.Many2many(
        "collection.settlement", string="Settlements", required=True
    )
    currency_id = fields.Many2one(
        related="settlement_ids.currency_id", related_sudo=False
    )
    total = fields.Monetary(string="Paid out", compute="_compute_total")
    candidate_ids = fields.Many2many(
        "account.bank.statement.line",
        string="Possible transactions",
        compute="_compute_candidate_ids",
    )
    line_id = fields.Many2one(
        "account.bank.statement.line",
        string="Transaction",
        compute="_compute_line_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', candidate_ids)]",
    )
    amount = fields.Monetary(string="The bank tells", compute="_compute_amount")
    difference = fields.Monetary(compute="_compute_amount")

    @api.depends("settlement_ids.total")
    def _compute_total(self):
        for wizard in self:
            wizard.total = sum(wizard.settlement_ids.mapped("total"))

    @api.depends("settlement_ids")
    def _compute_candidate_ids(self):
        for wizard in self:
            settlements = wizard.settlement_ids._origin
            wizard.candidate_ids = settlements and settlements._get_bank_candidates()

    @api.depends("candidate_ids")
    def _compute_line_id(self):
        """Propose the transaction that fits, where there is only one."""
        for wizard in self:
            settlements = wizard.settlement_ids._origin
            fitting = wizard.candidate_ids.filtered(
                lambda line, settlements=settlements, total=wizard.total: (
                    line._get_collection_currency() == settlements.currency_id
                    and not settlements.currency_id.compare_amounts(
                        line._get_collection_amount(), total
                    )
                )
            )
            wizard.line_id = fitting if len(fitting) == 1 else False

    @api.depends("line_id", "total")
    def _compute_amount(self):
        for wizard in self:
            line = wizard.line_id
            wizard.amount = line._get_collection_amount() if line else 0
            wizard.difference = wizard.amount - wizard.total if line else 0

    def action_match(self):
        """Match them."""
        self.ensure_one()
        settlements = self.settlement_ids
        settlements._check_user()
        settlements.sudo()._match_bank(self.line_id.sudo())
        return {"type": "ir.actions.act_window_close"}
