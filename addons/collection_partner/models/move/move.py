from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.receivables_base.tools import READERS

from ..eligibility import Eligibility
from ..res_partner import FLAGS
from ..states import CLOSED_STATES

# What the case of an invoice tells, kept on the invoice for searching.
FACTS = ("collection_case_id", "collection_state", "collection_transferred_at")


class AccountMove(models.Model):
    """What an invoice shows of its collection."""

    _inherit = "account.move"

    collection_case_ids = fields.One2many(
        "collection.case",
        "move_id",
        string="Collection cases",
        groups=READERS,
    )
    collection_case_id = fields.Many2one(
        "collection.case",
        string="Collection case",
        compute="_compute_collection_case_id",
        store=True,
        copy=False,
        index="btree_not_null",
        help="The case that counts: the one that is open, else the last one that was "
        "not undone.",
        groups=READERS,
    )
    collection_state = fields.Selection(
        related="collection_case_id.state",
        store=True,
        index="btree_not_null",
        copy=False,
        help="State of the case that counts; empty when none was ever requested.",
        groups=READERS,
    )
    collection_transferred_at = fields.Datetime(
        related="collection_case_id.transferred_at",
        string="Transferred on",
        store=True,
        groups=READERS,
    )
    # Not related ones: those let themselves be grouped by people who may not read them.
    collection_status = fields.Char(
        string="Collection status",
        compute="_compute_collection_standing",
        groups=READERS,
    )
    collection_action_required = fields.Boolean(
        string="To be decided",
        compute="_compute_collection_standing",
        search="_search_collection_action_required",
        groups=READERS,
    )
    collection_differs = fields.Boolean(
        string="Differs from the agency",
        compute="_compute_collection_standing",
        search="_search_collection_differs",
        groups=READERS,
    )
    collection_agency_id = fields.Many2one(
        "collection.agency",
        string="Agency",
        compute="_compute_collection_standing",
        groups=READERS,
    )
    collection_debtor_number = fields.Char(
        string="Organisation number",
        compute="_compute_collection_debtor",
        groups=READERS,
    )
    collection_debtor_flag = fields.Selection(
        FLAGS,
        string="Known to the agency as",
        compute="_compute_collection_debtor",
        groups=READERS,
    )
    collection_note = fields.Text(
        "Collection note",
        copy=False,
        help="For colleagues. A new note at the transfer takes the place of this one.",
        groups=READERS,
    )
    collection_external_number = fields.Char(
        string="Original invoice number",
        copy=False,
        help="Number of an invoice that was made in another system; the agency's "
        "letters show it.",
        groups=READERS,
    )
    collection_financed = fields.Boolean(
        string="Financed",
        copy=False,
        help="Sold or pledged to a finance company. Does not go to collection by "
        "itself.",
        groups=READERS,
    )
    collection_elsewhere = fields.Boolean(
        string="Collected elsewhere",
        copy=False,
        help="Another agency collects it outside Odoo.",
        groups=READERS,
    )
    collection_reminder_ids = fields.One2many(
        "collection.reminder", "move_id", string="Payment reminders", groups=READERS
    )
    collection_eligible = fields.Boolean(
        string="Can go to collection",
        compute="_compute_collection_eligible",
        search="_search_collection_eligible",
        groups=READERS,
    )
    collection_blocked_reason = fields.Text(
        string="Why not",
        compute="_compute_collection_eligible",
        groups=READERS,
    )
    collection_given = fields.Monetary(
        string="Not matched",
        compute="_compute_collection_eligible",
        currency_field="company_currency_id",
        help="Payments and credit notes of the customer that are not matched with any "
        "invoice yet. Company currency.",
        groups=READERS,
    )
    collection_can_transfer = fields.Boolean(
        "Transfer to collection offered",
        compute="_compute_collection_can_transfer",
        help="The invoice offers the transfer: it is open, past due and in the status "
        "from which the agreement lets invoices go.",
        groups=READERS,
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        return field.name in FACTS or super()._is_fact(field)

    def _post(self, soft=True):
        # EXTENDS 'account': a credit note of what an agency has collected
        posted = super()._post(soft)
        for note in posted.sudo().filtered(lambda move: move.move_type == "out_refund"):
            note.reversed_entry_id.collection_case_ids._tell_credited(note)
        return posted

    @api.depends("collection_case_ids.state")
    def _compute_collection_case_id(self):
        for move in self:
            cases = move.collection_case_ids.sorted(
                lambda c: (
                    c.state not in CLOSED_STATES,
                    c.state != "cancelled",
                    c._origin.id or 0,
                )
            )
            move.collection_case_id = cases[-1:]

    @api.depends(
        "collection_case_id.status_text",
        "collection_case_id.action_required",
        "collection_case_id.differs",
        "collection_case_id.agency_id",
    )
    @api.depends_context("lang")
    def _compute_collection_standing(self):
        for move in self:
            case = move.sudo().collection_case_id
            move.collection_status = case.status_text
            move.collection_action_required = case.action_required
            move.collection_differs = case.differs
            move.collection_agency_id = case.agency_id

    @api.depends(
        "commercial_partner_id.company_registry",
        "commercial_partner_id.collection_flag",
    )
    def _compute_collection_debtor(self):
        for move in self:
            debtor = move.sudo().commercial_partner_id
            move.collection_debtor_number = debtor.company_registry
            move.collection_debtor_flag = debtor.collection_flag

    @api.depends("collection_state", "payment_state", "state")
    @api.depends_context("collection_mode", "lang", "uid")
    def _compute_collection_eligible(self):
        engine = Eligibility(self.env)
        mode = self.env.context.get("collection_mode") or "manual"
        judged = {
            facts.id: (facts, reasons)
            for facts, reasons in engine.judge_all(
                [("id", "in", self._origin.ids)], mode
            )
        }
        texts = engine.describe({key: reasons for key, (_f, reasons) in judged.items()})
        for move in self:
            key = move._origin.id
            facts, reasons = judged.get(key, (None, None))
            move.collection_eligible = reasons == ()
            move.collection_blocked_reason = texts.get(key, "")
            move.collection_given = facts.given if facts else 0

    def _search_collection_eligible(self, operator, value):
        if operator != "in":
            return NotImplemented
        if {True, False} <= set(value):
            return Domain.TRUE
        # The search of a field is not refused for who may not read it.
        self._check_collection_reader()
        engine, companies = Eligibility(self.env), self.env.companies
        mode = self.env.context.get("collection_mode") or "manual"
        is_wanted = True in value

        def select(model, alias, query):
            eligible = engine.select_eligible(SQL.identifier(alias), companies, mode)
            return SQL("(%s) IS %s", eligible, SQL("TRUE" if is_wanted else "NOT TRUE"))

        return Domain.custom(
            to_sql=select,
            predicate=lambda move: move.collection_eligible is is_wanted,
        )

    def _search_collection_action_required(self, operator, value):
        if operator != "in":
            return NotImplemented
        if {True, False} <= set(value):
            return Domain.TRUE
        cases = [("action_required", "=", True), ("phase", "!=", "closed")]
        wanted = "any" if True in value else "not any"
        return [("collection_case_ids", wanted, cases)]

    def _search_collection_differs(self, operator, value):
        if operator != "in":
            return NotImplemented
        if {True, False} <= set(value):
            return Domain.TRUE
        wanted = "any" if True in value else "not any"
        return [("collection_case_ids", wanted, [("differs", "=", True)])]

    @api.depends(
        "state",
        "move_type",
        "payment_state",
        "invoice_date_due",
        "collection_state",
        "collection_reminder_ids",
        "company_id.collection_agency_id.send_from",
    )
    def _compute_collection_can_transfer(self):
        engine = Eligibility(self.env)
        for move in self:
            company = (move.company_id or self.env.company).sudo()
            today = company._get_collection_today()
            agency = engine.choose_for(move).agency.sudo()
            is_reminded_only = agency.send_from == "reminded"
            move.collection_can_transfer = (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.payment_state in ("not_paid", "partial")
                and bool(move.invoice_date_due)
                and move.invoice_date_due < today
                and move.collection_state in (False, *CLOSED_STATES)
                and (bool(move.collection_reminder_ids) or not is_reminded_only)
            )
