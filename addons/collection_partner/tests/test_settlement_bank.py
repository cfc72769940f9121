from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestSettlementBank(SettlementCommon):
    """The money of a settlement of 400, which is booked, on the bank statement."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        told = cls.prepare_settlement(cls.told_line(cls.case, capital="400"))
        cls.known_agency.settlements.append(told)
        cls.agency.sudo().next_attempt = False
        with cls.known_agency.speaking(cls.registry):
            cls.run_jobs()

    def setUp(self):
        super().setUp()
        self.is_case_taken = True

    def test_row_83_86_its_statement_line_is_known_by_payer_and_amount(self):
        settlement = self.settlement()
        line = self.bank_line(400, partner_name="NORD INKASSO AB")
        self.assertTrue(line.is_reconciled)
        self.assertEqual(settlement.state, "matched")
        self.assertEqual(settlement.bank_line_ids, line)
        self.assertEqual(
            {item.account_id.code for item in line.move_id.line_ids},
            {"1512X", self.journal.default_account_id.code},
        )

    def test_so_does_its_account(self):
        settlement = self.settlement()
        self.bank_line(400, account_number="SE4550000000058398257466")
        self.assertEqual(settlement.state, "matched")

    def test_so_does_a_daily_batchs_reference(self):
        settlement = self.settlement()
        self.bank_line(400, payment_ref="BG 123-4567 NI-SE-1")
        self.assertEqual(settlement.state, "matched")

    def test_nor_do_a_name_and_a_reference_that_a_debtor_writes(self):
        settlement = self.settlement()
        for text in ("Nord Inkasso AB", "NI-SE-1"):
            line = self.bank_line(400, partner_name="Maja Lind", payment_ref=text)
            self.assertFalse(line.is_reconciled)
        self.assertEqual(settlement.state, "booked")

    def test_nor_does_a_part_of_a_name_or_of_a_reference(self):
        settlement = self.settlement()
        self.bank_line(400, partner_name="Fornord Inkasso AB")
        self.bank_line(400, payment_ref="NI-SE-10")
        self.assertEqual(settlement.state, "booked")

    def test_whatever_goes_wrong_the_statement_comes_in(self):
        settlement = self.settlement()
        settlements = self.registry["collection.settlement"]
        with (
            patch.object(settlements, "_match_bank", side_effect=KeyError("odd")),
            self.assertLogs("odoo.addons.receivables_base", "ERROR"),
        ):
            line = self.bank_line(400, partner_name="Nord Inkasso AB")
        self.assertTrue(line.exists())
        self.assertEqual(settlement.state, "booked")
        self.assertTrue(self.activities(settlement, "settlement"))

    def test_a_statement_of_many_is_looked_through_at_once(self):
        counts = []
        for count in (5, 15):
            lines = self.env["account.bank.statement.line"].create(
                [
                    {
                        "journal_id": self.journal.id,
                        "payment_ref": f"Payment {number}",
                        "partner_name": "Maja Lind",
                        "date": self.today,
                        "amount": 100 + number,
                    }
                    for number in range(count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines._match_collection_settlements()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_another_amount_is_explained(self):
        settlement = self.settlement()
        line = self.bank_line(
            390, partner_name="Nord Inkasso AB", payment_ref="NI-SE-1"
        )
        self.assertFalse(line.is_reconciled)
        self.assertEqual(settlement.state, "booked")
        self.assertIn("390.00", settlement.summary)
        self.assertTrue(self.activities(settlement, "settlement"))
        self.bank_line(400, partner_name="Nord Inkasso AB")
        self.assertEqual(settlement.state, "matched")
        self.assertFalse(settlement.summary)
        self.assertFalse(self.activities(settlement, "settlement"))

    def test_two_that_could_be_meant_are_for_a_person(self):
        first = self.settlement()
        second = self.pay_out(
            self.told_line(self.transferred(), 2, capital="400"), name="SE-2"
        )
        line = self.bank_line(400, partner_name="Nord Inkasso AB")
        self.assertEqual({first.state, second.state}, {"booked"})
        wizard = self.wizard(second)
        self.assertEqual(wizard.line_id, line)
        wizard.save().action_match()
        self.assertEqual((first.state, second.state), ("booked", "matched"))

    def wizard(self, settlements):
        action = settlements.with_user(self.collector).action_match_bank()
        wizards = self.env[action["res_model"]].with_user(self.collector)
        return Form(wizards.with_context(**action["context"]))

    def test_several_may_come_in_one_sum(self):
        both = self.settlement() | self.pay_out(
            self.told_line(self.transferred(), 2, capital="350"), name="SE-2"
        )
        line = self.bank_line(750, partner_name="Somebody")
        wizard = self.wizard(both)
        self.assertEqual((wizard.line_id, wizard.total), (line, 750))
        wizard.save().action_match()
        self.assertEqual(both.mapped("state"), ["matched", "matched"])

    def test_another_sum_is_refused(self):
        settlement = self.settlement()
        line = self.bank_line(390, partner_name="Somebody")
        wizard = self.wizard(settlement)
        self.assertFalse(wizard.line_id)
        wizard.line_id = line
        self.assertEqual(wizard.difference, -10)
        with self.assertRefused(UserError, "10.00"):
            wizard.save().action_match()

    def test_unmatched_on_the_statement_it_waits_again(self):
        settlement = self.settlement()
        line = self.bank_line(400, partner_name="Nord Inkasso AB")
        line.action_undo_reconciliation()
        self.assertEqual(settlement.state, "booked")


@tagged("post_install", "-at_install")
class TestSettlementTold(SettlementCommon):
    """What a settlement is told with, what was there before it, and one by hand."""

    def paid_out(self, amount="400", **values):
        case = self.transferred()
        return self.pay_out(self.told_line(case, capital=amount), **values)

    def test_an_invoices_number_does_not(self):
        """Its debtor quotes it too, and may pay as much."""
        case = self.transferred()
        settlement = self.pay_out(
            self.told_line(case, capital="400"),
            kind="per_invoice",
            bank_reference=case.move_id.name,
        )
        line = self.bank_line(400, payment_ref=case.move_id.name)
        self.assertEqual(settlement.state, "booked")
        self.assertFalse(line.is_reconciled)

    def test_nor_does_a_batchs_reference_that_its_debtor_knows(self):
        case = self.transferred()
        line = self.told_line(case, capital="400")
        settlement = self.pay_out(line, bank_reference=case.move_id.name)
        self.assertEqual(settlement.kind, "daily_batch")
        self.bank_line(400, payment_ref=case.move_id.name)
        self.assertEqual(settlement.state, "booked")

    def test_whatever_goes_wrong_the_settlement_is_booked(self):
        self.bank_line(400, partner_name="Nord Inkasso AB")
        settlements = self.registry["collection.settlement"]
        with (
            patch.object(settlements, "_match_bank", side_effect=KeyError("odd")),
            self.assertLogs("odoo.addons.receivables_base", "ERROR"),
        ):
            settlement = self.paid_out()
        self.assertEqual(settlement.state, "booked")
        self.assertTrue(self.activities(settlement, "settlement"))

    def test_the_bank_may_be_first(self):
        line = self.bank_line(400, partner_name="Nord Inkasso AB")
        settlement = self.paid_out()
        self.assertEqual(settlement.state, "matched")
        self.assertTrue(line.is_reconciled)

    def test_so_is_that_of_a_single_payment(self):
        """Whose reference is an invoice's number: the bank says that the agency pays,
        so it is not the debtor who quotes it."""
        case = self.transferred()
        number = case.move_id.name
        settlement = self.pay_out(
            self.told_line(case, capital="400"),
            kind="per_invoice",
            bank_reference=number,
        )
        self.bank_line(390, partner_name="Maja Lind", payment_ref=number)
        self.assertFalse(settlement.summary)
        self.bank_line(390, partner_name="Nord Inkasso AB", payment_ref=number)
        self.assertEqual(settlement.state, "booked")
        self.assertIn("390.00", settlement.summary)

    def test_single_payments_of_one_amount_are_told_apart_by_their_references(self):
        first, second = (
            self.pay_out(
                self.told_line(self.transferred(), number, capital="400"),
                name=f"SE-{number}",
                kind="per_invoice",
                bank_reference=f"INV-2026-{number}",
            )
            for number in (1, 2)
        )
        self.bank_line(
            400, partner_name="Nord Inkasso AB", payment_ref="Ref INV-2026-2"
        )
        self.assertEqual((first.state, second.state), ("booked", "matched"))

    def test_row_82_the_paper_is_with_the_entry(self):
        settlement = self.paid_out(has_pdf=True)
        self.run_jobs()
        self.assertTrue(settlement.pdf)
        [paper] = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "account.move"),
                ("res_id", "=", settlement.move_id.id),
            ]
        )
        self.assertEqual(paper.raw, b"%PDF-1.4 settlement")

    # === ENTERED BY HAND === #

    def typed(self, case, total=437.5, **values):
        form = Form(self.env["collection.settlement"].with_user(self.collector))
        form.name, form.agency_id, form.total = "T-1", self.agency, total
        with form.line_ids.new() as line:
            line.case_id = case
            line.capital, line.commission, line.vat = 450, 10, 2.5
        return form.save()

    def test_one_entered_by_hand_is_booked_when_a_person_says_so(self):
        case = self.transferred()
        settlement = self.typed(case)
        self.poll()
        self.assertEqual(settlement.state, "to_review")
        settlement.action_book()
        self.assertEqual(case.move_id.amount_residual, 550)
        self.assertFalse(self.other.told("confirm_settlement"))
        with self.assertRefused(UserError, "stays as it is"):
            settlement.total = 1

    def test_told_by_the_agency_later_it_is_the_same(self):
        case = self.transferred()
        settlement = self.typed(case)
        settlement.action_book()
        line = self.told_line(case, capital="450", commission="10", vat="2.50")
        self.assertEqual(line["net"], Decimal("437.50"))
        self.pay_out(line, name="T-1")
        self.assertFalse(settlement.has_conflict)
        self.assertEqual(case.move_id.amount_residual, 550)

    def test_what_an_agency_told_nobody_changes(self):
        case = self.transferred()
        self.agency.book_by_itself = False
        settlement = self.pay_out(self.told_line(case, capital="400"))
        self.assertEqual(settlement.state, "to_review")
        mine = settlement.with_user(self.collector)
        with self.assertRefused(UserError, "as it came"):
            mine.total = 1
        with self.assertRefused(UserError, "as it came"):
            mine.line_ids.capital = 1
        with self.assertRefused(UserError, "as it came"):
            mine.unlink()

    def test_who_only_reads_books_nothing(self):
        settlement = self.typed(self.transferred())
        for step in ("action_book", "action_set_aside", "action_undo_booking"):
            with self.assertRaises(AccessError):
                getattr(settlement.with_user(self.clerk), step)()

    def test_set_aside_it_is_not_booked(self):
        case = self.transferred()
        settlement = self.typed(case)
        settlement.action_set_aside()
        settlement.action_book()
        self.assertEqual(settlement.state, "cancelled")
        self.assertEqual(case.move_id.amount_residual, 1000)
