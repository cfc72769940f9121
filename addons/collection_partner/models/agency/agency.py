from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ...adapters import Agency
from ..lock import changed_fields
from ..states import CLOSED_STATES

_lt = LazyTranslate(__name__)

ATTENTION = "mail_activity_type_agency"
SILENT = "mail_activity_type_silent"
DIFFERENCES = "mail_activity_type_difference"
# Failures in a row within which two hours pass (1 + 2 + 4 + … + 64 minutes).
SILENT_AFTER = 7
# Settings that the agency keeps too (settings.py).
SYNCED_SETTINGS = {
    "service",
    "approve_before_demand",
    "approve_before_legal",
    "letter_include_lines",
    "letter_external_number",
    "notification_email",
}


class CollectionAgency(models.Model):
    """An agreement with a debt-collection agency: what was agreed, how the two talk.

    The agency that the company names as its collection partner gets new cases; any
    other with open cases goes on with those. What calls look like is the business of
    the adapter named by ``adapter``.
    """

    _name = "collection.agency"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.queue",
        "receivables.readiness",
        "receivables.responsible",
        "receivables.state",
    ]
    _description = "Collection agency"
    _order = "sequence, name"
    _check_company_auto = True
    # Who may read an agreement may write a note on it and close their activities.
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
    currency_id = fields.Many2one(related="company_id.currency_id")
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
        help="The company's settings name it as the collection partner, or a rule on "
        "the choice of the agency names it.",
    )
    route_ids = fields.One2many("collection.route", "agency_id", string="Rules")
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
    adapter = fields.Selection(
        selection=lambda self: Agency.selection(self.env),
        required=True,
        default="agency_api",
        help="How the agency is spoken to.",
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
    portal_url = fields.Char(string="Agency's portal", help="Where people log in.")
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
    use_contact = fields.Boolean(
        string="Send the customer's default contact",
        default=True,
        help="The agency gets the telephone number and e-mail address of the "
        "customer's default contact.",
    )
    undo_minutes = fields.Integer(
        string="Minutes to undo",
        default=120,
        help="A transfer waits this long before data leaves.",
    )
    status_catalogue = fields.Selection(
        string="Status catalogue",
        selection=lambda self: (
            self.env["collection.status"]
            ._fields["catalogue"]
            ._description_selection(self.env)
        ),
        compute="_compute_status_catalogue",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Which catalogue explains the agency's statuses.",
    )
    lacks = fields.Json(
        compute="_compute_lacks",
        help="What the agency cannot be told, or tells in another way.",
    )
    case_ids = fields.One2many("collection.case", "agency_id")
    message_queue_ids = fields.One2many(
        "collection.message",
        "agency_id",
        string="Message queue",
        groups="collection_partner.collection_partner_group_user",
    )

    _undo_not_negative = models.Constraint(
        "CHECK(undo_minutes >= 0)", "The time to undo cannot be negative."
    )

    @api.depends("company_id.collection_agency_id", "route_ids.active")
    def _compute_is_partner(self):
        for agency in self:
            chosen = agency.company_id.sudo()._get_collection_agencies()
            agency.is_partner = bool(agency._origin) and agency._origin in chosen

    @api.depends("adapter")
    def _compute_status_catalogue(self):
        for agency in self.filtered("adapter"):
            agency.status_catalogue = agency._get_adapter().catalogue

    @api.depends("adapter")
    def _compute_lacks(self):
        for agency in self:
            adapter = agency._get_adapter() if agency.adapter else Agency
            agency.lacks = sorted(adapter.lacks)

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
        if "connection_id" in vals:
            # The terms are wanted before the service can be opened.
            self._ask_soon()
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
            .search_count(
                ["|", ("state", "not in", CLOSED_STATES), ("capital_owed", ">", 0)],
                limit=1,
            )
        )
        names = ("transfer", "send", "receive", "automatic", "refresh", "compare")
        self._switch_jobs(
            {f"collection_partner.ir_cron_collection_{name}": needed for name in names}
        )

    def _for_responsible(self):
        """Work for the agency's company, and write in the language of the person
        who will read it: jobs have none of their own."""
        self.ensure_one()
        agency = self.with_company(self.company_id)
        return agency._in_language_of(agency._get_responsible())

    def _for_api_user(self):
        """Work in the name of the agency's API user."""
        agency = self._for_responsible()
        user = agency.api_user_id.filtered("active")
        return agency.with_user(user or self.env.user).sudo()

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

    def _tell(self, sentence, activity=ATTENTION):
        """Tell the person responsible, once, that the agreement needs attention."""
        for agency in self:
            told = agency._for_responsible()
            told._message_log(body=Sentence.read(Sentence.store(sentence), told.env))
            xmlid = f"collection_partner.{activity}"
            new = agency._remind(xmlid, sentence).activity_search([xmlid])
            new.filtered(lambda a: a.user_id != self.env.user).action_notify()

    def _tell_silent(self, sentence):
        """Tell the person responsible, once, that the agency has not answered as it
        should for two hours."""
        for agency in self:
            agency._tell(sentence, SILENT)

    def _tell_differences(self, count):
        """Tell the person responsible on how many cases the two sides differ."""
        self._remind(
            f"collection_partner.{DIFFERENCES}",
            _lt(
                "%s cases differ. Each stands under Settlements > Differences with its "
                "cause, and a button that mends it.",
                count,
            ),
            renew=True,
        )

    def _remind_of_fault(self, fault):
        """Tell the person responsible, once, that nothing can be sent."""
        self.ensure_one()
        if not self.activity_search([f"collection_partner.{ATTENTION}"]):
            self._tell(Sentence.store(fault))
