from odoo import api, fields, models
from odoo.tools import formatLang


class CollectionActionWizard(models.TransientModel):
    """Asks why before the agency is told to stop, and warns what it costs."""

    _name = "collection.action.wizard"
    _description = "Request to the agency"

    case_id = fields.Many2one("collection.case", required=True, readonly=True)
    action = fields.Selection(
        [
            ("approve", "Approve the next step"),
            ("resume", "Go on"),
            ("undispute", "Dispute settled"),
            ("pause", "Pause"),
            ("withdraw", "Take back"),
            ("reject", "Reject the next step"),
            ("dispute", "Report a dispute"),
            ("reopen", "Take up again"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Text()
    until = fields.Date(help="The agency goes on by itself on this day.")
    currency_id = fields.Many2one(related="case_id.currency_id", related_sudo=False)
    withdrawal_fee = fields.Monetary(
        related="case_id.withdrawal_fee", related_sudo=False
    )
    warning = fields.Char(compute="_compute_warning")
    is_confirmed = fields.Boolean(string="Go on all the same")
    objection = fields.Char(compute="_compute_objection")

    @api.depends("action", "case_id")
    def _compute_warning(self):
        for wizard in self:
            wizard.warning = False
            if wizard.action != "withdraw":
                continue
            if wizard.withdrawal_fee:
                wizard.warning = self.env._(
                    "The agency has begun its work: taking the invoice back now costs "
                    "%s. The case cannot be taken back a second time.",
                    formatLang(
                        self.env,
                        wizard.withdrawal_fee,
                        currency_obj=wizard.currency_id,
                    ),
                )
            else:
                wizard.warning = self.env._(
                    "The agency charges nothing for it now; later it may. Collection "
                    "ends and the invoice is yours to follow up."
                )

    @api.depends("action", "case_id")
    def _compute_objection(self):
        for wizard in self:
            wizard.objection = wizard.case_id._get_objection(wizard.action)

    def action_confirm(self):
        self.ensure_one()
        self.case_id.request_action(
            self.action,
            self.reason or "",
            fields.Date.to_string(self.until) if self.until else False,
            confirmed=self.is_confirmed,
        )
        return {"type": "ir.actions.act_window_close"}
