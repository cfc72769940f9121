import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestPrint(EinvoiceCommon):
    """A netbank shows its own invoice: paper is printed when somebody asks for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order()
        cls.move = cls.make_invoice()

    def printed(self, move=None):
        return (move or self.move).invoice_pdf_report_id

    def test_it_is_sent_without_paper(self):
        self.move.send_einvoice()
        self.assertEqual(self.move.einvoice_state, "to_send")
        self.assertTrue(self.move.is_move_sent)
        self.assertFalse(self.printed())
        self.assertFalse(self.move.highlight_send_button)

    def test_other_formats_do_not_miss_the_paper(self):
        """Core puts a Factur-X into each PDF, and fails without one; in tests it makes
        an attachment in place of that."""
        embedded = [("name", "=", "factur-x.xml"), ("res_model", "=", "account.move")]
        before = self.env["ir.attachment"].search(embedded)
        self.move.send_einvoice()
        self.assertEqual(self.move.einvoice_state, "to_send")
        self.assertEqual(self.env["ir.attachment"].search(embedded), before)

    def test_who_asks_gets_the_invoice_and_it_is_kept(self):
        self.move.send_einvoice()
        document = self.move._get_invoice_legal_documents("pdf", allow_fallback=True)
        self.assertNotIn("proforma", document["filename"])
        self.assertTrue(document["content"].startswith(b"%PDF"))
        kept = self.printed()
        self.assertTrue(kept)
        [again] = self.move._get_invoice_legal_documents_all(allow_fallback=True)
        self.assertEqual(again["content"], document["content"])
        self.assertEqual(self.printed(), kept)

    def test_programs_ask_too(self):
        self.move.send_einvoice()
        [told] = self.move.fetch_invoice_pdf()
        self.assertEqual(told["move_id"], self.move.id)
        self.assertEqual(base64.b64decode(told["content"]), self.printed().raw)
        self.assertEqual(self.move.fetch_invoice_pdf(), [told])
        with self.assertRaisesRegex(UserError, "no posted customer invoice"):
            self.make_invoice(post=False).fetch_invoice_pdf()
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.move.with_user(stranger).fetch_invoice_pdf()

    def test_the_portal_shows_no_proforma(self):
        report = self.env.ref("account.account_invoices")
        asked = self.env["ir.actions.report"].with_context(proforma_invoice=True)

        def is_proforma():
            return asked._get_rendering_context(report, self.move.ids, {})["proforma"]

        self.assertTrue(is_proforma())
        self.move.send_einvoice()
        self.assertFalse(is_proforma())

    def get_paper(self, move):
        """A printed invoice as HTML."""
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account.account_invoices", move.ids
        )
        return html.decode()

    def test_the_paper_carries_the_bank_bar_code(self):
        """Version 4: the account, euros and cents, the reference, the due date."""
        move = self.make_invoice(partner=self.env["res.partner"].create({"name": "A"}))
        account = move.partner_bank_id.sanitized_acc_number[2:]
        cents = f"{round(move.amount_residual * 100):08}"
        due = f"{move.invoice_date_due:%y%m%d}"
        reference = "".join(move.payment_reference.split())
        code = f"4{account}{cents}000{reference:>020}{due}"
        self.assertIn(f"<small>{code}</small>", self.get_paper(move))
        self.assertIn(f'alt="{code}"', self.get_paper(move))
        # in fives from the right, or in fours
        move.payment_reference = "868516259619897"
        self.assertIn(">86851 62596 19897<", self.get_paper(move))
        move.payment_reference = "RF111232"
        self.assertIn(">RF11 1232<", self.get_paper(move))
        code = f"5{account}{cents}11{1232:021}{due}"
        self.assertIn(f"<small>{code}</small>", self.get_paper(move))
        # without one that can be coded there is none
        move.payment_reference = "INV/1"
        self.assertNotIn("bank_barcode", self.get_paper(move))

    def test_the_paper_of_what_the_bank_has_carries_none(self):
        self.move.send_einvoice()
        self.assertNotIn("bank_barcode", self.get_paper(self.move))

    def test_what_goes_by_email_as_well_is_printed(self):
        self.kerttu.invoice_sending_method = "email"
        self.order_later(2, action="CHANGE", ref="RI-1", service="01")
        self.move.send_einvoice()
        self.assertTrue(self.printed())

    def test_the_setting(self):
        self.channel.print_on_demand = False
        self.move.send_einvoice()
        self.assertTrue(self.printed())

    def test_many_go_in_one_batch_beside_those_by_email(self):
        other = self.kerttu.copy({"name": "Eero", "ref": "1", "email": "e@example.com"})
        moves = self.move | self.make_invoice() | self.make_invoice()
        by_email = self.make_invoice(other)
        (moves | by_email)._einvoice_send_otherwise()
        send = self.env.registry["account.move.send"]
        sent, real = [], send._generate_and_send_invoices

        def generate(model, moves, **options):
            sent.append(moves)
            return real(model, moves, **options)

        jobs = self.env.registry["ir.cron"]
        with (
            patch.object(send, "_generate_and_send_invoices", generate),
            patch.object(jobs, "_commit_progress", lambda *_args, **_options: 60.0),
        ):
            for _run in range(2):
                self.env["account.move"]._cron_account_move_send()
        self.assertEqual(sent, [moves, by_email])
        self.assertEqual(set(moves.mapped("einvoice_state")), {"to_send"})
        self.assertFalse(any((moves | by_email).mapped("sending_data")))
        self.assertTrue(self.printed(by_email))
