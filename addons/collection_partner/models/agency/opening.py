import secrets

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize

from odoo.addons.receivables_base.tools import Sentence


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
    terms_accepted_at = fields.Datetime("Terms accepted at", readonly=True, copy=False)
    terms_accepted_by_id = fields.Many2one(
        "res.users", string="Terms accepted by", readonly=True, copy=False
    )
    contact_name = fields.Char(
        string="Contact person",
        help="Administers the company's account in the agency's portal. Need not be a "
        "user of Odoo.",
    )
    contact_email = fields.Char(string="Contact's e-mail")
    contact_phone = fields.Char(string="Contact's telephone")

    @api.constrains("contact_email", "notification_email")
    def _check_emails(self):
        if self.env.context.get("collection_from_agency"):
            return  # what the agency keeps is shown as it is
        for agency in self:
            for address in (agency.contact_email, agency.notification_email):
                if address and not email_normalize(address):
                    raise ValidationError(
                        self.env._("%s is no e-mail address.", address)
                    )

    @api.depends(
        "contact_name",
        "contact_email",
        "company_id",
        "country_ids",
        "environment",
        "connection_id",
        "adapter",
        "agreement_number",
    )
    def _compute_checklist(self):
        # EXTENDS 'receivables_base'
        return super()._compute_checklist()

    def _get_checklist(self):
        # EXTENDS 'receivables_base'
        self.ensure_one()
        env = self.env
        company = self.company_id or env.company
        partner = company.partner_id
        accounts = self._get_bank_accounts()
        without_bic = accounts.filtered(lambda a: not a.bank_bic)
        adapter = self._get_adapter()
        connection = self.sudo().connection_id
        is_connected = connection and "disabled" not in (
            self.environment,
            connection.environment,
        )
        to_agreement = self._get_link(env._("Open the agreement"), self)
        to_company = self._get_company_link()
        to_accounts = self._get_accounts_link()
        checks = {
            "connection": (
                is_connected,
                env._(
                    "The agreement is disabled: start the test or go into production."
                )
                if connection
                else env._(
                    "The connection to the agency is missing: an administrator enters "
                    "it under Connection."
                ),
                to_agreement,
            ),
            "files": (
                connection.carries_files,
                env._(
                    "The connection carries no files: choose one over a shared folder "
                    "or SFTP."
                ),
                to_agreement,
            ),
            "agreement_number": (
                self.agreement_number,
                env._(
                    "The number that the agency has given the company is missing: "
                    "enter it as the agreement number."
                ),
                to_agreement,
            ),
            "company_registry": (
                company.company_registry,
                env._("The company's own number (company ID) is missing."),
                to_company,
            ),
            "street": (
                partner.street,
                env._("The company's street address is missing; a PO box goes there."),
                to_company,
            ),
            "zip": (
                partner.zip,
                env._("The company's postcode is missing."),
                to_company,
            ),
            "city": (
                partner.city,
                env._("The company's city is missing."),
                to_company,
            ),
            "country": (
                company.country_id,
                env._("The company's country is missing."),
                to_company,
            ),
            "served": (
                not self.country_ids or company.country_id in self.country_ids,
                env._(
                    "The agency does not serve companies in %s.",
                    company.country_id.name or "",
                ),
                to_company,
            ),
            "bank_account": (
                accounts,
                env._("The company has no active bank account."),
                to_accounts,
            ),
            "bic": (
                not without_bic,
                env._(
                    "These bank accounts have no BIC: %s.",
                    ", ".join(without_bic.mapped("acc_number")),
                ),
                to_accounts,
            ),
        }
        checklist = {
            code: {"level": "danger", "message": message, **remedy}
            for code, (value, message, remedy) in checks.items()
            if not value and code in adapter.checks
        }
        rules = env["collection.rule"].sudo()
        today = fields.Date.context_today(self)
        if company.country_id and not rules._get_values(company.country_id, today):
            checklist["rules"] = {
                "level": "warning",
                "message": env._(
                    "No rules of debt collection are known for %s: neither waiting "
                    "times nor fees are checked. Correct the company's country, or "
                    "have the rules entered.",
                    company.country_id.name,
                ),
                **to_company,
            }
        return checklist

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
        return self.env["collection.onboarding.wizard"]._get_records_action(
            name=self.env._("Open the service with %s", self.name),
            target="new",
            context={"default_agency_id": self.id},
        )

    def _start_onboarding(self):
        """Create what the agency needs to talk to us, and ask it to open."""
        self.ensure_one()
        if missing := self._get_missing():
            raise UserError(
                self.env._(
                    "The service cannot be opened yet.\n- %s",
                    "\n- ".join(missing),
                )
            )
        self._ensure_technical()
        if self._set_state("onboarding"):
            self.env["collection.message"]._queue(self, "onboard")
            if "bank_account" not in self._get_adapter().checks:
                return
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
        group = self.env.ref("collection_partner.collection_partner_group_api")
        users = self.env["res.users"].sudo().with_context(no_reset_password=True)
        return users.create(
            {
                "name": self.env._("API, %s", self.name),
                "login": f"collection.{self.id}.{secrets.token_hex(4)}.api",
                "company_id": self.company_id.id,
                "company_ids": [Command.set(self.company_id.ids)],
                "group_ids": [Command.set(group.ids)],
            }
        )

    def _prepare_onboarding(self):
        """Return what the agency is told when the service is opened, in the words of
        docs/agency_api.yaml; what is not given is empty."""
        told = self._prepare_company()
        language = (self._for_responsible().env.lang or "en_US")[:2]
        parameters = self.env["ir.config_parameter"].sudo()
        return {
            # This database's identity keeps a copy's calls apart.
            "external_id": f"{parameters.get_param('database.uuid')}-{self.id}",
            "agreement_number": self.agreement_number,
            "terms_accepted": self.terms_accepted_version
            and {
                "version": self.terms_accepted_version,
                "at": self.terms_accepted_at,
                "by": self.terms_accepted_by_id.name,
            },
            **told,
            "contact": {**told["contact"], "language": language},
            "webhook": {
                "url": self.sudo().webhook_url,
                "secret": self.sudo().webhook_secret,
            },
        }

    def _prepare_company(self):
        """Return what the agency knows of the company: what is compared with each
        asking, and so reads no more than that."""
        self.ensure_one()
        company = self.company_id
        partner = company.partner_id
        return {
            "company": {
                "name": company.name,
                "org_number": company.company_registry,
                "vat_number": company.vat,
                "street": " ".join(filter(None, (partner.street, partner.street2))),
                "zip": partner.zip,
                "city": partner.city,
                "country": company.country_id.code,
                "email": company.email,
                "phone": company.phone,
            },
            "bank_accounts": [
                {
                    "iban": account.acc_type == "iban" and account.sanitized_acc_number,
                    "account_number": account.acc_type != "iban" and account.acc_number,
                    "bic": account.bank_bic,
                    "currency": (account.currency_id or company.currency_id).name,
                }
                for account in self._get_bank_accounts()
            ],
            "contact": {
                "name": self.contact_name,
                "email": self.contact_email,
                "phone": self.contact_phone,
            },
        }

    def _apply_terms(self, terms):
        """Remember what there is to be read and accepted before the opening."""
        self.ensure_one()
        vals = {
            "terms_version": terms["terms_version"],
            "terms_url": terms["terms_url"],
            "price_list_url": terms["price_list_url"],
            "terms_text": Sentence.read(Sentence.store(terms["text"]), self.env),
        }
        new = {name: value for name, value in vals.items() if value != self[name]}
        if new := {name: value for name, value in new.items() if value}:
            self.write(new)
