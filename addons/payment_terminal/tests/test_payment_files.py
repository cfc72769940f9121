from datetime import timedelta

from odoo.exceptions import AccessError, UserError

from .common import TODAY
from .file_common import YESTERDAY, FileCommon, camt, entry, ktl


class TestPaymentFiles(FileCommon):
    """A bank's file comes in: what it proves is booked, the rest waits."""

    def test_a_reference_pays_its_invoice(self):
        invoice = self.invoice("1232", 100)
        [told] = self.load(ktl(("1232", 10000, "A1")))
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(
            {name: told[name] for name in told if name not in ("file_id", "message")},
            {
                "format": "ktl",
                "state": "booked",
                "count": 1,
                "total": 100,
                "booked": 100,
                "suspense": 0,
                "known": 0,
            },
        )
        line = self.file([told]).line_ids
        self.assertEqual(line.invoice_ids, invoice)
        self.assertEqual(line.partner_id, self.customer)
        self.assertEqual(line.statement_line_id.date, YESTERDAY)
        self.assertTrue(line.statement_line_id.is_reconciled)
        self.assertEqual(self.balance(self.bank_account), 100)

    def test_the_same_reference_in_other_letters(self):
        """1232 is RF11 1232 as a creditor reference; zeros and spaces do not count."""
        for place, written in enumerate(("RF11 1232", "RF111232", "0001 232")):
            with self.subTest(written):
                invoice = self.invoice(written, 50)
                self.load(ktl(("1232", 5000, f"B{place}")))
                self.assertEqual(invoice.payment_state, "paid")

    def test_numbers_of_other_countries(self):
        """A KID of Norway, whose check may be a minus sign, and an OCR of Sweden."""
        for place, number in enumerate(("0001234567897", "12343-", "5580018002")):
            with self.subTest(number):
                invoice = self.invoice(number, 50)
                paid = [("50.00", number, "M", f"P{place}")]
                self.load(camt(entry("50.00", f"E{place}", paid), number=str(place)))
                self.assertEqual(invoice.payment_state, "paid")

    def test_dropped_on_the_list_and_on_the_journal(self):
        invoice, other = self.invoice("1232", 100), self.invoice("1245", 50)
        files = self.env["payment.terminal.file"].with_user(self.accountant)
        journal = self.bank.with_user(self.accountant)
        for drop, data, paid in (
            (files, ktl(("1232", 10000, "A1")), invoice),
            (journal, ktl(("1245", 5000, "A2"), number="2"), other),
        ):
            attachment = self.env["ir.attachment"].with_user(self.accountant)
            attachment = attachment.create({"name": "a.ktl", "raw": data})
            action = drop.create_document_from_attachment(attachment.ids)
            self.assertEqual(action["res_model"], files._name)
            self.assertEqual(files.browse(action["res_id"]).total, paid.amount_total)
            self.assertEqual(paid.payment_state, "paid")
            self.assertFalse(attachment.exists())

    def test_of_nobody_or_of_two_it_waits(self):
        """The reference of two customers proves nothing; an equal amount neither."""
        other = self.make_customer("Veikko", number=False)
        first = self.invoice("1232", 100)
        second = self.invoice("1232", 100, other)
        third = self.invoice("1245", 70)
        [told] = self.load(
            ktl(("1232", 10000, "A1"), ("13", 7000, "A2"), ("99996", 7000, "A3"))
        )
        self.assertEqual((told["booked"], told["suspense"]), (0, 240))
        for invoice in first + second + third:
            self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(self.balance(self.waiting_account), -240)
        self.assertEqual(self.balance(self.bank_account), 240)
        file = self.file([told])
        self.assertEqual(file.suspense_count, 3)
        self.assertEqual(len(self.activities(file, "file_assign")), 1)
        # each is open in Odoo's own list of what is to be reconciled
        self.assertEqual(
            file.line_ids.statement_line_id.mapped("is_reconciled"), [False] * 3
        )

    def test_more_than_the_invoice_pays_the_oldest_and_stays_as_credit(self):
        old = self.invoice("1245", 30, due=-20)
        named = self.invoice("1232", 100)
        self.load(ktl(("1232", 15000, "A1")))
        self.assertEqual((old + named).mapped("payment_state"), ["paid", "paid"])
        self.assertEqual(self.customer.with_company(self.company).credit, -20)

    def test_less_than_the_invoice_leaves_it_open(self):
        invoice = self.invoice("1232", 100)
        self.load(ktl(("1232", 4000, "A1")))
        self.assertEqual(invoice.payment_state, "partial")
        self.assertEqual(invoice.amount_residual, 60)

    def test_the_same_file_again_changes_nothing(self):
        self.invoice("1232", 100)
        data = ktl(("1232", 10000, "A1"))
        [first] = self.load(data)
        [again] = self.load(data, name="b.txt")
        self.assertEqual(again["file_id"], first["file_id"])
        self.assertEqual((again["booked"], again["known"]), (0, 100))
        self.assertEqual(self.balance(self.bank_account), 100)

    def test_overlapping_files_and_identifiers_used_again(self):
        """A2 came in both; A1 of another day, and one of another amount, are others."""
        self.load(ktl(("1232", 1000, "A1"), ("1232", 2000, "A2")))
        last_year = YESTERDAY - timedelta(days=365)
        [told] = self.load(
            ktl(
                ("1232", 2000, "A2"),
                ("1232", 3000, "A2"),
                ("1232", 1000, "A1", "X", last_year),
                number="2",
            )
        )
        self.assertEqual((told["known"], told["suspense"]), (20, 40))
        self.assertEqual(self.balance(self.bank_account), 70)

    def test_alike_payments_of_one_file_are_two(self):
        [told] = self.load(ktl(("1232", 1000, "A1"), ("1232", 1000, "A1")))
        self.assertEqual((told["count"], told["suspense"]), (2, 20))
        [again] = self.load(ktl(("1232", 1000, "A1"), number="3"))
        self.assertEqual(again["known"], 10)

    def test_totals_that_do_not_agree_refuse_the_file(self):
        self.invoice("1232", 100)
        data = ktl(("1232", 10000, "A1")).replace(b"00000010000000000", b"0" * 17)
        [told] = self.load(data)
        self.assertEqual((told["state"], told["count"]), ("error", 0))
        self.assertIn("3:8", told["message"])
        file = self.file([told])
        self.assertFalse(file.line_ids)
        self.assertEqual(file._get_bytes(), data)
        self.assertTrue(self.activities(file, "file"))
        self.assertEqual(self.balance(self.bank_account), 0)
        file.with_user(self.accountant).action_handled()
        self.assertEqual(file.state, "handled")
        self.assertFalse(self.activities(file, "file"))

    def test_amounts_of_less_than_a_cent_refuse_the_file(self):
        """Rounded one by one they would make another sum."""
        halves = [("50.005", "1232", "M", f"P{n}") for n in range(2)]
        [told] = self.load(camt(entry("100.01", "E1", halves)))
        self.assertEqual((told["state"], told["count"]), ("error", 0))
        self.assertIn("50.005", told["message"])

    def test_what_the_payer_wrote_is_kept(self):
        wrote = "tab\tand C:\\new \\N\nå 漢"
        [told] = self.load(
            camt(entry("5.00", "E1", [("5.00", "", "M", "P1")], text=wrote))
        )
        self.assertEqual(self.file([told]).line_ids.text.split(), wrote.split())

    def test_a_file_of_another_account_is_refused_and_processed_again(self):
        invoice = self.invoice("1232", 100)
        data = ktl(("1232", 10000, "A1"), account="15903000000776")
        [told] = self.load(data)
        self.assertEqual(told["state"], "error")
        self.assertIn("15903000000776", told["message"])
        self.bank.bank_account_id.acc_number = "FI3715903000000776"
        file = self.file([told]).with_user(self.accountant)
        file.action_process_again()
        self.assertEqual((file.state, invoice.payment_state), ("booked", "paid"))

    def test_several_batches_are_a_file_each(self):
        first = ktl(("1232", 1000, "A1"))
        second = ktl(("1245", 2000, "A2"), number="2")
        told = self.load(first + second)
        self.assertEqual([one["total"] for one in told], [10, 20])
        files = self.env["payment.terminal.file"].browse(
            [one["file_id"] for one in told]
        )
        self.assertEqual(len(files.attachment_id), 1)
        self.assertEqual(len(self.load(first + second)), 2)

    def test_what_is_no_file_of_payments(self):
        for data in (b"", b"  ", b"%PDF-1.4", b"\xff\xfe\x00"):
            with self.subTest(data):
                if data:
                    self.assertEqual(self.load(data)[0]["state"], "error")
        with self.assertRaises(UserError):
            self.load(ktl(("1232", 1000, "A1")), self.journal)

    def test_who_may(self):
        user = self.env["res.users"].create(
            {
                "name": "Eero",
                "login": "eero",
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
            }
        )
        user.group_ids += self.env.ref("account.group_account_invoice")
        with self.assertRaises(AccessError):
            self.bank.with_user(user).import_payment_file("a", "MA==")

    def test_closed_books(self):
        """It is booked on the first open day, or waits for that day to come."""
        self.company.fiscalyear_lock_date = YESTERDAY
        invoice = self.invoice("1232", 100)
        [told] = self.load(ktl(("1232", 10000, "A1")))
        self.assertEqual(self.file([told]).line_ids.statement_line_id.date, TODAY)
        self.assertEqual(invoice.payment_state, "paid")
        self.company.fiscalyear_lock_date = TODAY
        [told] = self.load(ktl(("1245", 5000, "A2"), number="2"))
        line = self.file([told]).line_ids
        self.assertEqual((told["state"], line.state), ("received", "received"))
        self.assertIn("locked", line.summary)
        self.company.fiscalyear_lock_date = False
        line.sudo().next_attempt = False
        with self.as_job():
            line.with_user(1)._cron_book()
        self.assertEqual((line.state, line.file_id.state), ("suspense", "booked"))

    def test_many_are_booked_by_the_job(self):
        invoices = [self.invoice(f"{1000 + n}", 10, due=n) for n in range(3)]
        rows = [(f"{1000 + n}", 1000, f"A{n}") for n in range(250)]
        [told] = self.load(ktl(*rows))
        self.assertEqual((told["state"], told["booked"]), ("received", 0))
        with self.as_job():
            self.env["payment.terminal.file.line"].with_user(1)._cron_book()
        self.env.invalidate_all()
        file = self.file([told])
        self.assertEqual((file.state, file.booked, file.suspense), ("booked", 30, 2470))
        self.assertEqual([invoice.payment_state for invoice in invoices], ["paid"] * 3)
        # one line of the statement for what is booked, one for each that waits
        self.assertEqual(len(file.line_ids.statement_line_id), 248)

    def test_the_number_of_queries_does_not_grow(self):
        counts = []
        for count in (2, 50):
            references = [str(7000 + 100 * count + n) for n in range(count)]
            for reference in references:
                self.invoice(reference, 10)
            data = ktl(*((r, 1000, f"Q{count}-{r}") for r in references), number=count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.load(data)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1] - counts[0], 20, counts)


class TestProposals(FileCommon):
    def test_one_click_takes_what_is_proposed(self):
        other = self.make_customer("Veikko Virtanen", number=False)
        invoice = self.invoice("1232", 80, other)
        self.invoice("1245", 80)
        [told] = self.load(
            camt(
                entry(
                    "80.00",
                    "E1",
                    [("80.00", "", "Veikko Virtanen", "")],
                    text=f"Invoice {invoice.name}, thanks",
                )
            )
        )
        line = self.file([told]).line_ids.with_user(self.accountant)
        self.assertEqual(line.state, "suspense")
        self.assertEqual(line.proposals[0]["move_id"], invoice.id)
        self.assertEqual(
            line.proposals[0]["reasons"], ["by_number", "by_name", "by_amount"]
        )
        self.assertEqual(line.proposals[1]["reasons"], ["by_amount"])
        self.assertIn("Veikko", line.proposal)
        line.action_take_proposal()
        self.assertEqual((line.state, invoice.payment_state), ("booked", "paid"))
        self.assertTrue(line.statement_line_id.is_reconciled)
        self.assertFalse(self.activities(line.file_id, "file_assign"))
        self.assertEqual(line.file_id.suspense, 0)
        line.action_undo()
        self.env.invalidate_all()
        self.assertEqual((line.state, invoice.payment_state), ("suspense", "not_paid"))
        self.assertEqual(self.balance(self.waiting_account), -80)

    def test_the_dialog(self):
        [told] = self.load(ktl(("99996", 5000, "A0")))
        line = self.file([told]).line_ids.with_user(self.accountant)
        action = line.action_assign()
        wizard = (
            self.env["payment.terminal.file.assign"]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"partner_id": self.customer.id})
        )
        wizard.action_assign()
        self.assertEqual((line.state, line.partner_id), ("booked", self.customer))
        self.assertEqual(self.customer.with_company(self.company).credit, -50)


class TestSums(FileCommon):
    """One sum on the account, its payments in another file: booked once."""

    def test_the_sum_first_then_its_payments(self):
        invoice = self.invoice("1232", 100)
        statement = camt(entry("150.00", "S1"), closing="150.00")
        [told] = self.load(statement)
        self.assertEqual(told["suspense"], 150)
        details = camt(
            entry(
                "150.00",
                "S1",
                [("100.00", "1232", "Matti", "S1-1"), ("50.00", "", "Maija", "S1-2")],
            ),
            kind="camt.054",
        )
        [told] = self.load(details)
        self.assertEqual((told["booked"], told["suspense"]), (100, 50))
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self.balance(self.bank_account), 150)
        self.assertEqual(self.balance(self.waiting_account), -50)

    def test_the_payments_first_then_their_sum(self):
        self.invoice("1232", 100)
        self.load(
            camt(
                entry(
                    "150.00",
                    "S1",
                    [("100.00", "1232", "M", "S1-1"), ("50.00", "", "M", "S1-2")],
                ),
                kind="camt.054",
            )
        )
        [told] = self.load(camt(entry("150.00", "S1"), closing="150.00"))
        self.assertEqual((told["known"], told["suspense"]), (150, 0))
        self.assertEqual(self.balance(self.bank_account), 150)

    def test_a_person_knows_that_it_is_the_same(self):
        """A sum without an identifier is not taken for another by its amount."""
        self.load(ktl(("1232", 10000, "A1"), ("1245", 5000, "A2")))
        [told] = self.load(camt(entry("150.00", "S9"), closing="150.00"))
        self.assertEqual(told["suspense"], 150)
        line = self.file([told]).line_ids.with_user(self.accountant)
        line.action_is_known()
        self.env.invalidate_all()
        self.assertEqual((line.state, line.file_id.known), ("known", 150))
        self.assertEqual(self.balance(self.bank_account), 150)
        [again] = self.load(
            camt(entry("150.00", "S9"), entry("1.00", "S10"), closing="151.00")
        )
        self.assertEqual((again["known"], again["suspense"]), (150, 1))

    def test_without_identifier_the_same_again_waits(self):
        invoice = self.invoice("1232", 300)
        one = entry("100.00", "", [("100.00", "1232", "Matti", "")])
        self.load(camt(one, number="1"))
        self.assertEqual(invoice.amount_residual, 200)
        [told] = self.load(camt(one, number="2"))
        self.assertEqual((told["booked"], told["suspense"]), (0, 100))
        self.assertTrue(self.file([told]).line_ids.is_doubtful)

    def test_what_goes_out_waits_too(self):
        [told] = self.load(
            camt(
                entry("10.00", "E1"),
                entry("-3.50", "E2", text="Charges"),
                closing="6.50",
            )
        )
        self.assertEqual((told["total"], told["suspense"]), (6.5, 6.5))
        self.assertEqual(self.balance(self.bank_account), 6.5)


class TestCorrections(FileCommon):
    def test_a_correction_opens_the_invoice_again(self):
        invoice = self.invoice("1232", 100)
        self.load(ktl(("1232", 10000, "A1")))
        [told] = self.load(ktl(("1232", -10000, "A9"), number="2"))
        self.assertEqual(told["booked"], -100)
        self.assertEqual((invoice.payment_state), "not_paid")
        self.assertEqual(self.balance(self.bank_account), 0)
        self.assertTrue(self.activities(invoice, "reversed"))
        self.assertEqual(self.customer.with_company(self.company).credit, 100)

    def test_in_one_file(self):
        invoice = self.invoice("1232", 100)
        self.load(ktl(("1232", 10000, "A1"), ("1232", -10000, "A1")))
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_a_reversal_in_camt(self):
        invoice = self.invoice("1232", 100)
        self.load(camt(entry("100.00", "E1", [("100.00", "1232", "M", "")])))
        self.assertEqual(invoice.payment_state, "paid")
        self.load(
            camt(
                entry("-100.00", "E1", [("100.00", "1232", "M", "")], reverses=True),
                number="8",
            )
        )
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_of_nothing_we_know_it_waits(self):
        invoice = self.invoice("1232", 100)
        self.load(ktl(("1232", 10000, "A1")))
        [told] = self.load(ktl(("1232", -9000, "A9"), number="2"))
        self.assertEqual((told["booked"], told["suspense"]), (0, -90))
        self.assertEqual(invoice.payment_state, "paid")


class TestFetchPaid(FileCommon):
    def changes(self, since="", limit=100):
        self.env.flush_all()
        moves = self.env["account.move"].with_user(self.accountant)
        return moves.fetch_paid(self.company.id, since, limit)

    def test_page_by_page(self):
        invoices = [self.invoice(str(1000 + n), 10) for n in range(5)]
        self.load(ktl(*((str(1000 + n), 1000, f"A{n}") for n in range(5))))
        seen, since, pages = [], "", 0
        while True:
            answer = self.changes(since, 2)
            seen += [change["move_id"] for change in answer["changes"]]
            since, pages = answer["next"], pages + 1
            if not answer["more"]:
                break
        self.assertEqual(sorted(seen), sorted(move.id for move in invoices))
        self.assertEqual(pages, 3)
        self.assertEqual(self.changes(since)["changes"], [])
        self.load(ktl(("1001", -1000, "B1"), number="2"))
        [change] = self.changes(since)["changes"]
        self.assertEqual(
            (change["move_id"], change["payment_state"], change["amount_residual"]),
            (invoices[1].id, "not_paid", 10),
        )
        with self.assertRaises(UserError):
            self.changes("yesterday")
