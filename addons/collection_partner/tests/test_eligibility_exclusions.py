from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestEligibilityExclusions(TransferCommon):
    """What the night leaves out, and a person may still send."""

    def setUp(self):
        super().setUp()
        self.agency.auto_transfer = True

    def assert_stays(self, move, code, manual=()):
        """The night leaves the invoice, for one reason; by hand only ``manual``."""
        self.assertEqual(self.reasons(move, "automatic"), {code})
        self.night()
        self.assertFalse(move.collection_case_ids)
        self.assertEqual(self.reasons(move, "manual"), set(manual))

    # === GROUPS OF CUSTOMERS === #

    def make_tags(self):
        top = self.env["res.partner.category"].create({"name": "Municipalities"})
        middle = top.create({"name": "Schools", "parent_id": top.id})
        return top, middle, top.create({"name": "Nurseries", "parent_id": middle.id})

    def test_row_35_a_group_and_all_groups_below_it_stay_out(self):
        top, middle, low = self.make_tags()
        other = top.create({"name": "Farms"})
        moves = []
        for tag in (top, middle, low, other):
            partner = self.make_customer(tag.name, category_id=[(4, tag.id)])
            moves.append(self.make_invoice(partner))
        self.agency.auto_excluded_category_ids = top
        for move in moves[:3]:
            self.assert_stays(move, "partner_excluded")
        self.assertTrue(moves[3].collection_case_ids)

    def test_row_35_the_group_above_is_not_excluded_with_the_one_below(self):
        top, middle, _low = self.make_tags()
        partner = self.make_customer("Town", category_id=[(4, top.id)])
        self.agency.auto_excluded_category_ids = middle
        move = self.make_invoice(partner)
        self.night()
        self.assertTrue(move.collection_case_ids)

    def test_row_35_an_archived_group_below_is_still_below(self):
        top, _middle, low = self.make_tags()
        partner = self.make_customer("Nursery", category_id=[(4, low.id)])
        self.agency.auto_excluded_category_ids = top
        low.active = False
        self.assert_stays(self.make_invoice(partner), "partner_excluded")

    def test_row_35_a_companys_group_counts_for_the_address_invoiced(self):
        top, _middle, _low = self.make_tags()
        self.customer.category_id = top
        office = self.make_customer(
            "Invoices", parent_id=self.customer.id, type="invoice", is_company=False
        )
        self.agency.auto_excluded_category_ids = top
        self.assert_stays(self.make_invoice(office), "partner_excluded")

    def test_row_35_another_companys_exclusion_does_not_count(self):
        top, _middle, _low = self.make_tags()
        self.customer.category_id = top
        self.make_agency("Old agency").auto_excluded_category_ids = top
        move = self.make_invoice()
        self.night()
        self.assertTrue(move.collection_case_ids)

    # === ALREADY OVERDUE AT THE START === #

    def open_service(self):
        """The agency opens the service; the manager switches the automatic on."""
        agency = self.make_agency("Ny Inkasso", state="onboarding")
        agency.sudo()._apply_creditor_state("active")
        agency.auto_transfer = True
        self.company.collection_agency_id = agency
        return agency

    def answer(self, agency, choice):
        agency.with_context(choice=choice).action_answer_overdue()

    def test_row_36_the_question_is_asked_when_the_service_opens(self):
        agency = self.open_service()
        self.assertEqual(agency.auto_overdue_choice, "pending")
        self.assertEqual(len(self.activities(agency, "started")), 1)
        self.answer(agency, "leave")
        self.assertFalse(self.activities(agency, "started"))

    def test_row_36_until_it_is_answered_they_stay(self):
        """What was overdue must not leave because nobody has answered yet."""
        agency = self.open_service()
        move = self.make_invoice(due=-20)
        self.assert_stays(move, "overdue_at_start")
        self.answer(agency, "include")
        self.night()
        self.assertEqual(move.collection_case_ids.agency_id, agency)

    def test_row_36_left_out_is_what_was_overdue_that_day(self):
        agency = self.open_service()
        overdue, today = self.make_invoice(due=-1), self.make_invoice(due=0)
        self.answer(agency, "leave")
        self.set_today(self.today + timedelta(days=4))
        self.assert_stays(overdue, "overdue_at_start")
        self.assertTrue(today.collection_case_ids)

    def test_row_36_the_answer_can_be_mended(self):
        agency = self.open_service()
        move = self.make_invoice(due=-20)
        self.answer(agency, "leave")
        self.assert_stays(move, "overdue_at_start")
        self.answer(agency, "include")
        self.night()
        self.assertTrue(move.collection_case_ids)

    def test_row_36_a_manager_answers_with_one_of_the_two(self):
        agency = self.open_service()
        with self.assertRaises(UserError):
            self.answer(agency, "perhaps")
        with self.assertRaises(AccessError):
            self.answer(agency.with_user(self.collector), "include")
        self.assertEqual(agency.auto_overdue_choice, "pending")

    # === WHICH INVOICES === #

    def test_row_37_only_sent_or_partly_paid_invoices_go(self):
        unsent = self.make_invoice(sent=False)
        self.assert_stays(unsent, "not_sent")
        self.pay(unsent, 400)
        self.assertEqual(unsent.payment_state, "partial")
        sent = self.make_invoice()
        self.night()
        self.assertTrue(unsent.collection_case_ids)
        self.assertTrue(sent.collection_case_ids)

    def test_row_37_neither_drafts_nor_credit_notes_nor_paid_ones_go(self):
        draft = self.make_invoice(post=False)
        refund = self.make_invoice(move_type="out_refund")
        bill = self.make_invoice(move_type="in_invoice", ref="B-1")
        paid, blocked = self.make_invoice(), self.make_invoice()
        self.pay(paid, 1000)
        blocked.payment_state = "blocked"
        for move, code in (
            (draft, "not_posted"),
            (refund, "non_positive_amount"),
            (bill, "not_customer_invoice"),
            (paid, "paid"),
            (blocked, "blocked"),
        ):
            with self.subTest(code):
                self.assert_stays(move, code, manual={code})

    def test_row_38_financed_invoices_go_by_hand_only(self):
        move = self.make_invoice(collection_financed=True)
        self.assert_stays(move, "financed")
        self.assertEqual(self.transfer(move).state, "received")

    def test_row_39_reminded_invoices_go_by_hand_only(self):
        move = self.make_invoice()
        self.remind(move)
        self.assert_stays(move, "reminded")
        self.assertEqual(self.transfer(move).first_action, "demand")

    def test_row_40_what_another_agency_has_goes_neither_way(self):
        """The company changed its agency; the former one goes on with its cases."""
        move = self.make_invoice()
        self.transfer(move)
        newer = self.make_agency("Ny Inkasso", auto_transfer=True)
        self.company.collection_agency_id = newer
        self.assertEqual(self.reasons(move, "automatic"), {"at_other_agency"})
        self.assertEqual(self.reasons(move, "manual"), {"at_other_agency"})
        self.night()
        self.assertEqual(len(move.collection_case_ids), 1)

    def test_row_40_what_is_collected_outside_goes_neither_way(self):
        move = self.make_invoice(collection_elsewhere=True)
        self.assert_stays(move, "elsewhere", manual={"elsewhere"})
        move.collection_elsewhere = False
        self.night()
        self.assertTrue(move.collection_case_ids)

    def test_a_customer_in_trouble_is_left_to_a_person(self):
        for flag in ("insolvent", "deceased", "abroad"):
            with self.subTest(flag):
                partner = self.make_consumer(collection_flag=flag)
                self.assert_stays(self.make_invoice(partner), "debtor_flagged")

    def test_what_a_person_took_back_does_not_go_by_itself(self):
        move = self.make_invoice()
        self.night()
        move.collection_case_ids.action_undo()
        self.assertEqual(self.reasons(move, "automatic"), {"taken_back"})
        self.night()
        self.assertEqual(move.collection_state, "cancelled")
        self.assertEqual(self.transfer(move).state, "received")

    # === THE AMOUNT THAT WAS TOLD === #

    def test_row_42_the_amount_does_not_change_after_the_transfer(self):
        move = self.make_invoice()
        case = self.transfer(move)
        line = move.invoice_line_ids
        for change in (
            lambda: line.write({"price_unit": 900}),
            lambda: line.write({"quantity": 2}),
            lambda: line.write({"discount": 10}),
            lambda: move.write({"invoice_line_ids": [(1, line.id, {"quantity": 2})]}),
            lambda: move.write({"invoice_line_ids": [(0, 0, {"name": "More"})]}),
            lambda: line.create({"move_id": move.id, "name": "B", "price_unit": 5}),
            lambda: line.unlink(),
            move.button_draft,
            move.button_cancel,
        ):
            with self.assertRaises(UserError):
                change()
        self.assertEqual(move.amount_total, 1000)
        self.assertEqual(case.capital_original, 1000)

    def test_row_42_values_written_back_unchanged_are_no_change(self):
        move = self.make_invoice()
        self.transfer(move)
        move.invoice_line_ids.write({"price_unit": 1000.0, "quantity": 1})
        move.write({"invoice_date_due": move.invoice_date_due})

    def test_row_42_it_may_change_again_once_it_was_taken_back(self):
        move = self.make_invoice()
        move.transfer_to_collection()
        move.collection_case_ids.action_undo()
        move.button_draft()
        move.invoice_line_ids.price_unit = 900
        move.action_post()
        move.is_move_sent = True
        case = self.transfer(move)
        self.assertEqual(case.capital_original, 900)
