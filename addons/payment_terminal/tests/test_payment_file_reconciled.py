from odoo.exceptions import UserError
from odoo.tests import Form

from .file_common import FileCommon, camt, entry, ktl


class TestReconciledMeanwhile(FileCommon):
    """A person reconciles in Odoo's own list of the bank what waits for a customer."""

    def wait(self, data):
        """The only payment of a file, which waits for its customer."""
        [told] = self.load(data)
        line = self.file([told]).line_ids
        self.assertEqual(line.state, "suspense")
        return line.with_user(self.accountant)

    def reconcile(self, line, invoice=None):
        """What a person does in Odoo, in plain steps."""
        _bank, suspense, _others = line.sudo().statement_line_id._seek_for_lines()
        owed = (invoice or self.env["account.move"]).line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        )
        account = owed.account_id or self.journal_items_account()
        suspense.with_context(skip_readonly_check=True).write(
            {"account_id": account.id, "partner_id": owed.partner_id.id}
        )
        (suspense + owed).filtered("account_id.reconcile").reconcile()
        self.assertTrue(line.sudo().statement_line_id.is_reconciled)

    def journal_items_account(self):
        return self.env["account.account"].search(
            [("code", "=", "601000"), ("company_ids", "in", self.company.ids)]
        )

    def test_it_is_not_taken_out_of_the_books(self):
        line = self.wait(camt(entry("150.00", "S9"), closing="150.00"))
        self.reconcile(line)
        with self.assertRaisesRegex(UserError, "Undo the reconciliation"):
            line.action_is_known()
        self.assertEqual(self.balance(self.bank_account), 150)
        self.assertTrue(line.statement_line_id.exists())
        line.sudo().statement_line_id.action_undo_reconciliation()
        line.action_is_known()
        self.assertEqual(self.balance(self.bank_account), 0)

    def test_it_is_not_given_to_somebody_else(self):
        line = self.wait(ktl(("99996", 5000, "A0")))
        invoice = self.invoice("1245", 50)
        self.reconcile(line, invoice)
        with self.assertRaisesRegex(UserError, "Undo the reconciliation"):
            line.sudo()._assign(self.make_customer("Veikko", number=False))
        self.assertEqual(invoice.payment_state, "paid")

    def test_its_single_payments_count_as_known(self):
        self.reconcile(self.wait(camt(entry("150.00", "S1"), closing="150.00")))
        details = [("100.00", "1232", "Matti", "S1-1"), ("50.00", "", "M", "S1-2")]
        [told] = self.load(camt(entry("150.00", "S1", details), kind="camt.054"))
        self.assertEqual((told["known"], told["suspense"]), (150, 0))
        self.assertEqual(self.balance(self.bank_account), 150)

    def test_the_job_notes_it(self):
        line = self.wait(ktl(("99996", 5000, "A0")))
        invoice = self.invoice("1245", 50)
        self.reconcile(line, invoice)
        with self.as_job():
            line.with_user(1)._cron_book()
        self.env.invalidate_all()
        self.assertEqual((line.state, line.partner_id), ("booked", self.customer))
        self.assertEqual(line.invoice_ids, invoice)
        self.assertFalse(self.activities(line.file_id, "file_assign"))
        line.sudo().statement_line_id.action_undo_reconciliation()
        self.env.invalidate_all()
        self.assertEqual((line.state, invoice.payment_state), ("suspense", "not_paid"))

    def test_the_payout_of_a_network(self):
        self.pay(50)
        self.book()
        line = self.wait(camt(entry("50.00", "P1"), closing="50.00"))
        wizard = self.env["payment.terminal.payout"].with_user(self.accountant)
        payout = Form(wizard.with_context(default_network_id=self.network.id))
        self.assertEqual(payout.statement_line_id, line.sudo().statement_line_id)
        payout.save().action_reconcile()
        self.env.invalidate_all()
        self.assertEqual((line.state, line.file_id.suspense), ("booked", 0))
        self.assertEqual(line.item_id.account_id, self.clearing)
        self.assertFalse(self.activities(line.file_id, "file_assign"))

    def test_a_line_of_several_payments_is_not_torn(self):
        invoices = self.invoice("1232", 100) + self.invoice("1245", 50)
        [told] = self.load(ktl(("1232", 10000, "A1"), ("1245", 5000, "A2")))
        [together] = self.file([told]).line_ids.statement_line_id
        with self.assertRaisesRegex(UserError, "stands by its reference"):
            together.action_undo_reconciliation()
        self.assertEqual(invoices.mapped("payment_state"), ["paid", "paid"])

    def test_a_correction_that_is_undone_takes_nothing_back(self):
        invoice = self.invoice("1232", 100)
        first = self.file(self.load(ktl(("1232", 10000, "A1")))).line_ids
        taken = self.file(self.load(ktl(("1232", -10000, "A9"), number="2"))).line_ids
        self.assertEqual(first.correction_id, taken)
        taken.with_user(self.accountant).action_undo()
        self.env.invalidate_all()
        self.assertFalse(first.correction_id)
        self.assertEqual((first.state, taken.state), ("booked", "suspense"))
        self.assertEqual(self.balance(self.bank_account), 0)
        # the bank takes it back once more, and this time it stands
        [told] = self.load(ktl(("1232", -10000, "A10"), number="3"))
        self.assertEqual(told["booked"], -100)
        self.assertEqual(first.correction_id, self.file([told]).line_ids)
        self.assertEqual(invoice.payment_state, "not_paid")
