import hashlib

from odoo import api, models

from ..exceptions import AgencyError
from ..formats import agency_api as contract
from .agency_api_values import UTC, build

ACCOUNTING_SYSTEM = "Odoo"
# States in which the creditor still has to ask for the service.
BEFORE_ACTIVATION = ("initialised", "rejected")


class CollectionAdapterAgencyApi(models.AbstractModel):
    """Speaks the agency API (docs/agency_api.md).

    Methods take the agency, make one thing happen there or read one thing, and raise
    ``AgencyError`` when that fails. Dictionaries come and go in the words of this
    addon; times are naive UTC, amounts ``Decimal``, texts that are not given ``""``.
    Every ``key`` is an idempotency key: the same call may be made again with it.
    """

    _name = "collection.adapter.agency_api"
    _inherit = [
        "collection.adapter.agency_api.cases",
        "collection.adapter.agency_api.errors",
        "collection.adapter.agency_api.transport",
    ]
    _description = "Collection agency: agency API"

    # === CONTRACT === #

    @api.model
    def _get_terms(self, agency):
        """Read the agency's present terms (section 2).

        :return: ``{terms_version, terms_url, price_list_url, text}``
        """
        return self._ask(agency, "GET", "/terms", contract.read_terms)

    @api.model
    def _get_creditor(self, agency):
        """Read the contract as the agency sees it (section 2).

        :return: ``{creditor_id, external_id, state, agreement_number, portal_url,
            terms_version, terms_url, price_list_url, settings}`` where ``settings``
            are those of section 3; None when the agency has no contract for the client
        """
        try:
            return self._ask(
                agency, "GET", "/creditors/current", contract.read_creditor
            )
        except AgencyError as error:
            if error.code != "not_found":
                raise
            return None

    @api.model
    def _onboard(self, agency, key):
        """Lead the company through the opening of the service (section 2).

        Where it has come at the agency already, here or outside, it goes on from
        there; so it may be repeated whatever became of the first attempt.

        :return: the contract, see :meth:`_get_creditor`
        """
        asked = agency._prepare_onboarding()
        creditor = self._get_creditor(agency)
        if creditor is None:
            body = self._render(
                contract.render_registration,
                asked["external_id"],
                ACCOUNTING_SYSTEM,
                asked["terms_version"] or "",
            )
            creditor = self._ask(
                agency,
                "POST",
                "/creditors",
                contract.read_creditor,
                body=body,
                key=f"{key}-1",
            )
        elif creditor["state"] == "terminated":
            creditor = self._reactivate(agency, f"{key}-1")
        creditor = self._tell_creditor(agency, creditor, asked, key)
        if creditor["state"] in BEFORE_ACTIVATION:
            path = self._get_path("creditors", creditor["creditor_id"], "activate")
            creditor = self._ask(
                agency,
                "POST",
                path,
                contract.read_creditor,
                body=b"{}",
                key=f"{key}-4",
            )
        return creditor

    @api.model
    def _update_creditor(self, agency, key):
        """Tell the agency the company's present data, accounts, contact and webhook.

        :return: the contract, see :meth:`_get_creditor`
        """
        # Terms were accepted when the service was opened; newer ones have not been.
        asked = {**agency._prepare_onboarding(), "terms_version": ""}
        creditor = self._get_own_creditor(agency)
        return self._tell_creditor(agency, creditor, asked, key)

    @api.model
    def _tell_creditor(self, agency, creditor, asked, key):
        """Replace what the agency knows of the creditor by ``asked``."""
        changes = self._get_changes(asked, is_known=bool(creditor["external_id"]))
        path = self._get_path("creditors", creditor["creditor_id"])
        told = self._ask(
            agency,
            "PATCH",
            path,
            contract.read_creditor,
            **self._get_state_call(f"{key}-2", contract.render_creditor, changes),
        )
        webhook = asked.get("webhook") or {}
        if webhook.get("url"):
            self._call(
                agency,
                "PUT",
                f"{path}/webhook",
                **self._get_state_call(
                    f"{key}-3",
                    contract.render_webhook,
                    contract.Webhook(url=webhook["url"], secret=webhook["secret"]),
                ),
            )
        return told

    @api.model
    def _get_changes(self, asked, is_known):
        terms = None
        if asked["terms_version"] and asked["accepted_at"]:
            terms = contract.TermsAccepted(
                version=asked["terms_version"],
                at=asked["accepted_at"].replace(tzinfo=UTC),
                by=asked["accepted_by"] or "",
            )
        accounts = []
        for account in asked["bank_accounts"]:
            if account.get("iban"):
                account = {**account, "account_number": ""}
            accounts.append(build(contract.Account, account))
        return contract.CreditorChanges(
            external_id="" if is_known else asked["external_id"],
            company=build(contract.Company, asked["company"]),
            accounts=tuple(accounts),
            contact=build(contract.Contact, asked["contact"]),
            terms=terms,
        )

    @api.model
    def _get_state_call(self, key, render, value):
        """Return body and key of a call that replaces a whole.

        The company's data may be mended between two attempts. Then it is another call
        and needs a key of its own, which the body gives.
        """
        body = self._render(render, value)
        return {"body": body, "key": f"{key}-{hashlib.sha256(body).hexdigest()[:16]}"}

    @api.model
    def _put_settings(self, agency, settings, key):
        """Change settings of the contract (section 3); those left out stay.

        :return: all settings
        """
        path = self._get_creditor_path(agency, "settings")
        body = self._render(contract.render_settings, settings)
        return self._ask(
            agency, "PUT", path, contract.read_settings, body=body, key=key
        )

    @api.model
    def _terminate(self, agency, reason, key):
        """End the contract; open cases go on (section 2).

        :return: the contract, see :meth:`_get_creditor`
        """
        path = self._get_creditor_path(agency, "terminate")
        body = self._render(contract.render_reason, reason)
        return self._ask(
            agency, "POST", path, contract.read_creditor, body=body, key=key
        )

    @api.model
    def _reactivate(self, agency, key):
        """Take the contract up again without a new opening (section 2).

        :return: the contract, see :meth:`_get_creditor`
        """
        path = self._get_creditor_path(agency, "reactivate")
        return self._ask(
            agency, "POST", path, contract.read_creditor, body=b"{}", key=key
        )

    @api.model
    def _get_creditor_path(self, agency, what):
        reference = agency.creditor_ref
        if not reference:
            reference = self._get_own_creditor(agency)["creditor_id"]
        return self._get_path("creditors", reference, what)

    @api.model
    def _get_own_creditor(self, agency):
        creditor = self._get_creditor(agency)
        if creditor is None:
            raise AgencyError(
                "final",
                "not_found",
                self.env._(
                    "%s has no contract for this client identifier. Open the service "
                    "first.",
                    agency.name,
                ),
            )
        return creditor
