import json
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.receivables_base.adapters import Answer, LineError

from .common import QUEUE, TODAY
from .file_common import YESTERDAY, FileCommon
from .test_debts import Line


@tagged("post_install", "-at_install")
class TestClaimPayments(FileCommon):
    """Iceland's bank is asked page by page which claims were paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.company_registry = "450401-3150"
        cls.line = cls.env["receivables.connection"].create(
            {"name": "Claims", "way": "https", "company_id": cls.company.id}
        )
        cls.env.cr.execute(
            "UPDATE receivables_connection SET environment = 'prod' WHERE id = %s",
            [cls.line.id],
        )
        cls.line.invalidate_recordset()
        cls.network.write(
            {
                "debt_format": "claims_is",
                "claim_branch": "0133",
                "claim_template": "001",
                "debt_connection_id": cls.line.id,
                "claim_journal_id": cls.bank.id,
                "claim_since": TODAY - timedelta(days=30),
            }
        )
        cls.fetch = cls.network.claim_fetch_ids

    def payment(self, reference, amount, second=0, **values):
        return {
            "claimKey": {
                "claimantId": "4504013150",
                "account": "013366000123",
                "dueDate": "2026-10-31",
            },
            "payorId": "1201743399",
            "amount": amount,
            "reference": reference,
            "transactionTimestamp": f"2026-11-19T10:15:{second:02d}Z",
            "bookingDate": str(YESTERDAY),
            "paymentType": "Complete",
            "depositedAmount": amount,
            "currency": "EUR",
            **values,
        }

    def page(self, *payments, pages=1, status=200):
        headers = {"X-Paging-TotalPages": str(pages)} if pages else {}
        return Answer(status, headers, json.dumps(payments).encode())

    def ask(self, *answers):
        """What the job does, with what the bank answers; what it was asked."""
        line = Line(*answers)
        connections = self.env.registry["receivables.connection"]
        self.fetch.sudo().next_attempt = False
        root = self.env.ref("base.user_root")
        with (
            self.as_job(),
            patch.object(self.env.cr, "commit", self.env.flush_all),
            patch.object(connections, "_open", lambda _self: line),
            patch.object(connections, "_note", lambda _self, _fault: None),
        ):
            self.fetch.with_user(root)._cron_fetch()
        self.env.invalidate_all()
        return [options["params"] for _method, _path, options in line.sent]

    def lines(self):
        return self.env["payment.terminal.file.line"].search(
            [("journal_id", "=", self.bank.id)]
        )

    def test_page_by_page_each_payment_once(self):
        invoices = [self.invoice(ref, 100) for ref in ("1232", "1245", "1258")]
        first, second, third = (
            self.payment(ref, 100, at)
            for at, ref in enumerate(("1232", "1245", "1258"))
        )
        asked = self.ask(self.page(first, pages=2), self.page(second, pages=2))
        self.assertEqual([each["page"] for each in asked], ["1", "2"])
        self.assertEqual(asked[0]["claimantId"], "4504013150")
        self.assertEqual(asked[0]["dateFrom"], str(TODAY - timedelta(days=30)))
        self.assertEqual(asked[0]["dateTo"], str(TODAY))
        self.assertEqual(self.network.claim_fetched_on, TODAY)
        [again] = self.ask(self.page(second, first))
        self.assertEqual(again["dateFrom"], str(TODAY - timedelta(days=7)))
        self.assertEqual(len(self.lines().file_id), 2)
        self.ask(self.page(third, second, first))
        self.assertEqual(self.lines().mapped("state"), ["booked"] * 3)
        self.assertEqual(len(self.lines().file_id), 3)
        for invoice in invoices:
            self.assertEqual(invoice.payment_state, "paid")

    def test_another_journal_gets_only_what_is_on_none_yet(self):
        first, second = (self.payment("", amount, amount) for amount in (1, 2))
        self.ask(self.page(first))
        other = self.bank.copy({"name": "Other bank", "bank_account_id": False})
        self.network.claim_journal_id = other
        [asked] = self.ask(self.page(first, second))
        self.assertEqual(asked["dateFrom"], str(TODAY - timedelta(days=30)))
        self.assertEqual(self.lines().mapped("amount"), [1])
        moved = self.lines().search([("journal_id", "=", other.id)])
        self.assertEqual(moved.mapped("amount"), [2])

    def test_days_that_are_entered_while_the_bank_is_asked_are_asked_for(self):
        self.ask(self.page())
        earlier = TODAY - timedelta(days=60)

        def answer(line, give=Line._answer):
            self.network.claim_since = earlier
            return give(line)

        with patch.object(Line, "_answer", answer):
            asked = self.ask(self.page(), self.page())
        starts = [each["dateFrom"] for each in asked]
        self.assertEqual(starts, [str(TODAY - timedelta(days=7)), str(earlier)])
        self.assertEqual(self.network.claim_fetched_on, TODAY)

    def test_two_payments_of_one_moment_are_two(self):
        one, other = self.payment("", 40), self.payment("", 60)
        self.ask(self.page(one, other))
        self.ask(self.page(one, other))
        self.assertEqual(sorted(self.lines().mapped("amount")), [40, 60])

    def test_a_bank_that_counts_no_pages_is_asked_until_nothing_comes(self):
        rows = [self.payment("", amount, amount) for amount in (1, 2)]
        asked = self.ask(
            self.page(rows[0], pages=0), self.page(rows[1], pages=0), self.page(pages=0)
        )
        self.assertEqual(len(asked), 3)
        # one that knows no pages gives the same for ever
        asked = self.ask(*[self.page(*rows, pages=0)] * 5)
        self.assertEqual(len(asked), 2)
        self.assertEqual(len(self.lines()), 2)

    @mute_logger(QUEUE)
    def test_what_is_wrong_stands_on_the_network_until_it_is_right(self):
        for answer, words in (
            (LineError("timeout"), "."),
            (self.page(status=503), "503"),
            (self.page(status=403), "403"),
            (Answer(200, {}, b"<html>"), "cannot be read"),
        ):
            self.ask(answer)
            self.assertRegex(self.network.claim_trouble, words)
            self.assertTrue(self.fetch.next_attempt)
            self.assertFalse(self.network.claim_fetched_on)
        kind = "payment_terminal.mail_activity_type_claims_not_fetched"
        self.assertTrue(self.network.activity_search([kind]))
        self.company.company_registry = False
        self.assertEqual(self.ask(), [])
        self.assertIn("kennitala", self.network.claim_trouble)
        self.company.company_registry = "450401-3150"
        self.ask(self.page(self.payment("", 5)))
        self.assertFalse(self.network.claim_trouble)
        self.assertFalse(self.network.activity_search([kind]))
        self.assertEqual(self.lines().amount, 5)

    def test_pages_that_came_stay_when_a_later_one_does_not(self):
        rows = [self.payment("", amount, amount) for amount in (1, 2)]
        self.ask(self.page(rows[0], pages=2), LineError("timeout"))
        self.assertEqual(self.lines().mapped("amount"), [1])
        self.ask(self.page(rows[0], pages=2), self.page(rows[1], pages=2))
        self.assertEqual(self.lines().mapped("amount"), [1, 2])

    def test_a_page_that_is_refused_is_for_a_person_and_not_read_every_time(self):
        strange = self.page(self.payment("", 5, currency="USD"))
        self.ask(strange)
        self.ask(strange)
        [file] = self.env["payment.terminal.file"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(file.state, "error")
        self.assertIn("USD", file.summary)

    def test_what_is_refused_stops_nothing_else(self):
        good, later = (self.payment("", amount, amount) for amount in (1, 2))
        strange = self.payment("", 5, 5, currency="USD")
        unread = [self.payment("", 6, 6, bookingDate=day) for day in ("", "soon")]
        self.ask(self.page(good, strange, *unread))
        self.ask(self.page(later, good, strange, *unread))
        self.assertEqual(self.lines().mapped("amount"), [1, 2])
        files = self.env["payment.terminal.file"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(sorted(files.mapped("state")), ["booked"] * 2 + ["error"] * 3)

    def test_only_over_https_and_only_claims(self):
        folder = self.line.copy({"way": "folder", "folder_path": "/nowhere"})
        for values in (
            {"debt_connection_id": False},
            {"debt_connection_id": folder.id},
            {"debt_format": "csv"},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.network.write(values)
        with mute_logger(QUEUE):
            self.ask(self.page(status=403))
        self.assertTrue(self.network.claim_trouble)
        self.network.claim_journal_id = False
        self.assertEqual(self.ask(), [])
        self.assertFalse(self.network.claim_trouble)
        kind = "payment_terminal.mail_activity_type_claims_not_fetched"
        self.assertFalse(self.network.activity_search([kind]))
