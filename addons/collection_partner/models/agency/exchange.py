import logging
import re
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...exceptions import AgencyError
from ..states import CLOSED_STATES
from .agency import SILENT

_logger = logging.getLogger(__name__)

# What a webhook's address ends in; anything else is not looked up.
TOKEN = re.compile(r"[\w-]{20,64}", re.ASCII)
POLL_PAUSE = timedelta(minutes=15)
SILENT_POLLS = 8


class CollectionAgency(models.Model):
    """How an agency's events come in: by its calls, else by asking."""

    _inherit = "collection.agency"

    webhook_token = fields.Char(
        "Webhook token",
        groups="base.group_system",
        copy=False,
        index="btree_not_null",
        default=lambda self: secrets.token_urlsafe(32),
    )
    webhook_secret = fields.Char(
        "Webhook secret",
        groups="base.group_system",
        copy=False,
        default=lambda self: secrets.token_urlsafe(32),
    )
    webhook_url = fields.Char(
        "Webhook address",
        compute="_compute_webhook_url",
        groups="base.group_system",
        help="Where the agency reports what happens. It must reach this address.",
    )
    last_event = fields.Char("Last event", readonly=True, copy=False)
    last_contact = fields.Datetime("Last contact", readonly=True, copy=False)

    _webhook_token_unique = models.UniqueIndex(
        "(webhook_token) WHERE webhook_token IS NOT NULL",
        "The webhook's token is taken.",
    )

    @api.depends("webhook_token")
    def _compute_webhook_url(self):
        for agency in self:
            agency.webhook_url = (
                f"{agency.get_base_url()}/collection_partner/webhook/"
                f"{agency.webhook_token}"
            )

    @api.model
    def _from_webhook_token(self, token):
        """Return the agency that reports at this address, or nothing."""
        if not TOKEN.fullmatch(token or ""):
            return self.browse()
        return self.search(
            [("webhook_token", "=", token), *self._get_listening_domain()], limit=1
        )

    @api.model
    def _get_listening_domain(self):
        """Return the domain of agencies that are listened to: those whose API user
        was deleted no longer change anything here."""
        return [
            ("environment", "!=", "disabled"),
            "|",
            ("state", "=", "draft"),
            ("api_user_id.active", "=", True),
        ]

    def _receive_webhook(self, headers, body):
        """Keep the events of a call that the agency has signed.

        :return: True; False when the signature does not hold
        """
        self.ensure_one()
        adapter = self._get_adapter()
        secret = self.webhook_secret or ""
        try:
            events = adapter.read_webhook(secret, headers, body, fields.Datetime.now())
        except AgencyError as error:
            _logger.info("Webhook of agency %s refused: %s.", self.id, error.code)
            return False
        self.env["collection.message"]._log_events(
            self, events, is_again=adapter.has_timed_events
        )
        return True

    @api.model
    def _cron_receive(self):
        """Work through what agencies told, ask those that told nothing lately, and
        fetch what has changed."""
        messages = self.env["collection.message"]
        cases = self.env["collection.case"]
        settlements = self.env["collection.settlement"]
        (
            cases._work_through("_get_concluded_domain", "_conclude")
            and messages._work_through_events()
            and self._call_through("_get_poll_domain", "_poll")
            and messages._work_through_events()
            and settlements._work_through(
                "_get_to_book_domain", "_book_by_itself", keys=("id",)
            )
            and cases._call_through(
                "_get_refresh_domain", "_refresh", "next_attempt, id"
            )
        )

    @api.model
    def _get_poll_domain(self):
        return (
            self._get_due_domain()
            & Domain(self._get_listening_domain())
            & Domain("connection_id.environment", "in", ("test", "prod"))
            & (
                Domain("state", "!=", "terminated")
                | Domain("case_ids", "any", [("state", "not in", CLOSED_STATES)])
                | Domain("case_ids", "any", [("capital_owed", ">", 0)])
            )
        )

    def _poll(self):
        """Ask the agency what is new: the agreement before it is open, events then."""
        agency = self._for_responsible().sudo()
        adapter, line = agency._open_line()
        # Whoever asks meanwhile empties it.
        agency.next_attempt = fields.Datetime.now()
        if agency.state == "draft":
            terms = yield lambda: adapter.get_terms(line)
            agency._apply_terms(terms)
        if (
            agency.state in ("draft", "onboarding")
            or agency.settings_state == "refused"
        ):
            creditor = yield lambda: adapter.get_creditor(line)
            if creditor and (agency.state != "draft" or creditor["state"] == "active"):
                agency._for_api_user()._apply_creditor(creditor)
        if agency.creditor_ref:
            after = agency.last_event or ""
            events, faults = yield lambda: adapter.get_events(line, after)
            if events:
                self.env["collection.message"]._log_events(agency, events)
                agency.last_event = events[-1]["event_id"]
            settlements, unread = yield lambda: adapter.get_settlements(line)
            if settlements:
                agency = agency._for_api_user()
                self.env["collection.settlement"].with_env(agency.env)._take_in(
                    agency, settlements
                )
            for sentence in (*faults, *unread):
                agency._remind_of_fault(sentence)
        if agency.state in ("active", "suspended"):
            agency._follow_company()
        if adapter.carries_files:
            yield from agency._fetch_files(line)
        if agency.attempts >= SILENT_POLLS:
            agency._settle(f"collection_partner.{SILENT}")
        now = fields.Datetime.now()
        agency.write(
            {
                "last_contact": now,
                "next_attempt": agency.next_attempt and now + POLL_PAUSE,
                "attempts": 0,
                "reason": False,
            }
        )

    def _on_fault(self, fault):
        # OVERRIDES 'receivables_base': it is asked again as always, for ever
        now = fields.Datetime.now()
        asked = timedelta(seconds=getattr(fault, "retry_after", 0))
        self.write(
            {
                "last_contact": now,
                "next_attempt": now + max(POLL_PAUSE, asked),
                "attempts": self.attempts + 1,
                "reason": self._explain(fault),
            }
        )
        if self.attempts >= SILENT_POLLS:
            self._tell_silent(self.reason)

    def _ask_soon(self):
        """Have the agency asked what is new, without waiting for its turn."""
        self.sudo().write({"next_attempt": False})
        self._wake("collection_partner.ir_cron_collection_receive")

    def action_fetch_now(self):
        """Ask the agency at once, instead of waiting for the job."""
        self._check_user()
        self._end_pause()
        self._ask_soon()
        for name in ("transfer", "send"):
            self._wake(f"collection_partner.ir_cron_collection_{name}")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "Exchange started. What is new appears here in a moment."
                ),
            },
        }
