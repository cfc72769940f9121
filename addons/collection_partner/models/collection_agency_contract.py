import logging
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# States of a creditor at the agency (docs/agency_api.md), and ours.
CREDITOR_STATES = {
    "initialised": "onboarding",
    "pending_signature": "onboarding",
    "active": "active",
    "suspended": "suspended",
    "terminated": "terminated",
}
# Settings that the agency keeps too: a change on either side reaches the other.
SYNCED_SETTINGS = {
    "service",
    "approve_before_demand",
    "approve_before_legal",
    "letter_include_lines",
    "letter_external_number",
    "notification_email",
}
# What the other side calls the services.
SERVICE_WORDS = {
    "collection": "collection",
    "reminder_collection": "reminder_and_collection",
}

_logger = logging.getLogger(__name__)


class CollectionAgencyContract(models.AbstractModel):
    """Opening, changing and ending the service of an agency."""

    _name = "collection.agency.contract"
    _description = "Contract with a collection agency"

    # === STATES === #

    _TRANSITIONS = {
        "draft": ("onboarding", "active"),
        "onboarding": ("draft", "active", "suspended", "terminated"),
        "active": ("suspended", "terminated"),
        "suspended": ("active", "terminated"),
        "terminated": ("active", "onboarding"),
    }

    def _set_state(self, state, **vals):
        """Move to ``state`` where that may follow; a repeated step is silent.

        :return: the agencies that changed
        """
        changed = self.filtered(lambda a: state in self._TRANSITIONS[a.state])
        for agency in self - changed:
            if agency.state != state:
                _logger.info(
                    "Agency %s stays %s: %s cannot follow.",
                    agency.id,
                    agency.state,
                    state,
                )
        changed.write({"state": state, **vals})
        if state in ("suspended", "terminated"):
            changed._recall_transfers()
        return changed

    def _recall_transfers(self):
        """Take transfers that were never tried out of the outbox: when the service is
        back, their invoices are judged and written anew.

        One that is being sent just now is left to the agency's answer. The job that
        sends it may want this contract, which is ours already: nobody waits here.
        """
        waiting = self._get_waiting("case").try_lock_for_update()
        waiting = waiting.filtered(lambda m: not m.attempts)
        waiting._set_state("cancelled", sent_at=fields.Datetime.now())

    # === OPENING === #

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
        connection = self.sudo()
        checks = [
            (
                "connection",
                connection.base_url
                and connection.client_id
                and connection.client_secret
                and self.environment != "disabled",
                self.env._(
                    "The contract is disabled, or the agency's address or credentials "
                    "are missing: an administrator enters them under Connection."
                ),
                {
                    "action_text": self.env._("Open the contract"),
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

    # === WHAT THE AGENCY SAYS OF THE CONTRACT === #

    def _apply_creditor(self, creditor):
        """Take over the contract's state, number and settings from the agency.

        :param dict creditor: as the adapter's ``_get_creditor`` returns it
        """
        self.ensure_one()
        agency = self.with_context(collection_from_agency=True)
        vals = {
            name: creditor[name]
            for name in (
                "agreement_number",
                "portal_url",
                "terms_version",
                "terms_url",
                "price_list_url",
            )
            if creditor.get(name) and creditor[name] != agency[name]
        }
        if creditor["creditor_id"] != agency.creditor_ref:
            vals["creditor_ref"] = creditor["creditor_id"]
        if "agreement_number" in vals and agency.agreement_number:
            agency._tell_new_agreement_number(vals["agreement_number"])
        if vals:
            agency.write(vals)
        if creditor.get("settings") and agency.settings_state != "waiting":
            agency._apply_settings(creditor["settings"])
        agency._apply_creditor_state(creditor["state"])

    def _apply_creditor_state(self, word):
        self.ensure_one()
        if word == "rejected":
            self._set_state("draft")
            self._warn(
                self.env._(
                    "The agency declined to open the service. Ask it why, mend it and "
                    "open the service again."
                )
            )
            return
        state = CREDITOR_STATES.get(word)
        if not state or state == self.state:
            return
        before = self.state
        if not self._set_state(state):
            return
        if state == "active":
            self._on_active(before)
        elif state == "suspended":
            self._warn(
                self.env._(
                    "The agency has suspended the service. Open cases go on; nothing "
                    "new is taken. Ask the agency what is wrong."
                )
            )
        elif state == "terminated":
            self._stop_new_cases()
            self._warn(
                self.env._(
                    "The agency has ended the contract. Open cases go on; nothing new "
                    "is taken. Choose it again in the settings to come back."
                )
            )

    def _on_active(self, before):
        """The agency has opened the service."""
        self.ensure_one()
        self._ensure_technical()
        company = self.company_id
        served = self.country_ids
        if not company.collection_agency_id and (
            not served or company.country_id in served
        ):
            company.collection_agency_id = self
        self.activity_feedback(
            ["collection_partner.mail_activity_type_agency"],
            feedback=self.env._("The service is open."),
        )
        # What waited for the service need not wait for the next run of the jobs too.
        for name in ("transfer", "send"):
            cron = self.env.ref(f"collection_partner.ir_cron_collection_{name}")
            cron.sudo()._trigger()
        if self.settings_state == "waiting":
            # What was chosen while the service was closed holds from the first day.
            self._queue_settings(SYNCED_SETTINGS)
        if before in ("draft", "terminated"):
            # The agreement was made outside, or long ago: the agency learns how the
            # company is called and paid now, and where to report.
            self._queue_company()
        if before in ("draft", "onboarding") and not self.auto_overdue_choice:
            # Nothing that was overdue leaves before somebody has answered.
            today = company._get_collection_today()
            self.write(
                {
                    "auto_overdue_choice": "pending",
                    "auto_due_after": today - timedelta(days=1),
                }
            )
            self._warn(
                self.env._(
                    "%s has opened the service. Say whether invoices that are overdue "
                    "already shall go automatically too.",
                    self.name,
                ),
                "mail_activity_type_started",
            )

    def action_answer_overdue(self):
        """Answer the question at the end of the opening: do invoices that are overdue
        already go automatically? The choice comes in the context."""
        self._check_user("manager")
        for agency in self:
            choice = self.env.context.get("choice")
            if choice not in ("include", "leave"):
                raise UserError(self.env._("Choose one of the two answers."))
            today = agency.company_id._get_collection_today()
            agency.write(
                {
                    "auto_overdue_choice": choice,
                    "auto_due_after": today - timedelta(days=1)
                    if choice == "leave"
                    else False,
                }
            )
            agency.activity_feedback(["collection_partner.mail_activity_type_started"])
        return True

    def action_send_company(self):
        """Tell the agency the company's present name, address and accounts."""
        self._check_user("manager")
        for agency in self:
            if agency.state not in ("active", "suspended"):
                raise UserError(self.env._("Open the service first."))
            agency._queue_company()
        return True

    def _queue_company(self):
        for agency in self:
            if not agency._get_waiting("company"):
                self.env["collection.message"]._queue(agency, "company")

    # === SETTINGS === #

    def _prepare_settings(self, names):
        """Return settings as the agency calls them.

        An empty e-mail address stands for the contact person's.
        """
        self.ensure_one()
        values = {
            "services": SERVICE_WORDS[self.service],
            "approve_before_demand": self.approve_before_demand,
            "approve_before_legal": self.approve_before_legal,
            "letter_include_lines": self.letter_include_lines,
            "letter_external_number": self.letter_external_number,
            "notification_email": self.notification_email or "",
        }
        words = {"services" if name == "service" else name for name in names}
        return {name: value for name, value in values.items() if name in words}

    def _queue_settings(self, names):
        """Put changed settings on their way, together with those that still wait.

        The others are left out: they may have been changed in the portal meanwhile.
        Before the service is open nothing can be told; it is when it opens.
        """
        queue = self.env["collection.message"].sudo()
        for agency in self.sudo() if names else ():
            agency.settings_state = "waiting"
            if agency.state not in ("active", "suspended"):
                continue
            waiting = agency._get_waiting("settings", ("to_send", "error"))
            # One that is being sent just now stays; this one comes after it. The job
            # that sends it wants this contract too, so it is not waited for.
            waiting = waiting.try_lock_for_update()
            values = {}
            for message in waiting.sorted("id"):
                values.update(message._get_values())
            waiting._set_state("cancelled")
            values.update(agency._prepare_settings(names))
            queue._queue(agency, "settings", values=values)

    def _get_waiting(self, kind, states=("to_send",)):
        """Return the calls of a kind about the contract that are still to be made."""
        return (
            self.env["collection.message"]
            .sudo()
            .search(
                [
                    ("agency_id", "in", self.ids),
                    ("type", "=", kind),
                    ("state", "in", states),
                ]
            )
        )

    def _apply_settings(self, settings):
        """Take over the settings that hold at the agency."""
        self.ensure_one()
        words = {word: name for name, word in SERVICE_WORDS.items()}
        values = {**settings, "service": words.get(settings.get("services"))}
        changed = {
            name: values[name]
            for name in sorted(SYNCED_SETTINGS)
            if values.get(name) is not None
            and (values[name] or False) != (self[name] or False)
        }
        self.write({"settings_state": "synced", **changed})
        if changed:
            labels = self.fields_get(list(changed), ["string"])
            self._message_log(
                body=self.env._(
                    "Changed in the agency's portal: %s.",
                    ", ".join(labels[name]["string"] for name in changed),
                )
            )

    # === CONTRACT NUMBER === #

    def _tell_new_agreement_number(self, number=None):
        """Say what becomes of cases that carry the old number of the contract."""
        for agency in self:
            cases = agency._get_open_cases().filtered(
                lambda c, number=number or agency.agreement_number: (
                    c.agency_case_id and c.agreement_number != number
                )
            )
            if cases:
                agency._warn(
                    self.env._(
                        "The contract's number has changed; %s open cases carry the "
                        "old one. If they shall go on under the new one, ask the "
                        "agency first whether they may be taken back, then choose "
                        "Send again under the new number on those cases.",
                        len(cases),
                    )
                )

    # === ENDING AND COMING BACK === #

    def action_terminate(self):
        """End the contract at the agency; open cases go on until they close."""
        self._check_user("manager")
        for agency in self:
            if agency.state not in ("active", "suspended"):
                raise UserError(self.env._("Only a service that is open can be ended."))
            agency._stop_new_cases()
            if not agency._get_waiting("terminate"):
                self.env["collection.message"]._queue(agency, "terminate")
        return True

    def _stop_new_cases(self):
        """Take the agency's name out of its company's settings."""
        company = self.company_id.sudo()
        if company.collection_agency_id == self:
            company.collection_agency_id = False

    def action_reactivate(self):
        """Come back to an agency without opening the service from the beginning."""
        self._check_user("manager")
        for agency in self:
            if agency.state != "terminated" or not agency.creditor_ref:
                raise UserError(
                    self.env._("Only a service that was open before can be resumed.")
                )
            agency._come_back()
        return True

    def _come_back(self):
        """Take an agency into use that was used before: what calls need is checked
        or made, and a contract that was ended, or was about to be, is taken up."""
        for agency in self.filtered(lambda a: a.state not in ("draft", "onboarding")):
            untold = agency._ensure_technical()
            agency._get_waiting("terminate")._set_state("cancelled")
            if agency.state != "terminated":
                untold._queue_company()
            elif not agency._get_waiting("reactivate"):
                self.env["collection.message"]._queue(agency, "reactivate")
