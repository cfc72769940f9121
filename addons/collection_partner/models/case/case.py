import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.receivables_base.tools import Sentence

from ..states import AGENCY_STATES, CLOSED_STATES, STATES, WAITING_STATES

# What a person looks into while a case is open.
MATTERS = (
    "mail_activity_type_approve",
    "mail_activity_type_decide",
    "mail_activity_type_refused",
    "mail_activity_type_check",
)
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
        "receivables.queue",
        "receivables.responsible",
        "receivables.state",
    ]
    _description = "Collection case"
    _order = "id desc"
    _check_company_auto = True
    # Only methods change cases; who may read one may write a note on it, and sees
    # what waits for colleagues.
    _mail_post_access = "read"
    _rec_names_search = ["name", "move_id.name", "partner_id.name"]
    _CONNECTION = "agency_id.connection_id"

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
    requested_at = fields.Datetime(
        "Requested at", readonly=True, default=fields.Datetime.now
    )
    requested_by_id = fields.Many2one(
        "res.users",
        string="Requested by",
        readonly=True,
        default=lambda self: self.env.user,
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
    agreement_number = fields.Char(string="Under agreement number", readonly=True)
    external_id = fields.Char(
        string="Our reference",
        readonly=True,
        required=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        help="The agency knows the case by this too, which keeps a repeated call from "
        "opening it twice.",
    )
    holds_invoice = fields.Boolean(
        "Holds the invoice",
        readonly=True,
        help="The company's own reminders pass the invoice over because of this case.",
    )
    previous_no_followup = fields.Boolean(
        "Earlier choice of no follow-up", readonly=True
    )
    is_given_up = fields.Boolean(
        "Is given up",
        readonly=True,
        help="Undone by the job, since the invoice could no longer go; it goes again "
        "once it can.",
    )
    currency_id = fields.Many2one(related="move_id.currency_id", store=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    residual = fields.Monetary(
        related="move_id.amount_residual",
        string="Open amount",
        help="What is open on the invoice here, after the latest bank statement.",
    )
    event_ids = fields.One2many("collection.event", "case_id")
    exchange_ids = fields.One2many(
        "collection.message",
        "case_id",
        groups="collection_partner.collection_partner_group_user",
    )
    exchange_count = fields.Integer(
        "Number of messages",
        compute="_compute_exchange_count",
        groups="collection_partner.collection_partner_group_user",
    )

    _open_unique = models.UniqueIndex(
        "(move_id) WHERE state NOT IN ('cancelled', 'closed')",
        "The invoice is at an agency already.",
    )

    _external_unique = models.UniqueIndex(
        "(agency_id, external_id)", "The reference of a case is taken."
    )

    _send_index = models.Index("(send_after) WHERE state = 'to_send'")

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

    # What happens before the agency has the case; from then on its word counts, and
    # it may go anywhere, also back from the end (a case that is taken up again).
    _TRANSITIONS = {
        "to_approve": ("to_send", "cancelled"),
        "to_send": ("refused", "cancelled", *AGENCY_KEYS),
        "refused": ("to_send", "cancelled"),
        "cancelled": (),
        **{
            state: tuple(key for key in AGENCY_KEYS if key != state)
            for state in AGENCY_KEYS
        },
        # by an acknowledgement that came later
        "received": ("refused", *(key for key in AGENCY_KEYS if key != "received")),
    }

    def _set_state(self, state, **vals):
        # EXTENDS 'receivables_base'
        before = {case: case.state for case in self}
        changed = super()._set_state(state, **vals)
        reopened = changed.filtered(lambda c: before[c] == "closed")
        if state in CLOSED_STATES:
            changed._release_invoices()
            for matter in MATTERS:
                changed._settle(f"collection_partner.{matter}")
        elif reopened:
            reopened._hold_invoices()
            # What came while it was closed was told to nobody.
            reopened.sudo().write({"is_money_new": True, "purged_at": False})
            for matter in ("outcome", "owed"):
                reopened._settle(f"collection_partner.mail_activity_type_{matter}")
        return changed

    def _hold_invoices(self):
        """The agency follows up now: the company's own reminders stop."""
        cases = self.sudo().filtered(lambda c: not c.holds_invoice)
        for case in cases:
            case.previous_no_followup = case.move_id.no_followup
        cases.holds_invoice = True
        cases._get_receivable_lines().no_followup = True

    def _release_invoices(self):
        """The agency no longer follows up: what was set before holds again.

        Who has paid the agency is left alone until its money is here, and what it
        gave up until somebody has decided what becomes of it.
        """
        done = self.sudo().filtered(
            lambda c: (
                c.holds_invoice
                and not c.capital_owed
                and c.outcome_decision != "pending"
            )
        )
        for before, cases in done.grouped("previous_no_followup").items():
            cases._get_receivable_lines().no_followup = before
        done.holds_invoice = False

    def _get_receivable_lines(self):
        """Return the lines that carry the follow-up mark of many invoices: the mark of
        an invoice itself can only be written one by one."""
        lines = self.move_id.line_ids
        owed = lines.filtered(lambda line: line.account_type == "asset_receivable")
        return owed.with_prefetch(lines._prefetch_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Cases are a record of what was sent and are kept."))

    def _check_user(self):
        if not self.env.user.has_group(
            "collection_partner.collection_partner_group_user"
        ):
            raise AccessError(
                self.env._("Only users of debt collection can work on cases.")
            )
        self.check_access("read")

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        return super()._get_candidates() + self.requested_by_id

    def _log_event(self, code, sentence, actor="creditor"):
        """Add a line to the timeline."""
        self.env["collection.event"].sudo().create(
            [case._prepare_event(code, sentence, actor) for case in self]
        )

    def _prepare_event(self, code, sentence, actor):
        return {
            "case_id": self.id,
            "actor": actor,
            "code": code,
            "sentence": Sentence.store(sentence),
            "user_id": self.env.user.id if actor == "creditor" else False,
        }

    def _tell(self, sentence, matter="mail_activity_type_decide", renew=False):
        """Tell the person responsible, once, that cases need attention.

        :param bool renew: what was told before no longer holds
        """
        xmlid = f"collection_partner.{matter}"
        new = self.sudo()._remind(xmlid, sentence, renew).activity_search([xmlid])
        new.filtered(lambda a: a.user_id != self.env.user).action_notify()

    def _on_fault(self, fault):
        # EXTENDS 'receivables_base': what cannot be written down waits for a person
        if self.state == "to_send" and isinstance(fault, UserError):
            return self._refuse(Sentence.store(fault))
        return super()._on_fault(fault)

    def _give_up(self, sentence, fault=None):
        # OVERRIDES 'receivables_base': the agency is asked about its cases tomorrow
        for case in self:
            if case.state == "to_send":
                case._refuse(sentence, getattr(fault, "code", ""))
                continue
            case.write(
                {
                    "next_attempt": False,
                    "reason": Sentence.store(sentence),
                    "refreshed_at": fields.Datetime.now(),
                }
            )
