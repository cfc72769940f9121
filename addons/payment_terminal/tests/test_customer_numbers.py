from psycopg2 import IntegrityError
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .service_common import ServiceCommon


@tagged("post_install", "-at_install")
class TestCustomerNumbers(ServiceCommon):
    """Customers get a number, have it on paper, and keep it."""

    @property
    def accounts(self):
        return self.env["payment.terminal.account"]

    def assertIssued(self, number, length=10):
        """ISO 7064 MOD 97-10: the number is 1 modulo 97."""
        self.assertIsInstance(number, str)
        self.assertRegex(number, rf"^[1-9][0-9]{{{length - 1}}}$")
        self.assertEqual(int(number) % 97, 1)

    # === ISSUED === #

    def test_one(self):
        customer = self.make_customer("Aliya", number=False)
        with Form(
            self.accounts, "payment_terminal.payment_terminal_account_view_form"
        ) as form:
            form.partner_id = customer
        account = customer.terminal_account_ids
        self.assertIssued(account.number)
        self.assertEqual(account.state, "active")
        self.assertEqual(account.origin, "issued")
        self.assertEqual(customer.terminal_number, account.number)
        self.assertEqual(account.spaced_number.replace(" ", ""), account.number)
        self.assertRegex(account.spaced_number, r"^\d{4} \d{4} \d{2}$")

    def test_a_number_that_is_no_text_is_refused_with_a_sentence(self):
        customer = self.make_customer("Aliya", number=False)
        for number in (48210936, 4.5, ["48210936"], {"number": 1}, True):
            with self.subTest(number=number), self.assertRaises(ValidationError):
                self.accounts.create({"partner_id": customer.id, "number": number})

    def test_many_at_once(self):
        customers = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(500)]
        )
        accounts = self.accounts._issue_for(customers + self.customer, self.company)
        self.assertEqual(accounts.partner_id, customers, "who has one keeps it")
        numbers = accounts.mapped("number")
        self.assertEqual(len(set(numbers)), 500)
        for number in numbers:
            self.assertIssued(number)
        self.assertFalse(self.accounts._issue_for(customers, self.company))

    def test_numbers_say_nothing_about_each_other(self):
        """Not counted up, and the first digits differ too."""
        customers = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(100)]
        )
        numbers = self.accounts._issue_for(customers, self.company).mapped("number")
        self.assertNotEqual(numbers, sorted(numbers))
        self.assertEqual({number[0] for number in numbers}, set("123456789"))

    def test_as_long_as_the_company_wants(self):
        self.company.terminal_number_length = 14
        customer = self.make_customer("Aliya")
        self.assertIssued(customer.terminal_number, 14)
        for length in (7, 19):
            with self.assertRaises(ValidationError):
                self.company.terminal_number_length = length

    def test_contacts_have_the_number_of_who_owes(self):
        company = self.make_customer("Ромашка", number=False, is_company=True)
        contacts = [
            self.make_customer(name, number=False, parent_id=company.id)
            for name in ("Book-keeper", "Director")
        ]
        self.accounts.create({"partner_id": contacts[0].id})
        account = company.terminal_account_ids
        self.assertEqual(len(account), 1)
        for partner in (company, *contacts):
            self.assertEqual(partner.terminal_number, account.number)
        self.assertFalse(self.accounts._issue_for(contacts[1], self.company))

    # === IMPORTED === #

    def test_imported_as_it_is(self):
        """Numbers of an earlier system: leading zeros and letters stay."""
        old, older, none = (
            self.make_customer(name, number=False) for name in ("A", "B", "C")
        )
        result = self.accounts.load(
            ["number", "partner_id/.id"],
            [["000 123", old.id], ["ab-77", older.id], ["", none.id]],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(old.terminal_number, "000123")
        self.assertEqual(older.terminal_number, "AB77")
        self.assertEqual(old.terminal_account_ids.origin, "imported")
        self.assertIssued(none.terminal_number)
        self.assertEqual(none.terminal_account_ids.origin, "issued")
        self.assertEqual(self.check("000123").result, "0")
        self.assertEqual(self.check("123").result, "5", "another number")
        self.paid(1, account="000123")
        self.assertEqual(self.payments(1).partner_id, old)
        self.assertEqual(self.payments(1).account_number, "000123")

    def test_what_is_no_number(self):
        customer = self.make_customer("Aliya", number=False)
        for number in ("12", "x" * 41, "№ 12345", "12_45", "١٢٣٤٥٦"):
            with self.assertRaises(ValidationError):
                self.accounts.create({"partner_id": customer.id, "number": number})

    def test_taken(self):
        customer = self.make_customer("Aliya", number=False)
        for number in (self.number, f" {self.number[:4]}-{self.number[4:]}"):
            with (
                self.assertRaises(UniqueViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.accounts.create({"partner_id": customer.id, "number": number})

    # === ENDED === #

    def test_replaced(self):
        account = self.customer.terminal_account_ids
        new = account.action_replace()
        self.assertIssued(new.number)
        self.assertEqual(account.state, "replaced")
        self.assertTrue(account.ended_on)
        self.assertEqual(self.customer.terminal_number, new.number)
        self.make_invoice(amount=500)
        self.assertDebt("500.00", account.number)
        self.assertDebt("500.00", new.number)
        self.paid(1, account=account.number)
        self.assertDebt("400.00", new.number)
        self.assertEqual(account.action_replace(), new, "it is over already")

    def test_blocked(self):
        """Strangers know it: nothing is shown any more, payments are credited."""
        account = self.customer.terminal_account_ids
        account.action_block()
        self.assertFalse(self.customer.terminal_number)
        self.assertRefused(self.check(), "79")
        self.paid(1)
        self.assertEqual(self.payments(1).partner_id, self.customer)
        new = self.accounts._issue_for(self.customer, self.company)
        self.assertEqual(self.customer.terminal_number, new.number)

    def test_one_active_number(self):
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.accounts.create({"partner_id": self.customer.id})

    def test_never_changed_and_never_deleted(self):
        account = self.customer.terminal_account_ids
        other = self.make_customer("Other", number=False)
        for values in ({"number": "12345678"}, {"partner_id": other.id}):
            with self.assertRaises(UserError):
                account.write(values)
        account.action_block()
        with self.assertRaises(UserError):
            account.unlink()
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.customer.unlink()

    def test_customers_that_are_merged(self):
        """The numbers of both are on paper: both go on."""
        twin = self.make_customer("Айгерим Сулейменова (2)")
        numbers = {self.number, twin.terminal_number}
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer + twin).ids, self.customer)
        self.env.invalidate_all()
        accounts = self.customer.terminal_account_ids
        self.assertEqual(set(accounts.mapped("number")), numbers)
        self.assertEqual(self.customer.terminal_number, self.number)
        for txn_id, number in enumerate(numbers, start=1):
            self.paid(txn_id, account=number)
        self.assertEqual(self.payments().partner_id, self.customer)

    def test_found_by_any_number(self):
        self.customer.terminal_account_ids.action_replace()
        found = self.env["res.partner"].search([("terminal_number", "=", self.number)])
        self.assertEqual(found, self.customer)

    # === WHO === #

    def test_a_second_company(self):
        other = self.make_company("Other Water")
        self.accounts._issue_for(self.customer, other)
        theirs = self.customer.with_company(other).terminal_number
        self.assertNotEqual(theirs, self.number)
        self.assertEqual(self.customer.terminal_number, self.number)
        neighbour = self.make_customer("Neighbour", number=False)
        same = self.accounts.create(
            {"partner_id": neighbour.id, "company_id": other.id, "number": self.number}
        )
        self.assertEqual(same.number, self.number, "each company has its own")

    def test_who_may_issue(self):
        customer = self.make_customer("Aliya", number=False)
        clerk = new_test_user(
            self.env,
            "clerk",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.accounts.with_user(clerk).create({"partner_id": customer.id})
        self.assertEqual(self.customer.with_user(clerk).terminal_number, self.number)
        self.accounts.with_user(self.accountant).create({"partner_id": customer.id})
        self.assertTrue(customer.terminal_number)
