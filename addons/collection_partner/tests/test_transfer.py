from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import transfer
from ..wizard import collection_transfer_wizard
from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestTransfer(TransferCommon):
    """An invoice goes to the agency, once."""

    def test_an_invoice_goes_to_the_agency(self):
        move = self.make_invoice()
        case = self.transfer(move)
        self.assertEqual(len(self.other.told("case")), 1)
        self.assertEqual(case.state, "received")
        self.assertEqual(move.collection_state, "received")
        self.assertTrue(move.no_followup)
        self.happen(
            case,
            state="reminder",
            status_code="reminder",
            status_label="Reminder sent",
        )
        self.assertEqual(case.state, "reminder")

    def test_what_is_paid_while_the_call_waits_does_not_go(self):
        """Hours may be between the two jobs, when the agency does not answer."""
        paid, open_one = self.make_invoices(2)
        (paid | open_one).transfer_to_collection()
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
        self.assertEqual(
            (paid | open_one).collection_case_id.exchange_ids.mapped("state"),
            ["to_send"] * 2,
        )
        case = paid.collection_case_id
        self.pay(paid, paid.amount_residual)
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")
        self.assertEqual(set(case.exchange_ids.mapped("state")), {"cancelled"})
        self.assertFalse(paid.no_followup)
        self.assertEqual(open_one.collection_state, "received")
        self.assertEqual(len(self.other.told("case")), 1)

    # === MANY IN A LIST === #

    def test_row_44_many_are_ticked_and_the_dialog_says_how_many_go(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.1)])
        ready = (
            self.make_invoice(price=1000)
            | self.make_invoice(price=11300)
            | self.make_invoice(price=400, currency_id=euro.id)
        )
        banned = self.make_invoice(self.make_consumer(collection_ban=True))
        form = self.dialog(ready | banned)
        self.assertEqual(form.ready_count, 3)
        self.assertEqual(form.blocked_count, 1)
        amounts = form.ready_amounts.replace("\N{NO-BREAK SPACE}", " ")
        self.assertIn("12,300.00", amounts)
        self.assertIn("400.00", amounts)
        action = form.save().action_confirm()
        self.assertIn("Nord Inkasso: 3.", action["params"]["message"])
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(len(ready.collection_case_ids), 3)
        self.assertFalse(banned.collection_case_ids)
        self.run_jobs()
        self.assertEqual(len(self.other.told("case")), 3)

    def test_row_44_what_became_impossible_meanwhile_stays_and_is_told(self):
        """The dialog is open; a colleague bans one of the customers."""
        consumer = self.make_consumer()
        late, fine = self.make_invoice(consumer), self.make_invoice()
        wizard = self.dialog(late | fine).save()
        self.assertEqual(wizard.ready_count, 2)
        consumer.collection_ban = True
        self.env.invalidate_all()
        params = wizard.action_confirm()["params"]
        self.assertTrue(fine.collection_case_ids)
        self.assertFalse(late.collection_case_ids)
        self.assertIn("Nord Inkasso: 1.", params["message"])

    def test_row_44_confirming_twice_transfers_once(self):
        move = self.make_invoice()
        wizard = self.dialog(move).save()
        wizard.action_confirm()
        self.env.invalidate_all()
        closes = wizard.action_confirm()
        self.assertEqual(closes, {"type": "ir.actions.act_window_close"})
        self.assertEqual(len(move.collection_case_ids), 1)

    def test_row_44_a_user_of_collection_alone_can_do_all_of_it(self):
        move = self.make_invoice()
        self.dialog(move, self.collector).save().action_confirm()
        self.run_jobs()
        self.assertEqual(move.with_user(self.collector).collection_state, "received")
        self.assertEqual(move.collection_case_id.requested_by_id, self.collector)

    def test_row_45_it_begins_at_the_invoice_itself_too(self):
        move = self.make_invoice()
        self.assertTrue(move.collection_can_transfer)
        form = self.dialog(move)
        self.assertEqual(form.ready_count, 1)
        form.save().action_confirm()
        self.assertFalse(move.collection_can_transfer)

    # === BY A PROGRAM === #

    def test_a_program_gets_an_answer_for_each_invoice(self):
        fine = self.make_invoice()
        banned = self.make_invoice(self.make_consumer(collection_ban=True))
        moves = (banned | fine).with_user(self.collector)
        answers = moves.transfer_to_collection(self.agency.id)
        self.assertEqual([a["move_id"] for a in answers], moves.ids)
        self.assertEqual([bool(a["case_id"]) for a in answers], [False, True])
        self.assertEqual([r["code"] for r in answers[0]["reasons"]], ["banned"])
        self.assertEqual(moves.transfer_to_collection(self.agency.id), answers)
        self.assertEqual(len(fine.collection_case_ids), 1)

    def test_an_invoice_that_is_not_there_does_not_hold_up_the_others(self):
        fine, gone = self.make_invoice(), 2**31 - 7
        moves = self.env["account.move"].with_user(self.collector)
        moves = moves.browse([gone, fine.id])
        for call in (moves.collection_eligibility, moves.transfer_to_collection):
            wrong, right = call()
            self.assertEqual(wrong["move_id"], gone)
            self.assertEqual([r["code"] for r in wrong["reasons"]], ["not_found"])
            self.assertEqual((right["move_id"], right["reasons"]), (fine.id, []))
        self.assertEqual(len(fine.collection_case_ids), 1)

    def test_what_another_agency_has_is_no_repeat(self):
        move = self.make_invoice()
        case = self.transfer(move)
        case.sudo().agency_id = self.make_agency("Syd Inkasso")
        [answer] = move.transfer_to_collection()
        self.assertFalse(answer["case_id"])
        self.assertEqual([r["code"] for r in answer["reasons"]], ["at_other_agency"])

    def test_a_program_that_names_an_invoice_twice_gets_one_case(self):
        move = self.make_invoice()
        twice = self.env["account.move"].browse(move.ids * 2)
        answers = twice.transfer_to_collection()
        self.assertEqual([a["move_id"] for a in answers], move.ids)
        self.assertEqual(len(move.collection_case_ids), 1)

    def test_a_program_that_expects_another_agency_is_refused(self):
        other = self.make_agency("Syd Inkasso")
        move = self.make_invoice()
        with self.assertRaisesRegex(UserError, "go to Nord Inkasso"):
            move.transfer_to_collection(other.id)
        with self.assertRaisesRegex(UserError, "mode cannot be"):
            move.collection_eligibility("tomorrow")
        with self.assertRaisesRegex(UserError, "must be a text"):
            move.transfer_to_collection(note=17)
        self.assertFalse(move.collection_case_ids)

    # === NOTES === #

    def test_row_47_the_sellers_notes_stay_here(self):
        move = self.make_invoice(collection_note="Be gentle, large customer.")
        case = self.transfer(move, note="Asked twice by telephone.")
        self.assertNotIn("note", self.payload(case))
        self.assertNotIn("gentle", str(self.payload(case)))

    def test_row_47_a_new_note_takes_the_place_of_the_old_on_all_of_them(self):
        old = self.make_invoice(collection_note="Old note")
        bare = self.make_invoice()
        form = self.dialog(old | bare)
        self.assertIn("Old note", form.current_note)
        form.note = "  Court if need be \n"
        form.save().action_confirm()
        for move in old | bare:
            self.assertEqual(move.collection_note, "Court if need be")
            self.assertEqual(move.collection_case_id.note, "Court if need be")

    def test_row_47_without_a_new_note_the_old_stays(self):
        move = self.make_invoice(collection_note="Old note")
        self.dialog(move).save().action_confirm()
        self.assertEqual(move.collection_note, "Old note")

    def test_row_47_an_agency_that_is_to_read_the_note_gets_the_new_one(self):
        self.agency.send_note = True
        move = self.make_invoice(collection_note="Old note")
        case = self.transfer(move, note="Speak to Ms Ek")
        self.assertEqual(self.payload(case)["note"], "Speak to Ms Ek")

    # === REMINDER OR DEMAND === #

    def test_row_49_reminded_before_it_begins_with_the_demand_and_is_told_the_cost(
        self,
    ):
        move = self.make_invoice()
        self.remind(move, days_ago=5, fee=60)
        self.remind(move, days_ago=12, fee=0)
        form = self.dialog(move | self.make_invoice())
        self.assertEqual(form.demand_count, 1)
        case = self.transfer(move)
        told = self.payload(case)
        self.assertEqual(told["first_action"], "demand")
        self.assertEqual(
            [
                (fee["type"], fee["date"], fee["amount"])
                for fee in told["claim"]["fees_already_claimed"]
            ],
            [
                ("reminder", (self.today - timedelta(days=12)).isoformat(), "0.00"),
                ("reminder", (self.today - timedelta(days=5)).isoformat(), "60.00"),
            ],
        )
        self.assertEqual(told["claim"]["capital"], "1000.00")

    def test_row_49_what_the_reminders_cost_cannot_change_any_more(self):
        move = self.make_invoice()
        reminder = self.remind(move)
        self.transfer(move)
        for change in (lambda: reminder.write({"fee": 0}), reminder.unlink):
            with self.assertRaisesRegex(UserError, "at the collection agency"):
                change()

    def test_row_49_a_reminder_entered_within_the_time_to_undo_is_refused(self):
        """It would change how the agency begins; undo the transfer first."""
        self.agency.undo_minutes = 60
        move = self.make_invoice()
        move.transfer_to_collection()
        with self.assertRaises(UserError):
            self.remind(move)
        move.collection_case_ids.action_undo()
        self.remind(move)
        move.transfer_to_collection()
        case = move.collection_case_id
        case.action_send_now()
        self.run_jobs()
        self.assertEqual(case.first_action, "demand")

    def test_very_many_are_transferred_in_the_background(self):
        self.patch(collection_transfer_wizard, "AT_ONCE", 2)
        self.patch(transfer, "TRANSFER_BATCH", 2)
        moves = self.make_invoices(5)
        dialog = self.dialog(moves)
        dialog.note = "All"
        wizard = dialog.save()
        action = wizard.action_confirm()
        self.pay(moves[4], 1000)
        many = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((many.total, many.progress), (5, 0))
        self.assertFalse(moves.collection_case_ids)
        self.run_jobs()
        self.assertEqual((many.state, many.done_count), ("done", 4))
        self.assertEqual(many.blocked_ids, moves[4])
        self.assertEqual(many.progress, 100)
        cases = moves[:4].collection_case_ids
        self.assertEqual(len(cases), 4)
        self.assertEqual(cases.requested_by_id, self.collector)
        self.assertEqual(set(cases.mapped("note")), {"All"})

    def test_who_may_no_longer_transfer_does_not_in_the_background_either(self):
        moves = self.make_invoices(2)
        many = self.env["collection.transfer"].with_user(self.collector)
        many = many._start(moves.with_user(self.collector), self.agency, "").sudo()
        self.collector.group_ids = self.env.ref("base.group_user")
        self.run_jobs()
        self.assertFalse(moves.collection_case_ids)
        self.assertEqual((many.state, many.attempts), ("running", 1))
        self.assertIn("Only users of debt collection", many.summary)
