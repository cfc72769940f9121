from unittest.mock import patch

from odoo.tests import tagged

from ..models.eligibility import Eligibility
from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestFigures(TransferCommon):
    """The overview and the filters fetch nothing of what is overdue: the database
    tells apart what can go."""

    def setUp(self):
        super().setUp()
        self.enterContext(
            patch.object(Eligibility, "_read_facts", side_effect=AssertionError)
        )

    def figures(self):
        self.env.invalidate_all()
        agency = self.agency.with_user(self.collector)
        return agency.candidate_count, agency.candidate_amount

    def test_what_can_go_is_counted(self):
        before, amount = self.figures()
        self.make_invoices(2)
        self.make_invoice(due=-1)
        self.assertEqual(self.figures(), (before + 2, amount + 2000))

    def test_an_agency_that_gets_no_new_cases_counts_none(self):
        self.make_invoices(2)
        self.company.collection_agency_id = False
        self.assertEqual(self.figures(), (0, 0))

    def test_the_filters_part_what_there_is(self):
        moves = self.make_invoices(2) + self.make_invoice(due=-1)
        for mode in ("manual", "automatic"):
            filters = moves.with_context(collection_mode=mode).with_user(self.collector)
            can_go, cannot_go = (
                filters.search(
                    [("id", "in", moves.ids), ("collection_eligible", "=", value)]
                )
                for value in (True, False)
            )
            self.assertEqual((can_go + cannot_go).sorted("id"), moves.sorted("id"))
            self.assertEqual(len(can_go), 2 if mode == "manual" else 0)
