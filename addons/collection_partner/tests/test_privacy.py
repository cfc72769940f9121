import copy
from decimal import Decimal

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
        cls.before = fields.Datetime.now()
        cls.send_one(cls.make_invoice(cls.person))

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
                self.assertTrue(self.payload(self.case)["debtor"][name])
                self.assertIn(name, self.kinds(self.case)["transfer"])
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
        self.assertTrue(self.other.told("documents"))
        self.assertEqual(self.kinds(self.case)["documents"], {"documents"})
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
        case = self.case
        [disclosure] = case.disclosure_ids.filtered(lambda d: d.purpose == "transfer")
        self.assertEqual(
            set(disclosure.kinds),
            {
                *("name", "customer_number", "address", "language"),
                *("email", "phone", "invoice"),
            },
        )
        self.assertGreaterEqual(disclosure.at, self.before)
        self.assertEqual(disclosure.agency_id, self.agency)
        self.assertEqual(disclosure.data_role, "controller")
        self.assertIn("Telephone number", disclosure.what)
        self.assertEqual(self.person.collection_disclosure_count, 2)

    def test_the_ground_is_the_one_of_that_day(self):
        case = self.case
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
        case = self.case
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
        case = self.case
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
