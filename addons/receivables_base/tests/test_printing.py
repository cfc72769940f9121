import io
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest import SkipTest

from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import OdooPdfFileReader

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.base.models.ir_actions_report import _wkhtml

NOT_SENT = "receivables_base.mail_activity_type_not_sent"
REPORT = "account.report_invoice_with_payments"
LOGGER = "odoo.addons.receivables_base.models.account_move"
CORE = "odoo.addons.base.models.ir_actions_report"
# wkhtmltopdf without patched Qt: one document at a time. It prints what it finds of
# names of invoices, and nothing for customers it does not like.
PROGRAM = """\
#!{python}
import re, sys
from pathlib import Path
from reportlab.pdfgen.canvas import Canvas

if "--version" in sys.argv:
    sys.exit(print("wkhtmltopdf 0.12.6"))
bodies = [name for name in sys.argv if "report.body.tmp." in name]
if len(bodies) != 1:
    sys.exit(1)
body = Path(bodies[0]).read_text()
if "Unprintable" in body:
    print("out of paper", file=sys.stderr)
    sys.exit(3)
page = Canvas(sys.argv[-1])
page.drawString(50, 50, re.search("INV/[0-9/]+", body).group())
page.save()
"""


@tagged("post_install", "-at_install")
class TestPrinting(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.users"].search([]).notification_type = "email"
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        program = Path(folder.name, "wkhtmltopdf")
        program.write_text(PROGRAM.replace("{python}", sys.executable))
        program.chmod(0o755)
        path = os.environ["PATH"]
        cls.addClassCleanup(_wkhtml.cache_clear)
        cls.addClassCleanup(os.environ.update, {"PATH": path})
        os.environ["PATH"] = f"{folder.name}{os.pathsep}{path}"
        _wkhtml.cache_clear()

    def bills(self, *customers):
        return self.env["account.move"].union(
            *(
                self.init_invoice("out_invoice", partner, post=True, amounts=[100])
                for partner in customers or [self.partner_a] * 3
            )
        )

    def customer(self, name):
        return self.env["res.partner"].create(
            {"name": name, "invoice_sending_method": "manual"}
        )

    @contextmanager
    def real(self):
        """Core skips a test in which several documents are printed at once."""
        try:
            yield
        except SkipTest as skipped:
            self.fail(skipped)

    def texts(self, pdf):
        reader = OdooPdfFileReader(io.BytesIO(pdf), strict=False)
        return [
            reader.getPage(n).extract_text().strip() for n in range(len(reader.pages))
        ]

    def render(self, ids):
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        with self.real():
            return report._render_qweb_pdf(REPORT, ids)[0]

    def send(self, moves):
        """Send them together, as core's job does."""
        moves.sending_data = {"author_partner_id": self.env.user.partner_id.id}
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            jobs = self.env(cr=cr, context={"force_report_rendering": True})
            with self.real():
                jobs["account.move"]._cron_account_move_send()
        self.env.invalidate_all()

    def test_the_program_lacks_the_patches(self):
        self.assertFalse(_wkhtml().is_patched_qt)

    def test_documents_come_one_by_one_and_in_order(self):
        bills = self.bills()
        ids = [bills[2].id, bills[0].id, bills[1].id]
        names = [self.env["account.move"].browse(each).name for each in ids]
        self.assertEqual(self.texts(self.render(ids)), names)

    def test_the_same_document_twice(self):
        bill = self.bills()[0]
        self.assertEqual(self.texts(self.render(bill.ids * 2)), [bill.name] * 2)

    def test_a_batch_that_is_sent(self):
        bills = self.bills()
        self.send(bills)
        self.assertFalse(any(bills.mapped("is_being_sent")))
        for bill in bills:
            pdf = bill.invoice_pdf_report_id.raw
            self.assertEqual(self.texts(pdf), [bill.name])

    def test_one_that_cannot_be_printed_is_told_and_stops_no_other(self):
        bad = self.bills(self.customer("Unprintable"))
        good = self.bills()
        with mute_logger(CORE):
            self.send(good | bad)
        self.assertFalse(any((good | bad).mapped("is_being_sent")))
        self.assertTrue(all(good.mapped("invoice_pdf_report_id")))
        self.assertFalse(bad.invoice_pdf_report_id)
        self.assertIn("The invoice was not sent:", bad.message_ids[0].body)
        self.assertIn("error code: 3", bad.message_ids[0].body)
        [activity] = bad._get_activities(self.env.ref(NOT_SENT))
        self.assertEqual(activity.user_id, bad._get_responsible())
        self.assertIn("error code: 3", activity.note)
        self.assertIn("out of paper", activity.note)
        self.assertFalse(good._get_activities(self.env.ref(NOT_SENT)))

        bad.partner_id.name = "Printable"
        self.send(bad)
        self.assertTrue(bad.invoice_pdf_report_id)
        self.assertFalse(bad._get_activities(self.env.ref(NOT_SENT)))

    def test_a_fault_inside_odoo_is_told_without_its_words(self):
        bill = self.bills()[0]
        send = self.registry["account.move.send"]

        def fail(*_args, **_kwargs):
            raise KeyError("secret")

        self.patch(send, "_hook_invoice_document_before_pdf_report_render", fail)
        with mute_logger(LOGGER):
            self.send(bill)
        [activity] = bill._get_activities(self.env.ref(NOT_SENT))
        self.assertIn("server's log", activity.note)
        self.assertNotIn("secret", bill.message_ids[0].body)
