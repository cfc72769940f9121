import base64
import copy
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import UserError

from odoo.addons.receivables_base.adapters import Entry, Line, LineError

from ..adapters.file_exchange import FileExchange
from ..formats import agency_file as layout
from .common import CollectionCommon


class Shelf(Line):
    """A line that keeps files: what we sent, what waits for us, what we put away."""

    def __init__(self):
        super().__init__()
        self.sent, self.waiting, self.away = {}, {}, {}

    def send(self, name, content):
        if self.sent.setdefault(name, content) != content:
            raise LineError("name_taken", file=name)

    def list(self, limit=500):
        return [Entry(name) for name in self.waiting]

    def read(self, name):
        return self.waiting[name]

    def put_away(self, name, broken=False):
        self.away[name] = broken
        del self.waiting[name]


class TestFiles(CollectionCommon):
    """An agency that is told in files and answers in files."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agency.with_context(collection_from_agency=True).adapter = "file_exchange"
        cls.known_shelf = Shelf()
        connection = cls.registry["receivables.connection"]
        with (
            patch.object(connection, "_open", lambda _connection: cls.known_shelf),
            cls.printing(),
        ):
            cls.case = cls.transfer(cls.make_invoice())

    def setUp(self):
        super().setUp()
        self.shelf = copy.deepcopy(self.known_shelf)
        connection = self.registry["receivables.connection"]
        self.enterContext(
            patch.object(connection, "_open", lambda _connection: self.shelf)
        )

    def outgoing(self, kind):
        """The records of the files of a kind that left."""
        return [
            record
            for name, content in self.shelf.sent.items()
            if name.startswith(kind)
            for record in layout.read(content, layout.TO_AGENCY)[1]
        ]

    def make_file(self, *records, number="1"):
        return layout.write(layout.Header(number), records, layout.FROM_AGENCY)

    def bring(self, *records, number="1"):
        """Somebody imports a file; what became of its records."""
        content = base64.b64encode(self.make_file(*records, number=number)).decode()
        return self.agency.import_file(f"answer-{number}.txt", content)

    def make_status(self, case, status="Brevinkasso", at="10:00", **values):
        hour, minute = map(int, at.split(":"))
        told = {
            "case": case.external_id,
            "case_number": "INT-1",
            "at": self.noon().replace(hour=hour, minute=minute),
            "status": status,
            "label": "",
            "outcome": "",
            "currency": case.currency_id.name,
            "capital_paid": Decimal(0),
            "capital": Decimal("1000.00"),
            "interest": Decimal(0),
            "fees": Decimal("60.00"),
            "court_fees": Decimal(0),
            "limitation_date": None,
            **dict.fromkeys(("street", "zip", "city", "country", "text"), ""),
        }
        return layout.Status(**{**told, **values})

    def noon(self):
        return self.env.cr.now().replace(hour=12, minute=0, second=0, microsecond=0)

    def acknowledge(self, case, result="accepted", record="CASE", text=""):
        return layout.Acknowledgement(
            case.external_id, record, result, "INT-1", "1000017", text
        )

    def test_the_way_of_a_case(self):
        self.shelf.sent.clear()
        self.remind(move := self.make_invoice())
        case = self.transfer(move)
        assignment, fee = self.outgoing("case")
        self.assertEqual(
            (assignment.case, assignment.agreement, assignment.first_action),
            (case.external_id, "A-1", "demand"),
        )
        self.assertEqual((assignment.invoice, assignment.capital), (move.name, 1000))
        self.assertEqual((fee.kind, fee.claimed), ("reminder", Decimal("60.00")))
        self.assertEqual(case.state, "received")
        self.assertTrue(case.can_withdraw)

        [result] = self.bring(self.acknowledge(case))
        self.assertEqual((result["type"], result["state"]), ("acknowledgement", "done"))
        self.assertEqual((case.name, case.reference), ("INT-1", "1000017"))

        results = self.bring(self.make_status(case), number="2")
        self.assertEqual(results[0]["message"], "Case INT-1: Brevinkasso.")
        self.assertEqual(
            (case.state, case.status_id.name), ("demand", "Letter collection")
        )
        self.assertEqual((case.capital_open, case.fees_open), (1000, 60))
        # what is older came later
        self.bring(self.make_status(case, "Registrerad", at="09:00"), number="3")
        self.assertEqual(case.state, "demand")

        case.request_action("withdraw", "A mistake.")
        self.run_jobs()
        [request] = self.outgoing("request")
        self.assertEqual((request.action, request.reason), ("withdraw", "A mistake."))
        closed = self.make_status(case, "Annullerad", at="11:00", capital=Decimal(0))
        self.bring(closed, number="4")
        self.assertEqual((case.state, case.outcome), ("closed", "withdrawn"))
        self.assertFalse(case.can_withdraw)

    def test_money_is_told_and_taken_back(self):
        case = self.transferred()
        move = case.move_id
        self.pay(move, 300)
        self.run_jobs()
        [payment] = self.outgoing("direct")
        self.assertEqual((payment.case, payment.paid), (case.external_id, 300))
        lines = move.line_ids.filtered(lambda line: line.account_id.reconcile)
        lines.remove_move_reconcile()
        self.run_jobs()
        [removed] = self.outgoing("removed")
        self.assertEqual(removed.payment, payment.payment)

    def test_row_89_what_a_reminder_costs_later_is_told(self):
        case = self.transferred()
        self.remind(case.move_id, days_ago=0, fee=5)
        self.run_jobs()
        [fee] = self.outgoing("fee")
        self.assertEqual((fee.case, fee.claimed), (case.external_id, 5))

    def test_a_payment_is_a_settlement_of_its_own(self):
        case = self.transferred()
        payment = layout.Payment(
            case.external_id,
            *("P-1", "1000017", case.move_id.name, self.today, self.today, "SEK"),
            *map(Decimal, ("400.00", "0", "0", "20.00", "5.00", "375.00")),
            *("Intrum Oy", "FI2112345600000785", "20260313"),
        )
        [result] = self.bring(payment)
        self.assertEqual((result["type"], result["state"]), ("payment", "done"))
        self.bring(payment, self.make_status(case), number="2")
        settlement = self.env["collection.settlement"].search(
            [("agency_id", "=", self.agency.id)]
        )
        self.assertEqual((settlement.name, settlement.kind), ("P-1", "per_invoice"))
        self.assertEqual(settlement.line_ids.case_id, case)
        self.assertEqual(settlement.line_ids.commission, 20)
        self.assertFalse(settlement.has_conflict)

    def test_a_payment_that_cannot_be_kept_is_not_done(self):
        case = self.transferred()
        self.env.ref("base.CHF").active = False
        payment = layout.Payment(
            case.external_id,
            *("P-1", "1000017", case.move_id.name, self.today, self.today, "CHF"),
            *map(Decimal, ("40.00", "0", "0", "0", "0", "40.00")),
            *("Intrum Oy", "FI2112345600000785", "20260313"),
        )
        [result] = self.bring(payment)
        self.assertEqual((result["type"], result["state"]), ("payment", "error"))
        self.assertIn("CHF", result["message"])
        settlements = self.env["collection.settlement"]
        mine = [("agency_id", "=", self.agency.id)]
        self.assertFalse(settlements.search(mine))
        message = self.agency.message_queue_ids.filtered(lambda m: m.type == "file")
        self.assertEqual(message.state, "error")
        self.env.ref("base.CHF").active = True
        message.action_process_again()
        self.run_jobs()
        self.assertEqual(message.state, "processed")
        self.assertEqual(settlements.search(mine).name, "P-1")

    def test_a_refusal_of_a_case_that_is_under_way_is_for_a_person(self):
        case = self.transferred()
        self.bring(self.make_status(case))
        self.bring(self.acknowledge(case, "refused", text="Which one?"), number="2")
        self.assertEqual(case.state, "demand")
        [activity] = self.activities(case, "refused")
        self.assertIn("Which one?", activity.note)

    def test_a_case_that_is_refused_can_go_again(self):
        case = self.transferred()
        text = "The street is not known."
        [result] = self.bring(self.acknowledge(case, "refused", text=text))
        self.assertEqual(result["state"], "done")
        self.assertEqual(case.state, "refused")
        self.assertTrue(self.activities(case, "refused"))
        self.assertIn(text, case.summary)
        self.shelf.sent.clear()
        case.action_retry()
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertEqual(len(self.outgoing("case")), 1)

    def test_a_payment_that_is_refused_is_for_a_person(self):
        case = self.transferred()
        self.bring(self.acknowledge(case, "refused", "DIRECT", "Which case?"))
        self.assertEqual(case.state, "received")
        self.assertTrue(self.activities(case, "refused"))

    def test_a_status_that_the_catalogue_lacks_is_kept_verbatim(self):
        case = self.transferred()
        self.bring(self.make_status(case, "Ödeläggning", label="Något nytt"))
        self.assertEqual(
            (case.agency_status, case.agency_status_label),
            ("Ödeläggning", "Något nytt"),
        )
        self.assertEqual(case.status_text, "Något nytt")

    def test_a_file_is_used_once_and_answered_the_same(self):
        case = self.transferred()
        first = self.bring(self.make_status(case))
        events = len(case.event_ids)
        self.assertEqual(self.bring(self.make_status(case)), first)
        self.assertEqual(len(case.event_ids), events)
        files = self.agency.message_queue_ids.filtered(lambda m: m.type == "file")
        self.assertEqual(files.mapped("state"), ["processed"])

    def test_a_record_that_cannot_be_used_costs_no_other(self):
        case = self.transferred()
        strange = layout.Acknowledgement("no-such-case", "CASE", "accepted", "", "", "")
        results = self.bring(strange, self.make_status(case))
        self.assertEqual([one["state"] for one in results], ["error", "done"])
        self.assertIn("no-such-case", results[0]["message"])
        self.assertEqual(case.state, "demand")
        message = self.agency.message_queue_ids.filtered(lambda m: m.type == "file")
        self.assertEqual(message.state, "error")
        self.assertTrue(self.activities(self.agency, "agency"))
        message.action_process_again()
        self.run_jobs()
        self.assertEqual(message.state, "error")
        message.action_handled()
        self.assertEqual(message.state, "handled")

    def test_a_file_that_is_none_is_kept_and_refused(self):
        content = base64.b64encode("COLLECTION;1;från;1".encode("latin-1")).decode()
        [result] = self.agency.import_file("odd.txt", content)
        self.assertEqual((result["type"], result["state"]), ("file", "error"))
        self.assertIn("UTF-8", result["message"])

    def test_a_person_imports_a_file(self):
        case = self.transferred()
        data = self.make_file(self.make_status(case))
        wizard = self.env["collection.import.wizard"].create(
            {
                "agency_id": self.agency.id,
                "filename": "status.txt",
                "content": base64.b64encode(data),
            }
        )
        action = wizard.action_import()
        [message] = self.env["collection.message"].search(action["domain"])
        self.assertEqual(
            (message.state, message.event_type), ("processed", "status.txt")
        )
        self.assertIn("Brevinkasso", message.text)
        self.assertEqual(case.state, "demand")

    def test_a_fault_of_ours_leaves_the_file_to_the_job(self):
        case = self.transferred()
        cases = self.registry["collection.case"]
        with (
            patch.object(cases, "_apply", side_effect=RuntimeError),
            self.assertLogs("odoo.addons.receivables_base", "ERROR"),
        ):
            [result] = self.bring(self.make_status(case))
        self.assertEqual((result["type"], result["state"]), ("file", "error"))
        message = self.agency.message_queue_ids.filtered(lambda m: m.type == "file")
        self.assertEqual((message.state, message.attempts), ("received", 1))
        message.sudo().next_attempt = False
        self.run_jobs()
        self.assertEqual((message.state, case.state), ("processed", "demand"))

    def test_files_are_fetched(self):
        case = self.transferred()
        self.shelf.waiting["a.txt"] = self.make_file(self.make_status(case))
        self.shelf.waiting["b.txt"] = b"rubbish"
        self.agency._ask_soon()
        self.run_jobs()
        self.assertEqual(case.state, "demand")
        self.assertEqual(self.shelf.away, {"a.txt": False, "b.txt": True})

    def test_who_may_import(self):
        self.agency.with_context(collection_from_agency=True).adapter = "agency_api"
        with self.assertRefused(UserError, "does not answer in files"):
            self.agency.import_file("a.txt", "eA==")

    def test_what_the_layout_requires_is_named(self):
        adapter = FileExchange(None)
        case = self.transferred()
        told = case._prepare_transfer()
        debtor = {**told["debtor"], "id_number": ""}
        for change, words in (
            ({"debtor": debtor}, "The customer's Company ID is missing"),
            ({"letter_text": "x" * 1001}, "The collection text has 1001"),
            ({"first_action": ""}, "is missing"),
        ):
            with self.assertRaises(Exception) as caught:
                adapter.render_case({**told, **change})
            self.assertIn(words, str(caught.exception.sentence))

    def test_a_repeat_has_the_same_bytes(self):
        adapter, shelf = FileExchange(None), Shelf()
        payment = {
            "external_id": "M1",
            "number": "PAY/1",
            "date": date(2026, 3, 1),
            "amount": Decimal("12.50"),
            "currency": "SEK",
        }
        for _time in range(2):
            adapter.report_payment(shelf, "C1", payment, "k")
        self.assertEqual(list(shelf.sent), ["direct-k.txt"])
