from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionOutcomeWizard(models.TransientModel):
    """The agency has closed a case: what becomes of the invoice?"""

    _name = "collection.outcome.wizard"
    _description = "Outcome of a collection case"

    case_id = fields.Many2one("collection.case", required=True, readonly=True)
    move_id = fields.Many2one(related="case_id.move_id", related_sudo=False)
    agency_id = fields.Many2one(related="case_id.agency_id", related_sudo=False)
    outcome = fields.Selection(related="case_id.outcome", related_sudo=False)
    currency_id = fields.Many2one(related="case_id.currency_id", related_sudo=False)
    residual = fields.Monetary(related="case_id.residual", related_sudo=False)
    capital_owed = fields.Monetary(related="case_id.capital_owed", related_sudo=False)
    can_reopen = fields.Boolean(related="case_id.can_reopen", related_sudo=False)
    decision = fields.Selection(
        [
            ("keep", "Follow it up ourselves"),
            ("again", "Transfer it to the collection partner again"),
            ("credit", "Make a credit note"),
            ("ban", "Never transfer this customer's invoices again"),
        ],
        string="What becomes of the invoice?",
        required=True,
        default="keep",
    )
    hint = fields.Char(compute="_compute_hint")

    @api.depends("decision")
    def _compute_hint(self):
        hints = {
            "keep": self.env._(
                "The invoice stays open and your own reminders reach it again. It does "
                "not go to collection by itself."
            ),
            "again": self.env._(
                "A new case is requested now, if the invoice may go; else you are told "
                "why."
            ),
            "credit": self.env._(
                "The credit note opens, filled in; nothing is posted before you do."
            ),
            "ban": self.env._(
                "The customer gets a collection ban. It can be lifted on the customer."
            ),
        }
        for wizard in self:
            wizard.hint = hints.get(wizard.decision, "")

    def action_confirm(self):
        """Do what was chosen, and close the question."""
        self.ensure_one()
        case = self.case_id
        case._check_user()
        if case.state != "closed":
            raise UserError(self.env._("The agency has taken the case up again."))
        result = {"type": "ir.actions.act_window_close"}
        case.sudo()._decide_outcome(self.decision)
        if self.decision == "again":
            [answer] = case.move_id.transfer_to_collection()
            if answer["reasons"]:
                raise UserError(
                    "\n".join(reason["message"] for reason in answer["reasons"])
                )
        elif self.decision == "ban":
            case.partner_id.sudo().write({"collection_ban": True})
        elif self.decision == "credit":
            result = case.move_id.action_reverse()
        return result

    def action_reopen(self):
        """Ask the agency to take the case up again."""
        self.ensure_one()
        asked = self.case_id._ask_or_request("reopen")
        return {"type": "ir.actions.act_window_close"} if asked is True else asked
