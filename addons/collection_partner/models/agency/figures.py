from odoo import api, fields, models

from ..eligibility import Eligibility
from ..states import CLOSED_STATES, WAITING_STATES

NOT_OPEN = (*WAITING_STATES, *CLOSED_STATES)


class CollectionAgency(models.Model):
    """What an agency's card and the overview count."""

    _inherit = "collection.agency"

    candidate_count = fields.Integer(
        string="Invoices that can go", compute="_compute_candidates"
    )
    candidate_amount = fields.Monetary(
        "Amount that can go", compute="_compute_candidates"
    )
    open_count = fields.Integer(string="Open cases", compute="_compute_counts")
    open_amount = fields.Monetary(
        string="Capital at the agency", compute="_compute_counts"
    )
    action_count = fields.Integer(string="To be decided", compute="_compute_counts")
    failed_count = fields.Integer(string="Not accepted", compute="_compute_counts")
    closed_count = fields.Integer(string="Closed cases", compute="_compute_counts")
    waiting_count = fields.Integer(
        string="Waiting to be sent", compute="_compute_counts"
    )

    def _compute_counts(self):
        groups = self.env["collection.case"]._read_group(
            [("agency_id", "in", self._origin.ids)],
            ["agency_id", "state", "action_required"],
            ["__count", "capital_open_company:sum"],
        )
        for agency in self:
            mine = [group for group in groups if group[0] == agency._origin]

            def count(select, mine=mine):
                return sum(total for _a, s, r, total, _m in mine if select(s, r))

            agency.waiting_count = count(lambda s, r: s == "to_send")
            agency.failed_count = count(lambda s, r: s == "refused")
            agency.closed_count = count(lambda s, r: s == "closed")
            agency.open_count = count(lambda s, r: s not in NOT_OPEN)
            agency.action_count = count(lambda s, r: r and s not in CLOSED_STATES)
            agency.open_amount = sum(
                amount for _a, s, _r, _c, amount in mine if s not in NOT_OPEN
            )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_candidates(self):
        for agency in self:
            amounts = []
            if agency.is_partner and agency.state == "active":
                engine = Eligibility(self.env)
                domain = engine.get_candidate_domain(agency.company_id)
                amounts = [
                    facts.residual_company
                    for facts, reasons in engine.judge_all(domain)
                    if not reasons
                ]
            agency.candidate_count = len(amounts)
            agency.candidate_amount = sum(amounts)
