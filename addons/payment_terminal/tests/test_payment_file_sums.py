from datetime import timedelta
from unittest import skipUnless

from .common import TODAY
from .file_common import FileCommon, ktl

try:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

# Finnish references: the last digit is the check digit of 7, 3, 1.
REFERENCES = ("1232", "1245", "1258", "99996")


class TestPaymentFileSums(FileCommon):
    """Any files, in any order: nothing is paid without proof, and no cent is lost."""

    @skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
    def test_no_invoice_without_proof_and_no_cent_lost(self):
        customers = [self.make_customer(f"Customer {n}", number=False) for n in "ABC"]

        @settings(
            max_examples=12,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(
            invoices=st.lists(
                st.tuples(
                    st.integers(0, 2),
                    st.sampled_from(REFERENCES[:3]),
                    st.integers(1, 5000),
                ),
                max_size=5,
            ),
            files=st.lists(
                st.lists(
                    st.tuples(
                        st.sampled_from(REFERENCES),
                        st.integers(1, 5000),
                        st.integers(0, 3),
                        st.booleans(),
                    ),
                    min_size=1,
                    max_size=5,
                ),
                min_size=1,
                max_size=3,
            ),
        )
        def check(invoices, files):
            savepoint = self.cr.savepoint()
            try:
                self.check_files(customers, invoices, files)
            finally:
                savepoint.close(rollback=True)
                self.env.invalidate_all()

        check()

    def check_files(self, customers, invoices, files):
        owed = [
            (self.invoice(reference, cents / 100, customers[who]), customers[who])
            for who, reference, cents in invoices
        ]
        owners = {}
        for move, customer in owed:
            owners.setdefault(move.payment_reference, set()).add(customer)
        came = booked = suspense = known = 0
        for number, rows in enumerate(files, start=1):
            payments = [
                (
                    reference,
                    -cents if is_taken else cents,
                    f"A{archive}",
                    "PAYER",
                    TODAY - timedelta(days=archive),
                )
                for reference, cents, archive, is_taken in rows
            ]
            [told] = self.load(ktl(*payments, number=str(number)))
            self.assertEqual(told["state"], "booked")
            self.assertEqual(
                round(told["booked"] + told["suspense"] + told["known"], 2),
                round(told["total"], 2),
            )
            self.assertEqual(
                round(told["total"] * 100), sum(cents for _r, cents, *_m in payments)
            )
            came += told["total"]
            booked += told["booked"]
            suspense += told["suspense"]
            known += told["known"]
        self.assertAlmostEqual(self.balance(self.bank_account), came - known, 2)
        self.assertAlmostEqual(self.balance(self.waiting_account), -suspense, 2)
        lines = self.env["payment.terminal.file.line"].search(
            [("journal_id", "=", self.bank.id)]
        )
        for line in lines.filtered(lambda line: line.state == "booked"):
            if line.amount > 0:
                self.assertEqual(owners[line.reference], {line.partner_id})
        for move, customer in owed:
            paid = move.amount_total - move.amount_residual
            proven = sum(
                line.amount
                for line in lines
                if line.state == "booked" and line.partner_id == customer
            )
            self.assertLessEqual(round(paid - proven, 2), 0)
