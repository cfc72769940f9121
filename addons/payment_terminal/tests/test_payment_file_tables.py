import base64
import json

from odoo.exceptions import ValidationError
from odoo.tests import Form

from .file_common import YESTERDAY, FileCommon

TABLE = (
    "date;amount;reference;payer\r\n"
    f"{YESTERDAY:%d.%m.%Y};100,00;1232;Matti\r\n"
    f"{YESTERDAY:%d.%m.%Y};-3,50;;Bank\r\n"
)


class TestPaymentTables(FileCommon):
    """A bank that has a format of its own sends a table, or Iceland's list of paid
    claims."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mapping = cls.env["payment.terminal.csv.mapping"].create(
            {
                "name": "Bank",
                "use": "bank",
                "company_id": cls.company.id,
                "decimal": ",",
                "txn_id": False,
                "amount": "amount",
                "day": "date",
                "reference": "reference",
                "payer": "payer",
            }
        )

    def test_a_table_is_read_by_the_mapping_of_its_journal(self):
        invoice = self.invoice("1232", 100)
        [refused] = self.load(TABLE.encode())
        self.assertEqual(refused["state"], "error")
        self.assertIn("mapping", refused["message"])
        self.bank.terminal_mapping_id = self.mapping
        self.file([refused]).with_user(self.accountant).action_process_again()
        file = self.file([refused])
        self.assertEqual((file.state, file.format, file.total), ("booked", "csv", 96.5))
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(file.suspense, -3.5)

    def test_a_registry_needs_its_identifiers(self):
        with self.assertRaises(ValidationError):
            self.mapping.use = "registry"

    def test_the_mapping_is_tried_on_a_sample(self):
        mapping = Form(self.mapping)
        mapping.sample = base64.b64encode(TABLE.encode()).decode()
        self.assertIn("Payments: 2; sum: 96.50", mapping.preview_text)
        self.assertIn("2:  | 1232 | 100.00 | 2026-11-19 | Matti", mapping.preview_text)
        mapping.decimal = "."
        self.assertIn("“100,00”", mapping.preview_text)

    def test_payments_of_claims(self):
        self.invoice("1232", 100)
        paid = {
            "claimKey": {
                "claimantId": "4504013150",
                "account": "013366000123",
                "dueDate": "2026-10-31",
            },
            "payorId": "1201743399",
            "amount": 100,
            "reference": "1232",
            "transactionTimestamp": "2026-11-19T10:15:00Z",
            "bookingDate": str(YESTERDAY),
            "paymentType": "Complete",
            "depositedAmount": 104,
            "currency": "EUR",
        }
        data = json.dumps([paid]).encode()
        [told] = self.load(data)
        # 100 pay the invoice, 4 of interest wait for a person
        self.assertEqual((told["format"], told["booked"]), ("claims_is", 100))
        self.assertEqual(told["suspense"], 4)
        [again] = self.load(json.dumps([paid, {**paid, "reference": "9"}]).encode())
        self.assertEqual((again["known"], again["suspense"]), (104, 104))

    def test_a_list_of_claims_finds_no_journal_by_itself(self):
        data = b'[{"claimKey": {"claimantId": "4504013150", "account": "1", '
        data += b'"dueDate": "2026-10-31"}, "paymentType": "Partial", '
        data += b'"bookingDate": "2026-11-19", "depositedAmount": 1}]'
        files = self.env["payment.terminal.file"].sudo()
        found, _is_repeat = files._import("a.json", data, company=self.company)
        self.assertIn("on its journal", found.summary)
        other = data.replace(b": 1}", b': 2, "currency": "EUR"}')
        found, _is_repeat = files._import(
            "b.json", other, company=self.company, usual=self.bank
        )
        self.assertEqual((found.state, found.journal_id), ("booked", self.bank))
