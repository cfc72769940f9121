import copy
import json
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.base.tests.common import BaseCommon

from .. import adapters
from ..adapters.agency_api import AgencyApi
from ..exceptions import AgencyError

ORG_NUMBER = "556999-9991"
IBAN = "SE3550000000054910000003"
ZERO = {"original": Decimal("0"), "paid": Decimal("0"), "remaining": Decimal("0")}
STARTED = ["pause", "withdraw", "dispute"]


class Agency:
    """The other side of the adapter, kept in memory: what it was told, what it says.

    It stands in for the adapter, and so proves nothing of the line. The adapter is
    tried in ``test_adapter_agency_api*.py`` on a line that answers as it is told, and
    everything together against an independent program in the system tests.
    """

    def __init__(self):
        self.calls = []
        self.cases = {}
        self.events = []
        self.failures = []
        self.documents = {}
        self.direct = {}
        self.settlements = []
        self.joins = True
        self.creditor = {
            "creditor_id": "CR-1",
            "state": "pending_signature",
            "agreement_number": "",
            "portal_url": "https://portal.example.com",
            "terms_version": "2026-1",
            "terms_url": "https://portal.example.com/terms",
            "price_list_url": "https://portal.example.com/prices",
            "settings": {
                "services": "reminder_and_collection",
                "approve_before_demand": False,
                "approve_before_legal": True,
                "letter_include_lines": False,
                "letter_external_number": True,
                "notification_email": "",
            },
        }

    def fail(self, kind="retry", code="network", message="No answer.", **more):
        """Let the next call fail."""
        self.failures.append(AgencyError(kind, code, message, **more))

    @contextmanager
    def speaking(self, registry):
        """Stand behind the adapter, whatever line leads to it."""
        with ExitStack() as stack:
            for name in vars(Agency).keys() & vars(adapters.Agency).keys():
                if name.startswith("_"):
                    continue
                answer = partial(self._answer, name)
                stack.enter_context(patch.object(AgencyApi, name, answer))
            connection = registry["receivables.connection"]
            stack.enter_context(patch.object(connection, "_open", lambda _self: None))
            yield

    def _answer(self, name, *args):
        return getattr(self, name)(*args)

    def note(self, name, *details):
        self.calls.append((name, *details))
        if self.failures:
            raise self.failures.pop(0)

    def told(self, name):
        """What the agency was told in calls of a kind."""
        return [call[1:] for call in self.calls if call[0] == name]

    def change(self, case, **changes):
        """Something happens at the agency: the case has a new version."""
        details = self.cases[case.agency_case_id]
        details.update(changes)
        details["version"] += 1
        return details

    def collect(self, case, paid):
        """The debtor pays so much of the capital, to the agency or, as the agency was
        told, to the creditor."""
        self.move_capital(case.agency_case_id, paid=paid, remaining=-paid)

    def move_capital(self, identifier, **amounts):
        capital = self.cases[identifier]["balance"]["capital"]
        for name, amount in amounts.items():
            capital[name] += Decimal(amount)
        self.cases[identifier]["version"] += 1

    def make_case(self, number, invoice, amount, currency, **values):
        identifier = f"C-{len(self.cases) + 1}"
        self.cases[identifier] = {
            "agency_case_id": identifier,
            "external_id": values.get("external_id", ""),
            "case_number": number,
            "reference": "1234561",
            "matter": values.get("matter", "") if self.joins else "",
            "state": "received",
            "outcome": None,
            "status_code": "received",
            "status_label": "Received",
            "version": 1,
            "portal_url": f"https://portal.example.com/cases/{identifier}",
            "action_required": False,
            "action_hint": "",
            "available_actions": list(STARTED),
            "currency": currency,
            "balance": {
                "capital": {
                    "original": amount,
                    "paid": Decimal("0"),
                    "remaining": amount,
                },
                "interest": ZERO,
                "fees": ZERO,
                "court_fees": ZERO,
            },
            "withdrawal_fee": None,
            "instalments": [],
            "limitation_date": None,
            "new_address": None,
            "documents": [],
            "history": [],
            "invoice_number": invoice,
            "agreement_number": values.get("agreement_number", ""),
            "debtor_name": values.get("debtor_name", "Ekströms Snickeri AB"),
        }
        return self.cases[identifier]

    # What the adapter is asked; names and shapes are those of the adapter.

    def onboard(self, line, asked, key):
        self.note("onboard", asked, key)
        return copy.deepcopy(self.creditor)

    def get_creditor(self, line):
        self.note("get_creditor")
        return copy.deepcopy(self.creditor) if self.creditor else None

    def get_terms(self, line):
        self.note("terms")
        return {
            "terms_version": self.creditor["terms_version"]
            if self.creditor
            else "2026-1",
            "terms_url": "https://portal.example.com/terms",
            "price_list_url": "https://portal.example.com/prices",
            "text": "The agency collects on behalf of the creditor.",
        }

    def update_creditor(self, line, asked, key):
        self.note("company", asked, key)
        return copy.deepcopy(self.creditor)

    def put_settings(self, line, creditor_ref, settings, key):
        self.note("settings", settings, key)
        self.creditor["settings"] = {**self.creditor["settings"], **settings}
        return dict(self.creditor["settings"])

    def terminate(self, line, creditor_ref, reason, key):
        self.note("terminate", reason, key)
        self.creditor["state"] = "terminated"
        return copy.deepcopy(self.creditor)

    def reactivate(self, line, creditor_ref, key):
        self.note("reactivate", key)
        self.creditor["state"] = "active"
        return copy.deepcopy(self.creditor)

    def create_case(self, line, body, key):
        told = json.loads(body)
        self.note("case", told, key)
        invoice = told["invoice"]
        known = [
            c
            for c in self.cases.values()
            if c["invoice_number"] == invoice["number"]
            and c["state"] != "closed"
            and c["agreement_number"] in ("", told.get("agreement_number", ""))
        ]
        if known:
            same = known[0]["external_id"] == told["external_id"]
            raise AgencyError(
                "conflict",
                "duplicate_reference" if same else "duplicate_invoice",
                "The agency has a case.",
                details={
                    "existing_case_id": known[0]["agency_case_id"],
                    "case_number": known[0]["case_number"],
                },
            )
        made = self.make_case(
            f"2026-{len(self.cases) + 1}",
            invoice["number"],
            Decimal(told["claim"]["capital"]),
            invoice["currency"],
            external_id=told["external_id"],
            agreement_number=told.get("agreement_number", ""),
            matter=told.get("matter", ""),
        )
        return copy.deepcopy(made)

    def send_documents(self, line, case_id, files, key):
        self.note("documents", case_id, files, key)

    def send_action(self, line, case_id, action, reason, until, key):
        self.note("action", case_id, action, reason, until, key)

    def report_payment(self, line, case_id, payment, key):
        self.note("report_payment", case_id, payment, key)
        remaining = self.cases[case_id]["balance"]["capital"]["remaining"]
        applied = min(payment["amount"], remaining)
        self.direct[case_id, payment["external_id"]] = applied
        self.move_capital(case_id, paid=applied, remaining=-applied)
        return {"applied": applied, "ignored": payment["amount"] - applied}

    def take_back_payment(self, line, case_id, external_id, key):
        self.note("take_back_payment", case_id, external_id, key)
        applied = self.direct.pop((case_id, external_id))
        self.move_capital(case_id, paid=-applied, remaining=applied)

    def report_credit_note(self, line, case_id, credit_note, key):
        self.note("report_credit_note", case_id, credit_note, key)
        amount = credit_note["amount"]
        if amount > self.cases[case_id]["balance"]["capital"]["remaining"]:
            raise AgencyError("final", "amount_exceeds_capital", "It is too much.")
        self.move_capital(case_id, original=-amount, remaining=-amount)
        return {"applied": amount, "ignored": Decimal(0)}

    def report_fee(self, line, case_id, fee, key):
        self.note("report_fee", case_id, fee, key)

    def get_case(self, line, case_id):
        self.note("get_case", case_id)
        return copy.deepcopy(self.cases[case_id])

    def get_document(self, line, case_id, document_id):
        self.note("document", document_id)
        return self.documents[document_id]

    def get_settlements(self, line):
        self.note("settlements")
        return copy.deepcopy(self.settlements), []

    def get_settlement_pdf(self, line, settlement_id):
        self.note("settlement_pdf", settlement_id)
        return b"%PDF-1.4 settlement", "application/pdf"

    def confirm_settlement(self, line, settlement_id, entry, key):
        self.note("confirm_settlement", settlement_id, entry, key)

    def get_events(self, line, after):
        self.note("events", after)
        seen = [event["event_id"] for event in self.events]
        start = seen.index(after) + 1 if after in seen else 0
        return self.events[start:], []


@tagged("post_install", "-at_install")
class CollectionCommon(BaseCommon):
    """A Swedish company with an agency that is open, and one customer."""

    # the agency that has ``self.case`` (see ``send_one``)
    known_agency = None
    # What the first ``make_invoice()`` of each test returns is posted once for all of a
    # class; not where tests look at all invoices that there are. A class may add one of
    # another customer.
    has_invoice_ready = True
    invoices_ready = ()

    @classmethod
    def setup_independent_user(cls):
        groups = (
            "base.group_system",
            "product.group_product_manager",
            "account.group_account_manager",
            "account.group_account_user",
            "collection_partner.collection_partner_group_manager",
        )
        login = "accountman"
        return new_test_user(
            cls.env, login, ",".join(groups), email=f"{login}@example.com"
        )

    @classmethod
    def find_company(cls, *domain):
        """A company of the database with its chart of accounts, which takes seconds to
        make; one is made where there is none."""
        companies = cls.env["res.company"].sudo()
        company = companies.search([("chart_template", "!=", False), *domain], limit=1)
        if not company:
            sweden = cls.env.ref("base.se")
            company = companies.create(
                {
                    "name": "Björkvik Bredband AB",
                    "country_id": sweden.id,
                    "currency_id": sweden.currency_id.id,
                }
            )
            cls.env["account.chart.template"].try_loading("se", company)
        cls.env.user.company_ids = [Command.link(company.id)]
        return company.sudo(False)

    @classmethod
    def setup_independent_company(cls, **kwargs):
        return cls.find_company(("partner_id.country_id.code", "=", "SE"))

    def other_company(self):
        return self.find_company(("id", "!=", self.company.id))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.bank_ids.active = False
        cls.company.partner_id.lang = "en_US"
        cls.journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        methods = cls.journal.inbound_payment_method_line_ids
        methods.payment_account_id = cls.journal.default_account_id
        cls.company.write(
            {
                "name": "Granlund Bygg AB",
                "company_registry": ORG_NUMBER,
                "street": "Storgatan 1",
                "zip": "753 31",
                "city": "Uppsala",
            }
        )
        # The demonstration's agency would be answered as this one is.
        others = cls.env["collection.agency"].sudo().search([])
        others.connection_id.environment = "disabled"
        cls.bank = cls.env["res.bank"].create({"name": "North", "bic": "NDEASESS"})
        cls.account = cls.env["res.partner.bank"].create(
            {
                "acc_number": IBAN,
                "partner_id": cls.company.partner_id.id,
                "bank_id": cls.bank.id,
                "allow_out_payment": True,
            }
        )
        cls.agency = cls.make_agency("Nord Inkasso")
        cls.company.collection_agency_id = cls.agency
        cls.customer = cls.make_customer("Ekströms Snickeri AB")
        cls.today = cls.company._get_collection_today()
        cls.invoices_ready = [cls.make_move()] if cls.has_invoice_ready else []

    @classmethod
    def send_one(cls, move=None):
        """Transfer an invoice once for all tests of the class: ``self.case``. Each of
        them finds it, and the agency that has it, as they were."""
        cls.known_agency = Agency()
        with cls.known_agency.speaking(cls.registry), cls.printing():
            cls.case = cls.transfer(move or cls.make_invoice())

    @classmethod
    def printing(cls):
        """Print nothing: that takes longer than all the rest of a transfer."""
        return patch.object(
            cls.registry["ir.actions.report"],
            "_render_qweb_pdf",
            lambda *_args, **_options: (b"%PDF-", "pdf"),
        )

    def setUp(self):
        super().setUp()
        ready = self.invoices_ready
        self.addCleanup(setattr, type(self), "invoices_ready", ready)
        type(self).invoices_ready = ready.copy()
        self.is_case_taken = False
        self.other = copy.deepcopy(self.known_agency) or Agency()
        self.enterContext(self.other.speaking(self.registry))
        self.printer = self.printing()
        self.printer.start()
        self.addCleanup(self.printer.stop)

    @classmethod
    def make_agency(cls, name, state="active", **values):
        """An agency of the company, open unless said otherwise."""
        agency = cls.env["collection.agency"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "contact_name": "Saga Ek",
                "contact_email": "saga.ek@example.com",
                "undo_minutes": 0,
                **values,
            }
        )
        agency.sudo().write(
            {
                "base_url": "http://127.0.0.1:9/v1",
                "client_id": "c",
                "client_secret": "s",
                "environment": "test",
            }
        )
        if state != "draft":
            agency._ensure_technical()
            agency.sudo().with_context(collection_from_agency=True).write(
                {
                    "state": state,
                    "creditor_ref": "CR-1",
                    "agreement_number": "A-1",
                    "settings_state": "synced",
                }
            )
        return agency

    @classmethod
    def make_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "company_registry": "556111-1117",
                "street": "Verkstadsgatan 2",
                "zip": "411 05",
                "city": "Göteborg",
                "country_id": cls.env.ref("base.se").id,
                "email": "faktura@example.com",
                "phone": "+46 31 000 000",
                **values,
            }
        )

    @classmethod
    def make_invoice(cls, partner=None, **values):
        """An invoice as :meth:`make_move` makes it, which may be ready."""
        whose = partner or cls.customer
        for number, move in enumerate(() if values else cls.invoices_ready):
            if move.partner_id == whose:
                return cls.invoices_ready.pop(number)
        return cls.make_move(partner, **values)

    @classmethod
    def make_each(cls, *each):
        """Posted invoices that differ, made at once: the values of each."""
        moves = cls.env["account.move"].create(
            [cls.prepare_move(**values) for values in each]
        )
        moves.action_post()
        moves.is_move_sent = True
        return moves

    @classmethod
    def make_move(cls, partner=None, post=True, sent=True, count=1, **values):
        """A posted invoice (or several equal ones) as :meth:`prepare_move` says."""
        moves = cls.env["account.move"].create(
            [cls.prepare_move(partner, **values) for _number in range(count)]
        )
        if post:
            moves.action_post()
            moves.is_move_sent = sent
        return moves

    @classmethod
    def prepare_move(
        cls,
        partner=None,
        due=-20,
        issued=None,
        price=1000.0,
        move_type="out_invoice",
        **values,
    ):
        """An invoice without tax that fell due ``-due`` days ago, issued thirty days
        before unless said otherwise (``issued`` counts from today too)."""
        issued = due - 30 if issued is None else issued
        line = {
            "name": "Window frames",
            "quantity": 1,
            "price_unit": price,
            "tax_ids": [Command.clear()],
        }
        return {
            "move_type": move_type,
            "partner_id": (partner or cls.customer).id,
            "invoice_date": cls.today + timedelta(days=issued),
            "date": cls.today + timedelta(days=issued),
            "invoice_payment_term_id": False,
            "invoice_date_due": cls.today + timedelta(days=due),
            "invoice_line_ids": [Command.create(line)],
            **values,
        }

    def pay(self, move, amount=None):
        """The customer pays, all or so much, and the bookkeeper registers it."""
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        values = {"payment_date": self.today, "group_payment": True}
        register.create(
            {**values, "amount": amount} if amount else values
        )._create_payments()
        self.env.invalidate_all()

    def reasons(self, move, mode="manual"):
        """The codes of what stands in the way of one invoice."""
        move.ensure_one()
        return self.reasons_of(move, mode)[move.id]

    def reasons_of(self, moves, mode="manual"):
        """The codes of what stands in the way of each of some invoices, by its id. The
        filter of the list says the same."""
        answers = moves.collection_eligibility(mode)
        listed = moves.with_company(moves.company_id).with_context(
            collection_mode=mode, allowed_company_ids=moves.company_id.ids
        )
        found = listed.search(
            [("id", "in", moves.ids), ("collection_eligible", "=", True)]
        )
        can = {answer["move_id"] for answer in answers if answer["eligible"]}
        self.assertEqual(set(found.ids), can, answers)
        return {
            answer["move_id"]: {reason["code"] for reason in answer["reasons"]}
            for answer in answers
        }

    def earliest(self, move, code, mode="manual"):
        [answer] = move.collection_eligibility(mode)
        return next(
            reason["earliest_date"]
            for reason in answer["reasons"]
            if reason["code"] == code
        )

    @classmethod
    def remind(cls, move, days_ago=5, fee=60.0):
        """The company sent a reminder itself."""
        return cls.env["collection.reminder"].create(
            {
                "move_id": move.id,
                "date": cls.today - timedelta(days=days_ago),
                "fee": fee,
            }
        )

    @classmethod
    def transfer(cls, moves, **values):
        """Request and send at once; return the cases."""
        answers = moves.transfer_to_collection(**values)
        assert not any(answer["reasons"] for answer in answers), answers
        ids = [answer["case_id"] for answer in answers]
        cls.run_jobs()
        return cls.env["collection.case"].browse(ids)

    def transferred(self, **values):
        """A case: that of the class (see ``send_one``) when a test asks first."""
        if values or self.is_case_taken:
            return self.transfer(self.make_invoice(**values))
        self.is_case_taken = True
        return self.case

    @classmethod
    def run_jobs(cls):
        """What the jobs do within a minute or two."""
        messages = cls.env["collection.message"].sudo()
        with cls.as_job():
            cls.env["collection.case"].sudo()._cron_transfer()
            messages._cron_send()
            cls.env["collection.agency"].sudo()._cron_receive()
            if messages.search_count([("state", "in", ("to_send", "received"))]):
                messages._cron_send()
                cls.env["collection.agency"].sudo()._cron_receive()
        cls.env.invalidate_all()

    @classmethod
    @contextmanager
    def as_job(cls):
        """Jobs commit as they go; a test keeps everything in one transaction."""

        def commit():
            cls.env.flush_all()
            cls.env.invalidate_all()

        def progress(_model, _processed=0, **_kwargs):
            commit()
            return 60.0

        cron = cls.env.registry["ir.cron"]
        with (
            patch.object(cron, "_commit_progress", progress),
            patch.object(cls.cr, "commit", commit),
        ):
            yield

    def tell(self, case, kind="case.updated", event_id=None):
        """The agency reports over the webhook that something happened to a case."""
        event = {
            "event_id": event_id or f"E-{len(self.other.events) + 1}",
            "type": kind,
            "case_id": case.agency_case_id if case else "",
        }
        self.other.events.append(event)
        self.env["collection.message"].sudo()._log_events(
            case.agency_id or self.agency, [event]
        )
        return event

    def report(self, kind, agency=None):
        """The agency reports that the contract has changed, and the jobs run."""
        event = {
            "event_id": f"E-{len(self.other.events) + 1}",
            "type": kind,
            "case_id": "",
        }
        self.other.events.append(event)
        messages = self.env["collection.message"].sudo()
        messages._log_events(agency or self.agency, [event])
        self.run_jobs()

    def happen(self, case, **changes):
        """Something happens at the agency, it reports, and the jobs run."""
        self.other.change(case, **changes)
        self.tell(case)
        self.run_jobs()

    @contextmanager
    def assertRefused(self, exception, words):
        """The step is refused for this reason and leaves nothing behind."""
        with self.assertRaises(exception) as caught:
            yield
        self.assertRegex(str(caught.exception), words)

    def activities(self, record, name):
        return record.activity_search([f"collection_partner.mail_activity_type_{name}"])
