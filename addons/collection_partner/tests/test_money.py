from odoo import Command
from odoo.tests import tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestMoney(TransferCommon):
    """What happens to a transferred invoice here reaches the agency by itself, and what
    the agency paid out never goes back to it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    def transferred(self, paid=0):
        case = self.case
        if paid:
            move = self.make_invoice()
            self.pay(move, paid)
            case = self.transfer(move)
        self.other.calls.clear()
        return case

    def credit(self, move, amount):
        note = self.make_invoice(price=amount, move_type="out_refund")
        lines = (move + note).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        return note

    def book(self, move, amount, account_type):
        """An entry by hand: what is open on the invoice, against something else."""
        account = self.env["account.account"].search(
            [
                ("account_type", "=", account_type),
                ("company_ids", "in", self.company.ids),
            ],
            limit=1,
        )
        line = move.line_ids.filtered(lambda li: li.account_type == "asset_receivable")
        entry = self.env["account.move"].create(
            {
                "journal_id": self.env["account.journal"]
                .search(
                    [("type", "=", "general"), ("company_id", "=", self.company.id)],
                    limit=1,
                )
                .id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": line.account_id.id,
                            "partner_id": line.partner_id.id,
                            "credit": amount,
                        }
                    ),
                    Command.create({"account_id": account.id, "debit": amount}),
                ],
            }
        )
        entry.action_post()
        (line + entry.line_ids.filtered("credit")).reconcile()
        return entry

    def unmatch(self, move):
        lines = move.line_ids.filtered(lambda li: li.account_type == "asset_receivable")
        lines.remove_move_reconcile()

    def told(self):
        """What the agency was told of money, in order."""
        kinds = ("report_payment", "take_back_payment", "report_credit_note")
        return [
            (kind, details[1] if kind == "take_back_payment" else details[1]["amount"])
            for kind, *details in self.other.calls
            if kind in kinds
        ]

    def assert_agree(self, case, amount):
        """Both sides think that so much is open, and nothing is on its way."""
        self.run_jobs()
        self.assertEqual(case.residual, amount)
        self.assertEqual(case.capital_open, amount)
        self.assertFalse(case.differs)
        self.assertFalse(case.is_money_new)

    def test_row_76_a_payment_reaches_the_agency(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        self.assertTrue(case.differs)
        self.run_jobs()
        [(_kind, identifier, values, _key)] = [
            call for call in self.other.calls if call[0] == "report_payment"
        ]
        self.assertEqual(identifier, case.agency_case_id)
        self.assertEqual((values["amount"], values["currency"]), (300, "SEK"))
        self.assertEqual(values["date"], self.today)
        self.assert_agree(case, 700)
        [event] = case.event_ids.filtered(lambda e: e.code == "payment")
        self.assertIn("300.00", event.name)
        self.run_jobs()
        self.assertEqual(len(self.told()), 1)

    def test_row_76_so_does_one_of_the_bank_statement_and_of_the_kiosk(self):
        case = self.transferred()
        self.book(case.move_id, 250, "asset_cash")
        self.assert_agree(case, 750)

    def test_row_75_a_credit_note_reaches_the_agency(self):
        case = self.transferred()
        note = self.credit(case.move_id, 200)
        self.run_jobs()
        [(_kind, _case, values, _key)] = [
            call for call in self.other.calls if call[0] == "report_credit_note"
        ]
        self.assertEqual((values["amount"], values["number"]), (200, note.name))
        self.assert_agree(case, 800)

    def test_row_75_one_larger_than_the_capital_is_told_up_to_it(self):
        case = self.transferred()
        self.credit(case.move_id, 1500)
        self.run_jobs()
        self.assertEqual(self.told(), [("report_credit_note", 1000)])

    def test_row_78_a_payment_that_is_removed_is_taken_back(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        self.run_jobs()
        self.unmatch(case.move_id)
        self.assert_agree(case, 1000)
        self.assertEqual([kind for kind, _x in self.told()][-1], "take_back_payment")

    def test_row_78_removed_before_it_was_told_nothing_is_said(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        self.unmatch(case.move_id)
        self.assert_agree(case, 1000)
        self.assertFalse(self.told())

    def test_row_78_removed_while_it_waits_to_be_told_it_is_not(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_receive()
        self.env.invalidate_all()
        self.assertEqual(self.messages(case, "payment").state, "to_send")
        self.unmatch(case.move_id)
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_receive()
        self.assert_agree(case, 1000)
        self.assertEqual(self.messages(case, "payment").state, "cancelled")
        self.assertFalse(self.told())

    def test_row_78_a_removal_waits_for_a_payment_that_went_unanswered(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_receive()
            self.other.fail()
            self.env["collection.message"].sudo()._cron_send()
        self.env.invalidate_all()
        self.unmatch(case.move_id)
        self.run_jobs()
        self.assertEqual([kind for kind, _x in self.told()], ["report_payment"])
        for kind in ("payment", "payment_removed"):
            self.messages(case, kind).next_attempt = False
            self.run_jobs()
        self.assertEqual(self.told()[-1][0], "take_back_payment")
        self.assert_agree(case, 1000)

    def test_what_was_paid_before_the_transfer_is_never_told(self):
        case = self.transferred(paid=400)
        self.assertEqual(case.capital_open, 600)
        self.pay(case.move_id, 100)
        self.assert_agree(case, 500)
        self.assertEqual(self.told(), [("report_payment", 100)])

    def test_what_is_paid_on_the_way_to_the_agency_is_told_then(self):
        move = self.make_invoice()
        [answer] = move.transfer_to_collection()
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
        self.pay(move, 300)
        case = self.env["collection.case"].browse(answer["case_id"])
        self.assert_agree(case, 700)

    def test_what_the_agency_paid_out_never_goes_back_to_it(self):
        case = self.transferred()
        self.other.collect(case, 400)
        self.happen(case)
        self.pay(case.move_id, 400)
        self.assert_agree(case, 600)
        self.assertFalse(self.told())

    def test_what_it_paid_out_before_it_told_of_it_neither(self):
        """The bank was quicker than the webhook: the agency is asked first."""
        case = self.transferred()
        self.other.collect(case, 400)
        self.other.change(case)
        self.pay(case.move_id, 400)
        self.assert_agree(case, 600)
        self.assertFalse(self.told())

    def test_paid_here_and_there_in_any_order_the_two_agree(self):
        case = self.transferred()
        self.pay(case.move_id, 250)
        self.run_jobs()
        self.other.collect(case, 400)
        self.happen(case)
        self.assertEqual(case.capital_owed, 400)
        self.pay(case.move_id, 400)
        self.assert_agree(case, 350)
        self.pay(case.move_id, 350)
        self.assert_agree(case, 0)
        self.assertEqual([amount for _kind, amount in self.told()], [250, 350])

    def test_more_than_is_open_there_is_ignored_and_said_so(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_receive()
        self.other.collect(case, 900)
        self.run_jobs()
        self.assertTrue(
            case.event_ids.filtered(lambda e: "ignored 200.00" in e.name),
            case.event_ids.mapped("name"),
        )

    def test_row_89_what_a_reminder_cost_reaches_the_agency(self):
        case = self.transferred()
        self.remind(case.move_id, days_ago=0, fee=60)
        self.run_jobs()
        [(identifier, told, _key)] = self.other.told("report_fee")
        self.assertEqual(identifier, case.agency_case_id)
        self.assertEqual(
            (told["type"], told["amount"], told["currency"], told["date"]),
            ("reminder", 60, "SEK", self.today),
        )
        [event] = case.event_ids.filtered(lambda e: e.code == "fee")
        self.assertIn("60.00", event.name)
        self.remind(case.move_id, days_ago=0, fee=0)
        self.run_jobs()
        self.assertEqual(len(self.other.told("report_fee")), 1)

    def test_row_89_where_it_cannot_be_told_a_person_is(self):
        case = self.transferred()
        agency = case.agency_id.with_context(collection_from_agency=True)
        agency.adapter = "kravia"
        self.remind(case.move_id, days_ago=0, fee=60)
        [activity] = self.activities(case, "check")
        self.assertIn("60.00", activity.note)
        self.assertFalse(self.messages(case, "fee"))

    def test_row_88_a_write_off_is_for_a_person(self):
        case = self.transferred()
        self.book(case.move_id, 100, "expense")
        self.run_jobs()
        self.assertFalse(self.told())
        [activity] = self.activities(case, "check")
        self.assertIn("100.00", activity.note)
        self.assertTrue(case.differs)
        activity.unlink()
        self.pay(case.move_id, 300)
        self.run_jobs()
        self.assertFalse(self.activities(case, "check"))
        self.assertEqual(self.told(), [("report_payment", 300)])

    def test_a_credit_note_that_is_taken_off_is_for_a_person(self):
        case = self.transferred()
        note = self.credit(case.move_id, 200)
        self.run_jobs()
        self.unmatch(case.move_id)
        self.run_jobs()
        [activity] = self.activities(case, "check")
        self.assertIn(note.name, activity.note)

    def match_anew(self, move):
        """Take off what is matched with an invoice, and match it once more."""
        lines = move.line_ids.matched_credit_ids.credit_move_id
        self.unmatch(move)
        (lines + move.line_ids).filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()

    def kinds(self):
        return [kind for kind, _what in self.told()]

    def receive(self):
        """The job asks how the case stands, and writes down what is to be told."""
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_receive()
        self.env.invalidate_all()

    def test_matched_otherwise_it_is_the_same_to_the_agency(self):
        """Taken off and matched anew: the first is taken back, the new one told."""
        case = self.transferred()
        self.pay(case.move_id, 300)
        self.run_jobs()
        self.match_anew(case.move_id)
        self.assert_agree(case, 700)

    def test_what_came_while_it_was_closed_is_told_when_it_is_open_again(self):
        case = self.transferred()
        self.pay(case.move_id, 1000)
        self.run_jobs()
        before = {"state": case.state, "status_code": case.agency_status}
        self.happen(case, state="closed", status_code="closed", outcome="paid")
        self.match_anew(case.move_id)
        self.run_jobs()
        self.assertEqual(self.kinds(), ["report_payment", "take_back_payment"])
        # a payment was taken back, and the agency goes on
        self.happen(case, **before, outcome=None)
        self.assertEqual(self.told()[-1], ("report_payment", 1000))
        self.assert_agree(case, 0)

    def test_a_removal_that_waits_hides_no_payment(self):
        """The agency counts the first one still: the second is not its own money."""
        case = self.transferred()
        self.pay(case.move_id, 300)
        self.run_jobs()
        self.unmatch(case.move_id)
        self.receive()
        self.other.fail()
        with self.as_job():
            self.env["collection.message"].sudo()._cron_send()
        self.pay(case.move_id, 300)
        self.run_jobs()
        self.assertEqual(self.kinds().count("report_payment"), 1)
        for kind in ("payment_removed", "payment"):
            self.messages(case, kind).filtered("next_attempt").next_attempt = False
            self.run_jobs()
        self.assertEqual(self.kinds()[-2:], ["take_back_payment", "report_payment"])
        self.assert_agree(case, 700)

    def test_a_payment_waits_for_the_removal_before_it(self):
        case = self.transferred()
        self.pay(case.move_id, 700)
        self.run_jobs()
        self.match_anew(case.move_id)
        self.receive()
        self.other.fail()
        self.run_jobs()
        self.assertEqual(self.kinds(), ["report_payment", "take_back_payment"])
        for kind in ("payment_removed", "payment"):
            self.messages(case, kind).filtered("next_attempt").next_attempt = False
            self.run_jobs()
        self.assertEqual(self.told()[-1], ("report_payment", 700))
        self.assert_agree(case, 300)

    def test_a_payment_that_was_refused_and_told_again_can_be_taken_back(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        self.receive()
        self.other.fail("final", "currency_not_supported")
        self.run_jobs()
        self.pay(case.move_id, 100)
        self.run_jobs()
        self.assertEqual(
            sorted(self.messages(case, "payment").mapped("state")),
            ["refused", "sent", "sent"],
        )
        self.unmatch(case.move_id)
        self.assert_agree(case, 1000)

    def test_a_credit_note_matched_anew_is_told_once(self):
        case = self.transferred()
        self.credit(case.move_id, 200)
        self.run_jobs()
        self.match_anew(case.move_id)
        self.assert_agree(case, 800)
        self.assertEqual(self.told(), [("report_credit_note", 200)])
        self.assertFalse(self.activities(case, "check"))
        self.unmatch(case.move_id)
        self.run_jobs()
        self.assertTrue(self.activities(case, "check"))

    def test_a_credit_note_taken_off_and_matched_another_day_is_told_once(self):
        case = self.transferred()
        note = self.credit(case.move_id, 200)
        self.run_jobs()
        self.unmatch(case.move_id)
        self.run_jobs()
        lines = (case.move_id + note).line_ids
        lines.filtered(lambda li: li.account_type == "asset_receivable").reconcile()
        self.assert_agree(case, 800)
        self.assertEqual(self.told(), [("report_credit_note", 200)])

    def test_a_credit_note_taken_off_before_it_was_told_is_not_told(self):
        case = self.transferred()
        self.credit(case.move_id, 200)
        self.receive()
        self.unmatch(case.move_id)
        self.receive()
        self.assert_agree(case, 1000)
        self.assertFalse(self.told())
        self.assertFalse(self.activities(case, "check"))

    def test_credited_whole_it_is_told_up_to_what_is_demanded(self):
        case = self.transferred()
        self.other.collect(case, 400)
        self.happen(case)
        self.credit(case.move_id, 1000)
        self.run_jobs()
        self.assertEqual(self.told(), [("report_credit_note", 600)])
        self.assertEqual((case.capital_open, case.residual), (0, 0))

    def test_credited_in_part_what_was_collected_still_comes(self):
        case = self.transferred()
        self.other.collect(case, 400)
        self.happen(case)
        self.credit(case.move_id, 200)
        self.run_jobs()
        self.assertEqual(self.told(), [("report_credit_note", 200)])
        self.assertEqual((case.capital_open, case.capital_owed), (400, 400))

    def test_a_case_that_is_closed_is_told_nothing_more(self):
        case = self.transferred()
        self.happen(
            case,
            state="closed",
            status_code="closed",
            outcome="uncollectable",
            available_actions=[],
        )
        self.pay(case.move_id, 300)
        self.run_jobs()
        self.assertFalse(self.told())
