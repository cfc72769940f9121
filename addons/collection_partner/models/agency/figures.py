from odoo import api, fields, models

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
    owed_amount = fields.Monetary(
        string="Collected, not paid out", compute="_compute_counts"
    )
    differing_count = fields.Integer(
        string="Open amount differs", compute="_compute_counts"
    )
    action_count = fields.Integer(string="To be decided", compute="_compute_counts")
    failed_count = fields.Integer(string="Not accepted", compute="_compute_counts")
    closed_count = fields.Integer(string="Closed cases", compute="_compute_counts")
    waiting_count = fields.Integer(
        string="Waiting to be sent", compute="_compute_counts"
    )
    approval_count = fields.Integer(
        string="Transfers to be approved", compute="_compute_counts"
    )

    def _compute_counts(self):
        groups = self.env["collection.case"]._read_group(
            [("agency_id", "in", self._origin.ids)],
            ["agency_id", "state", "action_required", "differs"],
            ["__count", "capital_open_company:sum", "capital_owed_company:sum"],
        )
        for agency in self:
            mine = [group for group in groups if group[0] == agency._origin]

            def count(select, mine=mine):
                return sum(
                    total for _a, s, r, d, total, _m, _o in mine if select(s, r, d)
                )

            agency.waiting_count = count(lambda s, r, d: s == "to_send")
            agency.approval_count = count(lambda s, r, d: s == "to_approve")
            agency.failed_count = count(lambda s, r, d: s == "refused")
            agency.closed_count = count(lambda s, r, d: s == "closed")
            agency.open_count = count(lambda s, r, d: s not in NOT_OPEN)
            agency.action_count = count(lambda s, r, d: r and s not in CLOSED_STATES)
            agency.differing_count = count(lambda s, r, d: d)
            agency.open_amount = sum(
                amount for _a, s, *_rest, amount, _owed in mine if s not in NOT_OPEN
            )
            agency.owed_amount = sum(group[-1] for group in mine)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_candidates(self):
        for agency in self:
            count, amount = 0, 0
            if agency.is_partner and agency.state == "active":
                count, amount = agency._count_candidates()
            agency.candidate_count = count
            agency.candidate_amount = amount

    def _count_candidates(self):
        """Return how many invoices can go, and what is open on them."""
        companies = self.company_id
        moves = self.env["account.move"].with_context(
            allowed_company_ids=companies.ids, collection_mode="manual"
        )
        [(count, amount)] = moves._read_group(
            [
                ("collection_eligible", "=", True),
                ("collection_next_agency_id", "=", self.id),
            ],
            [],
            ["__count", "amount_residual_signed:sum"],
        )
        return count, amount
