from odoo import api, fields, models
from odoo.exceptions import UserError

STEPS = ("check", "terms", "contact")


class CollectionOnboardingWizard(models.TransientModel):
    """Leads through the opening of the service: what is missing, the terms, the
    contact person. The agency does the rest."""

    _name = "collection.onboarding.wizard"
    _description = "Opening of the collection service"

    agency_id = fields.Many2one("collection.agency", required=True, readonly=True)
    company_id = fields.Many2one(related="agency_id.company_id", related_sudo=False)
    company_registry = fields.Char(
        related="company_id.company_registry", related_sudo=False
    )
    street = fields.Char(related="company_id.street", related_sudo=False)
    zip = fields.Char(related="company_id.zip", related_sudo=False)
    city = fields.Char(related="company_id.city", related_sudo=False)
    account_ids = fields.Many2many(
        "res.partner.bank", string="Bank accounts", compute="_compute_checklist"
    )
    step = fields.Selection(
        [
            ("check", "What is needed"),
            ("terms", "Terms"),
            ("contact", "Contact person"),
        ],
        default="check",
        required=True,
    )
    checklist = fields.Json(compute="_compute_checklist")
    is_ready = fields.Boolean("Is ready", compute="_compute_checklist")
    terms_url = fields.Char(related="agency_id.terms_url", related_sudo=False)
    price_list_url = fields.Char(related="agency_id.price_list_url", related_sudo=False)
    terms_version = fields.Char(related="agency_id.terms_version", related_sudo=False)
    terms_text = fields.Text(related="agency_id.terms_text", related_sudo=False)
    accept_terms = fields.Boolean(string="I have read the terms and accept them")
    accepted_version = fields.Char(
        "Accepted version", compute="_compute_accepted_version", store=True
    )
    accept_api_user = fields.Boolean(
        string="I accept that an API user is created for the agency",
        help="What the agency changes in Odoo is done in this user's name. The user "
        "has no password and no access to anything.",
    )
    contact_name = fields.Char(
        string="Contact person", compute="_compute_contact", store=True, readonly=False
    )
    contact_email = fields.Char(
        string="Contact's e-mail",
        compute="_compute_contact",
        store=True,
        readonly=False,
    )
    contact_phone = fields.Char(
        string="Contact's telephone",
        compute="_compute_contact",
        store=True,
        readonly=False,
    )

    @api.depends("agency_id")
    def _compute_checklist(self):
        for wizard in self:
            agency = wizard.agency_id
            wizard.is_ready = not (agency and agency._get_missing())
            wizard.checklist = agency and agency._get_checklist()
            wizard.account_ids = wizard.agency_id._get_bank_accounts()

    @api.depends("accept_terms")
    def _compute_accepted_version(self):
        """The version that counts is the one that was there to be read."""
        for wizard in self:
            version = wizard.agency_id.terms_version
            wizard.accepted_version = wizard.accept_terms and version

    @api.depends("agency_id")
    def _compute_contact(self):
        user = self.env.user
        for wizard in self:
            agency = wizard.agency_id
            wizard.contact_name = agency.contact_name or user.name
            wizard.contact_email = agency.contact_email or user.email
            wizard.contact_phone = agency.contact_phone or user.phone

    def action_next(self):
        """Go on, if nothing is missing on this page."""
        self.ensure_one()
        self._check_step()
        self.step = STEPS[min(STEPS.index(self.step) + 1, len(STEPS) - 1)]
        return self._reopen()

    def action_refresh(self):
        """Look whether the agency's terms have arrived."""
        self.ensure_one()
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.step = STEPS[max(STEPS.index(self.step) - 1, 0)]
        return self._reopen()

    def _check_step(self):
        if self.step == "check" and not self.is_ready:
            raise UserError(
                self.env._("Fill in what is missing first; the list leads there.")
            )
        if self.step == "terms" and not self.terms_version:
            raise UserError(
                self.env._(
                    "The agency's terms have not arrived yet. Check the connection of "
                    "the agreement, and look again in a minute."
                )
            )
        if self.step != "check" and not (self.accept_terms and self.accept_api_user):
            raise UserError(
                self.env._("Accept the terms and the API user, or close this window.")
            )

    def action_send(self):
        """Send company, accounts and contact person to the agency."""
        self.ensure_one()
        self.agency_id._check_user("manager")
        self._check_step()
        if not (self.contact_name and self.contact_email):
            raise UserError(
                self.env._("The agency needs the contact person's name and e-mail.")
            )
        agency = self.agency_id.sudo()
        if self.accepted_version != agency.terms_version:
            raise UserError(
                self.env._(
                    "The agency has new terms since a moment. Go back, read them, and "
                    "accept them again."
                )
            )
        agency.write(
            {
                "contact_name": self.contact_name,
                "contact_email": self.contact_email,
                "contact_phone": self.contact_phone,
                "terms_accepted_version": self.accepted_version,
                "terms_accepted_at": fields.Datetime.now(),
                "terms_accepted_by_id": self.env.user.id,
            }
        )
        agency._start_onboarding()
        return self.agency_id._get_records_action(name=self.agency_id.name)

    def _reopen(self):
        return self._get_records_action(
            name=self.env._("Open the service with %s", self.agency_id.name),
            target="new",
        )
