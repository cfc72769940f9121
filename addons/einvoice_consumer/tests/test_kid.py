from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..adapters.efaktura_invoice import EfakturaInvoices
from .common_norway import NorwayCommon


@tagged("post_install", "-at_install")
class TestKid(NorwayCommon):
    """KIDs of a company's own layout, put together and compared with the agreement."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout = cls.make_layout()

    @classmethod
    def make_layout(cls, *parts, **values):
        return cls.env["einvoice.kid.layout"].create(
            {
                "name": "Electricity",
                "company_id": cls.company.id,
                "agreed_method": "mod10",
                "agreed_lengths": "17, 20",
                "part_ids": [
                    Command.create(
                        {"kind": kind, "digit_count": length, "digits": digits}
                    )
                    for kind, length, digits in parts
                    or (("customer", 7, ""), ("invoice", 9, ""))
                ],
                **values,
            }
        )

    def use(self, layout=None):
        self.journal.write(
            {
                "invoice_reference_model": "own_kid",
                "kid_layout_id": (layout or self.layout).id,
            }
        )

    def test_an_invoice_gets_the_kid_of_its_journal(self):
        self.use()
        move = self.make_invoice(name="INV/2026/00017")
        kid = move.payment_reference
        self.assertEqual(kid[:-1], f"{self.kari.id:07d}202600017")
        self.assertEqual(len(kid), 17)
        self.assertTrue(move._has_valid_kid())
        self.assertEqual(
            self.env["einvoice.kid.layout"]._find_customers(self.company, kid),
            self.kari.sudo(),
        )

    def test_vectors_of_nets(self):
        """Nets' specification, chapter 4: 12345678 gives 2, and 5 by modulus 11."""
        self.use(self.make_layout(("invoice", 8, ""), agreed_lengths="9"))
        first = self.make_invoice(name="INV/1234/5678")
        self.assertEqual(first.payment_reference, "123456782")
        self.use(
            self.make_layout(
                ("invoice", 8, ""),
                method="mod11",
                agreed_method="mod11",
                agreed_lengths="9",
            )
        )
        second = self.make_invoice(name="INV/1234/5679")
        # 3+4+21+24+25+24+21+18 = 140, rest 8
        self.assertEqual(second.payment_reference, "123456793")
        self.assertTrue(second._has_valid_kid())

    def test_a_minus_sign(self):
        layout = self.make_layout(
            ("invoice", 8, ""),
            method="mod11",
            agreed_method="mod11",
            agreed_lengths="9",
        )
        self.use(layout)
        self.assertIn("minus", layout.checklist)
        # 2*3 + 3*2 = 12, rest 1
        move = self.make_invoice(name="INV/0000/0023")
        self.assertEqual(move.payment_reference, "00000023-")
        self.assertTrue(move._has_valid_kid())

    def test_references_tell_customers(self):
        self.layout.customer_number = "ref"
        self.use()
        with self.assertRaisesRegex(UserError, "must be of digits alone"):
            self.make_move()
        self.kari.ref = "1042"
        kid = self.make_invoice(name="INV/2026/00018").payment_reference
        self.assertEqual(kid[:16], "0001042202600018")
        other = self.kari.copy({"name": "Ola Nordmann", "ref": "01042"})
        with self.assertRaisesRegex(UserError, "same Reference"):
            self.make_invoice(other)

    def test_nothing_is_cut(self):
        self.use(
            self.make_layout(
                ("customer", 10, ""), ("invoice", 4, ""), agreed_lengths="15"
            )
        )
        with self.assertRaisesRegex(UserError, "place of the invoice longer"):
            self.make_invoice(name="INV/2026/00019")

    def test_two_invoices_never_share_a_kid(self):
        self.use()
        move = self.make_invoice(name="INV/2026/00021")
        journal = self.journal.copy({"code": "KID2", "name": "Other"})
        with self.assertRaisesRegex(UserError, "would get the KID"):
            self.make_invoice(name="KID2/2026/00021"[4:], journal_id=journal.id)
        self.assertTrue(move.payment_reference)

    def test_the_preview_shows_each_digit(self):
        self.assertEqual(self.journal.kid_preview, self.layout.preview)
        layout = self.make_layout(
            ("fixed", 1, "71"), ("customer", 6, ""), ("invoice", 9, "")
        )
        self.assertEqual(layout.kid_length, 18)
        self.assertIn("71001042202600017", layout.preview)
        self.assertIn("3–8", layout.preview)

    def test_the_agreement_is_compared(self):
        layout = self.make_layout(
            agreed_lengths="15",
            agreed_method="mod11",
            agreed_payer_start=2,
            agreed_payer_length=7,
        )
        self.assertEqual(
            {
                code
                for code, line in layout.checklist.items()
                if line["level"] == "danger"
            },
            {"agreed_length", "agreed_method", "agreed_payer"},
        )
        with self.assertRaisesRegex(ValidationError, "the bank takes those of 15"):
            self.use(layout)

    def test_a_layout_in_use_stays_usable(self):
        self.use()
        with self.assertRaisesRegex(ValidationError, "the bank takes those of 17, 20"):
            self.layout.part_ids[0].digit_count = 8
        with self.assertRaisesRegex(ValidationError, "Choose the layout"):
            self.journal.kid_layout_id = False

    def test_efaktura_asks_for_a_kid(self):
        self.use()
        checks = EfakturaInvoices(self.channel)
        self.assertFalse(checks._check_reference(self.make_invoice()))
        [problem] = checks._check_reference(self.make_invoice(payment_reference="Hi"))
        self.assertEqual((problem.code, problem.fix), ("reference", "journal"))

    def test_lengths_that_there_are(self):
        layout = self.make_layout(("customer", 12, ""), ("invoice", 13, ""))
        self.assertIn("length", layout.checklist)
        nothing = self.make_layout(("fixed", 1, "7"))
        self.assertEqual(set(nothing.checklist), {"nothing"})

    def test_a_journal_with_longer_numbers_is_told(self):
        self.make_invoice(name="INV/2026/00022")
        layout = self.make_layout(
            ("customer", 11, ""), ("invoice", 5, ""), agreed_lengths="17"
        )
        self.use(layout)
        layout.invalidate_recordset(["checklist"])
        self.assertIn(f"room_{self.journal.id}", layout.checklist)
