from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# Noon in Almaty, whose zone is five hours ahead of UTC.
NOW = datetime(2026, 11, 20, 7, 0)
TODAY = date(2026, 11, 20)
QUEUE = "odoo.addons.receivables_base.models.receivables_queue"


@tagged("post_install", "-at_install")
class TerminalCommon(AccountTestInvoicingCommon):
    """A company in Almaty with a network in production, and a customer with a number.

    It is noon on Friday, 20 November 2026.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.company = cls.company_data["company"]
        cls.tenge = cls.env.ref("base.KZT")
        cls.tenge.active = True
        cls.company.write(
            {
                "name": "Alatau Telecom",
                "currency_id": cls.tenge.id,
                "country_id": cls.env.ref("base.kz").id,
            }
        )
        cls.env.user.write(
            {
                "tz": "Asia/Almaty",
                "group_ids": [
                    fields.Command.link(
                        cls.env.ref(
                            "payment_terminal.payment_terminal_group_manager"
                        ).id
                    )
                ],
            }
        )
        cls.accountant = new_test_user(
            cls.env,
            "dana",
            groups="payment_terminal.payment_terminal_group_user",
            name="Dana Akhmetova",
            email="dana@example.com",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.clearing, cls.suspense = cls.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "reconcile": True,
                    "company_ids": cls.company.ids,
                }
                for name, code, kind in (
                    ("Kiosks", "109901", "asset_current"),
                    ("Payments of nobody", "209901", "liability_current"),
                )
            ]
        )
        cls.journal = cls.env["account.journal"].create(
            {
                "name": "Kiosks",
                "code": "KIOSK",
                "type": "general",
                "company_id": cls.company.id,
            }
        )
        cls.network = cls.make_network("QIWI")
        cls.customer = cls.make_customer("Aigerim Suleimenova")

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
