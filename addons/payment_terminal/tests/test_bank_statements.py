from .file_common import YESTERDAY, FileCommon, camt, entry, ktl


class TestBankStatements(FileCommon):
    """A file that tells the account's balances is a bank statement in Odoo."""

    def load_statement(self, *entries, **balances):
        file = self.file(self.load(camt(*entries, **balances)))
        return file.statement_id

    def test_its_balances_and_lines(self):
        self.invoice("1232", 100)
        statement = self.load_statement(
            entry("100.00", "E1", [("100.00", "1232", "Matti", "")]),
            entry("50.00", "E2"),
            entry("-3.50", "E3", text="Charges"),
            opening="1000.00",
            closing="1146.50",
            number="2026/17",
        )
        self.assertRecordValues(
            statement,
            [
                {
                    "name": "BNK9 2026/17",
                    "journal_id": self.bank.id,
                    "balance_start": 1000,
                    "balance_end": 1146.5,
                    "balance_end_real": 1146.5,
                    "date": YESTERDAY,
                    "is_valid": True,
                    "is_complete": True,
                }
            ],
        )
        self.assertEqual(sorted(statement.line_ids.mapped("amount")), [-3.5, 50, 100])

    def test_one_that_does_not_follow_the_one_before(self):
        first = self.load_statement(entry("150.00", "E1"), closing="150.00")
        second = self.load_statement(
            entry("1.00", "E2"), opening="150.00", closing="151.00", number="8"
        )
        third = self.load_statement(
            entry("1.00", "E3"), opening="200.00", closing="201.00", number="10"
        )
        self.assertEqual(
            (first + second + third).mapped("is_valid"), [True, True, False]
        )
        file = self.env["payment.terminal.file"].search(
            [("statement_id", "=", third.id)]
        )
        self.assertIn("statement is missing", file.statement_problem)
        self.assertFalse(second.problem_description)

    def test_a_notification_has_no_balances(self):
        self.assertFalse(self.load_statement(entry("1.00", "E1"), kind="camt.054"))
        self.assertFalse(self.load_statement(entry("1.00", "E2")))

    def test_what_came_in_another_file_belongs_to_it(self):
        details = [("100.00", "", "M", "S1-1"), ("50.00", "", "M", "S1-2")]
        self.load(camt(entry("150.00", "S1", details), kind="camt.054"))
        statement = self.load_statement(
            entry("150.00", "S1"), entry("2.00", "S2"), closing="152.00"
        )
        self.assertTrue(statement.is_complete)
        self.assertEqual(sorted(statement.line_ids.mapped("amount")), [2, 50, 100])

    def test_single_payments_take_the_place_of_their_sum(self):
        statement = self.load_statement(entry("150.00", "S1"), closing="150.00")
        details = [("100.00", "", "M", "S1-1"), ("50.00", "", "M", "S1-2")]
        self.load(camt(entry("150.00", "S1", details), kind="camt.054"))
        self.env.invalidate_all()
        self.assertTrue(statement.is_complete)
        self.assertEqual(sorted(statement.line_ids.mapped("amount")), [50, 100])

    def test_a_sum_that_a_person_knows(self):
        """The day's line of the reference payments takes its place."""
        self.invoice("1232", 100)
        self.invoice("1245", 50)
        self.load(ktl(("1232", 10000, "A1"), ("1245", 5000, "A2")))
        statement = self.load_statement(entry("150.00", "S9"), closing="150.00")
        file = self.env["payment.terminal.file"].search(
            [("statement_id", "=", statement.id)]
        )
        file.line_ids.with_user(self.accountant).action_is_known()
        self.env.invalidate_all()
        self.assertTrue(statement.is_complete)
        self.assertEqual(statement.line_ids.mapped("amount"), [150])
        self.assertEqual(self.balance(self.bank_account), 150)
