import copy
from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .. import adapters
from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestPrivacy(TransferCommon):
    """An agency is told as little as may be, and what it was told is recorded."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.make_customer(
            "Maja Lind",
            is_company=False,
            company_registry="19850709-9805",
            email="maja@example.com",
            phone="+46 70 000 00 00",
        )

    def told_of(self, partner=None):
        """The transfer of an invoice: what the agency was told, and the case."""
        case = self.transfer(self.make_invoice(partner or self.person))
        return self.payload(case), case

    def kinds(self, case, partner=None):
        disclosures = case.disclosure_ids.filtered(
            lambda d: d.partner_id == (partner or self.person)
        )
        return {d.purpose: set(d.kinds) for d in disclosures}

    # === AS LITTLE AS MAY BE === #

    def test_each_kind_of_data_has_its_switch(self):
        for setting, name in (
            ("send_email", "email"),
            ("send_phone", "phone"),
            ("send_language", "language"),
        ):
            with self.subTest(name):
                told, case = self.told_of()
                self.assertTrue(told["debtor"][name])
                self.assertIn(name, self.kinds(case)["transfer"])
                self.agency[setting] = False
                told, case = self.told_of()
                self.assertNotIn(name, told["debtor"])
                self.assertNotIn(name, self.kinds(case)["transfer"])

    def test_reminders_stay_here_where_they_are_switched_off(self):
        """Those of before the transfer and those that come later."""
        for is_sent in (True, False):
            self.agency.send_reminders = is_sent
            self.other.calls.clear()
            move = self.make_invoice(self.person)
            self.remind(move, fee=60)
            case = self.transfer(move)
            fees = self.payload(case)["claim"].get("fees_already_claimed", [])
            self.assertEqual([fee["amount"] for fee in fees], ["60.00"] * is_sent)
            self.assertEqual("fees" in self.kinds(case)["transfer"], is_sent)
            self.remind(move, days_ago=0, fee=70)
            self.run_jobs()
            told = [fee["amount"] for _id, fee, _key in self.other.told("report_fee")]
            self.assertEqual(told, [70] * is_sent)
            kinds = self.kinds(case)
            self.assertEqual(kinds.get("money", set()), {"fees"} if is_sent else set())
            self.assertFalse(self.activities(case, "check"))

    def test_documents_go_only_where_they_are_switched_on(self):
        _told, case = self.told_of()
        self.assertTrue(self.other.told("documents"))
        self.assertEqual(self.kinds(case)["documents"], {"documents"})
        self.agency.send_invoice_document = False
        self.other.calls.clear()
        _told, case = self.told_of()
        self.assertFalse(self.other.told("documents"))
        self.assertNotIn("documents", self.kinds(case))

    def test_attachments_stay_here_where_they_are_switched_off(self):
        for is_sent in (True, False):
            self.agency.send_attachments = is_sent
            self.other.calls.clear()
            move = self.make_invoice(self.person)
            self.env["ir.attachment"].create(
                {
                    "name": "passport.png",
                    "raw": b"x",
                    "res_model": "account.move",
                    "res_id": move.id,
                }
            )
            self.transfer(move)
            [(_case, files, _key)] = self.other.told("documents")
            names = [name for name, _kind, _data in files]
            self.assertEqual("passport.png" in names, is_sent)

    # === WHAT, WHEN, WHY === #

    def test_a_transfer_is_recorded(self):
        before = fields.Datetime.now()
        _told, case = self.told_of()
        [disclosure] = case.disclosure_ids.filtered(lambda d: d.purpose == "transfer")
        self.assertEqual(
            set(disclosure.kinds),
            {
                *("name", "customer_number", "address", "language"),
                *("email", "phone", "invoice"),
            },
        )
        self.assertGreaterEqual(disclosure.at, before)
        self.assertEqual(disclosure.agency_id, self.agency)
        self.assertEqual(disclosure.data_role, "controller")
        self.assertIn("Telephone number", disclosure.what)
        self.assertEqual(self.person.collection_disclosure_count, 2)

    def test_the_ground_is_the_one_of_that_day(self):
        _told, case = self.told_of()
        self.agency.data_role = "processor"
        _told, later = self.told_of()
        self.assertEqual(set(case.disclosure_ids.mapped("data_role")), {"controller"})
        self.assertEqual(set(later.disclosure_ids.mapped("data_role")), {"processor"})

    def test_the_identity_number_is_recorded_when_it_goes(self):
        self.agency.send_id_number = True
        _told, case = self.told_of()
        self.assertIn("id_number", self.kinds(case)["transfer"])

    def test_the_contact_is_a_person_of_their_own(self):
        contact = self.make_customer(
            "Ada Ek", parent_id=self.customer.id, is_company=False, type="contact"
        )
        told, case = self.told_of(self.customer)
        self.assertEqual(told["debtor"]["contact"], {"name": "Ada Ek"})
        self.assertEqual(
            self.kinds(case, contact)["transfer"], {"name", "email", "phone"}
        )
        self.assertIn("contact", self.kinds(case, self.customer)["transfer"])

    def test_payments_and_requests_are_recorded(self):
        _told, case = self.told_of()
        case.request_action("pause", "They pay on Friday.")
        self.pay(case.move_id, 100)
        self.run_jobs()
        self.run_jobs()
        kinds = self.kinds(case)
        self.assertEqual(kinds["request"], {"request"})
        self.assertEqual(kinds["money"], {"payment"})

    def test_what_never_left_is_not_recorded(self):
        self.agency.undo_minutes = 60
        move = self.make_invoice(self.person)
        move.transfer_to_collection()
        move.collection_case_id.action_undo()
        self.run_jobs()
        self.assertFalse(move.collection_case_ids.disclosure_ids)

    def test_what_the_agency_refused_it_knows_nevertheless(self):
        self.other.fail("final", "debtor_excluded")
        move = self.make_invoice(self.person)
        move.transfer_to_collection()
        self.run_jobs()
        case = move.collection_case_id
        self.assertEqual(case.state, "refused")
        self.assertIn("name", self.kinds(case)["transfer"])

    def test_the_record_is_kept(self):
        _told, case = self.told_of()
        with self.assertRaises(UserError):
            case.disclosure_ids.unlink()
        with self.assertRaises(AccessError):
            case.disclosure_ids[0].with_user(self.collector).write({"kinds": []})

    def test_what_an_adapter_says_it_leaves_out_is_left_out(self):
        """Each kind in a word of its own: it stands in the body, or is untold."""
        values = {
            "external_id": "E1",
            "agreement_number": "10759",
            "claim_type": "invoice",
            "first_action": "demand",
            "invoice": {
                "number": "INV/1",
                "external_number": "",
                "date": self.today,
                "due_date": self.today,
                "currency": "SEK",
                "original_amount": Decimal("1.00"),
                "open_amount": Decimal("1.00"),
                "delivered_as": "email",
                "description": "",
            },
            "letter_text": "",
            "claim": {
                "capital": Decimal("1.00"),
                "interest": Decimal(0),
                "fees_already_claimed": [],
            },
            "debtor": {
                "number": "",
                "type": "company",
                "name": "Nord",
                "id_number": "556111-1117",
                "address": {
                    "street": "S",
                    "zip": "1",
                    "city": "C",
                    "country": "SE",
                },
                "language": "",
                "email": "",
                "phone": "",
                "contact": {"name": ""},
                "co_debtors": [],
            },
            "note": "",
        }
        fee = {
            "type": "reminder",
            "date": self.today,
            "amount": Decimal("77.00"),
            "currency": "SEK",
        }
        person = {
            "type": "person",
            "name": "Coco",
            "id_number": "",
            "address": None,
            "email": "",
            "phone": "",
        }
        given = {
            "language": ("debtor", "language", "xq", b"xq"),
            "email": ("debtor", "email", "e@mail.example", b"e@mail.example"),
            "phone": ("debtor", "phone", "070987", b"070987"),
            "contact": ("debtor", "contact", {"name": "Contessa"}, b"Contessa"),
            "co_debtors": ("debtor", "co_debtors", [person], b"Coco"),
            "note": (None, "note", "Notabene", b"Notabene"),
            "letter_text": (None, "letter_text", "Window frames", b"Window frames"),
            "fees": ("claim", "fees_already_claimed", [fee], b"77"),
        }
        for name in ("agency_api", "kravia", "file_exchange"):
            adapter = adapters.Agency.get(self.env, name)
            for kind, (part, field, value, word) in given.items():
                told = copy.deepcopy(values)
                (told[part] if part else told)[field] = value
                with self.subTest(adapter=name, kind=kind):
                    is_told = word in adapter.render_case(told)
                    self.assertEqual(is_told, kind not in adapter.untold)

    # === WHO OWES WITH THE CUSTOMER === #

    def test_who_owes_with_the_customer_is_told(self):
        friend = self.make_consumer("Nils Berg", phone=False)
        self.person.collection_co_debtor_ids = friend
        told, case = self.told_of()
        self.assertEqual(
            told["debtor"]["co_debtors"],
            [
                {
                    "type": "person",
                    "name": "Nils Berg",
                    "address": {
                        "street": "Verkstadsgatan 2",
                        "zip": "411 05",
                        "city": "Göteborg",
                        "country": "SE",
                    },
                    "email": "faktura@example.com",
                }
            ],
        )
        self.assertEqual(
            self.kinds(case, friend)["transfer"], {"name", "address", "email"}
        )
        self.assertIn("co_debtors", self.kinds(case)["transfer"])

    def test_an_agency_that_cannot_be_told_of_them_is_told_by_a_person(self):
        self.person.collection_co_debtor_ids = self.make_consumer("Nils Berg")
        self.patch(adapters.agency_api.AgencyApi, "untold", frozenset({"co_debtors"}))
        _told, case = self.told_of()
        [activity] = self.activities(case, "check")
        self.assertIn("Nils Berg", activity.note)
        self.assertNotIn("co_debtors", self.kinds(case)["transfer"])

    def test_nobody_owes_with_themselves_or_with_eleven(self):
        with self.assertRaises(ValidationError):
            self.person.collection_co_debtor_ids = self.person
        many = self.env["res.partner"].create([{"name": str(n)} for n in range(11)])
        with self.assertRaises(ValidationError):
            self.person.collection_co_debtor_ids = many

    # === WHEN ITS TIME IS OVER === #

    def close(self, months):
        """A case that closed so long ago, with all that is kept of a person."""
        self.agency.retention_months = 24
        move = self.make_invoice(self.person)
        [answer] = move.transfer_to_collection(note="Lives with a friend.")
        case = self.env["collection.case"].browse(answer["case_id"])
        self.run_jobs()
        case.request_action("pause", "Is in hospital.")
        self.other.change(
            case, state="closed", outcome="withdrawn", action_hint="Maja is ill."
        )
        self.tell(case)
        self.run_jobs()
        case.sudo()._store_document("letter.pdf", b"%PDF Maja", "application/pdf")
        case.sudo()._decide_outcome("keep")
        ago = fields.Datetime.now() - relativedelta(months=months)
        case.sudo().closed_at = ago - timedelta(days=1)
        return case

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
        _told, case = self.told_of()
        case.sudo().transferred_at -= timedelta(days=400)
        self.purge()
        self.assertFalse(case.purge_on)
        self.assertIn("Maja Lind", self.kept(case))
