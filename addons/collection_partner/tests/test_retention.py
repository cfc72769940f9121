from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import tagged

from .agency import Agency
from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestRetention(TransferCommon):
    """What is kept of a person is removed when its time is over."""

    @classmethod
    def setUpClass(cls):
        """A case that has closed, with all that is kept of a person."""
        super().setUpClass()
        cls.person = cls.make_customer(
            "Maja Lind", is_company=False, company_registry="19850709-9805"
        )
        cls.agency.retention_months = 24
        cls.known_agency = Agency()
        with cls.known_agency.speaking(cls.registry), cls.printing():
            cls.case = cls.transfer(
                cls.make_invoice(cls.person), note="Lives with a friend."
            )
            cls.case.request_action("pause", "Is in hospital.")
            cls.known_agency.change(
                cls.case,
                state="closed",
                outcome="withdrawn",
                action_hint="Maja is ill.",
            )
            cls.case.sudo()._ask_refresh()
            cls.run_jobs()
        case = cls.case.sudo()
        case._store_document("letter.pdf", b"%PDF Maja", "application/pdf")
        case._decide_outcome("keep")

    def close(self, months):
        """The case closed so long ago."""
        ago = fields.Datetime.now() - relativedelta(months=months)
        self.case.sudo().closed_at = ago - timedelta(days=1)
        return self.case

    def purge(self):
        with self.as_job():
            self.env["collection.case"].sudo()._cron_refresh()
        self.env.invalidate_all()

    def kept(self, case):
        """All texts that are kept of a case."""
        messages = case.sudo().exchange_ids
        return "\n".join(
            [
                *(message.text or "" for message in messages),
                *messages.attachment_id.mapped("name"),
                *case.event_ids.mapped("name"),
                *case.message_ids.mapped("body"),
                *case.agency_document_ids.mapped("name"),
                case.note or "",
                case.action_hint or "",
                case.move_id.collection_note or "",
            ]
        )

    def test_personal_data_is_removed_when_its_time_is_over(self):
        case = self.close(months=24)
        for words in ("Maja Lind", "Is in hospital", "letter.pdf", "Lives with"):
            self.assertIn(words, self.kept(case))
        self.assertEqual(
            case.purge_on, case.closed_at.date() + relativedelta(months=24)
        )
        proofs = case.sudo().exchange_ids.mapped("sha256")
        self.purge()
        self.assertTrue(case.purged_at)
        kept = self.kept(case)
        for words in ("Maja", "hospital", "letter.pdf", "Lives with"):
            self.assertNotIn(words, kept)
        # What is no secret and proves what happened stays.
        self.assertEqual(case.capital_original, 1000)
        self.assertTrue(case.disclosure_ids)
        self.assertEqual(case.sudo().exchange_ids.mapped("sha256"), proofs)
        self.assertEqual(len(case.event_ids.filtered("date")), len(case.event_ids))

    def test_nothing_is_removed_before(self):
        case = self.close(months=23)
        self.purge()
        self.assertFalse(case.purged_at)
        self.assertIn("Maja Lind", self.kept(case))

    def test_without_a_time_all_is_kept(self):
        case = self.close(months=240)
        self.agency.retention_months = 0
        self.purge()
        self.assertFalse(case.purge_on)
        self.assertIn("Maja Lind", self.kept(case))

    def test_what_is_not_settled_is_kept(self):
        case = self.close(months=24)
        case.sudo().capital_owed = 100
        self.purge()
        self.assertFalse(case.purged_at)
        case.sudo().capital_owed = 0
        case.sudo().outcome_decision = "pending"
        self.purge()
        self.assertFalse(case.purged_at)

    def test_what_was_removed_does_not_come_back(self):
        case = self.close(months=24)
        documents = [{"id": "D-1", "name": "letter.pdf"}]
        self.other.documents["D-1"] = (b"%PDF Maja", "application/pdf")
        self.happen(case, documents=documents)
        self.run_jobs()
        self.assertIn("letter.pdf", case.agency_document_ids.mapped("name"))
        self.purge()
        self.happen(case, documents=documents, status_label="Closed")
        self.run_jobs()
        self.assertFalse(case.agency_document_ids)
        self.assertNotIn("Maja", self.kept(case))

    def test_a_case_that_is_taken_up_again_is_removed_anew(self):
        case = self.close(months=24)
        self.purge()
        self.happen(case, state="demand", outcome=None)
        self.assertFalse(case.purged_at)
        self.assertFalse(case.purge_on)

    def test_an_open_case_is_kept(self):
        self.agency.retention_months = 1
        case = self.transfer(self.make_invoice(self.person))
        case.sudo().transferred_at -= timedelta(days=400)
        self.purge()
        self.assertFalse(case.purge_on)
        self.assertIn("Maja Lind", self.kept(case))
