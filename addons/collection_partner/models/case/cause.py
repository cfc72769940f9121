from odoo import Command, fields, models
from odoo.exceptions import UserError

from .money import COUNTS, REPORTS, TAKEN_BACK


class CollectionCase(models.Model):
    """Why the two sides think differently about the open capital.

    What is open is what was claimed less what was paid, here as there: the two parts
    are compared each for itself, and the messages say how one came to part.
    """

    _inherit = "collection.case"

    compared_on = fields.Date("Compared on", readonly=True)

    def _note_difference(self):
        """Write down by how much and why cases differ, each once while it does."""
        today = fields.Date.context_today(self)
        differences = self.env["collection.difference"]
        known = differences.search(
            [("case_id", "in", self.ids), ("state", "=", "open")]
        )
        known = known.grouped("case_id")
        for case in self:
            values = {
                "seen_on": today,
                "ours": case.residual,
                "theirs": case.capital_open,
                "amount": case.currency_id.round(case.capital_open - case.residual),
                "cause": case._find_cause(),
            }
            if case in known:
                known[case].write(values)
            else:
                differences.create({**values, "case_id": case.id, "since": today})
        self.compared_on = today

    def _find_cause(self):
        """Return a word of ``collection.difference``'s causes."""
        self.ensure_one()
        if self.has_other_currency:
            return "currency"
        if self.doubtful_amount:
            return "payer"
        money = self.exchange_ids.filtered(
            lambda message: message.type in (*REPORTS, TAKEN_BACK)
        )
        if money.filtered(lambda message: message.state == "error"):
            return "failed"
        if self.is_money_new or money.filtered(lambda m: m.state == "to_send"):
            return "under_way"
        claimed, paid = self._get_claimed_gap(), self._get_paid_gap()
        if claimed > 0:
            return "credited_there"
        if claimed < 0:
            return "written_off" if self._get_write_offs() else "credit_unknown"
        if paid > 0:
            return "payment_unknown"
        if paid < 0:
            return "settlement" if self._get_unbooked_lines() else "payout"
        return "unknown"

    def _get_claimed_gap(self):
        """Return by how much the capital here is above the agency's, before any
        payment, as a ``Decimal``."""
        known = set(self.known_matchings or ())
        paid = (
            self._get_amount(partial)
            for partial in self._get_matchings()
            if partial.id not in known and self._get_kind_of_money(partial) == "payment"
        )
        here = self._get_exact(self.residual) + sum(paid)
        return here - self._get_exact(self.capital_original)

    def _get_paid_gap(self):
        """Return by how much more is paid here than at the agency."""
        ours = self._get_exact(self.residual) - self._get_claimed_gap()
        return self._get_exact(self.capital_open) - ours

    def _get_write_offs(self):
        """Return what was written off here since the transfer."""
        since = self.transferred_at
        return self._get_matchings().filtered(
            lambda partial: (
                self._get_kind_of_money(partial) == "write_off"
                and (not since or partial.create_date >= since)
            )
        )

    def _get_unbooked_lines(self):
        return self.settlement_line_ids.filtered(
            lambda line: line.state in ("to_review", "parked")
        )

    # === WHAT MENDS IT === #

    def _send_money_again(self):
        """Have the agency told what it was told in vain, or not at all."""
        failed = self.exchange_ids.filtered(
            lambda m: m.type in (*REPORTS, TAKEN_BACK) and m.state == "error"
        )
        failed.action_retry()
        if not failed:
            self._forget_told("payment", self._get_paid_gap())
            self._forget_told("credit_note", -self._get_claimed_gap())
        self._note_money()

    def _forget_told(self, kind, gap):
        """What the agency has taken and does not show is told once more, where it is
        clear which of them that is; it knows it again by its reference."""
        told = self.exchange_ids.filtered(
            lambda m: m.type == kind and m.money_reference and m.state in COUNTS
        )
        one = told.filtered(lambda m: m._get_money()["amount"] == gap)[:1]
        if not one and sum(m._get_money()["amount"] for m in told) == gap:
            one = told
        one.money_reference = False

    def _book_credit_note(self):
        """Credit here what the agency claims less, each product by its share, and tell
        it nothing of that."""
        amount, move = self._get_claimed_gap(), self.move_id
        share = float(amount / self._get_exact(move.amount_total))
        note = move._reverse_moves(
            [
                {
                    "invoice_date": self.company_id._get_collection_today(),
                    "date": self.company_id._get_collection_today(),
                    "ref": self.env._("Credited by %s", self.agency_id.name),
                }
            ]
        )
        note.invoice_line_ids = [
            Command.update(line.id, {"price_unit": line.price_unit * share})
            for line in note.invoice_line_ids
            if line.display_type == "product"
        ]
        if self._get_exact(note.amount_total) != amount:
            raise UserError(
                self.env._(
                    "A credit note of %(amount)s cannot be split by the shares of the "
                    "products: it would make %(total)s. Make it by hand, and match it "
                    "with the invoice.",
                    amount=self._format(amount),
                    total=self._format(note.amount_total),
                )
            )
        note.action_post()
        before = self._get_matchings()
        owed = self._get_receivable_lines().filtered(lambda line: not line.reconciled)
        credit = note.line_ids.filtered(lambda line: line.account_id in owed.account_id)
        (owed + credit).reconcile()
        made = self._get_matchings() - before
        self.known_matchings = [*(self.known_matchings or ()), *made.ids]
        return note
