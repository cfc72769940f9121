import base64
import json
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.receivables_base.adapters import Answer, LineError

from ..adapters.debts.csv import Csv
from .common import NOW, QUEUE, TODAY, TerminalCommon

NUMBERS = ("1000001", "1000002", "1000003")


class Line:
    """What the other party would do with what it is handed."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    def send(self, name, content):
        self.sent.append((name, content))
        self._answer()

    def request(self, method, path, **options):
        self.sent.append((method, path, options))
        return self._answer()

    def _answer(self):
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


@tagged("post_install", "-at_install")
class TestDebts(TerminalCommon):
    """A network is told what customers owe, as a list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.aigerim, cls.bolat, cls.dinara = (
            cls.make_customer(name, number=False)
            for name in ("Айгерим Сулейменова", "Bolat\nOspanov", "Dinara")
        )
        cls.env["payment.terminal.account"].create(
            [
                {"number": number, "partner_id": partner.id}
                for number, partner in zip(
                    NUMBERS, cls.aigerim + cls.bolat + cls.dinara, strict=True
                )
            ]
        )
        cls.network.write({"debt_format": "csv", "debt_has_header": False})
        cls.old = cls.make_invoice(cls.aigerim, amount=1000, due=-20)
        cls.make_invoice(cls.aigerim, amount=234.5, due=10)
        cls.make_invoice(cls.bolat, amount=50, due=3)

    def take(self, **values):
        if values:
            self.network.write(values)
        return self.network._take_debts()

    def rows(self, debt_list):
        return debt_list._get_bytes().decode().split("\r\n")[:-1]

    def lines(self, debt_list):
        return sorted(
            (line.key, line.amount, line.change) for line in debt_list.line_ids
        )

    def connect(self, way="folder"):
        """A connection that is there; what it opens, the test says."""
        connection = self.env["receivables.connection"].create(
            {"name": "Bank", "way": way, "company_id": self.company.id}
        )
        self.env.cr.execute(
            "UPDATE receivables_connection SET environment = 'prod' WHERE id = %s",
            [connection.id],
        )
        connection.invalidate_recordset()
        self.network.debt_connection_id = connection
        return connection

    def send(self, *answers):
        """What the job does, with what the other party answers."""
        line = Line(*answers)
        connections = self.env.registry["receivables.connection"]
        cron = self.env["payment.terminal.debt.list"].with_user(
            self.env.ref("base.user_root")
        )
        with (
            self.as_job(),
            patch.object(self.env.cr, "commit", lambda: None),
            patch.object(connections, "_open", lambda _self: line),
            patch.object(connections, "_note", lambda _self, _fault: None),
        ):
            cron._cron_send()
        self.env.invalidate_all()
        return line.sent

    # === WHAT IS TOLD === #

    def test_it_tells_what_a_kiosk_would_show(self):
        debts = self.take()
        self.assertEqual(
            self.rows(debts),
            [
                "1000001;Айгерим Сулейменова;1234,50",
                "1000002;Bolat Ospanov;50,00",
            ],
        )
        self.assertEqual((debts.count, debts.total), (2, 1284.5))
        self.assertEqual((debts.state, debts.scope), ("ready", "full"))

    def test_credits_and_payments_under_way_count(self):
        self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.aigerim.id,
                "invoice_date": TODAY,
                "invoice_line_ids": [
                    fields.Command.create(
                        {"name": "Internet", "price_unit": 400, "tax_ids": []}
                    )
                ],
            }
        ).action_post()
        self.pay(50, self.bolat)
        self.assertEqual(self.rows(self.take()), ["1000001;Айгерим Сулейменова;834,50"])

    def test_columns_and_signs_are_the_networks(self):
        self.network.write(
            {
                "debt_columns": "amount; due_date; number; masked_name; change",
                "debt_delimiter": "tab",
                "debt_decimal": ".",
                "debt_encoding": "cp1251",
                "debt_has_header": True,
            }
        )
        content = self.take()._get_bytes().decode("cp1251")
        self.assertEqual(
            content.split("\r\n")[:2],
            [
                "amount\tdue_date\tnumber\tmasked_name\tchange",
                "1234.50\t2026-10-31\t1000001\tА****** С**********\tnew",
            ],
        )

    def test_unknown_columns_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "no column balance.*number, name"):
            self.network.debt_columns = "number; balance"

    def test_blocked_numbers_and_archived_customers_are_not_told(self):
        self.aigerim.terminal_account_ids.action_block()
        self.bolat.active = False
        self.assertEqual(self.rows(self.take()), [])

    def test_a_network_that_may_not_show_debts_gets_no_list(self):
        for values in ({"show_debt": "none"}, {"lookups_enabled": False}):
            with (
                self.subTest(values),
                self.assertRaisesRegex(UserError, "not to learn"),
            ):
                self.take(show_debt="total", lookups_enabled=True)
                self.take(**values)

    def test_queries_do_not_grow_with_customers(self):
        self.take()
        with self.assertQueryCount(40):
            self.take()
        customers = [self.make_customer(f"Customer {n}") for n in range(10)]
        for customer in customers:
            self.make_invoice(customer, amount=10)
        self.env.flush_all()
        with self.assertQueryCount(40):
            self.take()

    # === WHAT IS NEW === #

    def test_changes_are_told_against_what_was_handed_over(self):
        self.take().action_mark_sent()
        self.assertFalse(self.take(debt_scope="changes"))
        self.make_invoice(self.dinara, amount=7)
        self.make_invoice(self.bolat, amount=1)
        self.pay(1234.5, self.aigerim)
        self.network.debt_columns = "number; amount; change"
        changes = self.take()
        self.assertEqual(
            self.rows(changes),
            ["1000002;51,00;changed", "1000003;7,00;new", "1000001;0,00;gone"],
        )
        self.assertEqual((changes.count, changes.total), (3, 58))
        self.assertEqual(
            self.lines(changes),
            [
                ("1000001", 0, "gone"),
                ("1000002", 51, "changed"),
                ("1000003", 7, "new"),
            ],
        )

    def test_a_list_that_was_not_handed_over_is_replaced(self):
        first = self.take()
        self.assertEqual(self.take(), first)
        self.make_invoice(self.dinara, amount=7)
        second = self.take()
        self.assertEqual((first.state, second.state), ("superseded", "ready"))
        self.assertEqual(len(second.line_ids), 3)

    def test_a_full_list_keeps_only_what_was_new(self):
        self.take().action_mark_sent()
        self.make_invoice(self.dinara, amount=7)
        second = self.take()
        self.assertEqual(second.count, 3)
        self.assertEqual(self.lines(second), [("1000003", 7, "new")])

    def test_changes_do_not_go_past_a_list_that_may_have_arrived(self):
        self.connect()
        self.take(debt_scope="changes")
        self.send(LineError("timeout"))
        self.make_invoice(self.dinara, amount=7)
        with self.assertRaisesRegex(UserError, "not arrived for certain"):
            self.take()

    def test_what_was_told_in_a_test_is_not_known_in_production(self):
        self.network.environment = "test"
        self.take().action_mark_sent()
        self.network.environment = "prod"
        self.assertEqual(len(self.take(debt_scope="changes").line_ids), 2)

    # === WHAT THE NETWORK KNEW === #

    def test_what_the_network_knew_when_the_customer_paid(self):
        self.take().action_mark_sent()
        later = NOW + timedelta(hours=2)
        early = self.pay(10, self.aigerim, paid_at=NOW + timedelta(hours=1))
        before = self.pay(10, self.aigerim, paid_at=NOW - timedelta(hours=1))
        nobody = self.pay(10, self.nobody)
        with freeze_time(later):
            second = self.take()
            second.action_mark_sent()
        late = self.pay(5, self.aigerim, paid_at=later)
        self.assertEqual(
            [p.told_amount for p in (before, early, late, nobody)],
            [0, 1234.5, 1214.5, 0],
        )
        self.assertFalse(before.told_list_id)
        self.assertEqual(late.told_list_id, second)

    def test_the_network_knew_a_debt_once_in_whichever_format(self):
        self.take().action_mark_sent()
        with freeze_time(NOW + timedelta(hours=1)):
            self.open_claims()
            self.take().action_mark_sent()
        before = self.pay(10, self.aigerim, paid_at=NOW)
        after = self.pay(10, self.aigerim, paid_at=NOW + timedelta(hours=2))
        self.assertEqual([p.told_amount for p in (before, after)], [1234.5, 1234.5])

    # === SBER === #

    def test_sbers_registry(self):
        bank_account = self.env["res.partner.bank"].create(
            {
                "acc_number": "40702810012345678912",
                "partner_id": self.company.partner_id.id,
            }
        )
        with self.assertRaisesRegex(UserError, "10 digits(.|\n)*20 digits"):
            self.take(debt_format="sber", debt_encoding="cp1251")
        self.company.vat = "1234567890"
        self.network.debt_account_id = bank_account
        debts = self.take()
        self.assertEqual(debts.name, "1234567890_40702810012345678912_001_1126.txt")
        self.assertEqual(
            debts._get_bytes().decode("cp1251"),
            "1000001;Айгерим Сулейменова;1234,50\r\n1000002;Bolat Ospanov;50,00\r\n",
        )

    # === ICELAND === #

    def open_claims(self):
        self.company.company_registry = "450401-3150"
        self.aigerim.company_registry = "120174-3399"
        self.network.write(
            {
                "debt_format": "claims_is",
                "claim_branch": "0133",
                "claim_template": "001",
            }
        )

    def batches(self, debts):
        return json.loads(debts._get_bytes())

    def test_icelands_claims(self):
        self.open_claims()
        debts = self.take()
        [batch] = self.batches(debts)
        item = self.old.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(batch["actionType"], "create")
        self.assertEqual(
            batch["createList"][0],
            {
                "claimKey": {
                    "claimantId": "4504013150",
                    "account": f"013366{item.id % 1_000_000:06d}",
                    "dueDate": "2026-10-31",
                },
                "payorId": "1201743399",
                "templateCode": "001",
                "amount": 1000,
                "finalDueDate": "2026-10-31",
                "currency": "KZT",
                "billNumber": self.old.name[-7:],
                "isPartialPaymentAllowed": True,
                "claimType": "NormalClaim",
                "customerNumber": "1000001",
                "reference": self.old.payment_reference,
            },
        )
        self.assertEqual((debts.count, debts.total), (2, 1234.5))
        self.assertEqual(debts.left_out_count, 1)
        self.assertIn("Bolat", debts.left_out_text)
        self.assertIn("kennitala", debts.left_out_text)

    def test_paid_claims_are_cancelled_and_changed_ones_altered(self):
        self.open_claims()
        self.take().action_mark_sent()
        self.pay(1100, self.aigerim)
        [batch] = self.batches(self.take())
        self.assertEqual(batch["actionType"], "alter")
        self.assertEqual(
            [
                (claim["claimStatus"], claim.get("amount"))
                for claim in batch["alterList"]
            ],
            [("Unpaid", 134.5), ("Cancelled", None)],
        )

    def status(self, success=0, failed=0, pending=0, errors=()):
        body = {
            "batchId": "99391c7e-ad88-49ec-a2ad-99ddcb1f7721",
            "success": success,
            "failed": failed,
            "pending": pending,
            "actionType": "create",
            "actions": {"successes": [], "errors": list(errors)},
        }
        return Answer(
            201, {"Content-Type": "application/json"}, json.dumps(body).encode()
        )

    def test_claims_go_over_https_and_refusals_are_a_persons(self):
        self.open_claims()
        self.connect("https")
        debts = self.take()
        key = self.batches(debts)[0]["createList"][0]["claimKey"]
        refused = {
            "claimKey": key,
            "resultCode": "CLAIM_EXISTS",
            "resultMessage": "Til",
        }
        [(method, path, options)] = self.send(self.status(pending=2))
        self.assertEqual((method, path), ("POST", "/v1/batches"))
        self.assertEqual(json.loads(options["json"]), self.batches(debts)[0])
        self.assertEqual(debts.state, "sent")
        self.assertTrue(debts.batches)
        with freeze_time(NOW + timedelta(minutes=5)):
            [(method, path, _options)] = self.send(
                self.status(success=1, failed=1, errors=[refused])
            )
        self.assertEqual(
            (method, path), ("GET", "/v1/batches/99391c7e-ad88-49ec-a2ad-99ddcb1f7721")
        )
        self.assertFalse(debts.batches)
        [line] = debts.line_ids.filtered("refusal")
        self.assertEqual(line.refusal, "CLAIM_EXISTS: Til")
        self.assertTrue(self.activities(debts, "debts"))
        # what was refused is not known there
        self.assertEqual(self.take().line_ids.mapped("key"), [line.key])

    def cancel_in_vain(self):
        """The bank refuses to cancel the claims of what was paid."""
        self.open_claims()
        self.connect("https")
        self.take()
        self.send(self.status(success=2))
        self.pay(1234.5, self.aigerim)
        cancelled = self.take()
        [batch] = self.batches(cancelled)
        errors = [
            {"claimKey": claim["claimKey"], "resultCode": "NO", "resultMessage": ""}
            for claim in batch["alterList"]
        ]
        self.send(self.status(failed=2, errors=errors))
        return cancelled

    def test_a_refused_cancellation_is_told_once(self):
        cancelled = self.cancel_in_vain()
        self.assertEqual(cancelled.line_ids.mapped("change"), ["gone", "gone"])
        self.assertTrue(self.activities(cancelled, "debts"))
        self.assertFalse(self.take())
        first, second = cancelled.line_ids.with_user(self.accountant)
        first.action_tell_again()
        again = self.take()
        self.assertEqual(again.line_ids.mapped("key"), first.mapped("key"))
        self.send(self.status(success=1))
        self.assertFalse(self.take())
        with self.assertRaises(UserError):
            again.line_ids.with_user(self.accountant).action_tell_again()
        self.assertTrue(second.refusal)

    def test_changes_do_not_go_past_a_list_of_which_a_part_has_arrived(self):
        self.open_claims()
        self.connect("https")
        self.take()
        self.send(self.status(success=2))
        self.pay(1100, self.aigerim)
        self.make_invoice(self.aigerim, amount=7, due=30)
        both = self.take()
        self.assertEqual(len(self.batches(both)), 2)
        self.send(self.status(success=1), Answer(422, {}, b""))
        self.assertEqual(both.state, "error")
        self.make_invoice(self.aigerim, amount=8, due=40)
        with self.assertRaisesRegex(UserError, "not arrived for certain"):
            self.take()
        with self.assertRaisesRegex(UserError, "cannot be taken back"):
            both.action_cancel()
        both.with_user(self.accountant).action_retry()
        with self.assertRaisesRegex(UserError, "not arrived for certain"):
            self.take()
        self.send(self.status(success=1), self.status(success=2))
        self.assertEqual(both.state, "sent")
        self.assertEqual(self.take().line_ids.mapped("amount"), [8])

    def test_changes_go_past_a_list_that_was_refused(self):
        self.open_claims()
        self.connect("https")
        refused = self.take()
        self.send(Answer(422, {}, b""))
        self.make_invoice(self.aigerim, amount=7)
        self.assertEqual(self.take().count, 3)
        self.assertEqual(refused.state, "superseded")

    def test_refusals_in_the_first_answer_are_told(self):
        self.open_claims()
        self.connect("https")
        debts = self.take()
        key = self.batches(debts)[0]["createList"][0]["claimKey"]
        refused = {"claimKey": key, "resultCode": "CLAIM_OTHERS", "resultMessage": ""}
        self.send(self.status(success=1, failed=1, errors=[refused]))
        self.assertEqual(debts.state, "sent")
        self.assertTrue(self.activities(debts, "debts"))

    def test_a_batch_that_cannot_be_asked_about_is_asked_later(self):
        self.open_claims()
        self.connect("https")
        debts = self.take()
        self.send(self.status(pending=2))
        with freeze_time(NOW + timedelta(minutes=5)):
            self.assertEqual(len(self.send(Answer(404, {}, b""))), 1)
        self.assertEqual(debts.state, "sent")
        self.assertTrue(debts.next_attempt > NOW + timedelta(hours=1))
        self.assertTrue(self.activities(debts, "debts"))

    def test_the_same_call_has_the_same_key(self):
        self.open_claims()
        self.connect("https")
        self.take()
        keys = set()
        for minute in (0, 5):
            with freeze_time(NOW + timedelta(minutes=minute)):
                [(_method, _path, options)] = self.send(LineError("timeout"))
            keys.add(options["headers"]["X-Idempotency-Key"])
        self.assertEqual(len(keys), 1)

    # === SENDING === #

    def test_it_is_sent_over_the_connection(self):
        self.connect()
        debts = self.take()
        self.assertEqual(debts.state, "to_send")
        self.assertEqual(self.send(), [(debts.name, debts._get_bytes())])
        self.assertEqual((debts.state, debts.sent_at), ("sent", NOW))
        self.assertEqual(self.send(), [])

    def test_a_test_list_is_not_sent_in_production(self):
        self.connect()
        self.network.environment = "test"
        self.take()
        self.network.environment = "prod"
        self.assertEqual(self.send(), [])

    def test_what_is_refused_is_told_to_a_person(self):
        self.connect("https")
        debts = self.take()
        self.send(Answer(422, {}, b""))
        self.assertEqual(debts.state, "error")
        self.assertIn("HTTP 422", debts.summary)
        activity = self.activities(debts, "debts")
        self.assertEqual(activity.user_id, self.accountant)
        debts.with_user(self.accountant).action_retry()
        self.send(Answer(200, {}, b""))
        self.assertEqual(debts.state, "sent")
        self.assertFalse(self.activities(debts, "debts"))

    # === BY THE CLOCK === #

    def test_every_day_at_its_time(self):
        self.network.write({"debt_interval": "day", "debt_time": 6.5})
        # noon in Almaty: tomorrow 06:30 is 01:30 in UTC
        self.assertEqual(self.network.debt_next, datetime(2026, 11, 21, 1, 30))
        self.send()
        self.assertFalse(self.network.debt_list_ids)
        with freeze_time("2026-11-21 01:31:00"):
            self.send()
            self.assertEqual(self.network.debt_list_ids.mapped("state"), ["ready"])
            self.assertEqual(self.network.debt_next, datetime(2026, 11, 22, 1, 30))

    def test_every_hour(self):
        self.network.debt_interval = "hour"
        self.assertEqual(self.network.debt_next, datetime(2026, 11, 20, 8, 0))

    def test_what_hinders_one_network_stops_no_other(self):
        other = self.make_network("Kaspi", debt_format="csv", debt_interval="hour")
        self.network.write(
            {"debt_format": "sber", "debt_interval": "hour", "sequence": 1}
        )
        self.env.flush_all()
        with freeze_time(NOW + timedelta(hours=1)):
            self.send()
        self.assertEqual(len(other.debt_list_ids), 1)
        self.assertFalse(self.network.debt_list_ids)
        [activity] = self.activities(self.network, "debts")
        self.assertIn("10 digits", activity.note)

    def test_a_fault_with_one_network_stops_no_other(self):
        other = self.make_network("Kaspi", debt_format="csv", debt_interval="hour")
        self.network.debt_interval = "hour"
        self.env.flush_all()
        written = Csv.write

        def write(adapter, network, debts):
            if network == self.network:
                raise ValueError("broken")
            return written(adapter, network, debts)

        with (
            freeze_time(NOW + timedelta(hours=1)),
            patch.object(Csv, "write", write),
            mute_logger(QUEUE),
        ):
            self.send()
        self.assertEqual(len(other.debt_list_ids), 1)
        self.assertFalse(self.network.debt_list_ids)
        self.assertTrue(self.activities(self.network, "debts"))
        self.assertEqual(self.network.debt_next, datetime(2026, 11, 20, 9, 0))

    # === PROGRAMS AND PEOPLE === #

    def test_a_program_gets_it_until_it_says_that_it_was_handed_over(self):
        network = self.network.with_user(self.accountant)
        first = network.export_debts()
        self.assertEqual(network.export_debts(), first)
        self.assertEqual((first["count"], first["total"]), (2, 1284.5))
        content = base64.b64decode(first["content"]).decode()
        self.assertIn("1000002;Bolat Ospanov;50,00", content)
        debts = self.env["payment.terminal.debt.list"].browse(first["snapshot_id"])
        self.assertTrue(debts.with_user(self.accountant).action_mark_sent())
        self.network.debt_scope = "changes"
        self.assertEqual(
            network.export_debts(),
            {
                "filename": "",
                "content": "",
                "snapshot_id": False,
                "count": 0,
                "total": 0,
            },
        )
        with self.assertRaisesRegex(UserError, "format cannot be"):
            network.export_debts("excel")

    def test_who_may(self):
        reader = new_test_user(
            self.env, "reader", groups="account.group_account_readonly"
        )
        with self.assertRaises(AccessError):
            self.network.with_user(reader).export_debts()
        debts = self.take()
        with self.assertRaises(AccessError):
            debts.with_user(reader).action_mark_sent()
        with self.assertRaises(AccessError):
            debts.with_user(self.accountant).action_cancel()

    def test_a_list_is_withdrawn_before_it_leaves(self):
        debts = self.take()
        debts.action_cancel()
        self.assertEqual(debts.state, "superseded")
        sent = self.take()
        sent.action_mark_sent()
        with self.assertRaisesRegex(UserError, "cannot be taken back"):
            sent.action_cancel()
