import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models

from ..exceptions import AgencyError
from .collection_states import CLOSED_STATES, WAITING_STATES

REFRESH_AFTER = timedelta(days=1)
_logger = logging.getLogger(__name__)

# Outcomes after which nothing is left to be decided about the invoice.
SETTLED_OUTCOMES = ("paid", "credited")
FLAGS = {
    "insolvent": "insolvent",
    "insolvent_plan": "insolvent",
    "deceased": "deceased",
    "abroad": "abroad",
}
BALANCE = ("capital", "interest", "fees", "court_fees")


class CollectionCaseFollowing(models.AbstractModel):
    """What the agency makes of a case, and what becomes of the invoice in the end."""

    _name = "collection.case.following"
    _description = "Following of a collection case"

    refresh_at = fields.Datetime(
        readonly=True, index="btree_not_null", help="When the agency is asked next."
    )
    refresh_error = fields.Char(readonly=True)

    # === FOLLOWING === #

    def _ask_refresh(self):
        """Have the agency asked soon."""
        self.write({"refresh_at": fields.Datetime.now()})
        if self:
            self._trigger_receive()

    @api.model
    def _trigger_receive(self):
        self.env.ref("collection_partner.ir_cron_collection_receive").sudo()._trigger()

    @api.model
    def _cron_refresh(self):
        """Once a day ask about every open case: an event may have been lost.

        Cases that another transaction has in its hands are being worked on: waiting
        for one with so many others in ours would block both.
        """
        cases = self.search(
            [
                ("phase", "=", "open"),
                ("refresh_at", "=", False),
                ("refreshed_at", "<=", fields.Datetime.now() - REFRESH_AFTER),
            ]
        )
        cases.try_lock_for_update(allow_referencing=True)._ask_refresh()

    def _refresh(self):
        """Ask the agency about cases and take over what it says."""
        for case in self:
            agency = case.agency_id._for_api_user()
            case = case.with_env(agency.env)
            try:
                with self.env.cr.savepoint():
                    details = agency._get_adapter()._get_case(
                        agency, case.agency_case_id
                    )
                    case._apply(details)
                    case.write({"refresh_at": False, "refresh_error": False})
            except AgencyError as error:
                final = error.kind != "retry"
                wait = timedelta(seconds=error.retry_after or 300)
                case.write(
                    {
                        "refresh_at": False if final else fields.Datetime.now() + wait,
                        "refresh_error": error.message,
                        "refreshed_at": fields.Datetime.now(),
                    }
                )
            except OperationalError:
                raise
            except Exception:
                # One answer that cannot be worked on must not hold up the others.
                _logger.exception("Refresh of collection case %s", case.id)
                case.write(
                    {
                        "refresh_at": False,
                        "refresh_error": self.env._(
                            "The agency's answer could not be worked on; the server's "
                            "log says more. It is asked again tomorrow."
                        ),
                        "refreshed_at": fields.Datetime.now(),
                    }
                )

    def _apply(self, details):
        """Take over what the agency says of the case, unless newer is known.

        :param dict details: as the adapter's ``_get_case`` returns it
        """
        self.ensure_one()
        now = fields.Datetime.now()
        if details["version"] < self.case_version:
            self.refreshed_at = now
            return
        was_required, hint = self.action_required, self.action_hint
        statuses = self.env["collection.status"]
        code = details["status_code"]
        status = statuses._from_code(self.agency_id.status_catalogue, code)
        status = status or statuses._from_code("agency_api", code)
        is_new_status = status != self.status_id or code != self.agency_status
        self.write(
            {
                "case_version": details["version"],
                "refreshed_at": now,
                "name": details["case_number"] or self.name,
                "reference": details["reference"] or self.reference,
                "portal_url": details["portal_url"] or self.portal_url,
                "agency_status": code,
                "agency_status_label": details["status_label"],
                "status_id": status.id,
                "action_required": details["action_required"],
                "action_hint": details["action_hint"],
                "available_actions": details["available_actions"],
                "limitation_date": details["limitation_date"],
                **self._prepare_balance(details),
                **self._prepare_new_address(details),
            }
        )
        self._apply_history(details["history"])
        self._apply_documents(details["documents"])
        self._apply_plan(details["instalments"])
        self._apply_state(details, status)
        if is_new_status:
            self._apply_effect(status, code)
        self._apply_activity(
            status, was_required, is_new_hint=hint != self.action_hint or is_new_status
        )

    def _prepare_balance(self, details):
        if details["currency"] != self.currency_id.name:
            self._warn(
                self.env._(
                    "The agency keeps the case in %(theirs)s, the invoice is in "
                    "%(ours)s. Its balance is not taken over.",
                    theirs=details["currency"],
                    ours=self.currency_id.name,
                ),
                "mail_activity_type_check",
            )
            return {}
        vals = {}
        for part in BALANCE:
            amounts = details["balance"][part]
            vals[f"{part}_original"] = float(amounts["original"])
            vals[f"{part}_paid"] = float(amounts["paid"])
            vals[f"{part}_open"] = float(amounts["remaining"])
        fee = details["withdrawal_fee"]
        vals["withdrawal_fee"] = float(fee["amount"]) if fee else 0.0
        return vals

    def _prepare_new_address(self, details):
        address = details["new_address"]
        known = self.move_id.partner_id
        if not address or (
            (address["street"], address["zip"]) == (known.street, known.zip)
            or self._get_address_key(address) == self.decided_address
        ):
            return {}
        country = self.env["res.country"].search(
            [("code", "=", address["country"])], limit=1
        )
        return {
            "new_street": address["street"],
            "new_zip": address["zip"],
            "new_city": address["city"],
            "new_country_id": country.id,
        }

    def _apply_history(self, history):
        known = set(self.event_ids.mapped("external_id"))
        actors = dict(self.event_ids._fields["actor"].selection)
        self.env["collection.event"].create(
            [
                {
                    "case_id": self.id,
                    "date": entry["at"],
                    "actor": entry["actor"] if entry["actor"] in actors else "agency",
                    "code": entry["code"],
                    "name": entry["text"] or entry["label"] or entry["code"],
                    "external_id": entry["id"],
                }
                for entry in history
                if entry["id"] not in known
                # What we asked for stands in the timeline since we asked.
                and entry["actor"] != "creditor"
            ]
        )

    def _apply_documents(self, documents):
        """Fetch documents that the agency made; those from here are known."""
        sent = set(self.exchange_ids.attachment_ids.mapped("name"))
        fetched = {
            message._get_values().get("document_id")
            for message in self.exchange_ids.filtered(lambda m: m.type == "fetch")
        }
        for document in documents:
            if document["name"] in sent or document["id"] in fetched:
                continue
            self.env["collection.message"]._queue(
                self.agency_id,
                "fetch",
                case=self,
                values={"document_id": document["id"], "name": document["name"]},
            )

    def _store_document(self, name, data, mimetype):
        attachment = self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": data,
                "mimetype": mimetype,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.agency_document_ids |= attachment

    def _apply_plan(self, instalments):
        current = [
            (plan.due_date, f"{plan.amount:.2f}", plan.is_paid)
            for plan in self.instalment_ids
        ]
        told = [
            (plan["due_date"], f"{plan['amount']:.2f}", plan["paid"])
            for plan in instalments
        ]
        if current == told:
            return
        self.instalment_ids.unlink()
        self.env["collection.instalment"].create(
            [
                {
                    "case_id": self.id,
                    "due_date": plan["due_date"],
                    "amount": float(plan["amount"]),
                    "is_paid": plan["paid"],
                }
                for plan in instalments
            ]
        )

    def _apply_state(self, details, status):
        """Move to what the agency's word means; a word that is not in the catalogue
        is shown verbatim and the state goes by the contract's own word."""
        word = details["state"]
        if word == "closed" or status.state == "closed":
            self._close(details["outcome"])
            return
        by_word = self.env["collection.status"]._from_code("agency_api", word)
        state = status.state or by_word.state
        if not state and self.state in (*WAITING_STATES, *CLOSED_STATES):
            state = "received"
        if not state or state == self.state:
            return
        other = self.move_id._get_collection_case_at_agency() - self
        if self.state in CLOSED_STATES and other:
            self._warn(
                self.env._(
                    "The agency has taken %(case)s up again, but the invoice has "
                    "another case by now, %(other)s. Have the agency close one of "
                    "them.",
                    case=self.name,
                    other=other.display_name,
                ),
                "mail_activity_type_check",
            )
            return
        self._set_state(state, closed_at=False, outcome=False, outcome_decision=False)

    def _apply_effect(self, status, code):
        """Do what a status asks for, once, when it comes."""
        if not status:
            self._log_event(
                "unknown_status",
                self.env._(
                    "The agency uses a status that is not in the catalogue: %s.", code
                ),
                actor="agency",
            )
            return
        if status.effect in FLAGS:
            self.partner_id._collection_flag(FLAGS[status.effect])
        if status.effect == "consumer_only_error" and not self.partner_id.is_company:
            self._warn(
                self.env._(
                    'The agency reports "%s" against a consumer, which the law does '
                    "not allow. Ask the agency.",
                    status.name,
                ),
                "mail_activity_type_check",
            )

    def _apply_activity(self, status, was_required, is_new_hint):
        """One activity while somebody has to act, none when nobody has to."""
        if self.state in CLOSED_STATES:
            return
        needed = self.action_required or status.action_required
        if not self.action_required and needed:
            self.action_required = True
        if needed or self.new_street:
            self._warn(
                self.action_hint
                or status.remedy
                or self.env._("The agency has found a new address of the customer."),
                renew=is_new_hint,
            )
        else:
            types = ["collection_partner.mail_activity_type_decide"]
            if was_required:
                # What was refused here has been done there.
                types.append("collection_partner.mail_activity_type_refused")
            self.activity_feedback(types, feedback=self.env._("Done at the agency."))

    # === ENDING === #

    def _close(self, outcome):
        """The agency has closed the case: say so, and ask what becomes of the
        invoice unless that is clear."""
        self.ensure_one()
        asked = self.exchange_ids.filtered(
            lambda m: (
                m.type == "action"
                and m.state == "sent"
                and m._get_values().get("action") == "withdraw"
            )
        )
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        if not outcome and asked:
            outcome = "withdrawn"
        outcome = outcome if outcome in outcomes else "other"
        settled = outcome in SETTLED_OUTCOMES or (outcome == "withdrawn" and asked)
        self.action_required = False
        if self.state == "closed":
            self._correct_outcome(outcome, settled)
            return
        if not self._set_state(
            "closed",
            closed_at=fields.Datetime.now(),
            outcome=outcome,
            outcome_decision="none" if settled else "pending",
        ):
            return
        message = self.env._(
            "%(agency)s has closed case %(case)s: %(outcome)s.",
            agency=self.agency_id.name,
            case=self.name,
            outcome=outcomes[self.outcome],
        )
        self.move_id._message_log(body=message)
        if self.resend and asked:
            self._resend_now()
        elif not settled:
            self._warn(message, "mail_activity_type_outcome")

    def _correct_outcome(self, outcome, settled):
        """The agency has thought better of how a closed case ended."""
        if outcome == self.outcome:
            return
        self.outcome = outcome
        if settled and self.outcome_decision == "pending":
            self._decide_outcome("none")

    def _resend_now(self):
        """Transfer the invoice again, under the contract's new number."""
        engine = self.env["collection.eligibility"]
        verdicts = engine._evaluate([("id", "=", self.move_id.id)])
        if verdicts.get(self.move_id.id):
            self._warn(
                engine._describe(verdicts)[self.move_id.id],
                "mail_activity_type_outcome",
            )
            return
        self.outcome_decision = "again"
        self._request(self.move_id, self.agency_id, self.note or "")

    def _decide_outcome(self, decision):
        """Note what becomes of invoices whose cases the agency has closed."""
        self.write({"outcome_decision": decision})
        self.activity_feedback(["collection_partner.mail_activity_type_outcome"])

    # === TELLING === #

    def _log_event(self, code, name, actor="creditor"):
        """Add a line to the timeline."""
        self.env["collection.event"].sudo().create(
            [
                {
                    "case_id": case.id,
                    "actor": actor,
                    "code": code,
                    "name": name,
                    "user_id": self.env.user.id if actor == "creditor" else False,
                }
                for case in self
            ]
        )

    def _warn(self, message, activity="mail_activity_type_decide", renew=False):
        """Tell the person responsible, once, that a case needs attention.

        :param bool renew: what was told before no longer holds
        """
        xmlid = f"collection_partner.{activity}"
        for case in self.sudo():
            if told := case.activity_search([xmlid]):
                if renew:
                    told.note = message
            else:
                case.activity_schedule(
                    xmlid,
                    user_id=(case.user_id or case.requested_by_id or self.env.user).id,
                    note=message,
                )
