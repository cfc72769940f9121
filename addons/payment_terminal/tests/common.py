from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.base.tests.common import BaseCommon

# Noon in Almaty, whose zone is five hours ahead of UTC.
NOW = datetime(2026, 11, 20, 7, 0)
TODAY = date(2026, 11, 20)
QUEUE = "odoo.addons.receivables_base.models.receivables_queue"


@tagged("post_install", "-at_install")
class TerminalCommon(BaseCommon):
    """A company in Almaty with a network in production, and a customer with a number.

    It is noon on Friday, 20 November 2026. The company has the accounts and journals
    that its invoices need, and no chart: loading one would take longer than the tests.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.tenge = cls.company.currency_id
        cls.accountant = new_test_user(
            cls.env,
            "dana",
            groups="payment_terminal.payment_terminal_group_user",
            name="Dana Akhmetova",
            email="dana@example.com",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        books = cls.make_books(cls.company)
        cls.journal = cls.env["account.journal"].browse(books["journal_id"])
        accounts = cls.env["account.account"]
        cls.clearing = accounts.browse(books["clearing_account_id"])
        cls.suspense = accounts.browse(books["suspense_account_id"])
        cls.network = cls.make_network("QIWI", **books)
        cls.customer = cls.make_customer("Aigerim Suleimenova")

    @classmethod
    def setup_independent_user(cls):
        # OVERRIDE
        return new_test_user(
            cls.env,
            "timur",
            groups="base.group_system,account.group_account_manager,"
            "payment_terminal.payment_terminal_group_manager",
            name="Timur Akhmetov",
            email="timur@example.com",
            tz="Asia/Almaty",
        )

    @classmethod
    def setup_independent_company(cls):
        # OVERRIDE
        return cls.make_company("Alatau Telecom")

    @classmethod
    def make_company(cls, name):
        """A company in Kazakhstan that can post invoices and exchange differences."""
        tenge = cls.env.ref("base.KZT")
        tenge.active = True
        company = cls.env["res.company"].create(
            {
                "name": name,
                "currency_id": tenge.id,
                "country_id": cls.env.ref("base.kz").id,
                "company_registry": "980540000397",
            }
        )
        cls.env.user.company_ids += company
        receivable, payable, income, gain, loss = cls.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "company_ids": company.ids,
                }
                for name, code, kind in (
                    ("Customers", "121000", "asset_receivable"),
                    ("Suppliers", "331000", "liability_payable"),
                    ("Sales", "601000", "income"),
                    ("Exchange gain", "625000", "income_other"),
                    ("Exchange loss", "743000", "expense"),
                )
            ]
        )
        for account, kind in ((receivable, "receivable"), (payable, "payable")):
            cls.env["ir.default"].set(
                "res.partner",
                f"property_account_{kind}_id",
                account.id,
                company_id=company.id,
            )
        exchange = cls.env["account.journal"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "type": kind,
                    "default_account_id": account,
                    "company_id": company.id,
                }
                for name, code, kind, account in (
                    ("Exchange differences", "EXCH", "general", False),
                    ("Invoices", "INV", "sale", income.id),
                    ("Bills", "BILL", "purchase", loss.id),
                )
            ]
        )[0]
        company.write(
            {
                "currency_exchange_journal_id": exchange.id,
                "income_currency_exchange_account_id": gain.id,
                "expense_currency_exchange_account_id": loss.id,
            }
        )
        return company

    @classmethod
    def make_books(cls, company):
        """Where payments of a company are booked, as values of a network."""
        clearing, suspense = cls.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "reconcile": True,
                    "company_ids": company.ids,
                }
                for name, code, kind in (
                    ("Kiosks", "109901", "asset_current"),
                    ("Payments of nobody", "209901", "liability_current"),
                )
            ]
        )
        journal = cls.env["account.journal"].create(
            {
                "name": "Kiosks",
                "code": "KIOSK",
                "type": "general",
                "company_id": company.id,
            }
        )
        return {
            "journal_id": journal.id,
            "clearing_account_id": clearing.id,
            "suspense_account_id": suspense.id,
        }

    @classmethod
    def make_network(cls, name, **values):
        return cls.env["payment.terminal.network"].create(
            {
                "name": name,
                "dialect": "osmp",
                "company_id": cls.company.id,
                "currency_id": cls.tenge.id,
                "tz": "Asia/Almaty",
                "user_id": cls.accountant.id,
                "journal_id": cls.journal.id,
                "clearing_account_id": cls.clearing.id,
                "suspense_account_id": cls.suspense.id,
                "address_ids": [fields.Command.create({"range": "127.0.0.1"})],
                "environment": "prod",
                **values,
            }
        )

    @classmethod
    def make_customer(cls, name, number=True, **values):
        """A customer with a number."""
        partner = cls.env["res.partner"].create({"name": name, **values})
        if number:
            cls.env["payment.terminal.account"]._issue_for(partner, cls.company)
        return partner

    @classmethod
    def make_invoice(cls, partner=None, amount=100.0, due=0, post=True, **values):
        """An invoice without tax.

        :param due: days from today
        """
        day = TODAY + timedelta(days=due)
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.customer).id,
                "invoice_date": min(TODAY, day),
                "invoice_date_due": day,
                "invoice_line_ids": [
                    fields.Command.create(
                        {"name": "Internet", "price_unit": amount, "tax_ids": []}
                    )
                ],
                **values,
            }
        )
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def pay(cls, amount, partner=None, invoice="", network=None, **values):
        """A payment that the endpoint has accepted."""
        network = network or cls.network
        partner = cls.customer if partner is None else partner
        account = partner.terminal_account_ids[:1]
        payments = cls.env["payment.terminal.transaction"]
        count = payments.search_count([("network_id", "=", network.id)])
        return (
            payments.sudo()
            .create(
                {
                    "network_id": network.id,
                    "company_id": network.company_id.id,
                    "currency_id": network.currency_id.id,
                    "txn_id": f"T{count + 1}",
                    "account_number": account.number or "000",
                    "account_id": account.id,
                    "partner_id": partner.id,
                    "amount": amount,
                    "is_test": False,
                    "invoice_reference": invoice,
                    "paid_at": NOW,
                    "accepted_at": NOW,
                    "business_date": TODAY,
                    **values,
                }
            )
            .sudo(False)
        )

    @property
    def nobody(self):
        return self.env["res.partner"]

    @contextmanager
    def as_job(self):
        """Jobs commit as they go; a test keeps everything in one transaction."""

        def progress(_model, _processed=0, **_kwargs):
            return 60.0

        cron = self.env.registry["ir.cron"]
        with patch.object(cron, "_commit_progress", progress):
            yield

    def book(self):
        """What the job does within a minute."""
        with self.as_job():
            root = self.env.ref("base.user_root")
            self.env["payment.terminal.transaction"].with_user(root)._cron_book()
        self.env.invalidate_all()

    def day_totals(self, network=None, day=TODAY):
        """The proof of a day."""
        network = network or self.network
        return network._read_day_totals(day, day)[network.id, day]

    def take_back(self, payments):
        """The network cancels payments that are booked."""
        payments.sudo()._set_state("reversing", cancelled_at=NOW)

    def journal_entries(self):
        return self.env["account.move"].search([("journal_id", "=", self.journal.id)])

    def activities(self, record, name):
        return record.activity_search([f"payment_terminal.mail_activity_type_{name}"])

    def entry(self, move):
        """An entry as account, customer, debit and credit."""
        return sorted(
            (line.account_id, line.partner_id, line.debit, line.credit)
            for line in move.line_ids
        )
