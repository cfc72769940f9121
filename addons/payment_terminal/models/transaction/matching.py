from collections import defaultdict
from decimal import Decimal

from odoo import api, models

from .. import open_items


class PaymentTerminalTransaction(models.Model):
    """Pays what is owed: what the customer chose, then the oldest due.

    What is paid is what the kiosk has shown, for :class:`Allocation` computes both.
    What is over stays open on the payment's journal item as the customer's credit, and
    pays invoices posted later.
    """

    _inherit = "payment.terminal.transaction"

    @api.model
    def _read_open_items(self, partners, network, date, without=(), freed=None):
        """Read what is open of customers, at the rate of a day.

        :param without: journal items that do not count
        :param dict freed: by journal item, how much of it would be open besides
        :return: an :class:`Allocation` in the network's currency
        """
        self.env["account.move"].flush_model(
            ["name", "payment_reference", "reversed_entry_id"]
        )
        self.env["account.move.line"].flush_model()
        self.flush_model(["state", "next_attempt", "invoice_reference"])
        currency = network.currency_id
        return open_items.read(
            self.env,
            network.company_id,
            currency,
            Decimal(str(currency.rounding)),
            partners.ids,
            date,
            without=[line.id for line in without],
            freed=freed,
        )

    def _share_out(self, allocation, amounts, customer=None, chosen=None):
        """Let payments pay, in order.

        :param dict amounts: what each payment has for it
        :param customer: who pays, when it is not the payments' own customer
        :param chosen: the invoice chosen for them, in place of their own
        :return: what each pays, as a list of :class:`Share`
        """
        currency = self.currency_id
        shares = {}
        for payment in self:
            partner = payment.partner_id if customer is None else customer
            wanted = payment.invoice_reference if chosen is None else chosen
            amount = Decimal(str(currency.round(amounts[payment])))
            _item, shares[payment] = allocation.pay(
                partner.id, currency.id, amount, wanted or ""
            )
        return shares

    def _choose_account(self, partner, shares):
        return self._choose_receivable(
            self.company_id, self.currency_id, partner, shares
        )

    @api.model
    def _choose_receivable(self, company, currency, partner, shares):
        """Return on which account a customer is credited, or none: nobody we know.

        That of what is paid in the same currency, so that it is matched as it is.
        """
        if not partner.active or (
            partner.company_id and partner.company_id not in company.parent_ids
        ):
            return self.env["account.account"]
        accounts = partner.property_account_receivable_id
        accounts = [accounts] + [
            accounts.browse(share.debt.account_id)
            for share in reversed(shares)
            if share.debt.id and share.debt.currency_id == currency.id
        ]
        active = [account for account in accounts if account.active]
        return active[-1] if active else self.env["account.account"]

    @api.model
    def _carry_out(self, allocation, network, date, lines=()):
        """Match in the books what was allocated.

        :param lines: pairs of a payment's journal item and its list of :class:`Share`
        """
        booked = self.env["account.move.line"]
        parts = [(booked.browse(share.credit.id), share) for share in allocation.shares]
        parts += [(line, share) for line, shares in lines for share in shares]
        alike, others = [], defaultdict(list)
        for line, share in parts:
            if share.credit.is_held or share.debt.is_held or not share.debt.id:
                continue
            if share.debt.place == (line.account_id.id, line.currency_id.id):
                alike.append((line.id, share.debt.id))
            elif share.paid:
                others[line].append(share)
        if others:
            self._carry_over(others, network, date)
        self._reconcile_pairs(alike)

    @api.model
    def _carry_over(self, others, network, date):
        """Bring credits to the account and currency of what they pay, at the rate of
        the day; then the difference to the rate of the invoice is core's to book.

        :param dict others: by journal item, its list of :class:`Share`
        """
        rows, pairs = [], []
        for line, shares in others.items():
            credits = self._prepare_credits_of(line, shares)
            given = float(sum(share.given for share in shares))
            if given:
                closing = {
                    **credits[0],
                    "account_id": line.account_id.id,
                    "currency_id": line.currency_id.id,
                    "amount_currency": given,
                    "balance": -sum(row["balance"] for row in credits),
                }
                rows += [closing, *credits]
                pairs += [line.id, *(share.debt.id for share in shares)]
        if not rows:
            return
        move = self._with_old_accounts()._post_entry(
            {
                "journal_id": network.journal_id.id,
                "date": date,
                "ref": self.env._("%s, payments moved to what they pay", network.name),
                "currency_id": network.company_id.currency_id.id,
            },
            rows,
        )
        self._reconcile_pairs(
            list(zip(pairs, move.line_ids.sorted("id").ids, strict=True))
        )

    @api.model
    def _prepare_credits_of(self, line, shares):
        """Return the values of journal items that pay from what is open of another.

        In the company's currency they have the worth of what they take of it; a debt
        in that currency can be paid with its own amount alone.
        """
        home = line.company_currency_id
        whole = -Decimal(str(line.amount_residual_currency))
        spent, before = Decimal(0), 0.0
        rows = []
        for share in shares:
            spent += share.given
            after = home.round(-line.amount_residual * float(spent / whole))
            worth, before = after - before, after
            if share.debt.currency_id == home.id:
                worth = float(share.paid)
            rows.append(
                {
                    "partner_id": line.partner_id.id,
                    "name": line.name,
                    "date_maturity": line.date_maturity,
                    "terminal_transaction_id": line.terminal_transaction_id.id,
                    "account_id": share.debt.account_id,
                    "currency_id": share.debt.currency_id,
                    "amount_currency": -float(share.paid),
                    "balance": -worth,
                }
            )
        return rows

    @api.model
    def _reconcile_pairs(self, pairs):
        """Reconcile journal items two by two, in order."""
        lines = self.env["account.move.line"]
        together = lines.browse({line_id for pair in pairs for line_id in pair})
        by_kind = defaultdict(list)
        for pair in pairs:
            line = lines.browse(pair[0]).with_prefetch(together._prefetch_ids)
            by_kind[line.currency_id != line.company_currency_id].append(pair)
        for is_foreign, some in sorted(by_kind.items()):
            # No invoice is changed, so nothing of it is to be worked out anew.
            matching = lines.with_context(
                no_exchange_difference=not is_foreign,
                skip_invoice_sync=not is_foreign,
                tracking_disable=True,
            )
            matching._reconcile_plan(
                [
                    matching.browse(pair).with_prefetch(together._prefetch_ids)
                    for pair in some
                ]
            )
