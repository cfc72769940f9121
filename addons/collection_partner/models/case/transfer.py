import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ...exceptions import AgencyError
from ...tools import join
from ..eligibility import Eligibility

_lt = LazyTranslate(__name__)


class CollectionCase(models.Model):
    """A case on its way to the agency, and the agency's first answer."""

    _inherit = "collection.case"

    existing_case_id = fields.Char(
        string="Case under our number",
        readonly=True,
        help="The agency has it under the invoice's number, but it contradicts the "
        "invoice.",
    )

    @api.model
    def _get_transfer_domain(self):
        under_way = [("type", "=", "case"), ("state", "in", ("to_send", "error"))]
        return self._get_due_domain() & Domain(
            [
                ("state", "=", "to_send"),
                ("send_after", "<=", fields.Datetime.now()),
                ("agency_id.environment", "!=", "disabled"),
                ("agency_id.state", "=", "active"),
                ("exchange_ids", "not any", under_way),
            ]
        )

    @api.model
    def _cron_transfer(self):
        """Write down what people hand over in large numbers, then send transfers whose
        time to undo is over."""
        many = self.env["collection.transfer"]
        if many._work_through("_get_work_domain", "_go_on", batch=1):
            self._work_through(
                "_get_transfer_domain",
                "_send_off",
                keys=("agency_id", "origin"),
                batch=50,
            )

    def _send_off(self):
        """Look a last time whether invoices may go, and put them in the outbox."""
        agency = self.agency_id._for_responsible()
        cases = self.with_env(agency.env)
        if not agency.is_partner:
            cases._give_back(_lt("%s no longer gets new cases.", agency.name))
            return
        # Undone and taken back ones are judged by the person who sends them.
        engine = Eligibility(cases.env)
        verdicts = engine.evaluate(
            [("id", "in", cases.move_id.ids)],
            cases[0].origin,
            ignored_cases=cases.ids,
            agency=agency,
        )
        matters = cases._get_matters()
        for case in cases:
            if reasons := verdicts.get(case.move_id.id):
                case._give_back(engine.store(reasons))
            else:
                case._queue_transfer(agency.sudo(), matters.get(case))

    def _queue_transfer(self, agency, matter):
        self.ensure_one()
        move = self.move_id
        self.write(
            {
                "first_action": self._get_first_action(),
                "agreement_number": agency.agreement_number,
                "capital_original": move.amount_residual,
                "capital_open": move.amount_residual,
                "known_matchings": self._get_matchings().ids,
                "matter": matter,
            }
        )
        told = self._prepare_transfer()
        self.env["collection.message"]._queue(
            agency,
            "case",
            case=self,
            content=agency._get_adapter().render_case(told),
            told_kinds=self._get_told_kinds(told),
        )

    def _give_back_settled(self):
        """Undo a transfer that waits in the outbox, when nothing is owed any more."""
        self.ensure_one()
        if self.currency_id.compare_amounts(self.move_id.amount_residual, 0) > 0:
            return
        engine = Eligibility(self.env)
        verdicts = engine.evaluate(
            [("id", "=", self.move_id.id)],
            self.origin,
            ignored_cases=self.ids,
            agency=self.agency_id,
        )
        if reasons := verdicts.get(self.move_id.id):
            self._give_back(engine.store(reasons))
            others = self.exchange_ids.filtered(
                lambda m: m.type != "case" and m.state == "to_send"
            )
            others._set_state("cancelled", sent_at=fields.Datetime.now())

    def _give_back(self, reason):
        """Undo transfers that are no longer possible, and say why."""
        for case in self:
            case._set_state(
                "cancelled", closed_at=fields.Datetime.now(), is_given_up=True
            )
            message = _lt("Not transferred to the agency: %s", reason)
            case._log_event("cancelled", message)
            body = Sentence.read(Sentence.store(message), case.env)
            case.move_id._message_log(body=body)

    def _get_first_action(self):
        """The agency begins with its demand where we have reminded already, or where
        we bought no reminders."""
        self.ensure_one()
        reminded = self.move_id.collection_reminder_ids
        if reminded or self.agency_id.service == "collection":
            return "demand"
        return "reminder"

    def _prepare_transfer(self):
        """Return what the agency is told of the invoice and its debtor.

        The shape is what every adapter's ``render_case`` takes, in the words of
        docs/agency_api.yaml; money is ``Decimal`` in the invoice's currency, dates are
        dates, and what is not given is empty.
        """
        self.ensure_one()
        move, agency = self.move_id, self.agency_id
        money = move._collection_decimal
        _full, letter = move._get_collection_letter(agency)
        external = agency.letter_external_number and move.collection_external_number
        # The customer reads it.
        reader = agency.with_context(lang=move.partner_id.lang or agency.env.lang)
        return {
            "external_id": self.external_id,
            "agreement_number": self.agreement_number,
            "claim_type": "invoice",
            "first_action": self.first_action,
            "matter": self.matter,
            "invoice": {
                "number": move.name,
                "external_number": external,
                "date": move.invoice_date,
                "due_date": move.invoice_date_due,
                "currency": move.currency_id.name,
                "original_amount": money(move.amount_total),
                "open_amount": money(move.amount_residual),
                "delivered_as": move._get_collection_delivery(),
                "description": reader.letter_text,
            },
            "letter_text": letter,
            "claim": {
                "capital": money(move.amount_residual),
                "interest": money(0),
                "fees_already_claimed": [
                    {
                        "type": "reminder",
                        "date": reminder.date,
                        "amount": money(reminder.fee),
                        "currency": move.currency_id.name,
                    }
                    for reminder in self._get_told_reminders()
                ],
            },
            "debtor": self._prepare_debtor(),
            "note": agency.send_note and self.note,
        }

    def _get_told_reminders(self):
        reminders = self.move_id.collection_reminder_ids.sorted("date")
        return reminders if self.agency_id.send_reminders else reminders.browse()

    def _prepare_debtor(self):
        self.ensure_one()
        agency, partner = self.agency_id, self.move_id.partner_id
        debtor, contact = partner.commercial_partner_id, self._get_contact()
        language = (partner.lang or self.company_id.partner_id.lang or "en")[:2]
        tells_number = debtor.is_company or agency.send_id_number
        email = contact.email or partner.email or debtor.email
        phone = contact.phone or partner.phone or debtor.phone
        return {
            "number": debtor.ref or str(debtor.id),
            "type": "company" if debtor.is_company else "person",
            "name": debtor.name,
            "id_number": tells_number and (debtor.company_registry or debtor.vat),
            "address": {
                "street": ", ".join(filter(None, (partner.street, partner.street2))),
                "zip": partner.zip,
                "city": partner.city,
                "country": partner.country_id.code,
            },
            "language": agency.send_language and language,
            "email": agency.send_email and email,
            "phone": agency.send_phone and phone,
            "contact": {"name": contact.name},
            "co_debtors": list(
                map(self._prepare_co_debtor, debtor.collection_co_debtor_ids)
            ),
        }

    def _get_contact(self):
        """Return the person at the debtor whom the agency is told of, or none."""
        debtor = self.partner_id
        is_told = self.agency_id.use_contact
        return debtor.collection_contact_id if is_told else debtor.browse()

    def _prepare_co_debtor(self, person):
        agency = self.agency_id
        tells_number = person.is_company or agency.send_id_number
        address = {
            "street": ", ".join(filter(None, (person.street, person.street2))),
            "zip": person.zip,
            "city": person.city,
            "country": person.country_id.code,
        }
        return {
            "type": "company" if person.is_company else "person",
            "name": person.name,
            "id_number": tells_number and (person.company_registry or person.vat),
            "address": address if all(address.values()) else None,
            "email": agency.send_email and person.email,
            "phone": agency.send_phone and person.phone,
        }

    def _apply_created(self, details):
        """The agency has opened the case."""
        self._follow(
            details["agency_case_id"],
            details["case_number"],
            reference=details["reference"],
            portal_url=details["portal_url"],
            available_actions=details.get("available_actions"),
        )
        self._log_event("transferred", _lt("Transferred to %s.", self.agency_id.name))
        self.move_id._message_log(
            body=self.env._(
                "Transferred to %(agency)s, case %(number)s.",
                agency=self.agency_id.name,
                number=self.name,
            )
        )
        self._queue_documents()
        co_debtors = self.partner_id.collection_co_debtor_ids
        if co_debtors and "co_debtors" in self.agency_id._get_adapter().untold:
            self._tell(
                _lt(
                    "The agency cannot be told over its interface who owes with the "
                    "customer: %s. Tell it in its portal.",
                    ", ".join(co_debtors.mapped("name")),
                ),
                "mail_activity_type_check",
            )

    def _compare_existing(self, agency_case_id, details):
        """Let a case of the agency pass that is about the same claim.

        :param dict details: as the adapter's ``get_case`` returns it
        :raise AgencyError: what contradicts, for a person
        """
        self.ensure_one()
        money = self.move_id._collection_decimal
        capital = details["balance"]["capital"]["remaining"]
        ours, theirs = self.partner_id.name, details["debtor_name"]
        contradictions = []
        if sorted(_get_words(ours)) != sorted(_get_words(theirs)):
            contradictions.append(
                _lt(
                    "Debtor: %(theirs)s there, %(ours)s here.", theirs=theirs, ours=ours
                )
            )
        ours = f"{money(self.residual)} {self.currency_id.name}"
        theirs = f"{capital} {details['currency']}"
        if capital != money(self.residual) or (
            details["currency"] != self.currency_id.name
        ):
            contradictions.append(
                _lt(
                    "Open capital: %(theirs)s there, %(ours)s here.",
                    theirs=theirs,
                    ours=ours,
                )
            )
        if contradictions:
            raise AgencyError(
                "final",
                "other_case",
                _lt(
                    "The agency has case %(case)s under this invoice number, and it "
                    "contradicts the invoice. %(contradictions)s Ask the agency; then "
                    "have it close that case and try again, or link it.",
                    case=details["case_number"] or agency_case_id,
                    contradictions=join(contradictions),
                ),
                details={"existing_case_id": agency_case_id},
            )

    def action_link_existing(self):
        """Follow the agency's case in spite of what contradicts: a person knows that it
        is about the same claim."""
        self._check_user()
        for case in self.sudo():
            if case.state != "refused" or not case.existing_case_id:
                raise UserError(self.env._("There is no case to be linked."))
            case._settle("collection_partner.mail_activity_type_refused")
            case._set_state("to_send", reason=False)
            case._link_existing(case.existing_case_id, False, is_duplicate=True)
        return True

    def _link_existing(self, agency_case_id, case_number, is_duplicate):
        """The agency has a case for the invoice already: follow that one."""
        self._follow(agency_case_id, case_number, is_duplicate=is_duplicate)
        if not is_duplicate:
            self._queue_documents()
            return
        message = _lt(
            "A case for this invoice number already existed in the agency's portal "
            "(%s); it was linked.",
            self.name,
        )
        self._log_event("duplicate", message, actor="agency")
        self.move_id._message_log(body=self.env._(message))

    def _follow(self, agency_case_id, case_number, **vals):
        """Note that the agency has the case, and have it asked for the rest."""
        self.ensure_one()
        now = fields.Datetime.now()
        self._set_state(
            "received",
            agency_case_id=agency_case_id,
            name=case_number or agency_case_id,
            transferred_at=now,
            next_attempt=now,
            **vals,
        )
        self._wake("collection_partner.ir_cron_collection_receive")

    def _refuse(self, sentence, code=""):
        """The agency did not accept the case: say why and what to do."""
        self.ensure_one()
        if code == "creditor_not_active":
            # The service was suspended meanwhile: the invoice waits.
            self.agency_id._for_api_user()._apply_creditor_state("suspended")
            self.send_after = fields.Datetime.now()
            return
        stored = Sentence.store(sentence)
        self._set_state("refused", reason=stored, next_attempt=False)
        self._log_event("refused", stored, actor="agency")
        self._tell(stored, "mail_activity_type_refused")


def _get_words(name):
    return re.findall(r"\w+", (name or "").casefold())
