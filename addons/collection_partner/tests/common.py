import copy
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.base.tests.common import BaseCommon

from .agency import Agency

ORG_NUMBER = "556999-9991"
IBAN = "SE3550000000054910000003"


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
