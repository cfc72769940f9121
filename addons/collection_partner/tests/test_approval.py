from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestApproval(TransferCommon):
    """Four eyes: nothing leaves before a second person has approved it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approver = cls.make_approver("approver")
        cls.agency.write(
            {"transfer_approval": "manual", "approver_id": cls.approver.id}
        )

    @classmethod
    def make_approver(cls, login):
        return new_test_user(
            cls.env,
            login,
            "collection_partner.collection_partner_group_approver",
            company_id=cls.company.id,
            email=f"{login}@example.com",
        )

    def request(self, user=None, **values):
        move = self.make_invoice(**values)
        [answer] = move.with_user(user or self.collector).transfer_to_collection()
        return self.env["collection.case"].browse(answer["case_id"])

    def messages_to(self, user):
        return (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("message_type", "=", "user_notification"),
                    ("model", "=", "collection.agency"),
                    ("partner_ids", "in", user.partner_id.ids),
                ]
            )
        )

    def test_nothing_leaves_before_it_is_approved(self):
        case = self.request()
        self.assertEqual((case.state, case.phase), ("to_approve", "waiting"))
        self.assertFalse(case.send_after)
        self.run_jobs()
        case.with_user(self.collector).action_send_now()
        self.run_jobs()
        self.assertEqual(case.state, "to_approve")
        self.assertFalse(self.other.told("case"))
        self.assertEqual(self.reasons(case.move_id), {"at_agency"})
        case.with_user(self.approver).action_approve_transfer()
        self.assertEqual(case.approved_by_id, self.approver)
        self.run_jobs()
        self.assertEqual(case.state, "received")

    def test_who_asked_cannot_approve(self):
        own, other = self.request(self.approver), self.request()
        self.assertFalse(own.with_user(self.approver).can_approve_transfer)
        self.assertTrue(other.with_user(self.approver).can_approve_transfer)
        with self.assertRefused(UserError, "somebody else"):
            (own + other).with_user(self.approver).action_approve_transfer()
        self.assertEqual(other.state, "to_approve")

    def test_nor_does_who_asked_for_it_to_be_sent_again(self):
        """The job that sends it under the new number does so for that person."""
        first = self.request()
        first.with_user(self.approver).action_approve_transfer()
        self.run_jobs()
        self.agency.agreement_number = "A-2"
        first.with_user(self.approver).action_resend()
        self.run_jobs()
        self.happen(first, state="closed", outcome="withdrawn", status_code="closed")
        again = first.move_id.collection_case_id
        self.assertEqual((again.state, first.resend), ("to_approve", True))
        self.assertEqual(again.requested_by_id, self.approver)
        self.assertFalse(again.with_user(self.approver).can_approve_transfer)

    def test_who_is_no_approver_cannot_approve(self):
        case = self.request()
        colleague = new_test_user(
            self.env,
            "colleague",
            "collection_partner.collection_partner_group_user",
            company_id=self.company.id,
        )
        self.assertFalse(case.with_user(colleague).can_approve_transfer)
        for user in (colleague, self.clerk):
            with self.assertRaises(AccessError):
                case.with_user(user).action_approve_transfer()

    def test_another_companys_approver_cannot_approve(self):
        case = self.request()
        other = self.other_company()
        self.approver.write(
            {"company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        with self.assertRaises(AccessError):
            case.with_user(self.approver).action_approve_transfer()

    def test_the_time_to_undo_begins_with_the_approval(self):
        self.agency.undo_minutes = 60
        case = self.request()
        case.sudo().requested_at -= timedelta(days=2)
        case.with_user(self.approver).action_approve_transfer()
        left = case.send_after - fields.Datetime.now()
        self.assertAlmostEqual(left.total_seconds(), 3600, delta=60)
        case.action_undo()
        self.assertEqual(case.state, "cancelled")

    def test_a_transfer_can_be_refused(self):
        case = self.request()
        self.assertTrue(self.activities(case, "approve"))
        self.assertTrue(case.move_id.no_followup)
        case.with_user(self.approver).action_undo()
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(self.activities(case, "approve"))
        self.assertFalse(case.move_id.no_followup)

    def test_what_can_no_longer_go_is_not_sent_when_it_is_approved(self):
        case = self.request()
        self.pay(case.move_id)
        case.with_user(self.approver).action_approve_transfer()
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(self.other.told("case"))

    # === WHO IS TOLD === #

    def test_somebody_who_may_approve_is_told(self):
        case = self.request()
        self.assertEqual(self.activities(case, "approve").user_id, self.approver)
        case.with_user(self.approver).action_approve_transfer()
        self.assertFalse(self.activities(case, "approve"))

    def test_what_the_approver_asked_for_goes_to_somebody_else(self):
        case = self.request(self.approver)
        told = self.activities(case, "approve").user_id
        self.assertNotEqual(told, self.approver)
        self.assertTrue(
            told.has_group("collection_partner.collection_partner_group_approver")
        )

    def test_many_transfers_are_one_message(self):
        before = self.messages_to(self.approver)
        moves = self.make_invoices(3).with_user(self.collector)
        moves.transfer_to_collection()
        [message] = self.messages_to(self.approver) - before
        self.assertIn(
            "Transfers to Nord Inkasso that wait for your approval: 3", message.body
        )

    def test_what_waits_too_long_is_reminded_of(self):
        second = self.make_approver("second")
        case = self.request()
        self.remind_tomorrow(case, timedelta(hours=23))
        self.assertFalse(self.messages_to(second))
        self.remind_tomorrow(case, timedelta(hours=25))
        [message] = self.messages_to(second)
        self.assertIn("wait for your approval: 1", message.body)
        case.with_user(second).action_approve_transfer()
        self.remind_tomorrow(case, timedelta(days=2))
        self.assertEqual(self.messages_to(second), message)

    def remind_tomorrow(self, case, ago):
        case.sudo().requested_at = fields.Datetime.now() - ago
        self.env["collection.case"].sudo()._cron_refresh()

    # === BY NIGHT === #

    def test_by_night_only_where_all_is_approved(self):
        self.agency.auto_transfer = True
        first = self.make_invoice()
        self.night()
        self.assertEqual(first.collection_state, "to_send")
        self.agency.transfer_approval = "all"
        second = self.make_invoice()
        self.night()
        self.assertEqual(second.collection_state, "to_approve")
        second.collection_case_id.with_user(self.approver).action_approve_transfer()
        self.run_jobs()
        self.assertEqual(second.collection_state, "received")

    def test_who_is_asked_may_approve(self):
        with self.assertRefused(ValidationError, "may not approve transfers"):
            self.agency.approver_id = self.collector

    def test_where_nobody_has_to_approve_it_goes_at_once(self):
        self.agency.transfer_approval = "none"
        self.assertEqual(self.request().state, "to_send")

    def test_the_overview_counts_what_waits(self):
        self.request()
        self.env.invalidate_all()
        self.assertEqual(self.agency.approval_count, 1)
        self.assertEqual(self.agency.open_count, 0)
