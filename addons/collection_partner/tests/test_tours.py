from decimal import Decimal

from odoo.tests import HttpCase, tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestTours(CollectionCommon, HttpCase):
    """What the person who follows the debts does in the web client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.write(
            {"login": "collector", "password": "collector", "lang": "en_US"}
        )

    def tour(self, path, name):
        self.start_tour(
            f"/odoo/{path}", f"collection_partner_{name}", login="collector"
        )
        self.env.invalidate_all()

    def request(self, case):
        """What is on its way to the agency about a case."""
        [message] = case.sudo().exchange_ids.filtered(
            lambda m: m.type == "action" and m.state == "to_send"
        )
        values = message._get_values()
        return values["action"], values["reason"]

    def test_transfer_from_the_list(self):
        self.agency.undo_minutes = 60
        move = self.make_invoice()
        blocked = self.make_invoice(self.make_customer("Båt & Brygga AB", street=False))
        self.tour("collection-invoices", "transfer")
        self.assertRecordValues(
            move + blocked,
            [
                {"collection_state": "to_send", "collection_note": "Called twice"},
                {"collection_state": False, "collection_note": False},
            ],
        )

    def test_approve_a_case(self):
        case = self.transfer(self.make_invoice())
        self.happen(
            case,
            state="awaiting_approval_demand",
            status_code="awaiting_approval_demand",
            action_required=True,
            action_hint="Approve the demand letter.",
            available_actions=["approve_demand", "reject_demand", "withdraw"],
        )
        self.tour("collection-decisions", "approve")
        self.assertEqual(self.request(case), ("approve_demand", ""))

    def test_take_a_case_back(self):
        case = self.transfer(self.make_invoice())
        self.happen(
            case,
            state="demand",
            status_code="demand",
            withdrawal_fee={"amount": Decimal("150.00"), "currency": "SEK"},
        )
        self.tour(f"collection-cases/{case.id}", "take_back")
        self.assertEqual(self.request(case), ("withdraw", "The customer has paid us"))

    def make_draft(self):
        """A contract whose service is not open yet; its terms have been fetched."""
        agency = self.make_agency("Väst Inkasso", state="draft")
        agency.sudo()._apply_terms(self.other.get_terms(None))
        return agency

    def test_opening_stops_where_something_is_missing(self):
        agency = self.make_draft()
        self.company.street = False
        self.tour(f"collection-agencies/{agency.id}", "onboarding_incomplete")
        self.assertEqual(agency.state, "draft")

    def test_open_the_service(self):
        agency = self.make_draft()
        self.tour(f"collection-agencies/{agency.id}", "onboarding")
        self.assertRecordValues(
            agency,
            [
                {
                    "state": "onboarding",
                    "contact_name": "Elsa Berg",
                    "terms_accepted_version": "2026-1",
                    "terms_accepted_by_id": self.env.user.id,
                }
            ],
        )
        [told, _key] = self.told_when_sent("onboard")
        self.assertEqual(told["contact"]["name"], "Elsa Berg")

    def told_when_sent(self, name):
        """What the agency hears once the jobs have run."""
        self.run_jobs()
        [told] = self.other.told(name)
        return told
