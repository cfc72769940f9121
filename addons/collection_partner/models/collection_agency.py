import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..formats.letter import LIMIT as LETTER_LIMIT
from .collection_agency_contract import SYNCED_SETTINGS
from .collection_lock import changed_fields
from .collection_states import CLOSED_STATES, WAITING_STATES

NOT_OPEN = (*WAITING_STATES, *CLOSED_STATES)


class CollectionAgency(models.Model):
    """A contract with a debt-collection agency: what was agreed, how the two talk.

    The agency that the company names as its collection partner gets new cases; any
    other with open cases goes on with those. What calls look like is the business of
    the adapter named by ``adapter``.
    """

    _name = "collection.agency"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "collection.agency.contract",
        "collection.agency.exchange",
    ]
    _description = "Collection agency"
    _order = "sequence, name"
    _check_company_auto = True
    # Who may read a contract may write a note on it and close their activities.
    _mail_post_access = "read"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [
            ("draft", "Not started"),
            ("onboarding", "Waiting for the agency"),
            ("active", "Active"),
            ("suspended", "Suspended"),
            ("terminated", "Ended"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    is_partner = fields.Boolean(
        string="Gets new cases",
        compute="_compute_is_partner",
        help="The company's settings name it as the collection partner.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Agency's address",
        check_company=True,
        help="The agency as a contact, with its address and telephone number.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        check_company=True,
        help="Gets the activities: approvals, information that the agency needs.",
    )
    country_ids = fields.Many2many(
        "res.country",
        string="Offered to companies in",
        help="Empty: everywhere.",
    )

    # === CONNECTION === #

    adapter = fields.Selection(
        [("agency_api", "Agency API")],
        required=True,
        default="agency_api",
        help="How the agency is spoken to. docs/agency_api.md describes the contract.",
    )
    environment = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("prod", "Production")],
        required=True,
        default="test",
        tracking=True,
        copy=False,
        help="Disabled: no call leaves. Test: the agency's test service; every screen "
        "says so. Production: real letters go out.",
    )
    base_url = fields.Char(
        string="Address of the service",
        groups="base.group_system",
        copy=False,
        help="Where the agency's service answers, such as https://api.example.com/v1.",
    )
    client_id = fields.Char(
        string="Client identifier", groups="base.group_system", copy=False
    )
    client_secret = fields.Char(groups="base.group_system", copy=False)
    access_token = fields.Char(groups="base.group_system", copy=False)
    access_token_expiry = fields.Datetime(groups="base.group_system", copy=False)
    webhook_token = fields.Char(
        groups="base.group_system",
        copy=False,
        index="btree_not_null",
        default=lambda self: secrets.token_urlsafe(32),
    )
    webhook_secret = fields.Char(
        groups="base.group_system",
        copy=False,
        default=lambda self: secrets.token_urlsafe(32),
    )
    webhook_url = fields.Char(
        compute="_compute_webhook_url",
        groups="base.group_system",
        help="Where the agency reports what happens. It must reach this address.",
    )
    api_user_id = fields.Many2one(
        "res.users",
        string="API user",
        readonly=True,
        copy=False,
        help="What the agency changes here is done in this user's name. The user can "
        "do nothing else, and must not be deleted while the service is in use.",
    )
    creditor_ref = fields.Char(
        string="Our number at the agency", readonly=True, copy=False
    )
    agreement_number = fields.Char(
        copy=False,
        tracking=True,
        help="Number of the contract. New cases carry it.",
    )
    portal_url = fields.Char(string="Agency's portal", help="Where people log in.")
    terms_url = fields.Char(string="Terms")
    price_list_url = fields.Char(string="Price list")
    terms_version = fields.Char(
        string="Version of the terms",
        readonly=True,
        copy=False,
        help="The agency's present terms.",
    )
    terms_text = fields.Text(string="Terms in short", readonly=True, copy=False)
    terms_accepted_version = fields.Char(
        string="Accepted version", readonly=True, copy=False
    )
    terms_accepted_at = fields.Datetime(readonly=True, copy=False)
    terms_accepted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    contact_name = fields.Char(
        string="Contact person",
        help="Administers the company's account in the agency's portal. Need not be a "
        "user of Odoo.",
    )
    contact_email = fields.Char(string="Contact's e-mail")
    contact_phone = fields.Char(string="Contact's telephone")
    data_role = fields.Selection(
        [
            ("controller", "Independent controller"),
            ("processor", "Our processor"),
        ],
        string="Role under the GDPR",
        required=True,
        default="controller",
        help="An agency that decides itself how it uses the data is a controller of "
        "its own; a processor needs a data processing agreement.",
    )
    send_id_number = fields.Boolean(
        string="Send personal identity numbers",
        help="Company numbers always go. A consumer's personal identity number goes "
        "only when the agency needs it (data minimisation, GDPR article 5).",
    )
    send_note = fields.Boolean(
        string="Send the note to the agency",
        help="Notes are for colleagues and stay here unless this is on.",
    )

    # === SERVICES AND APPROVALS === #

    service = fields.Selection(
        [
            ("reminder_collection", "Reminders and collection"),
            ("collection", "Collection only"),
        ],
        required=True,
        default="reminder_collection",
        tracking=True,
        help="With reminders, the agency begins with a payment reminder; without, with "
        "its demand.",
    )
    send_from = fields.Selection(
        [("overdue", "Overdue"), ("reminded", "Reminded")],
        string="Invoices may go from status",
        compute="_compute_send_from",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Overdue: as soon as the waiting time is over. Reminded: only after the "
        "company has sent a reminder itself.",
    )
    approve_before_demand = fields.Boolean(
        string="Approve each case before the demand", tracking=True
    )
    approve_before_legal = fields.Boolean(
        string="Approve each case before legal action", default=True, tracking=True
    )
    notification_email = fields.Char(
        string="E-mail for approvals",
        help="Who the agency writes to when an approval is awaited. Empty: the contact "
        "person.",
    )
    settings_state = fields.Selection(
        [
            ("synced", "Known to the agency"),
            ("waiting", "On their way to the agency"),
            ("refused", "Not accepted by the agency"),
        ],
        default="synced",
        readonly=True,
        copy=False,
    )

    # === LETTER === #

    letter_include_lines = fields.Boolean(
        string="Additional information and products",
        tracking=True,
        help="The letter shows the invoice's additional information and the names and "
        "comments of its first ten products, at most 1,000 characters.",
    )
    letter_external_number = fields.Boolean(
        string="Original number of invoices from other systems",
        default=True,
        tracking=True,
    )
    letter_text = fields.Text(
        string="Collection text",
        translate=True,
        help="Added to the description on every letter.",
    )
    use_contact = fields.Boolean(
        string="Send the customer's default contact",
        default=True,
        help="The agency gets the telephone number and e-mail address of the "
        "customer's default contact.",
    )

    # === AUTOMATIC TRANSFER === #

    auto_transfer = fields.Boolean(string="Transfer automatically", tracking=True)
    auto_min_amount = fields.Monetary(
        string="Lowest invoice amount",
        tracking=True,
        help="Invoices above this amount go by themselves. Company currency.",
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
    currency_id = fields.Many2one(related="company_id.currency_id")
    undo_minutes = fields.Integer(
        string="Minutes to undo",
        default=120,
        help="A transfer waits this long before data leaves.",
    )

    # === FOLLOWING === #

    status_catalogue = fields.Selection(
        selection="_get_catalogues",
        required=True,
        default="agency_api",
        help="Which catalogue explains the agency's statuses.",
    )
    last_event = fields.Char(readonly=True, copy=False)
    last_contact = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    case_ids = fields.One2many("collection.case", "agency_id")
    message_queue_ids = fields.One2many(
        "collection.message",
        "agency_id",
        groups="collection_partner.collection_partner_group_user",
    )
    candidate_count = fields.Integer(
        string="Invoices that can go", compute="_compute_candidates"
    )
    candidate_amount = fields.Monetary(compute="_compute_candidates")
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
    checklist = fields.Json(compute="_compute_checklist")

    _webhook_token_unique = models.UniqueIndex(
        "(webhook_token) WHERE webhook_token IS NOT NULL",
        "The webhook's token is taken.",
    )
    _undo_not_negative = models.Constraint(
        "CHECK(undo_minutes >= 0)", "The time to undo cannot be negative."
    )
    _amount_not_negative = models.Constraint(
        "CHECK(auto_min_amount >= 0)", "The lowest amount cannot be negative."
    )

    @api.model
    def _get_catalogues(self):
        return (
            self.env["collection.status"]
            ._fields["catalogue"]
            ._description_selection(self.env)
        )

    # === COMPUTE METHODS === #

    @api.depends("company_id.collection_agency_id")
    def _compute_is_partner(self):
        for agency in self:
            agency.is_partner = agency.company_id.collection_agency_id == agency._origin

    @api.depends("service")
    def _compute_send_from(self):
        """Collection alone begins after the company's own reminders."""
        for agency in self:
            agency.send_from = (
                "reminded" if agency.service == "collection" else "overdue"
            )

    @api.depends("webhook_token")
    def _compute_webhook_url(self):
        for agency in self:
            agency.webhook_url = (
                f"{agency.get_base_url()}/collection_partner/webhook/"
                f"{agency.webhook_token}"
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
            moves = self.env["account.move"]
            if agency.is_partner and agency.state == "active":
                engine = self.env["collection.eligibility"]
                moves = engine._get_eligible(
                    engine._get_candidate_domain(agency.company_id)
                )
            agency.candidate_count = len(moves)
            [(amount,)] = moves._read_group(
                [("id", "in", moves.ids)], [], ["amount_residual_signed:sum"]
            )
            agency.candidate_amount = amount or 0.0

    @api.depends("contact_name", "contact_email", "company_id")
    def _compute_checklist(self):
        for agency in self:
            agency.checklist = {
                code: {
                    "level": "danger",
                    "message": item["message"],
                    "action_text": item["action_text"],
                    "action": item["action"],
                }
                for code, item in agency._get_missing().items()
            }

    # === CONSTRAINTS AND CRUD === #

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

    @api.constrains("letter_text")
    def _check_letter_text(self):
        for agency in self:
            if len(agency.letter_text or "") > LETTER_LIMIT:
                raise ValidationError(
                    self.env._(
                        "The collection text has %(length)s characters; a letter "
                        "shows %(limit)s.",
                        length=len(agency.letter_text),
                        limit=LETTER_LIMIT,
                    )
                )

    @api.constrains("active")
    def _check_archive(self):
        for agency in self:
            if not agency.active and (agency.is_partner or agency._get_open_cases()):
                raise ValidationError(
                    self.env._(
                        "%s gets new cases or has open ones. Choose another collection "
                        "partner, or none, and archive it once its last case is "
                        "closed; nothing more would be heard of them.",
                        agency.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        agencies = super().create(vals_list)
        if not self.env.context.get("collection_from_agency"):
            usual = self.default_get(list(SYNCED_SETTINGS))
            for agency in agencies:
                agency._queue_settings(
                    {
                        name
                        for name in SYNCED_SETTINGS
                        if agency[name] != usual.get(name, False)
                    }
                )
        self._toggle_crons()
        return agencies

    def write(self, vals):
        is_ours = not self.env.context.get("collection_from_agency")
        synced = {name: vals[name] for name in SYNCED_SETTINGS & vals.keys()}
        changed = {
            agency: {field.name for field in changed_fields(agency, synced)}
            for agency in self
            if is_ours
        }
        result = super().write(vals)
        for agency, names in changed.items():
            agency._queue_settings(names)
        if is_ours and "agreement_number" in vals:
            self._tell_new_agreement_number()
        if {"environment", "active", "state"} & vals.keys():
            self._toggle_crons()
        if {"base_url", "client_id", "client_secret"} & vals.keys():
            # Ask soon: the terms are wanted before the service can be opened.
            super().write({"last_contact": False, "access_token": False})
            self.env.ref(
                "collection_partner.ir_cron_collection_receive"
            ).sudo()._trigger()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.case_ids or self.message_queue_ids:
            raise UserError(
                self.env._(
                    "This agency has cases or messages, which must be kept. End the "
                    "service and archive it instead."
                )
            )

    @api.model
    def _toggle_crons(self):
        """Run the jobs only while some agency needs them."""
        needed = bool(
            self.sudo().search_count(
                [("environment", "!=", "disabled"), ("state", "!=", "terminated")],
                limit=1,
            )
            or self.env["collection.case"]
            .sudo()
            .search_count([("state", "not in", CLOSED_STATES)], limit=1)
        )
        for name in ("transfer", "send", "receive", "automatic", "refresh"):
            cron = self.env.ref(f"collection_partner.ir_cron_collection_{name}").sudo()
            if cron.active != needed:
                cron.active = needed

    # === HELPERS === #

    def _get_adapter(self):
        """Return the adapter that speaks this agency's dialect."""
        return self.env[f"collection.adapter.{self.adapter}"]

    def _for_responsible(self):
        """Work for the agency's company, and write in the language of the person
        who will read it: jobs have none of their own."""
        self.ensure_one()
        language = self.user_id.lang or self.company_id.partner_id.lang
        return self.with_company(self.company_id).with_context(lang=language)

    def _for_api_user(self):
        """Work in the name of the agency's API user."""
        self.ensure_one()
        agency = self._for_responsible()
        if not agency.api_user_id or not agency.api_user_id.active:
            return agency.sudo()
        return agency.with_user(agency.api_user_id).sudo()

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

    def _get_open_cases(self):
        return self.env["collection.case"].search(
            [("agency_id", "in", self.ids), ("state", "not in", CLOSED_STATES)]
        )

    def _check_user(self, group="user"):
        """Refuse callers who are not users of this addon or of this company."""
        if not self.env.user.has_group(
            f"collection_partner.collection_partner_group_{group}"
        ):
            raise AccessError(
                self.env._("Only users of debt collection can do this.")
                if group == "user"
                else self.env._("Only managers of debt collection can do this.")
            )
        self.check_access("read")

    def _warn_once(self, message):
        """Tell the person responsible unless the contract needs attention already."""
        self.ensure_one()
        if not self.activity_search(["collection_partner.mail_activity_type_agency"]):
            self._warn(message)

    def _warn(self, message, activity="mail_activity_type_agency"):
        """Tell the person responsible, once, that the contract needs attention."""
        self.ensure_one()
        self._message_log(body=message)
        xmlid = f"collection_partner.{activity}"
        if not self.activity_search([xmlid]):
            self.activity_schedule(
                xmlid, user_id=(self.user_id or self.env.user).id, note=message
            )
