import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models

from ..exceptions import AgencyError
from .collection_states import CLOSED_STATES

_logger = logging.getLogger(__name__)

POLL_MINUTES = 15
AUTOMATIC_BATCH = 200


class CollectionAgencyExchange(models.AbstractModel):
    """What goes to an agency by itself, and how its events come in."""

    _name = "collection.agency.exchange"
    _description = "Exchange with a collection agency"

    # === AUTOMATIC TRANSFER === #

    @api.model
    def _cron_automatic(self):
        """Transfer by night what the rules of each contract let go by itself."""
        companies = self.env["res.company"].search(
            [
                ("collection_agency_id.state", "=", "active"),
                ("collection_agency_id.auto_transfer", "=", True),
            ]
        )
        for company in companies:
            agency = company.collection_agency_id._for_responsible()
            moves = agency._get_tonight()
            for start in range(0, len(moves), AUTOMATIC_BATCH):
                batch = moves[start : start + AUTOMATIC_BATCH]
                agency._try_automatically(batch.ids)
                self.env["ir.cron"]._commit_progress(
                    len(batch), remaining=len(moves) - start - len(batch)
                )

    def _get_tonight(self):
        """Return the invoices that the nightly job would transfer now."""
        self.ensure_one()
        engine = self.env["collection.eligibility"]
        return engine._get_eligible(
            engine._get_candidate_domain(self.company_id), "automatic"
        )

    def _try_automatically(self, move_ids):
        """Request cases for invoices; one with which something is wrong does not stop
        the others."""
        try:
            with self.env.cr.savepoint():
                self._transfer_automatically(move_ids)
        except OperationalError:
            # Another transaction was in the way: these are tried again at once.
            self.env.cr.rollback()
            self.env.ref("collection_partner.ir_cron_collection_automatic")._trigger()
        except Exception:
            if len(move_ids) > 1:
                for move_id in move_ids:
                    self._try_automatically([move_id])
            else:
                _logger.exception("Automatic transfer of invoice %s", *move_ids)

    def _transfer_automatically(self, move_ids):
        """Request cases for invoices, after a look under the lock."""
        moves = self.env["account.move"].browse(move_ids).try_lock_for_update()
        engine = self.env["collection.eligibility"]
        eligible = engine._get_eligible([("id", "in", moves.ids)], "automatic")
        if eligible:
            self.env["collection.case"]._request(eligible, self, origin="automatic")

    def action_tonight(self):
        """Show what tonight's run would send, and why the rest would stay."""
        self.ensure_one()
        self._check_user()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collection_partner.collection_move_action"
        )
        name = self.env._("What tonight's run would send")
        return {
            **action,
            "name": name,
            "display_name": name,
            "context": {
                "collection_mode": "automatic",
                "search_default_eligible": 1,
                "allowed_company_ids": self.company_id.ids,
            },
        }

    # === EVENTS === #

    @api.model
    def _from_webhook_token(self, token):
        """Return the agency that reports at this address, or nothing."""
        if not token:
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
        now = fields.Datetime.now()
        try:
            events = self._get_adapter()._read_webhook(self, headers, body, now)
        except AgencyError as error:
            _logger.info("Webhook of agency %s refused: %s.", self.id, error.code)
            return False
        self.env["collection.message"]._log_events(self, events)
        return True

    @api.model
    def _cron_receive(self):
        """Work through what agencies told, and ask those that told nothing lately."""
        messages = self.env["collection.message"].sudo()
        messages._work_through_events()
        limit = fields.Datetime.now() - timedelta(minutes=POLL_MINUTES)
        agencies = self.sudo().search(
            [
                *self._get_listening_domain(),
                "|",
                ("state", "!=", "terminated"),
                ("case_ids", "any", [("state", "not in", CLOSED_STATES)]),
                "|",
                ("last_contact", "=", False),
                ("last_contact", "<=", limit),
            ]
        )
        for agency in agencies:
            if not agency.client_id or not agency.base_url:
                continue
            agency._for_responsible()._poll()
            self.env["ir.cron"]._commit_progress(1)
        messages._work_through_events()

    def _poll(self):
        """Ask the agency what is new: the contract before it is open, events then."""
        self.ensure_one()
        adapter = self._get_adapter()
        agency = self.sudo()
        try:
            with self.env.cr.savepoint():
                if agency.state == "draft":
                    agency._apply_terms(adapter._get_terms(agency))
                if (
                    agency.state in ("draft", "onboarding")
                    or agency.settings_state == "refused"
                ):
                    creditor = adapter._get_creditor(agency)
                    if creditor and not (
                        agency.state == "draft" and creditor["state"] != "active"
                    ):
                        agency._for_api_user()._apply_creditor(creditor)
                if agency.creditor_ref:
                    self._poll_events(adapter)
                agency.write(
                    {"last_contact": fields.Datetime.now(), "last_error": False}
                )
        except AgencyError as error:
            agency.write(
                {"last_contact": fields.Datetime.now(), "last_error": error.message}
            )
        except OperationalError:
            # Another transaction was in the way; the next run asks again.
            self.env.cr.rollback()

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

    def _poll_events(self, adapter):
        events = adapter._get_events(self.sudo(), self.last_event or "")
        if events:
            self.env["collection.message"]._log_events(self.sudo(), events)
            self.sudo().last_event = events[-1]["event_id"]

    def action_fetch_now(self):
        """Ask the agency at once, instead of waiting for the job."""
        self._check_user()
        self.sudo().last_contact = False
        for name in ("transfer", "send", "receive"):
            self.env.ref(
                f"collection_partner.ir_cron_collection_{name}"
            ).sudo()._trigger()
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
