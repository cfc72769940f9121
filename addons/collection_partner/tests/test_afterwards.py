from odoo import Command
from odoo.tests import tagged

from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestAfterwards(SettlementCommon):
    """What is given back of an invoice that an agency has collected and closed, and
    what changes about the company."""

    def closed(self, outcome="paid"):
        """The debtor has paid the agency in full, and the agency has paid us."""
        case = self.transferred()
        self.other.collect(case, 1000)
        self.pay_out(self.told_line(case, capital="1000"))
        self.happen(case, state="closed", outcome=outcome)
        self.assertEqual(case.state, "closed")
        self.assertFalse(self.activities(case, "check"))
        return case

    def credit(self, move):
        wizards = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        wizard = wizards.create({"journal_id": move.journal_id.id})
        wizard.refund_moves()
        wizard.new_move_ids.action_post()
        return wizard.new_move_ids

    def test_row_91_credited_after_the_end_somebody_is_told(self):
        case = self.closed()
        note = self.credit(case.move_id)
        [activity] = self.activities(case, "check")
        self.assertIn(note.name, activity.note)
        self.assertIn("1,000.00", activity.note)

    def test_row_91_taken_back_by_us_nobody_is(self):
        case = self.transferred()
        self.happen(case, state="closed", outcome="withdrawn")
        self.credit(case.move_id)
        self.run_jobs()
        self.assertFalse(self.activities(case, "check"))

    def test_row_91_paid_back_to_the_customer_somebody_is_told(self):
        case = self.transferred()
        self.other.collect(case, 1000)
        settlement = self.pay_out(self.told_line(case, capital="1100"))
        self.happen(case, state="closed", outcome="paid")
        refund = self.env["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 100,
                "payment_type": "outbound",
                "partner_type": "customer",
                "journal_id": self.journal.id,
            }
        )
        refund.action_post()
        items = self.receivable(refund.move_id) + settlement.line_ids.entry_line_id
        items.reconcile()
        [activity] = self.activities(case, "check")
        self.assertIn(refund.name, activity.note)
        self.assertIn("100.00", activity.note)

    # === THE COMPANY === #

    def told_companies(self):
        self.poll()
        self.run_jobs()
        return [told for told, _key in self.other.told("company")]

    def test_row_95_a_changed_name_reaches_the_agency_once(self):
        self.assertFalse(self.told_companies())
        self.company.name = "Granlund Bygg & Tak AB"
        [told] = self.told_companies()
        self.assertEqual(told["company"]["name"], "Granlund Bygg & Tak AB")
        self.assertEqual(len(self.told_companies()), 1)

    def test_row_95_so_does_another_bank_account(self):
        self.assertFalse(self.told_companies())
        self.account.active = False
        self.company.partner_id.bank_ids = [
            Command.create(
                {
                    "acc_number": "SE4550000000058398257466",
                    "bank_id": self.bank.id,
                    "allow_out_payment": True,
                }
            )
        ]
        [told] = self.told_companies()
        self.assertEqual(
            [account["iban"] for account in told["bank_accounts"]],
            ["SE4550000000058398257466"],
        )

    def test_row_95_where_the_agency_cannot_be_told_a_person_is(self):
        self.agency.with_context(collection_from_agency=True).adapter = "kravia"
        agency = self.agency.sudo()
        agency._follow_company()
        self.company.street = "Nygatan 3"
        agency._follow_company()
        self.assertTrue(self.activities(agency, "agency"))
        self.assertFalse(agency._get_waiting("company"))
