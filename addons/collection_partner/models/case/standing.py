from odoo import api, fields, models

from ..states import CLOSED_STATES, WAITING_STATES

# What has a button of its own and is offered by the same word.
OFFERED = ("pause", "resume", "withdraw", "dispute", "undispute", "reopen")


class CollectionCase(models.Model):
    """Where a case stands as the agency sees it: words, balance, what it asks."""

    _inherit = "collection.case"

    agency_case_id = fields.Char(
        string="Agency's identifier", readonly=True, index="btree_not_null"
    )
    reference = fields.Char(
        string="Agency's payment reference",
        readonly=True,
        help="What the debtor quotes when paying the agency.",
    )
    portal_url = fields.Char("Portal address", readonly=True)
    case_version = fields.Integer("Case version", readonly=True)
    refreshed_at = fields.Datetime("Refreshed at", readonly=True)
    agency_status = fields.Char(
        string="Agency's code", readonly=True, help="Verbatim, as the agency sent it."
    )
    agency_status_label = fields.Char(string="Agency's words", readonly=True)
    status_id = fields.Many2one(
        "collection.status", string="Agency's status", readonly=True
    )
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
    available_actions = fields.Json("Available actions", readonly=True)
    can_pause = fields.Boolean("Can pause", compute="_compute_can")
    can_resume = fields.Boolean("Can resume", compute="_compute_can")
    can_withdraw = fields.Boolean("Can withdraw", compute="_compute_can")
    can_approve = fields.Boolean("Can approve", compute="_compute_can")
    can_dispute = fields.Boolean("Can dispute", compute="_compute_can")
    can_undispute = fields.Boolean("Can undispute", compute="_compute_can")
    can_reopen = fields.Boolean("Can reopen", compute="_compute_can")
    can_resend = fields.Boolean(
        "Can resend",
        compute="_compute_can",
        help="The case carries a number that the agreement no longer has.",
    )
    pending_action = fields.Char(
        string="Request on its way", compute="_compute_pending_action"
    )
    limitation_date = fields.Date(
        string="Time-barred on",
        readonly=True,
        help="As the agency tells it.",
    )
    new_street = fields.Char(string="New street", readonly=True)
    new_zip = fields.Char(string="New postcode", readonly=True)
    new_city = fields.Char(string="New city", readonly=True)
    new_country_id = fields.Many2one("res.country", string="New country", readonly=True)
    decided_address = fields.Char(
        "Decided address",
        readonly=True,
        help="A found address that was taken over or dismissed.",
    )
    capital_original = fields.Monetary(string="Capital", readonly=True)
    capital_paid = fields.Monetary(string="Recovered", readonly=True)
    capital_open = fields.Monetary("Open capital", readonly=True)
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
    interest_original = fields.Monetary("Original interest", readonly=True)
    interest_paid = fields.Monetary("Paid interest", readonly=True)
    interest_open = fields.Monetary("Open interest", readonly=True)
    fees_original = fields.Monetary("Original fees", readonly=True)
    fees_paid = fields.Monetary("Paid fees", readonly=True)
    fees_open = fields.Monetary("Open fees", readonly=True)
    court_fees_original = fields.Monetary("Original court fees", readonly=True)
    court_fees_paid = fields.Monetary("Paid court fees", readonly=True)
    court_fees_open = fields.Monetary("Open court fees", readonly=True)
    withdrawal_fee = fields.Monetary(
        "Withdrawal fee", readonly=True, help="What taking the invoice back costs now."
    )
    debtor_flag = fields.Selection(related="partner_id.collection_flag")
    recovered_share = fields.Float(
        string="Recovered %",
        compute="_compute_company_amounts",
        store=True,
        aggregator="avg",
    )
    instalment_ids = fields.One2many(
        "collection.instalment", "case_id", string="Instalments"
    )

    @api.depends(
        "state",
        "transferred_at",
        "capital_original",
        "capital_paid",
        "capital_open",
        "move_id.amount_total",
        "move_id.amount_total_signed",
    )
    def _compute_company_amounts(self):
        for case in self:
            rate = case._get_company_rate() if case.state != "cancelled" else 0
            case.capital_original_company = (
                case.capital_original * rate if case.transferred_at else 0
            )
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
        "capital_owed",
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
            if case.state == "closed" and case.capital_owed:
                text = self.env._("Collected, not paid out yet")
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
            for action in OFFERED:
                case[f"can_{action}"] = action in offered
            case.can_approve = bool(case._get_awaited_step("approve"))
            number = case.agency_id.agreement_number
            case.can_resend = (
                "withdraw" in offered
                and bool(number)
                and case.agreement_number != number
            )

    def _compute_pending_action(self):
        waiting = self.env["collection.message"].sudo()._get_waiting_actions(self)
        labels = {
            "pause": self.env._("Pause"),
            "resume": self.env._("Go on"),
            "withdraw": self.env._("Take back"),
            "approve": self.env._("Approve"),
            "reject": self.env._("Reject"),
            "dispute": self.env._("Report a dispute"),
            "undispute": self.env._("Dispute settled"),
            "change": self.env._("Change the due date"),
            "reopen": self.env._("Ask to take up again"),
        }
        for case in self:
            word = (waiting.get(case.id) or "").partition("_")[0]
            case.pending_action = labels.get(word, word) or False
