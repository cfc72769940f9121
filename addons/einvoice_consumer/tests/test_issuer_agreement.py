from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.mail.tests.common import MailCase

from .common_norway import ORGANISATION, NorwayCommon


@tagged("post_install", "-at_install")
class TestIssuerAgreement(NorwayCommon, MailCase):
    """A company orders its issuer agreement, and somebody approves it, or not."""

    def setUp(self):
        super().setUp()
        action = self.channel.action_view_issuer_agreement()
        self.agreement = self.env["einvoice.issuer.agreement"].browse(action["res_id"])
        self.agreement.write(
            {
                "approver_name": "Ola Nordmann",
                "approver_email": "ola@fjordlys.example.com",
                "other_provider": "no",
            }
        )

    def order(self):
        self.agreement.action_order()
        [told] = self.fetch("issuer_agreement")
        return told

    def answer(self, state, key, **values):
        return self.tell("issuer_agreement_status", state=state, key=key, **values)

    def get_notes(self):
        activities = self.agreement.activity_ids
        kind = self.env.ref("einvoice_consumer.mail_activity_type_issuer")
        return activities.filtered(lambda a: a.activity_type_id == kind).mapped("note")

    def test_it_is_ordered_and_approved(self):
        self.assertIn("issuer_agreement", self.channel.checklist)
        told = self.order()
        self.assertEqual(self.agreement.state, "waiting")
        told.pop("created_at")
        key = told.pop("message_id")
        self.assertEqual(
            told,
            {
                "type": "issuer_agreement",
                "action": "order",
                "organisation_number": ORGANISATION,
                "name": "Fjordkraft og Lys AS",
                "approver_name": "Ola Nordmann",
                "approver_email": "ola@fjordlys.example.com",
                "take_over": False,
            },
        )
        link = "https://operator.example.com/approve/1"
        answer = self.answer("waiting", key, link=link)
        self.assertEqual(answer.state, "processed")
        self.assertEqual((self.agreement.state, self.agreement.link), ("waiting", link))
        self.answer("approved", key)
        self.assertEqual(self.agreement.state, "approved")
        self.assertFalse(self.agreement.link)
        self.assertFalse(self.get_notes())
        self.channel.invalidate_recordset(["checklist"])
        self.assertFalse(self.channel.checklist)

    def test_it_is_not_ordered_before_what_ends_is_decided(self):
        self.agreement.other_provider = False
        with self.assertRaisesRegex(UserError, "another provider"):
            self.agreement.action_order()
        self.agreement.other_provider = "yes"
        with self.assertRaisesRegex(UserError, "Take it over"):
            self.agreement.action_order()
        self.assertEqual(self.agreement.state, "draft")
        self.agreement.take_over = True
        self.assertTrue(self.order()["take_over"])

    def test_an_approver_has_an_address(self):
        self.agreement.approver_email = "ola"
        with self.assertRaisesRegex(UserError, "e-mail address"):
            self.agreement.action_order()

    def test_what_was_ordered_stays_as_it_was_ordered(self):
        self.order()
        with self.assertRaisesRegex(UserError, "ordered as it stands"):
            self.agreement.approver_name = "Somebody Else"
        with self.assertRaisesRegex(UserError, "already"):
            self.agreement.action_order()

    def test_a_refusal_is_told_and_it_is_ordered_anew_with_another_approver(self):
        key = self.order()["message_id"]
        self.answer("refused", key, text="Not me")
        self.assertEqual(self.agreement.state, "refused")
        self.assertIn("Ola Nordmann has not approved it", self.get_notes()[0])
        self.assertIn("Not me", "".join(self.agreement.message_ids.mapped("body")))
        self.agreement.approver_name = "Anne Berg"
        again = self.order()["message_id"]
        self.assertFalse(self.get_notes())
        late = self.answer("approved", key)
        self.assertIn("earlier order", late.summary)
        self.assertEqual(self.agreement.state, "waiting")
        self.answer("approved", again)
        self.assertEqual(self.agreement.state, "approved")

    def test_an_expired_link_is_told(self):
        key = self.order()["message_id"]
        self.answer("expired", key)
        self.assertEqual(self.agreement.state, "expired")
        self.assertIn("expired: order it anew", self.get_notes()[0])

    def test_who_does_not_answer_is_reminded_and_called_at_last(self):
        key = self.order()["message_id"]
        self.answer("waiting", key, link="https://operator.example.com/approve/1")
        today = self.channel._get_today()
        self.assertEqual(self.agreement.remind_on, today + timedelta(days=3))
        job = self.env["einvoice.issuer.agreement"].sudo()
        with self.mock_mail_gateway():
            job._cron_remind()
            self.assertFalse(self._new_mails)
            sender = self.env.ref("mail.ir_cron_mail_scheduler_action")
            wishes = self.env["ir.cron.trigger"].sudo()
            wishes.search([("cron_id", "=", sender.id)]).unlink()
            for _time in range(self.channel.issuer_reminders):
                self.agreement.sudo().remind_on = today
                job._cron_remind()
            self.assertEqual(len(self._new_mails), 3)
            self.assertTrue(wishes.search([("cron_id", "=", sender.id)]))
            self.assertEqual(self._new_mails[0].email_to, "ola@fjordlys.example.com")
            self.assertIn("/approve/1", self._new_mails[0].body_html)
            self.assertFalse(self.get_notes())
            self.agreement.sudo().remind_on = today
            job._cron_remind()
            self.assertEqual(len(self._new_mails), 3)
        self.assertIn("reminded 3 times", self.get_notes()[0])
        self.answer("approved", key)
        self.assertFalse(self.get_notes())

    def test_the_company_or_the_operator_ends_it(self):
        key = self.order()["message_id"]
        self.answer("approved", key)
        self.agreement.action_end()
        [told] = self.fetch("issuer_agreement")
        self.assertEqual(told["action"], "terminate")
        self.assertEqual(self.agreement.state, "approved")
        self.answer("terminated", told["message_id"])
        self.assertEqual(self.agreement.state, "ended")
        again = self.order()["message_id"]
        self.answer("approved", again)
        self.answer("terminated", "")
        self.assertEqual(self.agreement.state, "ended")
        self.assertIn("has ended", self.get_notes()[0])

    def test_what_was_approved_in_test_is_not_for_real(self):
        channel = self.channel.copy({"name": "Test", "environment": "test"})
        action = channel.action_view_issuer_agreement()
        agreement = self.agreement.browse(action["res_id"])
        agreement.other_provider = "no"
        agreement.action_order()
        [told] = self.fetch("issuer_agreement", channel)
        self.tell(
            "issuer_agreement_status",
            channel,
            state="approved",
            key=told["message_id"],
        )
        self.assertEqual(agreement.state, "approved")
        channel.action_go_live()
        self.assertEqual(agreement.state, "ended")

    def test_an_answer_about_nothing_that_was_ordered_is_parked(self):
        channel = self.channel.copy({"name": "Second", "environment": "prod"})
        answer = self.tell("issuer_agreement_status", channel, state="approved")
        self.assertEqual(answer.state, "error")
        self.assertIn("No issuer agreement was ordered", answer.summary)

    def test_only_managers_order_it(self):
        user = new_test_user(
            self.env,
            "clerk_no",
            groups="einvoice_consumer.einvoice_consumer_group_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        agreement = self.agreement.with_user(user)
        self.assertEqual(agreement.state, "draft")
        for name in ("action_order", "action_end", "action_remind"):
            with self.assertRaises(AccessError):
                getattr(agreement, name)()
