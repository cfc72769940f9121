import base64
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.registry import reading
from .common import NOW, TODAY
from .registry_common import RegistryCommon

YESTERDAY = TODAY - timedelta(days=1)


@tagged("post_install", "-at_install")
class TestRegistry(RegistryCommon):
    """Online and the registry are compared, payment by payment."""

    def test_all_agree(self):
        payments = self.pay(100) + self.pay(50.25) + self.pay(0.75)
        registry = self.take(self.write(*map(self.listed, payments)))
        self.assertCounts(registry, "matched", matched=3)
        self.assertEqual((registry.row_count, registry.total), (3, 151.0))
        self.assertEqual((registry.date_from, registry.date_until), (TODAY, TODAY))
        self.assertEqual(registry.line_ids.transaction_id, payments)
        self.assertFalse(self.activities(registry, "registry"))
        day = self.day()
        self.assertEqual((day.online, day.registry, day.difference), (151, 151, 0))
        self.assertEqual(day.state, "matched")
        self.assertIn("QIWI: 151.00", day.display_name)

    def test_what_only_the_network_knows_is_booked(self):
        invoice = self.make_invoice(amount=100)
        known = self.pay(20)
        registry = self.take(self.write(self.listed(known), self.line("lost", "80.00")))
        self.assertCounts(registry, "matched", matched=1, only_theirs=1)
        lost = self.payments("lost")
        self.assertEqual((lost.state, lost.amount), ("accepted", 80))
        self.assertEqual(lost.partner_id, self.customer)
        self.assertEqual((lost.paid_at, lost.business_date), (NOW, TODAY))
        self.assertEqual((lost.registry_id, lost.money), (registry, 80))
        self.book()
        self.assertEqual(set((known + lost).mapped("state")), {"booked"})
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(registry.booked_share, 100)
        self.assertEqual(self.day_totals()["difference"], 0)

    def test_a_number_of_nobody_waits_and_filled_up_with_zeros_it_is_found(self):
        registry = self.take(
            self.write(
                self.line("1", "10.00", account="77777777"),
                self.line("2", "20.00", account=f"00{self.number}"),
                self.line("3", "30.00", account=""),
            )
        )
        self.assertEqual(registry.only_theirs, 3)
        self.book()
        owners = {payment.txn_id: payment.state for payment in self.payments()}
        self.assertEqual(owners, {"1": "suspense", "2": "booked", "3": "suspense"})

    def test_an_invoices_reference_where_the_network_allows_it(self):
        invoice = self.make_invoice(amount=70)
        line = self.line("1", "70.00", account=invoice.payment_reference)
        self.network.accept_invoice_references = True
        self.take(self.write(line))
        self.assertEqual(self.payments(1).invoice_reference, invoice.name)
        self.book()
        self.assertEqual(invoice.payment_state, "paid")

    def test_a_late_call_is_a_repeat_in_the_words_of_osmp(self):
        self.take(self.write(self.line("700", "80.00")))
        self.book()
        late = self.paid(700, "80.00")
        self.assertEqual((late.result, late.sum), ("0", "80.00"))
        self.assertEqual(late.payment, str(self.payments(700).id))
        self.assertEqual(self.paid(700, "80.00").body, late.body)
        self.assertEqual(len(self.payments()), 1)
        self.assertRefused(self.paid(700, "81.00"), "7")
        self.book()
        self.assertEqual(self.day_totals()["booked"], 80)

    def test_a_late_call_is_a_repeat_in_signed_json(self):
        bank = self.make_bank()
        self.take(self.write(self.line("b-1", "80.00")), network=bank)
        told = {
            "operation": "pay",
            "id": "b-1",
            "account": self.number,
            "amount": "80.00",
            "currency": "KZT",
            "paid_at": "2026-11-20T12:00:00+05:00",
        }
        first = self.signed(bank, **told)
        self.assertIn(b'"ok"', first.body)
        self.assertEqual(self.signed(bank, **told).body, first.body)
        self.assertEqual(len(self.payments(network=bank)), 1)

    def test_a_registry_without_numbers_bars_no_late_call(self):
        self.take(self.write(self.line("1", "80.00", account="")))
        self.assertEqual(self.paid(1, "80.00").result, "0")

    def test_an_announced_payment_was_performed(self):
        payme = self.make_payme()
        payment = self.pay(
            80, network=payme, state="reserved", reserved_at=NOW, accepted_at=False
        )
        registry = self.take(self.write(self.listed(payment)), network=payme)
        self.assertCounts(registry, "matched", only_theirs=1)
        self.assertEqual(payment.state, "accepted")

    def test_only_ours_is_told_while_the_network_listens(self):
        listed, missing = self.pay(100), self.pay(40)
        registry = self.take(self.write(self.listed(listed)))
        self.assertCounts(registry, "differs", matched=1, only_ours=1, open_count=1)
        self.assertEqual(registry.open_amount, -40)
        self.assertEqual(registry.protest_until, NOW + timedelta(hours=2))
        self.assertFalse(registry.is_late)
        [activity] = self.activities(registry, "registry")
        self.assertEqual(activity.user_id, self.accountant)
        self.assertIn("2026-11-20 14:00", activity.note)
        day = self.day()
        self.assertEqual((day.state, day.difference), ("differs", -40))
        with freeze_time(NOW + timedelta(days=3)):
            self.env.invalidate_all()
            self.assertTrue(registry.is_late)
            [line] = registry.line_ids.filtered("is_open")
            self.assertEqual(line.age, 3)
        missing.sudo()._set_state("cancelled", cancelled_at=NOW)
        self.network._watch_registries()
        self.assertCounts(registry, "matched", matched=1, only_ours=1)
        self.assertFalse(self.activities(registry, "registry"))
        self.assertEqual(self.day().difference, 0)

    def test_another_amount_or_customer_is_a_persons_to_decide(self):
        other = self.make_customer("Bolat")
        payments = self.pay(100) + self.pay(50)
        registry = self.take(
            self.write(
                self.listed(payments[0], amount="10.00"),
                self.listed(payments[1], account=other.terminal_number),
            )
        )
        self.assertCounts(registry, "differs", differing=2, open_count=2)
        self.assertEqual(registry.open_amount, -90)
        self.book()
        self.assertEqual(self.day_totals()["booked"], 150, "nothing by itself")
        lines = registry.line_ids.with_user(self.accountant)
        lines[0].action_settle()
        self.assertEqual(registry.state, "differs")
        lines[1].action_settle()
        self.assertEqual(registry.state, "matched")
        self.assertEqual(lines.settled_by, self.accountant)
        with self.assertRaises(UserError):
            lines.action_settle()

    def test_what_we_took_back_stands_in_the_registry(self):
        payment = self.pay(100, state="reversed")
        registry = self.take(self.write(self.listed(payment)))
        self.assertCounts(registry, "differs", differing=1, open_count=1)
        self.assertEqual(registry.open_amount, 100)

    def test_listed_twice(self):
        payment = self.pay(100)
        line = self.listed(payment)
        registry = self.take(
            self.write(line, line, self.line("2", "7.00"), self.line("2", "7.00"))
        )
        self.assertCounts(
            registry, "differs", matched=1, only_theirs=1, duplicates=2, open_count=2
        )
        self.assertEqual(len(self.payments()), 2)
        self.assertEqual(self.day().difference, 107)

    def test_the_same_file_again_changes_nothing(self):
        data = self.write(self.line("1", "80.00"))
        registry = self.take(data)
        self.assertEqual(self.take(data, name="again.csv"), registry)
        self.assertEqual((len(self.payments()), len(registry.line_ids)), (1, 1))

    def test_files_that_overlap_are_told_apart(self):
        yesterday = NOW - timedelta(days=1)
        older = self.pay(30, paid_at=yesterday, business_date=YESTERDAY)
        newer = self.pay(100)
        first = self.take(self.write(self.listed(older), self.line("x", "5.00")))
        # the 19th and the 20th, with x of the 20th once more
        self.assertCounts(
            first, "differs", matched=1, only_theirs=1, only_ours=1, open_count=1
        )
        second = self.take(self.write(self.line("x", "5.00"), self.listed(newer)))
        self.assertCounts(second, "matched", matched=1, known=1)
        self.assertCounts(first, "matched", matched=1, only_theirs=1)
        self.assertEqual(self.statuses(first)[newer.txn_id], "elsewhere")
        self.assertEqual(len(self.payments("x")), 1)
        self.assertEqual((self.day().registry, self.day().difference), (105, 0))
        self.assertEqual(self.day(YESTERDAY).registry, 30)

    def test_an_identifier_that_was_used_a_year_ago_is_another_payment(self):
        long_ago = NOW - timedelta(days=365)
        old = self.pay(10, txn_id="5", paid_at=long_ago, business_date=long_ago.date())
        registry = self.take(self.write(self.line("5", "80.00")))
        self.assertCounts(registry, "matched", only_theirs=1)
        new = self.payments("5/2026")
        self.assertEqual((new.amount, old.amount), (80, 10))
        again = self.take(self.write(self.line("5", "80.00"), self.line("6", "1.00")))
        self.assertCounts(again, "matched", known=1, only_theirs=1)

    def test_what_was_given_back(self):
        mapping = self.env["payment.terminal.csv.mapping"].create(
            {
                "name": "Bank",
                "company_id": self.company.id,
                "head": 0,
                "txn_id": "1",
                "amount": "2",
                "day": "3",
            }
        )
        self.network.registry_mapping_id = mapping
        kept, back = self.pay(100), self.pay(40, state="reversed")
        registry = self.take(
            b"T1;-100.00;20.11.2026 12:00:00\nT2;-40.00;20.11.2026 12:00:00\n"
        )
        self.assertEqual(self.statuses(registry), {"T1": "refund", "T2": "refund"})
        lines = registry.line_ids.sorted("txn_id")
        self.assertEqual(lines.mapped("is_open"), [True, False])
        self.assertEqual(lines.transaction_id, kept + back)

    def test_what_differs_is_a_persons_once(self):
        """However many registries repeat it, and also what has no payment here."""
        payment = self.pay(100)
        lines = [
            self.listed(payment, amount="10.00"),
            self.line("back", "-5.00"),
        ]
        first = self.take(self.write(*lines))
        self.assertCounts(first, "differs", differing=2, open_count=2)
        again = self.take(self.write(*lines, self.line("x", "1.00")))
        self.assertCounts(again, "matched", known=2, only_theirs=1)
        self.assertEqual(self.day().open_count, 2)

    def test_a_comparison_that_failed_is_repeated_with_each_line_once(self):
        payment = self.pay(100)
        data = self.write(self.listed(payment))
        with (
            patch.object(reading, "LARGE", 10),
            patch.object(
                self.registry["payment.terminal.registry"],
                "_compare",
                side_effect=UserError("broken"),
            ),
        ):
            registry = self.take(data)
            with self.as_job():
                self.registries._cron_take_in()
                registry.write({"attempts": 11, "next_attempt": False})
                self.registries._cron_take_in()
        self.assertEqual(registry.state, "error")
        registry.with_user(self.accountant).action_process_again()
        with self.as_job():
            self.registries._cron_take_in()
        self.assertCounts(registry, "matched", matched=1)

    def test_refused_as_a_whole(self):
        self.pay(100)
        registry = self.take(self.write(self.line("1", "80.00"), total="81.00"))
        self.assertEqual(registry.state, "error")
        self.assertFalse(registry.line_ids or self.payments(1))
        self.assertIn("line 2: The file says 81.00", registry.summary)
        self.assertTrue(self.activities(registry, "registry_refused"))
        spoilt = self.take(b"1\t20.11.2026\t10:00:00\t42\t8x\xff\r\nTotal:\t1\t8.00")
        self.assertIn("Line 1:", spoilt.problem_sentences)
        self.assertIn(r"1⇥20.11.2026⇥10:00:00⇥42⇥8x\xff", spoilt.problem_sentences)
        spoilt.with_user(self.accountant).action_handled()
        self.assertEqual(spoilt.state, "handled")
        self.assertFalse(self.activities(spoilt, "registry_refused"))

    def test_what_cannot_be_is_refused(self):
        future = NOW + timedelta(days=9)
        registry = self.take(self.write(self.line("1", "80.00", at=future)))
        self.assertIn("2026-11-29", registry.summary)
        registry = self.take(self.write(self.line("1", "990000000000.00")))
        self.assertEqual(registry.state, "error")
        self.assertFalse(self.payments())

    def test_a_table_is_read_once_its_mapping_is_there(self):
        data = b"A1,80.00,2026/11/20,%s\n" % self.number.encode()
        registry = self.take(data)
        self.assertEqual(registry.state, "error")
        mapping = self.env["payment.terminal.csv.mapping"].create(
            {
                "name": "Bank",
                "company_id": self.company.id,
                "delimiter": ",",
                "order": "ymd",
                "head": 0,
                "account": "-1",
            }
        )
        self.network.registry_mapping_id = mapping
        registry.with_user(self.accountant).action_process_again()
        with self.as_job():
            self.registries._cron_take_in()
        self.assertCounts(registry, "matched", only_theirs=1)
        self.assertEqual(self.payments("A1").partner_id, self.customer)

    def test_another_currency_is_refused(self):
        lines = (
            "РЕЕСТР ПЛАТЕЖЕЙ В нас. № 1",
            "Дата платежей: 20.11.2026",
            "Номер транзакции;Сумма платежа;Валюта платежа;Сумма за вычетом комиссии;"
            "Время платежа",
            "1;80.00;RUB;78.00;20.11.2026 10:00:00",
            "Сумма принятых платежей: 80.00",
            "Число платежей: 1",
        )
        registry = self.take("\n".join(lines).encode())
        self.assertIn("RUB", registry.summary)

    def test_a_large_file_is_read_by_the_job(self):
        self.pay(100)
        with patch.object(reading, "LARGE", 10):
            registry = self.take(self.write(self.line("1", "80.00")))
        self.assertEqual(registry.state, "received")
        with self.as_job():
            self.registries._cron_take_in()
        self.assertCounts(registry, "differs", only_ours=1, only_theirs=1, open_count=1)

    def test_a_network_under_test_books_nothing(self):
        trial = self.make_called_network("Trial", environment="test")
        registry = self.take(self.write(self.line("1", "80.00")), network=trial)
        self.assertTrue(registry.is_test)
        self.assertCounts(registry, "matched", only_theirs=1)
        payment = self.payments(1, trial)
        self.assertEqual((payment.is_test, payment.money), (True, 0))
        self.book()
        self.assertEqual(payment.state, "accepted")
        self.assertFalse(self.day(network=trial))

    def test_a_registry_stays_as_it_came(self):
        registry = self.take(self.write(self.line("1", "80.00")))
        for wrong in (
            lambda: registry.write({"sha256": "x"}),
            registry.unlink,
            lambda: registry.with_user(self.accountant).write({"total": 1}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                wrong()

    # === WHAT PROGRAMS CALL === #

    def test_programs_import_registries(self):
        network = self.network.with_user(self.accountant)
        payment = self.pay(100)
        self.pay(5)
        data = self.write(self.listed(payment), self.line("1", "80.00"))
        content = _encode(data)
        answer = network.import_registry("QIWI_1_202611201.csv", content)
        registry = self.registries.browse(answer["registry_id"])
        self.assertEqual(
            answer,
            {
                "registry_id": registry.id,
                "state": "differs",
                "matched": 1,
                "only_ours": 1,
                "only_theirs": 1,
                "differing": 0,
                "total": 180.0,
                "reasons": [],
            },
        )
        self.assertEqual(network.import_registry("again.csv", content), answer)
        refused = network.import_registry("x.csv", _encode(b"rubbish"))
        self.assertEqual(refused["state"], "error")
        self.assertEqual(refused["reasons"][0]["code"], "refused")
        self.assertIn("none of the known formats", refused["reasons"][0]["message"])

    def test_who_may_import(self):
        data = _encode(self.write(self.line("1", "80.00")))
        for login, group in (
            ("auditor", "account.group_account_readonly"),
            ("invoicing", "account.group_account_invoice"),
        ):
            user = new_test_user(self.env, login, group, company_id=self.company.id)
            with self.subTest(login), self.assertRaises(AccessError):
                self.network.with_user(user).import_registry("x.csv", data)

    # === MANY === #

    def test_many_payments_cost_no_more_statements(self):
        counts = []
        for size in (2, 4, 104):
            lines = [self.line(f"{size}-{n}", "1.00") for n in range(size)]
            data = self.write(*lines)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            registry = self.registries._take_in(self.network, "x.csv", data)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(registry.only_theirs, size)
        self.assertEqual(counts[1], counts[2], counts)


def _encode(data):
    return base64.b64encode(data).decode()
