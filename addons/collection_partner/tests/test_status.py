from psycopg2.errors import UniqueViolation

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

# The guide to Intrum's service in Netvisor lists 29 lines, "Brevinkasso" twice.
INTRUM = [
    ("Registrerad", "registered", "none"),
    ("Brevinkasso", "demand", "none"),
    ("Tingsrätt", "legal", "none"),
    ("Utmätningsman", "enforcement", "none"),
    ("Avslutad", "closed", "outcome"),
    ("Ärende låst för fakturering", "closing", "none"),
    ("Fakturerad", "closing", "none"),
    ("Annullerad", "closed", "none"),
    ("Tratta", "demand", "consumer_only_error"),
    ("Konkurs/Skuldsanering", "insolvency", "insolvent"),
    ("Avliden", "deceased", "deceased"),
    ("Kund utomlands", "abroad", "abroad"),
    ("Utländskt ärende", "abroad", "none"),
    ("Ackordbetalningsprogram", "insolvency_plan", "insolvent_plan"),
    ("Ackordförfarande", "insolvency", "insolvent"),
    ("Juridisk åtgärd", "legal", "none"),
    ("Betalningsprogram", "payment_plan", "none"),
    ("Delgivning", "legal", "none"),
    ("Adressuppgifter saknas", "needs_info", "needs_info"),
    ("Ny adress", False, "address"),
    ("Skuldsaneringens betalningsprogram", "insolvency_plan", "insolvent_plan"),
    ("Övervakningsbrev", "monitoring", "none"),
    ("Bedömning av betalningsförmåga", "review", "none"),
    ("Inkassobrevskedja", "demand", "none"),
    ("Avbrott av preskription", False, "limitation"),
    ("Telefoninkasso", "demand", "none"),
    ("Kreditinformation kontrollerad", False, "none"),
    ("Utvärdering", "review", "none"),
]
AGENCY_API = [
    ("received", "received", "none"),
    ("registered", "registered", "none"),
    ("reminder", "reminder", "none"),
    ("awaiting_approval_demand", "awaiting_approval", "none"),
    ("demand", "demand", "none"),
    ("awaiting_approval_legal", "awaiting_approval", "none"),
    ("legal", "legal", "none"),
    ("enforcement", "enforcement", "none"),
    ("monitoring", "monitoring", "none"),
    ("needs_info", "needs_info", "needs_info"),
    ("paused", "paused", "none"),
    ("disputed", "disputed", "none"),
    ("payment_plan", "payment_plan", "none"),
    ("insolvency", "insolvency", "insolvent"),
    ("deceased", "deceased", "deceased"),
    ("closed", "closed", "outcome"),
    ("rejected", "closed", "outcome"),
    ("duplicate", "needs_info", "needs_info"),
]
KRAVIA = {
    "pågående": "registered",
    "ongoing": "registered",
    "inkassovarsel": "reminder",
    "betalningspåminnelse": "reminder",
    "reminder": "reminder",
    "betalingsoppfordring": "demand",
    "inkassobrev": "demand",
    "demand": "demand",
    "collection letter": "demand",
    "rettslig tiltak": "legal",
    "legal action": "legal",
    "venter godkjenning": "awaiting_approval",
    "awaiting approval": "awaiting_approval",
    "på vent": "paused",
    "on hold": "paused",
    "overvåkning": "monitoring",
    "monitoring": "monitoring",
    "avsluttet": "closed",
    "closed": "closed",
    "duplicate": "needs_info",
    "Det finns redan ett ärende för fakturanumret från Kravias portal": "needs_info",
}


@tagged("post_install", "-at_install")
class TestStatus(TransactionCase):
    """Every agency speaks its own words; the catalogue says what they mean."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Status = cls.env["collection.status"]

    # === WHAT THE WORDS MEAN === #

    def test_every_word_of_intrum(self):
        """Requirement 70"""
        for code, state, effect in INTRUM:
            with self.subTest(code):
                status = self.Status._from_code("intrum", code)
                self.assertRecordValues(
                    status, [{"code": code, "state": state, "effect": effect}]
                )
                self.assertTrue(status.remedy)
        known = self.Status.search([("catalogue", "=", "intrum")])
        self.assertEqual(set(known.mapped("code")), {code for code, *_rest in INTRUM})

    def test_every_word_of_the_agency_api(self):
        for code, state, effect in AGENCY_API:
            with self.subTest(code):
                status = self.Status._from_code("agency_api", code)
                self.assertRecordValues(
                    status, [{"code": code, "state": state, "effect": effect}]
                )
                self.assertTrue(status.remedy)

    def test_every_word_of_kravia(self):
        for code, state in KRAVIA.items():
            with self.subTest(code):
                status = self.Status._from_code("kravia", code)
                self.assertRecordValues(status, [{"code": code, "state": state}])

    def test_a_case_typed_by_hand_is_told_apart(self):
        """Requirement 68"""
        for catalogue in ("kravia", "agency_api"):
            status = self.Status._from_code(catalogue, "duplicate")
            self.assertEqual(
                status.name,
                "A case for this invoice number already exists in the portal",
            )
            self.assertTrue(status.action_required)

    def test_somebody_must_act_only_where_the_case_would_stand_still(self):
        """Requirement 65"""
        for catalogue, codes in {
            "intrum": {"Adressuppgifter saknas"},
            "agency_api": {
                "awaiting_approval_demand",
                "awaiting_approval_legal",
                "needs_info",
                "disputed",
                "rejected",
                "duplicate",
            },
        }.items():
            waiting = self.Status.search(
                [("catalogue", "=", catalogue), ("action_required", "=", True)]
            )
            self.assertEqual(set(waiting.mapped("code")), codes)

    # === FINDING A WORD === #

    def test_case_and_spaces_make_no_difference(self):
        tratta = self.Status._from_code("intrum", "Tratta")
        for written in ("tratta", "TRATTA", "  Tratta\n"):
            self.assertEqual(self.Status._from_code("intrum", written), tratta)
        letter = self.Status._from_code("intrum", "Övervakningsbrev")
        self.assertTrue(letter)
        for written in (
            "ÖVERVAKNINGSBREV",
            "övervakningsbrev",
            "O\u0308vervakningsbrev",
        ):
            self.assertEqual(self.Status._from_code("intrum", written), letter)
        foreign = self.Status._from_code("intrum", "Utländskt  ärende")
        self.assertEqual(foreign.code, "Utländskt ärende")

    def test_an_unknown_word_gives_nothing(self):
        for code in ("Månadsbrev", "awaiting%approval", "awaiting approval", "", False):
            with self.subTest(code):
                self.assertFalse(self.Status._from_code("agency_api", code))

    def test_each_agency_has_its_own_words(self):
        self.assertTrue(self.Status._from_code("intrum", "Tratta"))
        self.assertFalse(self.Status._from_code("kravia", "Tratta"))
        self.assertFalse(self.Status._from_code("elsewhere", "Tratta"))

    def test_an_archived_word_is_unknown(self):
        self.Status._from_code("intrum", "Utvärdering").action_archive()
        self.assertFalse(self.Status._from_code("intrum", "Utvärdering"))

    def test_a_bookkeeper_adds_a_word(self):
        self.Status.create(
            {
                "catalogue": "intrum",
                "code": "Hembesök",
                "name": "Visit at home",
                "state": "demand",
            }
        )
        status = self.Status._from_code("intrum", "hembesök")
        self.assertEqual(status.state, "demand")
        self.assertEqual(status.effect, "none")
        self.assertEqual(status.display_name, "Hembesök (Visit at home)")

    def test_no_word_twice(self):
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.Status.create(
                {"catalogue": "intrum", "code": " tratta", "name": "Once more"}
            )
