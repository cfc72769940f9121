from unittest.mock import patch

from odoo.tests import tagged

from ..models.agency import figures
from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestFigures(TransferCommon):
    """The overview opens as quickly where very much is overdue."""

    def count(self):
        with self.as_job():
            self.env["collection.agency"].sudo()._count_anew()
        self.env.invalidate_all()

    def figures(self):
        self.env.invalidate_all()
        agency = self.agency
        return agency.candidate_count, agency.candidate_amount, agency.candidates_at

    def test_a_few_are_counted_while_one_looks(self):
        before, amount, _at = self.figures()
        self.make_invoices(2)
        self.assertEqual(self.figures(), (before + 2, amount + 2000, False))

    def test_very_many_are_counted_by_the_job(self):
        self.make_invoices(2)
        seen, amount, _at = self.figures()
        with patch.object(figures, "JUDGED_AT_ONCE", 1):
            self.count()
            counted = self.figures()
            self.assertEqual(counted[:2], (seen, amount))
            self.assertTrue(counted[2])
            queries = []
            for _time in range(2):
                self.env.invalidate_all()
                start = self.env.cr.sql_log_count
                with patch.object(
                    figures.Eligibility, "judge_all", side_effect=AssertionError
                ):
                    self.assertEqual(self.figures()[0], seen)
                queries.append(self.env.cr.sql_log_count - start)
                self.make_invoices(3)
            self.assertEqual(*queries)
            self.agency.sudo().counted_at = False
            self.count()
            self.assertEqual(self.figures()[0], seen + 6)
