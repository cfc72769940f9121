from odoo.tests import Form

from .common import CollectionCommon


class TestSettingsSync(CollectionCommon):
    """The same settings here and in the agency's portal, whichever side changes."""

    def setUp(self):
        super().setUp()
        self.other.creditor.update(state="active", agreement_number="A-1")

    def change_in_portal(self, **settings):
        """Somebody changes settings in the portal; the agency reports that."""
        self.other.creditor["settings"].update(settings)
        self.report("creditor.settings_changed")

    def told(self):
        return [told for told, _key in self.other.told("settings")]

    def waiting(self):
        return self.agency._get_waiting("settings")

    # === CHANGED IN THE PORTAL === #

    def test_row_24_what_is_changed_in_the_portal_changes_here(self):
        self.change_in_portal(
            services="collection",
            approve_before_demand=True,
            approve_before_legal=False,
            letter_include_lines=True,
            letter_external_number=False,
            notification_email="chef@granlund.example",
        )
        self.assertRecordValues(
            self.agency,
            [
                {
                    "service": "collection",
                    "approve_before_demand": True,
                    "approve_before_legal": False,
                    "letter_include_lines": True,
                    "letter_external_number": False,
                    "notification_email": "chef@granlund.example",
                    "settings_state": "synced",
                }
            ],
        )
        # The agency knows; telling it would only bring it into a circle.
        self.assertFalse(self.told())
        self.assertFalse(self.waiting())

    def test_row_12_24_it_is_done_in_the_api_users_name(self):
        self.change_in_portal(approve_before_demand=True)
        message = self.agency.message_ids.filtered(
            lambda m: "Changed in the agency's portal" in (m.body or "")
        )
        self.assertEqual(message.author_id, self.agency.api_user_id.partner_id)
        self.assertIn("Approve each case before the demand", message.body)

    def test_row_24_the_same_report_twice_changes_nothing_more(self):
        self.change_in_portal(approve_before_demand=True)
        count = len(self.agency.message_ids)
        self.change_in_portal(approve_before_demand=True)
        self.assertEqual(len(self.agency.message_ids), count)

    def test_row_24_an_address_taken_out_in_the_portal_is_gone_here(self):
        self.change_in_portal(notification_email="chef@granlund.example")
        self.change_in_portal(notification_email="")
        self.assertFalse(self.agency.notification_email)

    def test_row_24_a_word_of_a_later_version_leaves_the_service_as_it_is(self):
        self.change_in_portal(services="everything", approve_before_demand=True)
        self.assertEqual(self.agency.service, "reminder_collection")
        self.assertTrue(self.agency.approve_before_demand)

    def test_row_24_the_agency_cannot_be_reached(self):
        self.other.creditor["settings"]["approve_before_demand"] = True
        self.other.fail("retry", "network", "No answer.")
        self.report("creditor.settings_changed")
        self.assertFalse(self.agency.approve_before_demand)
        events = self.env["collection.message"].sudo().search([("type", "=", "event")])
        self.assertEqual(events.state, "received")
        events.next_attempt = False
        self.run_jobs()
        self.assertTrue(self.agency.approve_before_demand)
        self.assertEqual(events.state, "processed")

    # === CHANGED HERE === #

    def test_changed_here_it_is_one_message_with_the_newest_values(self):
        with Form(self.agency) as form:
            form.approve_before_demand = True
            form.letter_include_lines = True
        with Form(self.agency) as form:
            form.letter_include_lines = False
        with Form(self.agency) as form:
            form.service = "collection"
        self.assertEqual(self.agency.settings_state, "waiting")
        self.assertEqual(len(self.waiting()), 1)
        self.run_jobs()
        self.assertEqual(
            self.told(),
            [
                {
                    "approve_before_demand": True,
                    "letter_include_lines": False,
                    "services": "collection",
                }
            ],
        )
        self.assertEqual(self.agency.settings_state, "synced")

    def test_written_as_they_were_they_are_not_told(self):
        self.agency.write(
            {
                "service": "reminder_collection",
                "approve_before_legal": True,
                "notification_email": "",
            }
        )
        self.assertFalse(self.waiting())
        self.assertEqual(self.agency.settings_state, "synced")

    def test_settings_that_stay_here_are_not_told(self):
        self.agency.write({"send_note": True, "undo_minutes": 5, "auto_transfer": True})
        self.assertFalse(self.waiting())

    def test_without_an_answer_the_same_call_is_made_again(self):
        self.agency.approve_before_demand = True
        self.other.fail("retry", "timeout", "No answer.")
        self.run_jobs()
        self.assertEqual(self.agency.settings_state, "waiting")
        self.waiting().next_attempt = False
        self.run_jobs()
        (told, first), (again, second) = self.other.told("settings")
        self.assertEqual((told, first), (again, second))
        self.assertEqual(self.agency.settings_state, "synced")

    def test_changed_again_while_no_answer_came_it_is_another_call(self):
        """The same key with other contents would be refused by the agency."""
        self.agency.approve_before_demand = True
        self.other.fail("retry", "timeout", "No answer.")
        self.run_jobs()
        self.agency.approve_before_demand = False
        self.run_jobs()
        (told, first), (again, second) = self.other.told("settings")
        self.assertEqual(told, {"approve_before_demand": True})
        self.assertEqual(again, {"approve_before_demand": False})
        self.assertNotEqual(first, second)

    def test_changed_while_a_call_is_being_made_its_answer_does_not_undo_it(self):
        self.agency.approve_before_demand = True
        first = self.waiting()
        # as when the job holds the first: it stays, and another follows it
        email = {"notification_email": "here@granlund.example"}
        self.agency.with_context(collection_from_agency=True).write(email)
        self.env["collection.message"]._queue(self.agency, "settings", values=email)
        with self.as_job():
            first._make_call("_send")
        self.assertEqual(first.state, "sent")
        self.assertEqual(self.agency.notification_email, "here@granlund.example")
        self.assertEqual(self.agency.settings_state, "waiting")
        self.run_jobs()
        self.assertTrue(self.agency.approve_before_demand)
        self.assertEqual(self.agency.notification_email, "here@granlund.example")
        self.assertEqual(
            self.other.creditor["settings"]["notification_email"],
            "here@granlund.example",
        )
        self.assertEqual(self.agency.settings_state, "synced")

    def test_a_call_given_up_does_not_come_back_over_a_newer_one(self):
        self.agency.approve_before_demand = True
        waiting = self.waiting()
        waiting.attempts = 11
        self.other.fail("retry", "network", "No answer.")
        self.run_jobs()
        self.assertEqual(waiting.state, "error")
        self.agency.approve_before_demand = False
        self.run_jobs()
        waiting.action_retry()
        self.run_jobs()
        self.assertFalse(self.agency.approve_before_demand)
        self.assertFalse(self.other.creditor["settings"]["approve_before_demand"])

    def test_what_the_agency_refuses_is_said_and_does_not_stand_here(self):
        self.agency.approve_before_legal = False
        self.other.fail("final", "validation_failed", "Not under this contract.")
        self.run_jobs()
        [activity] = self.activities(self.agency, "agency")
        self.assertIn("Not under this contract.", activity.note)
        self.run_jobs()
        self.assertTrue(self.agency.approve_before_legal)
        self.assertEqual(self.agency.settings_state, "synced")

    # === CHANGED ON BOTH SIDES === #

    def test_row_24_different_settings_on_both_sides_both_hold(self):
        self.agency.letter_include_lines = True
        self.change_in_portal(approve_before_demand=True)
        self.run_jobs()
        for name in ("letter_include_lines", "approve_before_demand"):
            self.assertTrue(self.agency[name], name)
            self.assertTrue(self.other.creditor["settings"][name], name)

    def test_row_24_the_same_setting_on_both_sides_is_the_same_in_the_end(self):
        self.agency.notification_email = "here@granlund.example"
        self.change_in_portal(notification_email="portal@granlund.example")
        self.run_jobs()
        self.assertEqual(self.agency.notification_email, "here@granlund.example")
        self.assertEqual(
            self.other.creditor["settings"]["notification_email"],
            "here@granlund.example",
        )
        self.assertEqual(self.agency.settings_state, "synced")

    def test_row_24_changed_here_and_then_in_the_portal_the_portal_holds(self):
        self.agency.notification_email = "here@granlund.example"
        self.run_jobs()
        self.change_in_portal(notification_email="portal@granlund.example")
        self.assertEqual(self.agency.notification_email, "portal@granlund.example")
        self.assertEqual(len(self.told()), 1)
