import logging
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .collection_states import AGENCY_STATES, CLOSED_STATES, STATES, WAITING_STATES

_logger = logging.getLogger(__name__)

AGENCY_KEYS = tuple(key for key, _label in AGENCY_STATES)


class CollectionCase(models.Model):
    """One transferred invoice: a wish first, the agency's case then.

    Until it has been sent it can be undone. From then on the agency's word counts:
    its state, its balance, what it waits for. Its own status code and label are kept
    as they came; ``state`` is what they mean in words that are the same for every
    agency. An invoice has at most one case that is not closed.
    """

    _name = "collection.case"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "collection.case.actions",
        "collection.case.documents",
        "collection.case.following",
        "collection.case.transfer",
        "collection.queue",
    ]
    _description = "Collection case"
    _order = "id desc"
    _check_company_auto = True
    # Only methods change cases; who may read one may write a note on it, and sees
    # what waits for colleagues.
    _mail_post_access = "read"
    _rec_names_search = ["name", "move_id.name", "partner_id.name"]

    name = fields.Char(string="Case number", readonly=True)
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Debtor",
        related="move_id.commercial_partner_id",
        store=True,
        index=True,
    )
    agency_id = fields.Many2one(
        "collection.agency",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="agency_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        readonly=False,
        compute="_compute_user_id",
        store=True,
    )
    environment = fields.Selection(related="agency_id.environment")
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        default="to_send",
        index=True,
        group_expand="_group_expand_state",
    )
    phase = fields.Selection(
        [("waiting", "Not sent"), ("open", "At the agency"), ("closed", "Closed")],
        compute="_compute_phase",
        store=True,
    )
    origin = fields.Selection(
        [("manual", "By a person"), ("automatic", "Automatically")],
        string="Transferred",
        required=True,
        readonly=True,
        default="manual",
    )
    requested_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    requested_by_id = fields.Many2one(
        "res.users", readonly=True, default=lambda self: self.env.user
    )
    send_after = fields.Datetime(
        string="Leaves at", readonly=True, help="Until then the transfer can be undone."
    )
    transferred_at = fields.Datetime(string="Transferred on", readonly=True)
    closed_at = fields.Datetime(string="Closed on", readonly=True)
    days = fields.Integer(
        string="Days at the agency",
        compute="_compute_days",
        store=True,
        aggregator="avg",
        help="From the transfer to the closing.",
    )
    note = fields.Text(readonly=True)
    first_action = fields.Selection(
        [("reminder", "A reminder"), ("demand", "The demand")],
        string="Begins with",
        readonly=True,
    )
    agreement_number = fields.Char(string="Under contract number", readonly=True)
    external_id = fields.Char(
        string="Our reference",
        readonly=True,
        required=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        help="The agency knows the case by this too, which keeps a repeated call from "
        "opening it twice.",
    )
    previous_no_followup = fields.Boolean(readonly=True)
    is_given_up = fields.Boolean(
        readonly=True,
        help="Undone by the job, since the invoice could no longer go; it goes again "
        "once it can.",
    )

    # === AS THE AGENCY SEES IT === #

    agency_case_id = fields.Char(
        string="Agency's identifier", readonly=True, index="btree_not_null"
    )
    reference = fields.Char(
        string="Agency's payment reference",
        readonly=True,
        help="What the debtor quotes when paying the agency.",
    )
    portal_url = fields.Char(readonly=True)
    case_version = fields.Integer(readonly=True)
    refreshed_at = fields.Datetime(readonly=True)
    agency_status = fields.Char(
        string="Agency's code", readonly=True, help="Verbatim, as the agency sent it."
    )
    agency_status_label = fields.Char(string="Agency's words", readonly=True)
    status_id = fields.Many2one("collection.status", readonly=True)
    status_text = fields.Char(
        string="Collection status", compute="_compute_status_text"
    )
    remedy = fields.Text(related="status_id.remedy", string="What to do")
    is_duplicate = fields.Boolean(
        string="Existed before",
        readonly=True,
        help="The agency had a case for this invoice number already; it was linked.",
    )
    action_required = fields.Boolean(string="To be decided", readonly=True, index=True)
    action_hint = fields.Char(string="What is asked for", readonly=True)
    available_actions = fields.Json(readonly=True)
    can_pause = fields.Boolean(compute="_compute_can")
    can_resume = fields.Boolean(compute="_compute_can")
    can_withdraw = fields.Boolean(compute="_compute_can")
    can_approve = fields.Boolean(compute="_compute_can")
    can_dispute = fields.Boolean(compute="_compute_can")
    can_undispute = fields.Boolean(compute="_compute_can")
    can_reopen = fields.Boolean(compute="_compute_can")
    can_resend = fields.Boolean(
        compute="_compute_can",
        help="The case carries a number that the contract no longer has.",
    )
    pending_action = fields.Char(
        string="Request on its way", compute="_compute_pending_action"
    )
    outcome = fields.Selection(
        [
            ("paid", "Paid"),
            ("partially_paid", "Partly paid"),
            ("credited", "Credited"),
            ("withdrawn", "Taken back"),
            ("uncollectable", "Uncollectable"),
            ("insolvent", "Insolvent"),
            ("untraceable", "Untraceable"),
            ("time_barred", "Time-barred"),
            ("rejected_duplicate", "Duplicate"),
            ("other", "Other"),
        ],
        readonly=True,
        index=True,
    )
    outcome_decision = fields.Selection(
        [
            ("pending", "To be decided"),
            ("keep", "Followed up by us"),
            ("again", "Transferred again"),
            ("ban", "Never transferred again"),
            ("credit", "Credited"),
            ("none", "Nothing left to decide"),
        ],
        string="What became of the invoice",
        readonly=True,
    )
    resend = fields.Boolean(
        readonly=True, help="Sent again under the contract's new number once closed."
    )
    limitation_date = fields.Date(string="Time-barred on", readonly=True)
    new_street = fields.Char(string="New street", readonly=True)
    new_zip = fields.Char(string="New postcode", readonly=True)
    new_city = fields.Char(string="New city", readonly=True)
    new_country_id = fields.Many2one("res.country", string="New country", readonly=True)
    decided_address = fields.Char(
        readonly=True, help="A found address that was taken over or dismissed."
    )

    currency_id = fields.Many2one(related="move_id.currency_id", store=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    capital_original = fields.Monetary(string="Capital", readonly=True)
    capital_paid = fields.Monetary(string="Recovered", readonly=True)
    capital_open = fields.Monetary(readonly=True)
    capital_open_company = fields.Monetary(
        string="Open capital in company currency",
        compute="_compute_company_amounts",
        store=True,
        currency_field="company_currency_id",
    )
    capital_paid_company = fields.Monetary(
        string="Recovered in company currency",
        compute="_compute_company_amounts",
        store=True,
        currency_field="company_currency_id",
    )
    capital_original_company = fields.Monetary(
        string="Transferred in company currency",
        compute="_compute_company_amounts",
        store=True,
        currency_field="company_currency_id",
    )
    interest_original = fields.Monetary(readonly=True)
    interest_paid = fields.Monetary(readonly=True)
    interest_open = fields.Monetary(readonly=True)
    fees_original = fields.Monetary(readonly=True)
    fees_paid = fields.Monetary(readonly=True)
    fees_open = fields.Monetary(readonly=True)
    court_fees_original = fields.Monetary(readonly=True)
    court_fees_paid = fields.Monetary(readonly=True)
    court_fees_open = fields.Monetary(readonly=True)
    withdrawal_fee = fields.Monetary(
        readonly=True, help="What taking the invoice back costs now."
    )
    debtor_flag = fields.Selection(related="partner_id.collection_flag")
    residual = fields.Monetary(
        related="move_id.amount_residual",
        string="Open amount",
        help="What is open on the invoice here, after the latest bank statement.",
    )
    recovered_share = fields.Float(
        string="Recovered %",
        compute="_compute_company_amounts",
        store=True,
        aggregator="avg",
    )
    event_ids = fields.One2many("collection.event", "case_id")
    instalment_ids = fields.One2many("collection.instalment", "case_id")
    exchange_ids = fields.One2many(
        "collection.message",
        "case_id",
        groups="collection_partner.collection_partner_group_user",
    )
    exchange_count = fields.Integer(
        compute="_compute_exchange_count",
        groups="collection_partner.collection_partner_group_user",
    )
    agency_document_ids = fields.Many2many(
        "ir.attachment", string="Documents", readonly=True
    )

    _open_unique = models.UniqueIndex(
        "(move_id) WHERE state NOT IN ('cancelled', 'closed')",
        "The invoice is at an agency already.",
    )
    _external_unique = models.UniqueIndex(
        "(agency_id, external_id)", "The reference of a case is taken."
    )
    _send_index = models.Index("(send_after) WHERE state = 'to_send'")

    # === COMPUTE METHODS === #

    @api.depends("state")
    def _compute_phase(self):
        for case in self:
            if case.state in CLOSED_STATES:
                case.phase = "closed"
            else:
                case.phase = "waiting" if case.state in WAITING_STATES else "open"

    @api.depends("agency_id.user_id", "move_id.invoice_user_id")
    def _compute_user_id(self):
        for case in self:
            case.user_id = case.agency_id.user_id or case.move_id.invoice_user_id

    @api.depends("transferred_at", "closed_at")
    def _compute_days(self):
        for case in self:
            if case.transferred_at and case.closed_at:
                case.days = (case.closed_at - case.transferred_at).days
            else:
                case.days = 0

    @api.depends(
        "capital_original",
        "capital_paid",
        "capital_open",
        "move_id.amount_total",
        "move_id.amount_total_signed",
    )
    def _compute_company_amounts(self):
        for case in self:
            total = case.move_id.amount_total
            rate = abs(case.move_id.amount_total_signed / total) if total else 1.0
            case.capital_original_company = case.capital_original * rate
            case.capital_paid_company = case.capital_paid * rate
            case.capital_open_company = case.capital_open * rate
            case.recovered_share = (
                case.capital_paid / case.capital_original
                if case.capital_original
                else 0
            )

    @api.depends(
        "state",
        "status_id.name",
        "agency_status_label",
        "agency_status",
        "is_duplicate",
    )
    @api.depends_context("lang")
    def _compute_status_text(self):
        """The catalogue's meaning, else the agency's words, else the state."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        for case in self:
            text = labels.get(case.state, "")
            if case.state not in (*WAITING_STATES, *CLOSED_STATES):
                text = (
                    case.status_id.name
                    or case.agency_status_label
                    or case.agency_status
                    or text
                )
            if case.is_duplicate and case.state not in CLOSED_STATES:
                text = self.env._(
                    "%s – a case for this invoice number already existed in the "
                    "agency's portal",
                    text,
                )
            case.status_text = text

    @api.depends("available_actions", "agreement_number", "agency_id.agreement_number")
    def _compute_can(self):
        for case in self:
            offered = set(case.available_actions or ())
            for action in ("pause", "resume", "withdraw", "dispute", "undispute"):
                case[f"can_{action}"] = action in offered
            case.can_reopen = "reopen" in offered
            case.can_approve = bool(case._get_awaited_step("approve"))
            number = case.agency_id.agreement_number
            case.can_resend = (
                "withdraw" in offered
                and bool(number)
                and case.agreement_number != number
            )

    def _compute_pending_action(self):
        waiting = self.env["collection.message"].sudo()._get_waiting_actions(self)
        labels = self._get_action_labels()
        for case in self:
            word = (waiting.get(case.id) or "").partition("_")[0]
            case.pending_action = labels.get(word, word) or False

    def _compute_exchange_count(self):
        counts = dict(
            self.env["collection.message"]._read_group(
                [("case_id", "in", self.ids)], ["case_id"], ["__count"]
            )
        )
        for case in self:
            case.exchange_count = counts.get(case, 0)

    @api.depends("name", "move_id.name", "partner_id.name")
    def _compute_display_name(self):
        for case in self:
            parts = (case.name, case.move_id.name, case.partner_id.name)
            case.display_name = " – ".join(filter(None, parts))

    # === GROUPING === #

    @api.model
    def _group_expand_state(self, states, _domain):
        """Show columns in the order of a case's course, and only those in use."""
        return [key for key, _label in STATES if key in states]

    def _read_group_select(self, aggregate_spec, query):
        # EXTENDS 'base': averages that mean something. Open cases have no days yet,
        # and a share is one of money, not of cases.
        if aggregate_spec == "days:avg":
            return SQL(
                "AVG(%s) FILTER (WHERE %s IS NOT NULL)",
                self._field_to_sql(self._table, "days", query),
                self._field_to_sql(self._table, "closed_at", query),
            )
        if aggregate_spec == "recovered_share:avg":
            return SQL(
                "SUM(%s) / NULLIF(SUM(%s), 0)",
                self._field_to_sql(self._table, "capital_paid_company", query),
                self._field_to_sql(self._table, "capital_original_company", query),
            )
        return super()._read_group_select(aggregate_spec, query)

    # === STATES === #

    # What happens before the agency has the case; from then on its word counts, and
    # it may go anywhere, also back from the end (a case that is taken up again).
    _TRANSITIONS = {
        "to_send": ("refused", "cancelled", *AGENCY_KEYS),
        "refused": ("to_send", "cancelled"),
        "cancelled": (),
        **{state: AGENCY_KEYS for state in AGENCY_KEYS},
    }

    def _set_state(self, state, **vals):
        """Move to ``state`` where that may follow; a repeated step is silent.

        :return: the cases that changed
        """
        changed = self.filtered(
            lambda c: c.state != state and state in self._TRANSITIONS[c.state]
        )
        for case in self - changed:
            if case.state != state:
                _logger.info(
                    "Case %s stays %s: %s cannot follow.", case.id, case.state, state
                )
        reopened = changed.filtered(lambda c: c.state == "closed")
        changed.write({"state": state, **vals})
        if state in CLOSED_STATES:
            changed._release_invoices()
        elif reopened:
            reopened._hold_invoices()
            reopened.activity_unlink(["collection_partner.mail_activity_type_outcome"])
        return changed

    def _hold_invoices(self):
        """The agency follows up now: the company's own reminders stop."""
        cases = self.sudo()
        for case in cases:
            case.previous_no_followup = case.move_id.no_followup
        cases._get_receivable_lines().no_followup = True

    def _release_invoices(self):
        """The agency no longer follows up: what was set before holds again."""
        for before, cases in self.sudo().grouped("previous_no_followup").items():
            cases._get_receivable_lines().no_followup = before
        self.sudo().activity_unlink(
            [
                "collection_partner.mail_activity_type_decide",
                "collection_partner.mail_activity_type_refused",
                "collection_partner.mail_activity_type_check",
            ]
        )

    def _get_receivable_lines(self):
        """Return the lines that carry the follow-up mark of many invoices: the mark of
        an invoice itself can only be written one by one."""
        return self.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Cases are a record of what was sent and are kept."))
