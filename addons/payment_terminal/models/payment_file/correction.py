from odoo import models

TAKEN_BACK = "payment_terminal.mail_activity_type_reversed"


class PaymentTerminalFileLine(models.Model):
    """Corrections: the bank takes an earlier payment back."""

    _inherit = "payment.terminal.file.line"

    def _find_corrected(self):
        """Return, for each correction of which it is proven, the payment it takes back.

        That is the last one with the same reference and amount that nothing has taken
        back yet; those before it were the same customer's. Without a reference it must
        have the same identifier of the bank.
        """
        found = {}
        taken = self.browse()
        corrections = self.filtered(lambda line: line.is_correction and line.amount < 0)
        if not corrections:
            return found
        booked = self.search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("state", "=", "booked"),
                ("correction_id", "=", False),
                ("amount", ">", 0),
                "|",
                ("reference", "in", [*filter(None, corrections.mapped("reference"))]),
                ("bank_id", "in", [*filter(None, corrections.mapped("bank_id"))]),
            ],
            order="id desc",
        )
        for line in corrections:
            for original in booked - taken:
                same_name = (
                    original.reference == line.reference
                    if line.reference
                    else line.bank_id and original.bank_id == line.bank_id
                )
                if (
                    same_name
                    and original.item_id
                    and not line.currency_id.compare_amounts(
                        original.amount, -line.amount
                    )
                ):
                    found[line] = original
                    taken |= original
                    break
        return found

    def _take_back(self, original):
        """Take a payment off what it has paid: that is open again."""
        original.correction_id = self
        paid = original.invoice_ids
        credit = original.item_id
        (credit.matched_debit_ids + credit.matched_credit_ids).with_context(
            terminal_taken_back=True
        ).unlink()
        if not credit.reconciled and credit.account_id == self.item_id.account_id:
            (credit + self.item_id).with_context(
                no_exchange_difference=True
            ).reconcile()
        texts = {
            move.id: self.env._(
                "The bank took %(amount)s back, booked in %(entry)s.",
                amount=self.currency_id.format(-self.amount),
                entry=self.statement_line_id.move_id.name,
            )
            for move in paid
        }
        paid._message_log_batch(texts)
        paid._remind(TAKEN_BACK, whose=self.file_id)
