from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models

from ..eligibility import Eligibility
from ..states import CLOSED_STATES, WAITING_STATES

NOT_OPEN = (*WAITING_STATES, *CLOSED_STATES)
# So many overdue invoices are judged while somebody looks; of more, a job counts.
JUDGED_AT_ONCE = 2000
COUNTED_FOR = timedelta(minutes=15)


class CollectionAgency(models.Model):
    """What an agency's card and the overview count."""

    _inherit = "collection.agency"

    candidate_count = fields.Integer(
        string="Invoices that can go", compute="_compute_candidates"
    )
    candidate_amount = fields.Monetary(
        "Amount that can go", compute="_compute_candidates"
    )
    candidates_at = fields.Datetime(
        string="Counted at",
        compute="_compute_candidates",
        help="Where very much is overdue, a job counts every quarter of an hour.",
    )
    counted_count = fields.Integer("Counted that can go", readonly=True, copy=False)
    counted_amount = fields.Monetary("Counted amount", readonly=True, copy=False)
    counted_at = fields.Datetime("Last counted at", readonly=True, copy=False)
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
            agency.failed_count = count(lambda s, r, d: s == "refused")
            agency.closed_count = count(lambda s, r, d: s == "closed")
            agency.open_count = count(lambda s, r, d: s not in NOT_OPEN)
            agency.action_count = count(lambda s, r, d: r and s not in CLOSED_STATES)
            agency.differing_count = count(lambda s, r, d: d)
            agency.open_amount = sum(
                amount for _a, s, *_rest, amount, _owed in mine if s not in NOT_OPEN
            )
            agency.owed_amount = sum(group[-1] for group in mine)

    @api.depends("counted_count", "counted_amount", "counted_at")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_candidates(self):
        for agency in self:
            if not agency.is_partner or agency.state != "active":
                count, amount, at = 0, 0, False
            elif agency._has_many_candidates():
                count, amount = agency.counted_count, agency.counted_amount
                at = agency.counted_at
            else:
                (count, amount), at = agency._count_candidates(), False
            agency.candidate_count = count
            agency.candidate_amount = amount
            agency.candidates_at = at

    def _has_many_candidates(self):
        domain = Eligibility(self.env).get_candidate_domain(self.company_id)
        most = JUDGED_AT_ONCE
        return self.env["account.move"].search_count(domain, limit=most + 1) > most

    def _count_candidates(self):
        """Return how many invoices can go, and what is open on them."""
        engine = Eligibility(self.env)
        amounts = [
            facts.residual_company
            for facts, reasons in engine.judge_all(
                engine.get_candidate_domain(self.company_id)
            )
            if not reasons
        ]
        return len(amounts), sum(amounts)

    @api.model
    def _count_anew(self):
        """Count for agencies whose figures are old, where nobody would wait for it."""
        old = fields.Datetime.now() - COUNTED_FOR
        agencies = self.search(
            [
                ("state", "=", "active"),
                "|",
                ("counted_at", "=", False),
                ("counted_at", "<", old),
            ]
        )
        for agency in agencies.filtered(lambda a: a.is_partner):
            values = {"counted_at": fields.Datetime.now()}
            if agency._has_many_candidates():
                count, amount = agency._count_candidates()
                values |= {"counted_count": count, "counted_amount": amount}
            try:
                with self.env.cr.savepoint():
                    agency.write(values)
            except OperationalError:
                continue  # another lane, or who saves the settings, was first
            self.env["ir.cron"]._commit_progress()
