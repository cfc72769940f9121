import hashlib
import json
from datetime import date, datetime
from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from ..adapters.kravia import PAGE, Kravia
from ..exceptions import AgencyError
from .scripted_line import ONBOARDING, TRANSFER, ScriptedLine

DETAILS = {
    "invoiceId": 1553199,
    "accountingInvoiceId": "INV/1",
    "invoiceNo": "20003",
    "debtorName": "John Doe",
    "currencyCode": "NOK",
    "lastUpdatedTime": "2021-06-01T15:13:14.4044853",
    "status": "rettslig tiltak",
    "capitalPaidDirectly": 500,
    "capitalCollected": 250.5,
    "outstanding": {"capital": 1499.5, "interest": 12.34, "fees": 750, "courtFees": 0},
    "payments": [{"accountingPaymentId": "M7", "date": "2021-05-01", "amount": 500}],
    "timeline": [{"id": 1, "date": "2021-05-01T08:00:00", "title": "Varsel"}],
    "documents": [],
    "availableActions": ["Pause"],
}
MONEY = {
    "external_id": "M8",
    "number": "BNK1/2024/7",
    "date": date(2024, 7, 16),
    "amount": Decimal("2000.00"),
    "currency": "NOK",
}


def row(number, updated, own=""):
    return {
        "invoiceId": number,
        "accountingInvoiceId": own,
        "lastUpdatedTime": updated,
    }


@tagged("post_install", "-at_install")
class TestKravia(TransactionCase):
    """What goes over the line is what Kravia's public pages show, to the letter."""

    def setUp(self):
        super().setUp()
        self.line = ScriptedLine()
        self.adapter = Kravia(None)

    def script(self, *answers):
        self.line.script[:] = answers

    def said(self):
        """Method, path and body of each call."""
        return [
            (call.method, call.path, json.loads(call.body) if call.body else None)
            for call in self.line.calls
        ]

    def failure(self, call, *arguments):
        with self.assertRaises(AgencyError) as caught:
            call(*arguments)
        return caught.exception

    def test_opening(self):
        self.script((200, {}), (200, {}))
        asked = {**ONBOARDING, "agreement_number": "10759"}
        agreement = self.adapter.onboard(self.line, asked, "k")
        hook = {
            "secret": "s" * 32,
            "enabled": True,
            "url": "https://odoo.example.com/hook",
        }
        contact = {"email": "lisa@example.com", "name": "Lisa", "isAccountant": False}
        self.assertEqual(
            self.said(),
            [
                ("PUT", "/creditor/10759/webhook", hook),
                ("POST", "/creditor/10759/invite", contact),
            ],
        )
        self.assertEqual(
            (agreement["state"], agreement["creditor_id"]), ("active", "10759")
        )
        asked["agreement_number"] = "A-1"
        error = self.failure(self.adapter.onboard, self.line, asked, "k")
        self.assertIn("The agreement number is A-1", str(error.sentence))

    def test_a_case_goes_over(self):
        told = {**TRANSFER, "agreement_number": "10759"}
        told["claim"] = {**TRANSFER["claim"], "capital": Decimal("2250.00")}
        body = self.adapter.render_case(told)
        self.script((200, {"invoiceId": 1553199}))
        made = self.adapter.create_case(self.line, body, "k")
        self.assertEqual(made["agency_case_id"], "1553199")
        self.assertEqual(
            self.said(),
            [
                (
                    "POST",
                    "/invoice/register",
                    {
                        "claimType": "CollectionCase",
                        "creditorId": 10759,
                        "accountingInvoiceId": "INV/1",
                        "debtorName": "Åsa Öberg",
                        "debtorNumber": "C042",
                        "email": "asa@example.com",
                        "ssn": None,
                        "organizationNumber": None,
                        "isPrivateIndividual": "true",
                        "postalAddress": {
                            "addressAddressLine1": "Storgatan 1",
                            "addressPostalCode": "111 22",
                            "addressCity": "Stockholm",
                            "addressCountryCode": "SE",
                        },
                        "invoiceNo": "INV/1",
                        "invoiceDate": "2026-09-01",
                        "dueDate": "2026-10-01",
                        "originalAmount": 2250,
                        "currencyCode": "ISK",
                        "description": "Snow clearing",
                    },
                )
            ],
        )

    def test_a_company_needs_its_number(self):
        debtor = {**TRANSFER["debtor"], "type": "company"}
        told = {**TRANSFER, "agreement_number": "1", "debtor": debtor}
        error = self.failure(self.adapter.render_case, told)
        self.assertIn("Company ID is missing", str(error.sentence))
        debtor["id_number"] = "556000-4615"
        sent = json.loads(self.adapter.render_case(told))
        self.assertEqual(sent["organizationNumber"], "556000-4615")
        self.assertEqual((sent["ssn"], sent["isPrivateIndividual"]), (None, "false"))

    def test_a_case_that_went_unanswered_is_found(self):
        body = self.adapter.render_case({**TRANSFER, "agreement_number": "1"})
        found = row(7, "2026-03-01T08:31:00.5", "INV/1")
        since = datetime(2026, 3, 1, 8, 40)
        self.script((200, [row(6, "2026-03-01T08:30:30", "INV/0"), found]))
        made = self.adapter.find_case(self.line, body, since)
        self.assertEqual(made["agency_case_id"], "7")
        [call] = self.line.calls
        # ten minutes for two clocks
        self.assertEqual(call.params["lastUpdatedTime"], "2026-03-01T08:30:00")
        self.script((200, []))
        self.assertIsNone(self.adapter.find_case(self.line, body, since))
        # an answer that nobody can read is not a case that is not there
        self.script((200, {"number": 7}), (200, [found]))
        made = self.adapter.create_case(self.line, body, "k")
        self.assertEqual(made["agency_case_id"], "7")

    def test_money_is_told_once(self):
        self.script((200, DETAILS), (200, {}))
        done = self.adapter.report_payment(self.line, "1553199", MONEY, "k")
        self.assertEqual(
            done, {"applied": Decimal("1499.5"), "ignored": Decimal("500.50")}
        )
        self.assertEqual(
            self.said()[1],
            (
                "POST",
                "/invoice/payment",
                {
                    "date": "2024-07-16",
                    "description": "BNK1/2024/7",
                    "AccountingPaymentId": "M8",
                    "amount": 2000,
                    "invoices": [{"invoiceId": 1553199, "amount": 2000}],
                },
            ),
        )
        self.script((200, DETAILS))
        known = {**MONEY, "external_id": "M7", "amount": Decimal("500.00")}
        done = self.adapter.report_payment(self.line, "1553199", known, "k")
        self.assertEqual(done["applied"], Decimal("500.00"))
        self.assertEqual(len(self.line.calls), 3)

    def test_a_credit_note_is_negative(self):
        self.script((200, DETAILS), (200, {}))
        note = {**MONEY, "amount": Decimal("99.95")}
        self.adapter.report_credit_note(self.line, "1553199", note, "k")
        self.assertEqual(
            self.said()[1],
            (
                "POST",
                "/invoice/creditnote",
                {
                    "Date": "2024-07-16T00:00:00",
                    "Amount": -99.95,
                    "AccountingPaymentId": "M8",
                    "Description": "BNK1/2024/7",
                    "Invoices": [{"InvoiceId": 1553199, "Amount": -99.95}],
                },
            ),
        )

    def test_what_there_is_no_call_for_is_said(self):
        for call, arguments in (
            (self.adapter.take_back_payment, ("1", "M7", "k")),
            (self.adapter.send_action, ("1", "pause", "", None, "k")),
        ):
            error = self.failure(call, self.line, *arguments)
            self.assertEqual((error.kind, error.code), ("final", "not_offered"))
        self.assertFalse(self.line.calls)

    def test_a_case_is_read(self):
        self.script((200, DETAILS))
        case = self.adapter.get_case(self.line, "1553199")
        self.assertEqual(self.said()[0][:2], ("GET", "/invoice/1553199/details"))
        self.assertEqual(
            case["balance"]["capital"],
            {
                "original": Decimal("2250.0"),
                "paid": Decimal("750.5"),
                "remaining": Decimal("1499.5"),
            },
        )
        self.assertEqual(case["balance"]["interest"]["remaining"], Decimal("12.34"))
        self.assertEqual(case["status_code"], "rettslig tiltak")
        self.assertFalse(case["available_actions"])
        [entry] = case["history"]
        self.assertEqual(entry["at"], datetime(2021, 5, 1, 8))
        later = {**DETAILS, "lastUpdatedTime": "2021-06-01T15:13:15"}
        self.script((200, later))
        newer = self.adapter.get_case(self.line, "1553199")
        self.assertEqual(newer["version"], case["version"] + 1)

    def test_how_a_case_ended(self):
        for paid, left, outcome in ((100, 0, "paid"), (0, 0, "credited"), (50, 1, "")):
            owed = {**DETAILS["outstanding"], "capital": left}
            details = {**DETAILS, "outstanding": owed, "capitalCollected": paid}
            details["capitalPaidDirectly"] = 0
            self.script((200, details))
            case = self.adapter.get_case(self.line, "1")
            self.assertEqual(case["outcome"], outcome)

    def test_everything_that_changed_is_read_page_by_page(self):
        first = [row(n, f"2026-03-01T08:00:{n % 60:02}.{n:03}") for n in range(PAGE)]
        first.sort(key=lambda one: one["lastUpdatedTime"])
        last = first[-1]
        after = f"2026-03-01T07:59:59.9999999/{last['invoiceId']}"
        self.script((200, first), (200, [last, row(500, "2026-03-01T08:02:00")]))
        events, faults = self.adapter.get_events(self.line, after)
        self.assertEqual(len(events), PAGE + 1)
        self.assertFalse(faults)
        self.assertEqual(events[-1]["event_id"], "2026-03-01T08:02:00/500")
        self.assertEqual(events[-1]["case_id"], "500")
        one, two = (call.params for call in self.line.calls)
        self.assertEqual(one["lastUpdatedTime"], "2026-03-01T07:59:59.999999")
        self.assertEqual((one["byAscending"], one["orderBy"]), ("True", "11"))
        self.assertEqual((one["skip"], one["top"]), ("0", str(PAGE)))
        # a moment before the last one of the first page: it comes again and is known
        self.assertLess(two["lastUpdatedTime"], last["lastUpdatedTime"])
        self.assertEqual(two["skip"], "0")

    def test_what_changed_in_one_moment_is_no_endless_page(self):
        moment = "2026-03-01T08:00:00"
        self.script(
            (200, [row(n, moment) for n in range(PAGE)]),
            (200, [row(n, moment) for n in range(PAGE)]),
            (200, [row(PAGE, moment)]),
        )
        events, _faults = self.adapter.get_events(self.line, "2026-02-01T08:00:00/1")
        self.assertEqual(len(events), PAGE + 1)
        self.assertEqual([call.params["skip"] for call in self.line.calls][-1], "100")

    def test_a_row_that_cannot_be_read_holds_up_no_other(self):
        broken = {"invoiceId": "seven", "lastUpdatedTime": "2026-03-01T08:00:00"}
        self.script((200, [broken, row(8, "2026-03-01T08:00:01")]))
        events, [fault] = self.adapter.get_events(self.line, "")
        self.assertEqual([event["case_id"] for event in events], ["8"])
        self.assertIn("invoiceId", str(fault))

    def test_payouts(self):
        payout = {
            "settlementId": 55,
            "date": "2026-03-02T00:00:00",
            "amount": 940,
            "currencyCode": "SEK",
            "payerName": "Kravia AB",
            "invoices": [
                {
                    "invoiceId": 1553199,
                    "invoiceNo": "20003",
                    "capital": 1000,
                    "provision": 48,
                    "vat": 12,
                    "amount": 940,
                }
            ],
        }
        self.script((200, [payout, {"settlementId": 56}]))
        [settlement], faults = self.adapter.get_settlements(self.line)
        self.assertEqual(len(faults), 1)
        [line] = settlement["lines"]
        self.assertEqual(settlement["total"], Decimal(940))
        self.assertEqual((line["case_id"], line["net"]), ("1553199", Decimal(940)))
        self.assertEqual((line["commission"], line["date"]), (48, date(2026, 3, 2)))
        [call] = self.line.calls
        self.assertEqual(call.params, {"ExcludeClosed": "true"})
        self.script((200, {}))
        self.adapter.confirm_settlement(self.line, "55", "STJ/7", "k")
        call = self.line.calls[-1]
        self.assertEqual(
            (call.method, call.path), ("PATCH", "/settlements/55/bookkeep")
        )
        self.assertEqual(call.params, {"internalAccountingId": "STJ/7"})

    def test_refusals(self):
        for status, content, kind, words in (
            (400, {"message": "Address missing"}, "final", "Address missing"),
            (404, b"<html>", "final", "does not say why"),
            (409, b"Exists\n already", "final", "Exists already"),
            (429, b"", "retry", "fewer calls"),
            (503, b"", "retry", "a fault at the moment"),
        ):
            self.script((status, content))
            error = self.failure(self.adapter.get_case, self.line, "1")
            self.assertEqual(error.kind, kind)
            self.assertIn(words, str(error.sentence))
        self.script((200, b"[]"))
        error = self.failure(self.adapter.get_case, self.line, "1")
        self.assertEqual(error.code, "invalid_answer")

    # === WEBHOOK === #

    def sign(self, data, secret, before=False):
        text = json.dumps(data, separators=(",", ":"))
        text = secret + text if before else text + secret
        return {
            "header": {"algorithm": "MD5"},
            "data": data,
            "signature": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        }

    def read(self, content, secret="hush"):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.adapter.read_webhook(secret, {}, body, datetime(2026, 1, 1))

    def test_a_call_that_is_signed(self):
        data = {"timestamp": 1663063069, "eventType": "CaseUpdate", "claimId": 123443}
        for before in (False, True):
            [event] = self.read(self.sign(data, "hush", before))
            self.assertEqual(
                event,
                {
                    "event_id": "1663063069-123443",
                    "type": "CaseUpdate",
                    "case_id": "123443",
                },
            )

    def test_a_call_that_is_not(self):
        data = {"timestamp": 1663063069, "eventType": "CaseUpdate", "claimId": 123443}
        good = self.sign(data, "hush")
        for content in (
            self.sign(data, "loud"),
            {**good, "data": {**data, "claimId": 123444}},
            {**good, "header": {"algorithm": "none"}},
            {**good, "signature": ""},
            {**good, "signature": "ö"},
            {"data": data},
            b"[1]",
            b"\xff",
            b'{"data":{},"data":{}}',
        ):
            with self.assertRaises(AgencyError) as caught:
                self.read(content)
            self.assertEqual(caught.exception.code, "bad_signature")
        with self.assertRaises(AgencyError):
            self.read(self.sign(data, ""), secret="")
