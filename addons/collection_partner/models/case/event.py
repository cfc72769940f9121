from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.receivables_base.tools import Sentence


class CollectionEvent(models.Model):
    """One line of a case's timeline: what a side did, and when."""

    _name = "collection.event"
    _description = "Event of a collection case"
    _rec_name = "code"
    _order = "date desc, id desc"

    case_id = fields.Many2one(
        "collection.case", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    date = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, string="When"
    )
    actor = fields.Selection(
        [("creditor", "We"), ("agency", "Agency"), ("debtor", "Debtor")],
        string="Who",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", readonly=True)
    code = fields.Char(readonly=True)
    sentence = fields.Json(required=True, readonly=True)
    name = fields.Char(string="What", compute="_compute_name")
    external_id = fields.Char(string="Agency's identifier", readonly=True)

    _external_unique = models.UniqueIndex(
        "(case_id, external_id) WHERE external_id IS NOT NULL",
        "This event came before.",
    )

    @api.depends("sentence")
    @api.depends_context("lang")
    def _compute_name(self):
        for event in self:
            event.name = Sentence.read(event.sentence, event.env)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("The timeline is a record of what was done and is kept.")
        )


class CollectionInstalment(models.Model):
    """One instalment of the payment plan that the agency made with the debtor."""

    _name = "collection.instalment"
    _description = "Instalment of a payment plan"
    _order = "due_date, id"

    case_id = fields.Many2one(
        "collection.case", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    due_date = fields.Date("Due date", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    is_paid = fields.Boolean(string="Paid", readonly=True)
    is_late = fields.Boolean(string="Late", compute="_compute_is_late")

    @api.depends("due_date", "is_paid")
    def _compute_is_late(self):
        for instalment in self:
            company = instalment.company_id or self.env.company
            today = company._get_collection_today()
            instalment.is_late = not instalment.is_paid and instalment.due_date < today
