import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionAgency(models.Model):
    """The opening of an agency's service: what is missing, the terms, who is asked."""

    _inherit = "collection.agency"

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
    checklist = fields.Json(compute="_compute_checklist")

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

    def _get_missing(self):
        """Say what must be filled in before the agency can be asked to open.

        :return: ``{code: {message, action_text, action}}``, empty when ready
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        partner = company.partner_id
        to_company = {
            "action_text": self.env._("Open the company"),
            "action": company._get_records_action(),
        }
        accounts = self._get_bank_accounts()
        to_accounts = {
            "action_text": self.env._("Open the bank accounts"),
            "action": self.env["res.partner.bank"]
            .browse(accounts.ids)
            ._get_records_action(
                name=self.env._("Bank accounts"),
                domain=[("partner_id", "=", partner.id)],
                view_mode="list,form",
                context={"default_partner_id": partner.id},
                res_id=False,
            ),
        }
        connection = self.sudo().connection_id
        checks = [
            (
                "connection",
                connection
                and "disabled" not in (self.environment, connection.environment),
                self.env._(
                    "The agreement is disabled, or its connection to the agency is "
                    "missing or disabled: an administrator sees to it under Connection."
                ),
                {
                    "action_text": self.env._("Open the agreement"),
                    "action": self._get_records_action(),
                },
            ),
            (
                "company_registry",
                company.company_registry,
                self.env._("The company's own number (company ID) is missing."),
                to_company,
            ),
            (
                "street",
                partner.street,
                self.env._(
                    "The company's street address is missing; a PO box goes there."
                ),
                to_company,
            ),
            (
                "zip",
                partner.zip,
                self.env._("The company's postcode is missing."),
                to_company,
            ),
            (
                "city",
                partner.city,
                self.env._("The company's city is missing."),
                to_company,
            ),
            (
                "country",
                company.country_id,
                self.env._("The company's country is missing."),
                to_company,
            ),
            (
                "bank_account",
                accounts,
                self.env._("The company has no active bank account."),
                to_accounts,
            ),
            (
                "bic",
                all(account.bank_bic for account in accounts),
                self.env._(
                    "These bank accounts have no BIC: %s.",
                    ", ".join(
                        accounts.filtered(lambda a: not a.bank_bic).mapped("acc_number")
                    ),
                ),
                to_accounts,
            ),
        ]
        return {
            code: {"message": message, **action}
            for code, value, message, action in checks
            if not value
        }

    def _get_bank_accounts(self):
        """Return the company's own accounts that are in use."""
        company = self.company_id or self.env.company
        return self.env["res.partner.bank"].search(
            [
                ("partner_id", "=", company.partner_id.id),
                ("company_id", "in", (False, company.id)),
            ]
        )

    def action_open_onboarding(self):
        """Open the dialog that leads through the opening."""
        self.ensure_one()
        self._check_user("manager")
        if not self.terms_version:
            self.action_fetch_now()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open the service with %s", self.name),
            "res_model": "collection.onboarding.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_agency_id": self.id},
        }

    def _start_onboarding(self):
        """Create what the agency needs to talk to us, and ask it to open."""
        self.ensure_one()
        if missing := self._get_missing():
            raise UserError(
                self.env._(
                    "The service cannot be opened yet.\n- %s",
                    "\n- ".join(item["message"] for item in missing.values()),
                )
            )
        self._ensure_technical()
        if self._set_state("onboarding"):
            self.env["collection.message"]._queue(self, "onboard")
            self._message_log(
                body=self.env._(
                    "The company, its bank accounts and %s as the contact person were "
                    "sent to the agency, which now opens the service.",
                    self.contact_name,
                )
            )

    def _ensure_technical(self):
        """Check what calls need, and create what is missing (API user, secrets).

        :return: the agencies that have to be told where and how to report
        """
        untold = self.browse()
        for agency in self.sudo():
            vals = {
                name: secrets.token_urlsafe(32)
                for name in ("webhook_token", "webhook_secret")
                if not agency[name]
            }
            if vals:
                untold += agency
            user = agency.api_user_id
            if not user:
                vals["api_user_id"] = agency._create_api_user().id
            elif not user.active:
                user.active = True
            if vals:
                agency.write(vals)
        return untold

    def _create_api_user(self):
        """Create the user in whose name the agency's changes are done: no password,
        no menu, no access of its own."""
        self.ensure_one()
        return (
            self.env["res.users"]
            .sudo()
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": self.env._("API, %s", self.name),
                    "login": f"collection.{self.id}.{secrets.token_hex(4)}.api",
                    "company_id": self.company_id.id,
                    "company_ids": [(6, 0, self.company_id.ids)],
                    "group_ids": [
                        (
                            6,
                            0,
                            self.env.ref(
                                "collection_partner.collection_partner_group_api"
                            ).ids,
                        )
                    ],
                }
            )
        )

    def _prepare_onboarding(self):
        """Return what the agency is told when the service is opened."""
        self.ensure_one()
        company = self.company_id
        partner = company.partner_id
        accounts = self._get_bank_accounts()
        return {
            "external_id": f"{self._get_database_id()}-{self.id}",
            "terms_version": self.terms_accepted_version or "",
            "accepted_at": self.terms_accepted_at,
            "accepted_by": self.terms_accepted_by_id.name or "",
            "company": {
                "name": company.name,
                "org_number": company.company_registry or "",
                "vat_number": company.vat or "",
                "street": " ".join(filter(None, (partner.street, partner.street2))),
                "zip": partner.zip or "",
                "city": partner.city or "",
                "country": company.country_id.code or "",
                "email": company.email or "",
                "phone": company.phone or "",
            },
            "bank_accounts": [
                {
                    "iban": account.sanitized_acc_number
                    if account.acc_type == "iban"
                    else "",
                    "account_number": account.acc_number,
                    "bic": account.bank_bic or "",
                    "currency": (account.currency_id or company.currency_id).name,
                }
                for account in accounts
            ],
            "contact": {
                "name": self.contact_name or "",
                "email": self.contact_email or "",
                "phone": self.contact_phone or "",
                "language": (self._for_responsible().env.lang or "en_US")[:2],
            },
            "webhook": {
                "url": self.sudo().webhook_url,
                "secret": self.sudo().webhook_secret,
            },
        }

    @api.model
    def _get_database_id(self):
        """Return this database's identity, which keeps a copy's calls apart."""
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def _apply_terms(self, terms):
        """Remember what there is to be read and accepted before the opening."""
        self.ensure_one()
        vals = {
            "terms_version": terms["terms_version"],
            "terms_url": terms["terms_url"],
            "price_list_url": terms["price_list_url"],
            "terms_text": terms["text"],
        }
        if any(self[name] != value for name, value in vals.items()):
            self.write(vals)
