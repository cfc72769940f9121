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
            withdrawal_fee=Decimal("150.00"),
        )
        self.tour(f"collection-cases/{case.id}", "take_back")
        self.assertEqual(self.request(case), ("withdraw", "The customer has paid us"))
