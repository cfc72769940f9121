import ast
import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.receivables_base.tools import NO_RECORDS_FAULT, log_fault

from ..eligibility import Eligibility

_logger = logging.getLogger(__name__)

AUTOMATIC_BATCH = 100


class CollectionAgency(models.Model):
    """What goes to the agency by itself at night, and by which rules."""

    _inherit = "collection.agency"

    auto_transfer = fields.Boolean(string="Transfer automatically", tracking=True)
    auto_min_amount = fields.Monetary(
        string="Lowest invoice amount",
        tracking=True,
        help="Invoices above this amount go by themselves. Company currency.",
    )
    auto_min_open = fields.Monetary(
        string="Lowest open amount",
        default=10,
        tracking=True,
        help="An invoice of which less than this is open does not go by itself. "
        "Company currency.",
    )
    auto_delay_days = fields.Integer(
        string="Days after the due date",
        compute="_compute_auto_delay_days",
        store=True,
        precompute=True,
        readonly=False,
        tracking=True,
        help="At least what law and good practice ask for. The invoice date does not "
        "matter here, and a later due date counts.",
    )
    auto_lawful_days = fields.Integer(
        string="At least, by law and good practice",
        compute="_compute_auto_lawful_days",
    )
    auto_excluded_category_ids = fields.Many2many(
        "res.partner.category",
        string="Except customers tagged",
        help="A tag stands for the tags below it too.",
    )
    auto_overdue_choice = fields.Selection(
        [
            ("pending", "Not answered yet"),
            ("include", "Transfer them too"),
            ("leave", "Leave them"),
        ],
        string="Invoices already overdue at the start",
        readonly=True,
        copy=False,
    )
    auto_due_after = fields.Date(
        string="Only invoices due after",
        readonly=True,
        copy=False,
        help="Invoices that were overdue when the service was opened were left out.",
    )

    _amount_not_negative = models.Constraint(
        "CHECK(auto_min_amount >= 0 AND auto_min_open >= 0)",
        "The lowest amount cannot be negative.",
    )

    @api.depends("company_id.country_id")
    def _compute_auto_lawful_days(self):
        rules = self.env["collection.rule"]
        for agency in self:
            company = agency.company_id or self.env.company
            values = rules._get_values(
                company.country_id, company._get_collection_today()
            )
            agency.auto_lawful_days = min(
                int(rules._pick(values, "auto_days_from_due", is_company, default=0))
                for is_company in (True, False)
            )

    @api.depends("company_id")
    def _compute_auto_delay_days(self):
        for agency in self:
            if agency.auto_delay_days < agency.auto_lawful_days:
                agency.auto_delay_days = agency.auto_lawful_days

    @api.constrains("auto_delay_days", "company_id")
    def _check_auto_delay(self):
        for agency in self:
            if agency.auto_delay_days < agency.auto_lawful_days:
                raise ValidationError(
                    self.env._(
                        "Law and good practice ask for at least %s days after the due "
                        "date.",
                        agency.auto_lawful_days,
                    )
                )

    def _get_excluded_partner_ids(self):
        """Return the ids of customers whose tag is excluded, tags below included."""
        if not self.auto_excluded_category_ids:
            return frozenset()
        partners = (
            self.env["res.partner"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [("category_id", "child_of", self.auto_excluded_category_ids.ids)],
                order="id",
            )
        )
        return frozenset(partners.ids)

    @api.model
    def _cron_automatic(self):
        """Transfer by night what the rules of each agreement let go by itself.

        What is left when this run's share of time is over goes with its next run,
        after the other jobs.
        """
        agencies = self.search([("state", "=", "active"), ("auto_transfer", "=", True)])
        for each in agencies.filtered("is_partner"):
            agency = each._for_responsible()
            moves = agency._get_tonight()
            for start in range(0, len(moves), AUTOMATIC_BATCH):
                batch = moves[start : start + AUTOMATIC_BATCH]
                agency._try_automatically(batch.ids)
                left = len(moves) - start - len(batch)
                cron = self.env["ir.cron"]
                if not cron._commit_progress(len(batch), remaining=left):
                    self._go_on_later()
                    return

    def _get_tonight(self):
        """Return the invoices that the nightly job would transfer now."""
        self.ensure_one()
        engine = Eligibility(self.env)
        return self._get_going(engine.get_candidate_domain(self.company_id))

    def _get_going(self, domain):
        """Return the invoices of ``domain`` that may go to this agency by
        themselves."""
        engine = Eligibility(self.env)
        return self.env["account.move"].browse(
            facts.id
            for facts, reasons in engine.judge_all(domain, "automatic")
            if not reasons and engine.choose(facts).agency == self
        )

    def _try_automatically(self, move_ids):
        """Request cases for invoices; one with which something is wrong does not stop
        the others."""
        try:
            with self.env.cr.savepoint():
                self._transfer_automatically(move_ids)
        except NO_RECORDS_FAULT:
            # Another transaction was in the way: these are tried again at once.
            self.env.cr.rollback()
            self._wake("collection_partner.ir_cron_collection_automatic")
        except Exception as fault:
            if len(move_ids) > 1:
                half = len(move_ids) // 2
                self._try_automatically(move_ids[:half])
                self._try_automatically(move_ids[half:])
            else:
                log_fault(_logger, fault, "Automatic transfer of invoice %s", *move_ids)
                self._tell_fault(fault)

    def _transfer_automatically(self, move_ids):
        """Request cases for invoices, after a look under the lock."""
        moves = self.env["account.move"].browse(move_ids).try_lock_for_update()
        eligible = self._get_going([("id", "in", moves.ids)])
        if eligible:
            self.env["collection.case"]._request(eligible, self, origin="automatic")

    def action_tonight(self):
        """Show what tonight's run would send, and why the rest would stay."""
        self.ensure_one()
        self._check_user()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collection_partner.collection_move_action"
        )
        name = self.env._("What tonight's run would send")
        if self.auto_transfer:
            why = self.env._(
                "Take the filter away: each invoice says why it does not go by itself."
            )
        else:
            why = self.env._("Automatic transfer is switched off.")
        return {
            **action,
            "name": name,
            "display_name": name,
            "domain": str(
                [
                    *ast.literal_eval(action["domain"]),
                    ("collection_next_agency_id", "=", self.id),
                ]
            ),
            "help": Markup(
                '<p class="o_view_nocontent_smiling_face">{}</p><p>{}</p>'
            ).format(self.env._("Tonight's run would send nothing"), why),
            "context": {
                "collection_mode": "automatic",
                "search_default_eligible": 1,
                "allowed_company_ids": self.company_id.ids,
            },
        }
