from odoo.exceptions import UserError, ValidationError

from .common import CollectionCommon


class TestAgencies(CollectionCommon):
    """One company after another agency, and two companies with one each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new = cls.make_agency("Öst Inkasso", state="active")
        cls.new.with_context(collection_from_agency=True).agreement_number = "B-1"

    def choose(self, agency):
        settings = self.env["res.config.settings"]
        settings.create({"collection_agency_id": agency.id}).execute()

    def numbers(self):
        """The contract number under which each case was sent, in order."""
        return [told["agreement_number"] for told, _key in self.other.told("case")]

    def test_what_is_no_address_is_no_contacts_e_mail(self):
        for name in ("contact_email", "notification_email"):
            self.new[name] = "Saga Ek <saga.ek@example.com>"
            for address in ("saga", "saga@", "a@b.example, c@d.example"):
                with self.assertRefused(ValidationError, "no e-mail address"):
                    self.new[name] = address

    # === ANOTHER AGENCY === #

    def test_outside_the_time_to_undo_the_old_agency_goes_on(self):
        move = self.make_invoice()
        case = self.transfer(move)
        self.choose(self.new)
        self.assertFalse(self.agency.is_partner)
        self.assertTrue(self.new.is_partner)
        self.happen(case, state="demand", status_code="demand")
        self.assertEqual(case.state, "demand")
        case.request_action("pause", "They pay on Friday.")
        self.run_jobs()
        [(number, word, *_rest)] = self.other.told("action")
        self.assertEqual((number, word), (case.agency_case_id, "pause"))
        # Nobody is pursued twice.
        self.assertEqual(self.reasons(move), {"at_other_agency"})
        self.assertEqual(self.numbers(), ["A-1"])

    def test_new_invoices_go_to_the_new_agency(self):
        self.transfer(self.make_invoice())
        self.choose(self.new)
        case = self.transfer(self.make_invoice())
        self.assertEqual(case.agency_id, self.new)
        self.assertEqual(self.numbers(), ["A-1", "B-1"])

    def test_inside_the_time_to_undo_the_old_agency_gets_nothing(self):
        self.agency.undo_minutes = 120
        move = self.make_invoice()
        case = self.transfer(move)
        self.choose(self.new)
        case.action_send_now()
        self.run_jobs()
        self.assertFalse(self.other.told("case"))
        self.assertEqual(case.state, "cancelled")
        self.assertIn(
            "Nord Inkasso no longer gets new cases", case.event_ids.mapped("name")[0]
        )
        self.assertFalse(move.no_followup)
        self.assertFalse(self.reasons(move))
        self.assertEqual(self.transfer(move).agency_id, self.new)
        self.assertEqual(self.numbers(), ["B-1"])

    def test_inside_the_time_to_undo_the_night_gives_it_to_the_new_agency(self):
        """Nobody took it back, so it goes by itself as before."""
        self.agency.write({"auto_transfer": True, "undo_minutes": 120})
        self.new.auto_transfer = True
        move = self.make_invoice()
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_automatic()
        case = move.collection_case_id
        self.assertEqual(case.agency_id, self.agency)
        self.choose(self.new)
        case.action_send_now()
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_automatic()
        self.run_jobs()
        self.assertEqual(move.collection_case_id.agency_id, self.new)
        self.assertEqual(move.collection_state, "received")
        self.assertEqual(self.numbers(), ["B-1"])

    def test_what_the_old_agency_returns_goes_to_the_new_one(self):
        move = self.make_invoice()
        case = self.transfer(move)
        self.choose(self.new)
        self.happen(case, state="closed", status_code="closed", outcome="untraceable")
        wizard = self.env["collection.outcome.wizard"].create(
            {"case_id": case.id, "decision": "again"}
        )
        wizard.action_confirm()
        self.run_jobs()
        self.assertEqual(move.collection_case_id.agency_id, self.new)

    # === TWO COMPANIES === #

    def set_up_other_company(self):
        south = self.other_company()
        theirs = self.make_agency("Syd Inkasso", company_id=south.id)
        theirs.with_context(collection_from_agency=True).agreement_number = "S-1"
        south.collection_agency_id = theirs
        return south, theirs

    def test_each_company_has_its_own_agency(self):
        south, theirs = self.set_up_other_company()
        ours, other = self.make_invoice(), self.make_invoice(company_id=south.id)
        self.assertEqual(self.company.collection_agency_id, self.agency)
        answers = (ours + other).transfer_to_collection()
        self.run_jobs()
        cases = self.env["collection.case"].browse(
            [answer["case_id"] for answer in answers]
        )
        self.assertEqual(
            [(case.move_id, case.agency_id, case.company_id) for case in cases],
            [(ours, self.agency, self.company), (other, theirs, south)],
        )
        self.assertEqual(sorted(self.numbers()), ["A-1", "S-1"])

    def test_the_dialog_is_for_one_company(self):
        south, _theirs = self.set_up_other_company()
        moves = self.make_invoice() + self.make_invoice(company_id=south.id)
        with self.assertRefused(UserError, "one company"):
            moves.action_transfer_to_collection()

    def test_what_one_agency_reports_does_not_touch_the_others_case(self):
        south, theirs = self.set_up_other_company()
        self.transfer(self.make_invoice())
        case = self.transfer(self.make_invoice(company_id=south.id))
        self.other.change(case, state="demand", status_code="demand")
        event = {
            "event_id": "E-77",
            "type": "case.updated",
            "case_id": case.agency_case_id,
        }
        messages = self.env["collection.message"].sudo()
        messages._log_events(self.agency, [event])
        self.run_jobs()
        self.assertEqual(case.state, "received")
        # The same number may be used by both, each for its own event.
        messages._log_events(theirs, [event])
        self.run_jobs()
        self.assertEqual(case.state, "demand")

    def test_the_end_at_one_company_leaves_the_other_alone(self):
        south, theirs = self.set_up_other_company()
        self.agency.action_terminate()
        self.run_jobs()
        self.assertFalse(self.company.collection_agency_id)
        self.assertEqual(south.collection_agency_id, theirs)
        self.assertEqual(theirs.state, "active")
        self.assertFalse(self.reasons(self.make_invoice(company_id=south.id)))

    def test_a_change_here_is_told_to_this_agency_alone(self):
        _south, theirs = self.set_up_other_company()
        theirs.approve_before_demand = True
        self.assertTrue(theirs._get_waiting("settings"))
        self.assertFalse(self.agency._get_waiting("settings"))
        self.run_jobs()
        self.assertFalse(self.agency.approve_before_demand)
