from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import TerminalCommon


@tagged("post_install", "-at_install")
class TestRemoteApi(TerminalCommon):
    """What programs do with customers' numbers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accounts = cls.env["payment.terminal.account"]

    def issue(self, *rows, **named):
        return self.accounts.issue_numbers(list(rows), **named)

    def codes(self, answers):
        return [[each["code"] for each in answer["reasons"]] for answer in answers]

    def test_issued_and_taken_over(self):
        new = self.make_customer("New", number=False)
        old = self.make_customer("Old", number=False)
        contact = self.make_customer("Her contact", number=False, parent_id=old.id)
        rows = (
            {"partner_id": new.id},
            {"partner_id": contact.id, "number": "00 12-ab"},
            {"partner_id": self.customer.id},
        )
        answers = self.issue(*rows)
        self.assertEqual(self.codes(answers), [[], [], []])
        self.assertEqual([answer["row"] for answer in answers], [0, 1, 2])
        self.assertEqual(
            [answer["number"] for answer in answers],
            [new.terminal_number, "0012AB", self.customer.terminal_number],
        )
        self.assertEqual(old.terminal_account_ids.id, answers[1]["account_id"])
        self.assertEqual(old.terminal_account_ids.origin, "imported")
        self.assertEqual(new.terminal_account_ids.origin, "issued")
        self.assertEqual(self.issue(*rows), answers)
        self.assertEqual(self.issue(rows[0], rows[0])[1]["number"], new.terminal_number)

    def test_a_row_that_cannot_be_done_says_why_alone(self):
        fresh = self.make_customer("Fresh", number=False)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.make_customer("Theirs", number=False, company_id=elsewhere.id)
        taken = self.customer.terminal_number
        answers = self.issue(
            {"partner_id": fresh.id, "number": taken},
            {"partner_id": self.customer.id, "number": "998877"},
            {"partner_id": fresh.id, "number": "12"},
            {"partner_id": fresh.id, "number": 998877},
            {"partner_id": 2**31 - 7},
            {"partner_id": theirs.id},
            {"partner_id": fresh.id, "colour": "red"},
            {"number": "998877"},
            {"partner_id": fresh.id, "number": "998877"},
        )
        self.assertEqual(
            self.codes(answers),
            [
                ["taken"],
                ["has_number"],
                ["impossible"],
                ["argument"],
                ["not_found"],
                ["other_company"],
                ["argument"],
                ["argument"],
                [],
            ],
        )
        for answer in answers[:-1]:
            self.assertFalse(answer["account_id"] or answer["number"])
        self.assertEqual(
            answers[3]["reasons"][0]["message"],
            "rows[3].number must be a text; 998877 was given.",
        )
        self.assertEqual(fresh.terminal_number, "998877")

    def test_at_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.accounts = self.accounts.with_context(allowed_company_ids=self.company.ids)
        with self.assertRaisesRegex(AccessError, "company_id"):
            self.issue({"partner_id": self.customer.id}, company_id=elsewhere.id)
        self.accounts = self.accounts.with_context(
            allowed_company_ids=(self.company + elsewhere).ids
        )
        [answer] = self.issue({"partner_id": self.customer.id}, company_id=elsewhere.id)
        account = self.accounts.browse(answer["account_id"])
        self.assertEqual(account.company_id, elsewhere)
        self.assertNotEqual(answer["number"], self.customer.terminal_number)

    def test_who_reads_issues_nothing(self):
        auditor = new_test_user(self.env, "auditor", "account.group_account_readonly")
        with self.assertRaises(AccessError):
            self.accounts.with_user(auditor).issue_numbers(
                [{"partner_id": self.customer.id}]
            )

    def test_a_repeated_replacement_gets_the_same_answer(self):
        account = self.customer.terminal_account_ids
        newer = account.action_replace()
        self.assertEqual(newer.number, self.customer.terminal_number)
        self.assertEqual(account.state, "replaced")
        self.assertEqual(account.action_replace(), newer)
        self.assertEqual(self.customer.terminal_account_ids, account + newer)

    def test_a_repeated_block_gets_the_same_answer(self):
        account = self.customer.terminal_account_ids
        for _time in range(2):
            self.assertIs(account.action_block(), True)
        self.assertEqual(account.state, "blocked")

    def test_a_customer_that_is_no_number_is_refused_with_a_sentence(self):
        for partner in ("7", 1.5, True, [7], {"id": 7}):
            with (
                self.subTest(partner=partner),
                self.assertRaisesRegex(UserError, "partner_id must be a whole number"),
            ):
                self.accounts.create({"partner_id": partner})
