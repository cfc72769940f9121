import json
from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..formats.signature import HEADER
from .scripted_line import sign
from .test_status import KRAVIA
from .transfer_common import TransferCommon

# Intrum's words as Netvisor lists them, and what each means for the case and the
# customer: state (none: stays as it was), flag, whether somebody has to act.
INTRUM = {
    "Registrerad": ("registered", False, False),
    "Brevinkasso": ("demand", False, False),
    "Tingsrätt": ("legal", False, False),
    "Utmätningsman": ("enforcement", False, False),
    "Avslutad": ("closed", False, False),
    "Ärende låst för fakturering": ("closing", False, False),
    "Fakturerad": ("closing", False, False),
    "Annullerad": ("closed", False, False),
    "Tratta": ("demand", False, False),
    "Konkurs/Skuldsanering": ("insolvency", "insolvent", False),
    "Avliden": ("deceased", "deceased", False),
    "Kund utomlands": ("abroad", "abroad", False),
    "Utländskt ärende": ("abroad", False, False),
    "Ackordbetalningsprogram": ("insolvency_plan", "insolvent", False),
    "Ackordförfarande": ("insolvency", "insolvent", False),
    "Juridisk åtgärd": ("legal", False, False),
    "Betalningsprogram": ("payment_plan", False, False),
    "Delgivning": ("legal", False, False),
    "Adressuppgifter saknas": ("needs_info", False, True),
    "Ny adress": (None, False, False),
    "Skuldsaneringens betalningsprogram": ("insolvency_plan", "insolvent", False),
    "Övervakningsbrev": ("monitoring", False, False),
    "Bedömning av betalningsförmåga": ("review", False, False),
    "Inkassobrevskedja": ("demand", False, False),
    "Avbrott av preskription": (None, False, False),
    "Telefoninkasso": ("demand", False, False),
    "Kreditinformation kontrollerad": (None, False, False),
    "Utvärdering": ("review", False, False),
}
ADDRESS = {"street": "Nygatan 5", "zip": "582 19", "city": "Linköping", "country": "SE"}


@tagged("post_install", "-at_install")
class TestStatuses(TransferCommon):
    """The agency reports what it does; whoever owns the invoice sees what it means."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    def webhook(self, *cases):
        """The agency calls with signed events, byte for byte as the contract says."""
        events = []
        for case in cases:
            number = len(self.other.events) + 1
            event = {"id": f"ev_{number}", "type": "case.updated"}
            self.other.events.append({"event_id": event["id"]})
            event |= {
                "created_at": "2026-11-22T10:15:00Z",
                "creditor_id": "CR-1",
                "case_id": case.agency_case_id,
                "case_version": self.other.cases[case.agency_case_id]["version"],
            }
            events.append(event)
        body = json.dumps({"events": events}).encode()
        agency = cases[0].agency_id.sudo()
        header = sign(agency.webhook_secret, body)
        self.assertTrue(agency._receive_webhook({HEADER: header}, body))
        self.run_jobs()

    def report(self, case, code=None, **changes):
        if code:
            changes |= {"status_code": code, "status_label": f"{code} (label)"}
        self.other.change(case, **changes)
        self.webhook(case)

    def send_for(self, partners, catalogue):
        """One case for each customer, all in the agency's reminder service."""
        self.agency.status_catalogue = catalogue
        known = {self.customer: self.case.move_id}
        moves = self.env["account.move"].union(
            *(known.get(partner) or self.make_invoice(partner) for partner in partners)
        )
        if new := moves - self.case.move_id:
            new.transfer_to_collection()
            self.run_jobs()
        cases = [move.collection_case_id for move in moves]
        for case in cases:
            self.other.change(
                case, state="reminder", status_code="reminder", status_label="Reminder"
            )
        self.webhook(*cases)
        return cases

    # === EVERY WORD === #

    def hear(self, case, code, **changes):
        """What the agency says of the case arrives, without the way to it."""
        details = self.other.change(case, status_code=code, **changes)
        case.with_user(self.agency.api_user_id).sudo()._apply(details)

    def test_row_70_every_status_of_intrum_arrives(self):
        [case] = self.send_for([self.customer], "intrum")
        for code, (state, flag, acts) in INTRUM.items():
            with self.subTest(code):
                self.customer.collection_flag = False
                self.hear(case, "Registrerad", action_required=False)
                self.hear(case, code, status_label=f"{code} (label)")
                self.assertEqual(case.state, state or "reminder")
                self.assertEqual(case.agency_status, code)
                self.assertEqual(case.agency_status_label, f"{code} (label)")
                self.assertEqual(self.customer.collection_flag, flag)
                self.assertEqual(case.action_required, acts)
                self.assertEqual(bool(self.activities(case, "decide")), acts)
                is_closed = state == "closed"
                shown = "Closed" if is_closed else case.status_id.name
                self.assertEqual(case.move_id.collection_status, shown)
                self.assertEqual(len(self.activities(case, "outcome")), int(is_closed))

    def test_row_70_every_status_of_kravia_arrives(self):
        [case] = self.send_for([self.customer], "kravia")
        for code, state in KRAVIA.items():
            with self.subTest(code):
                self.hear(case, "ongoing", action_required=False)
                self.hear(case, code.upper())
                self.assertEqual(case.state, state)
                self.assertEqual(case.agency_status, code.upper())
                waits = state in ("awaiting_approval", "needs_info")
                self.assertEqual(case.action_required, waits)
                self.assertEqual(bool(self.activities(case, "decide")), waits)

    def test_row_70_an_unknown_status_is_shown_as_the_agency_wrote_it(self):
        [case] = self.send_for([self.customer], "intrum")
        self.report(case, "Hembesök", state="demand")
        self.assertEqual(case.agency_status, "Hembesök")
        self.assertEqual(case.move_id.collection_status, "Hembesök (label)")
        self.assertEqual(case.state, "demand")
        self.assertFalse(case.status_id)
        self.report(case)
        [told] = case.event_ids.filtered(lambda e: e.code == "unknown_status")
        self.assertIn("Hembesök", told.name)
        self.assertFalse(self.activities(case, "decide"))

    def test_row_70_a_word_that_a_bookkeeper_adds_is_understood_from_then_on(self):
        [case] = self.send_for([self.customer], "intrum")
        self.report(case, "Hembesök")
        self.assertEqual(case.state, "reminder")
        self.env["collection.status"].create(
            {
                "catalogue": "intrum",
                "code": "hembesök",
                "name": "Visit at home",
                "state": "demand",
            }
        )
        self.report(case)
        self.assertEqual(case.state, "demand")
        self.assertEqual(case.status_text, "Visit at home")

    def test_row_70_words_and_states_that_nobody_knows_leave_the_state(self):
        [case] = self.send_for([self.customer], "agency_api")
        self.report(case, "moon_phase", state="moonlit")
        self.assertEqual(case.state, "reminder")
        self.assertEqual(case.status_text, "moon_phase (label)")
        self.report(case, "court", state="legal", status_label="")
        self.assertEqual(case.state, "legal")
        self.report(case, "demand", state="demand")
        self.assertEqual(case.state, "demand")

    # === SOMEBODY HAS TO ACT === #

    def test_row_65_72_a_red_mark_while_somebody_has_to_act(self):
        [case] = self.send_for([self.customer], "agency_api")
        move = case.move_id
        marked = [("collection_action_required", "=", True), ("id", "=", move.id)]
        self.assertFalse(move.search_count(marked))
        self.report(
            case,
            "awaiting_approval_legal",
            state="awaiting_approval",
            action_required=True,
            action_hint="Approve legal action.",
            available_actions=["approve_legal", "reject_legal"],
        )
        self.assertEqual(case.state, "awaiting_approval")
        self.assertTrue(move.collection_action_required)
        self.assertEqual(move.search(marked), move)
        self.assertEqual(self.agency.action_count, 1)
        [activity] = self.activities(case, "decide")
        self.assertEqual(activity.user_id, self.agency.user_id)
        self.assertIn("Approve legal action.", activity.note)
        self.report(case)
        self.assertEqual(len(self.activities(case, "decide")), 1)
        self.report(case, "legal", state="legal", action_required=False, action_hint="")
        self.assertFalse(move.collection_action_required)
        self.assertFalse(move.search_count(marked))
        unmarked = [("collection_action_required", "=", False), ("id", "=", move.id)]
        self.assertEqual(move.search(unmarked), move)
        self.assertEqual(self.agency.action_count, 0)
        self.assertFalse(self.activities(case, "decide"))

    def test_row_72_the_activity_says_what_is_asked_for_now(self):
        [case] = self.send_for([self.customer], "agency_api")
        for hint in ("Approve the demand.", "Send the contract."):
            self.report(case, "needs_info", action_required=True, action_hint=hint)
        [activity] = self.activities(case, "decide")
        self.assertIn("Send the contract.", activity.note)

    def test_a_tratta_against_a_consumer_is_pointed_out_until_somebody_looked(self):
        consumer, business = self.send_for(
            [self.make_consumer(), self.customer], "intrum"
        )
        for case in (consumer, business):
            self.report(case, "Tratta", state="demand")
        [activity] = self.activities(consumer, "check")
        self.assertIn("consumer", activity.note)
        self.assertFalse(self.activities(business, "check"))
        self.report(consumer)
        self.assertTrue(self.activities(consumer, "check"))
        activity.action_feedback()
        self.report(consumer)
        self.assertFalse(self.activities(consumer, "check"))

    # === PAYMENT PLAN, LIMITATION, BALANCE === #

    def test_a_payment_plan_is_shown_with_what_is_late(self):
        [case] = self.send_for([self.customer], "agency_api")
        plan = [
            {
                "due_date": self.today + timedelta(days=days),
                "amount": Decimal("500.00"),
                "paid": paid,
            }
            for days, paid in ((-31, True), (-1, False), (0, False))
        ]
        self.report(case, "payment_plan", state="payment_plan", instalments=plan)
        self.assertEqual(case.state, "payment_plan")
        self.assertEqual(
            [(p.amount, p.is_paid, p.is_late) for p in case.instalment_ids],
            [(500, True, False), (500, False, True), (500, False, False)],
        )
        before = case.instalment_ids
        self.report(case)
        self.assertEqual(case.instalment_ids, before)
        plan[1]["paid"] = True
        self.report(case, instalments=plan)
        self.assertEqual(case.instalment_ids.mapped("is_paid"), [True, True, False])
        self.report(case, "demand", state="demand", instalments=[])
        self.assertFalse(case.instalment_ids)

    def test_an_interruption_moves_the_limitation_date(self):
        [case] = self.send_for([self.customer], "intrum")
        self.report(case, "Brevinkasso", limitation_date=date(2029, 10, 1))
        self.report(case, "Avbrott av preskription", limitation_date=date(2029, 12, 1))
        self.assertEqual(case.limitation_date, date(2029, 12, 1))
        self.assertEqual(case.status_text, "Limitation period interrupted")

    def test_the_balance_is_taken_over_in_its_parts(self):
        [case] = self.send_for([self.customer], "agency_api")

        def part(original, paid):
            return {
                "original": Decimal(original),
                "paid": Decimal(paid),
                "remaining": Decimal(original) - Decimal(paid),
            }

        self.report(
            case,
            balance={
                "capital": part("1000.00", "400.00"),
                "interest": part("12.34", "0"),
                "fees": part("240.00", "60.00"),
                "court_fees": part("0", "0"),
            },
            withdrawal_fee=Decimal("150.00"),
        )
        self.assertRecordValues(
            case,
            [
                {
                    "capital_paid": 400,
                    "capital_open": 600,
                    "interest_open": 12.34,
                    "fees_open": 180,
                    "court_fees_open": 0,
                    "withdrawal_fee": 150,
                    "recovered_share": 0.4,
                }
            ],
        )

    # === CUSTOMERS IN TROUBLE === #

    def test_an_insolvent_customers_next_invoice_waits_for_a_person(self):
        [case] = self.send_for([self.customer], "intrum")
        self.agency.auto_transfer = True
        self.report(case, "Konkurs/Skuldsanering")
        other = self.make_invoice()
        self.assertEqual(self.reasons(other, "automatic"), {"debtor_flagged"})
        self.assertFalse(self.reasons(other))
        self.assertEqual(other.collection_debtor_flag, "insolvent")
        self.report(case, "Övervakningsbrev", state="monitoring")
        self.assertEqual(self.customer.collection_flag, "insolvent")
        self.customer.collection_flag = False
        self.report(case)
        self.assertFalse(self.customer.collection_flag)

    def test_what_weighs_most_stays_known_of_a_customer(self):
        """Who has died does not come back by having moved abroad."""
        [case] = self.send_for([self.customer], "intrum")
        for code, flag in (
            ("Kund utomlands", "abroad"),
            ("Konkurs/Skuldsanering", "insolvent"),
            ("Kund utomlands", "insolvent"),
            ("Avliden", "deceased"),
            ("Konkurs/Skuldsanering", "deceased"),
            ("Kund utomlands", "deceased"),
        ):
            self.hear(case, code)
            self.assertEqual(self.customer.collection_flag, flag)

    # === WHAT A STATUS DOES === #

    def test_the_limitation_period_starts_anew(self):
        """Sweden: ten years against a business, three against a consumer."""
        consumer = self.make_consumer()
        for case, years in zip(
            self.send_for([self.customer, consumer], "intrum"), (10, 3), strict=True
        ):
            self.hear(case, "Avbrott av preskription")
            until = self.today + relativedelta(years=years)
            self.assertEqual(case.limitation_date, until)
            [event] = case.event_ids.filtered(lambda e: e.code == "limitation")
            self.assertIn(str(until), event.name)
            self.hear(case, "Brevinkasso")
            self.assertEqual(case.limitation_date, until)
            told = until - timedelta(days=7)
            self.hear(case, "Avbrott av preskription", limitation_date=told)
            self.assertEqual(case.limitation_date, told)

    def test_a_new_address_that_is_not_told_is_asked_for(self):
        untold, told = self.send_for([self.customer, self.make_consumer()], "intrum")
        self.hear(untold, "Ny adress")
        self.hear(told, "Ny adress", new_address=ADDRESS)
        [activity] = self.activities(untold, "check")
        self.assertIn("portal", activity.note)
        self.assertFalse(self.activities(told, "check"))
        self.assertEqual(told.new_street, "Nygatan 5")

    def test_a_status_of_ones_own_does_what_it_promises(self):
        statuses = self.env["collection.status"]
        for effect, state in (("needs_info", "review"), ("outcome", False)):
            statuses.create(
                {
                    "catalogue": "intrum",
                    "code": effect,
                    "name": effect,
                    "state": state,
                    "effect": effect,
                }
            )
        asked, ended = self.send_for([self.customer, self.make_consumer()], "intrum")
        self.hear(asked, "needs_info")
        self.assertTrue(asked.action_required)
        self.assertTrue(self.activities(asked, "decide"))
        self.hear(ended, "outcome")
        self.assertEqual((ended.state, ended.outcome_decision), ("closed", "pending"))
        self.assertTrue(self.activities(ended, "outcome"))

    def test_the_estate_of_an_invoiced_persons_company_is_flagged_as_a_whole(self):
        office = self.make_customer(
            "Invoices", parent_id=self.customer.id, type="invoice", is_company=False
        )
        [case] = self.send_for([office], "intrum")
        self.report(case, "Avliden")
        self.assertEqual(case.state, "deceased")
        self.assertEqual(self.customer.collection_flag, "deceased")

    # === A NEW ADDRESS === #

    def test_a_new_address_is_proposed_and_taken_over_by_a_person(self):
        [case] = self.send_for([self.customer], "intrum")
        self.report(case, "Ny adress", new_address=ADDRESS)
        self.assertEqual(self.customer.street, "Verkstadsgatan 2")
        self.assertEqual(case.new_street, "Nygatan 5")
        self.assertTrue(self.activities(case, "decide"))
        with self.assertRaises(AccessError):
            case.with_user(self.clerk).action_use_new_address()
        case.with_user(self.collector).action_use_new_address()
        self.assertEqual(
            [self.customer.street, self.customer.zip, self.customer.city],
            ["Nygatan 5", "582 19", "Linköping"],
        )
        self.assertFalse(case.new_street)
        self.assertFalse(self.activities(case, "decide"))
        self.report(case)
        self.assertFalse(case.new_street)

    def test_an_address_that_was_dismissed_is_not_proposed_again(self):
        [case] = self.send_for([self.customer], "intrum")
        self.report(case, "Ny adress", new_address=ADDRESS)
        case.with_user(self.collector).action_dismiss_new_address()
        self.report(case, "Brevinkasso")
        self.assertFalse(case.new_street)
        self.assertFalse(self.activities(case, "decide"))
        self.assertEqual(self.customer.street, "Verkstadsgatan 2")
        self.report(case, "Ny adress", new_address={**ADDRESS, "street": "Nygatan 7"})
        self.assertEqual(case.new_street, "Nygatan 7")
        self.assertTrue(self.activities(case, "decide"))
