from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.tools import LazyTranslate

from ..agency.agency import SILENT, SILENT_AFTER
from ..states import CLOSED_STATES, WAITING_STATES

_lt = LazyTranslate(__name__)

REFRESH_AFTER = timedelta(days=1)
FLAGS = {
    "insolvent": "insolvent",
    "insolvent_plan": "insolvent",
    "deceased": "deceased",
    "abroad": "abroad",
}


class CollectionCase(models.Model):
    """What the agency makes of a case, taken over when it says so."""

    _inherit = "collection.case"

    def _ask_refresh(self):
        """Have the agency asked soon."""
        self.write({"next_attempt": fields.Datetime.now(), "attempts": 0})
        if self:
            self._wake("collection_partner.ir_cron_collection_receive")

    @api.model
    def _cron_refresh(self):
        """Once a day ask about every open case: an event may have been lost; remind
        people of transfers that they have to approve, and remove personal data whose
        time is over.

        Cases that another transaction has in its hands are being worked on: waiting
        for one with so many others in ours would block both.
        """
        cases = self.search(
            [
                ("phase", "=", "open"),
                ("next_attempt", "=", False),
                ("refreshed_at", "<=", fields.Datetime.now() - REFRESH_AFTER),
            ]
        )
        cases.try_lock_for_update(allow_referencing=True)._ask_refresh()
        self._remind_approvers()
        self._work_through("_get_purge_domain", "_purge")

    @api.model
    def _get_refresh_domain(self):
        return [
            ("next_attempt", "<=", fields.Datetime.now()),
            ("agency_case_id", "!=", False),
            ("agency_id.environment", "!=", "disabled"),
        ]

    def _refresh(self):
        """Ask the agency about a case and take over what it says."""
        agency = self.agency_id._for_api_user()
        case = self.with_env(agency.env)
        adapter, line = agency._open_line()
        reference = case.agency_case_id
        # Whoever asks meanwhile, even within this second, does so later than that.
        asked_at = case.next_attempt = fields.Datetime.now() - timedelta(seconds=1)
        details = yield lambda: adapter.get_case(line, reference)
        if details:
            case._apply(details)
        if case.is_money_new:
            case._tell_money()
        if case.attempts >= SILENT_AFTER:
            agency._settle(f"collection_partner.{SILENT}")
        # Whoever asked meanwhile wants to know of what came later.
        is_latest = case.next_attempt == asked_at
        case.write(
            {
                "next_attempt": False if is_latest else case.next_attempt,
                "attempts": 0,
                "reason": False,
            }
        )

    def _on_parked(self, sentence):
        # OVERRIDES 'receivables_base'
        tired = self.filtered(lambda c: c.agency_case_id and c.attempts >= SILENT_AFTER)
        tired.agency_id._tell_silent(sentence)

    def _apply(self, details):
        """Take over what the agency says of the case, unless newer is known.

        :param dict details: as the adapter's ``get_case`` returns it
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
                "limitation_date": details["limitation_date"] or self.limitation_date,
                "matter": details.get("matter") or False,
                **self._prepare_balance(details),
                **self._prepare_new_address(details),
            }
        )
        self._apply_history(details["history"])
        self._apply_documents(details["documents"])
        self._apply_plan(details["instalments"])
        self._apply_state(details, status)
        if is_new_status:
            self._apply_effect(status, code, details)
        self._apply_activity(
            status, was_required, is_new_hint=hint != self.action_hint or is_new_status
        )

    def _prepare_balance(self, details):
        if details["currency"] != self.currency_id.name:
            self._tell(
                _lt(
                    "The agency keeps the case in %(theirs)s, the invoice is in "
                    "%(ours)s. Its balance is not taken over.",
                    theirs=details["currency"],
                    ours=self.currency_id.name,
                ),
                "mail_activity_type_check",
            )
            return {"has_other_currency": True}
        vals = {
            "has_other_currency": False,
            "withdrawal_fee": float(details["withdrawal_fee"] or 0),
        }
        for part, amounts in details["balance"].items():
            vals[f"{part}_original"] = float(amounts["original"])
            vals[f"{part}_paid"] = float(amounts["paid"])
            vals[f"{part}_open"] = float(amounts["remaining"])
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
                    "sentence": {
                        "text": entry["text"] or entry["label"] or entry["code"]
                    },
                    "external_id": entry["id"],
                }
                for entry in history
                if entry["id"] not in known
                # What we asked for stands in the timeline since we asked.
                and entry["actor"] != "creditor"
            ]
        )

    def _apply_plan(self, instalments):
        known = [
            (plan.due_date, f"{plan.amount:.2f}", plan.is_paid)
            for plan in self.instalment_ids
        ]
        told = [
            (plan["due_date"], f"{plan['amount']:.2f}", plan["paid"])
            for plan in instalments
        ]
        if known != told:
            self.instalment_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "due_date": plan["due_date"],
                            "amount": float(plan["amount"]),
                            "is_paid": plan["paid"],
                        }
                    )
                    for plan in instalments
                ),
            ]

    def _apply_state(self, details, status):
        """Move to what the agency's word means; a word that is not in the catalogue
        is shown verbatim and the state goes by the contract's own word."""
        word = details["state"]
        if "closed" in (word, status.state) or status.effect == "outcome":
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
            self._tell(
                _lt(
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

    def _apply_effect(self, status, code, details):
        """Do what a status asks for, once, when it comes."""
        if not status:
            self._log_event(
                "unknown_status",
                _lt("The agency uses a status that is not in the catalogue: %s.", code),
                actor="agency",
            )
            return
        if status.effect in FLAGS:
            self.partner_id._collection_flag(FLAGS[status.effect])
        if status.effect == "limitation" and not details["limitation_date"]:
            self._renew_limitation()
        if status.effect == "address" and not self.new_street:
            self._tell(
                _lt(
                    "The agency has found a new address and does not tell it. Look in "
                    "its portal, and correct the customer's address."
                ),
                "mail_activity_type_check",
            )
        if status.effect == "consumer_only_error" and not self.partner_id.is_company:
            self._tell(
                _lt(
                    'The agency reports "%s" against a consumer, which the law does '
                    "not allow. Ask the agency.",
                    status.name,
                ),
                "mail_activity_type_check",
            )

    def _renew_limitation(self):
        """The limitation period starts anew; the agency does not say until when."""
        rules = self.env["collection.rule"]
        company = self.company_id
        today = company._get_collection_today()
        years = rules._pick(
            rules._get_values(company.country_id, today),
            "limitation_years",
            self.partner_id.is_company,
            default=0,
        )
        if years:
            self.limitation_date = today + relativedelta(years=int(years))
            self._log_event(
                "limitation",
                _lt(
                    "The limitation period starts anew: until %s.", self.limitation_date
                ),
                actor="agency",
            )

    def _apply_activity(self, status, was_required, is_new_hint):
        """One activity while somebody has to act, none when nobody has to."""
        if self.state in CLOSED_STATES:
            return
        needed = (
            self.action_required
            or status.action_required
            or status.effect == "needs_info"
        )
        if not self.action_required and needed:
            self.action_required = True
        if needed or self.new_street:
            self._tell(
                self.action_hint
                or status.remedy
                or _lt("The agency has found a new address of the customer."),
                renew=is_new_hint,
            )
        else:
            self._settle("collection_partner.mail_activity_type_decide")
            if was_required:
                # What was refused here has been done there.
                self._settle("collection_partner.mail_activity_type_refused")
