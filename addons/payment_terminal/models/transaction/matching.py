from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..allocation import Item, allocate, in_order, leave


@dataclass(frozen=True, slots=True)
class Share:
    """Where a payment is booked, and what it pays in this order."""

    account_id: int | None  # receivable account of the invoices; None: the customer's
    parts: dict[int, Decimal]  # journal items of the invoices, and what each gets
    is_foreign: bool  # currencies differ, so there may be exchange differences


class PaymentTerminalTransaction(models.Model):
    """Pays invoices: the one that the customer chose, then the oldest due.

    The order is that of the preview at the kiosk. What is over stays open on the
    payment's journal item as the customer's credit, and pays invoices posted later.
    """

    _inherit = "payment.terminal.transaction"

    def _share_out(self, amounts, date, customer=None, chosen=None):
        """Decide what payments of a company and a currency pay.

        :param dict amounts: what is left of each payment
        :param date: whose rate holds for invoices in another currency
        :param customer: the payments' customer, when it is not theirs yet
        :param chosen: the invoice chosen for them, in place of their own
        :return: a :class:`Share` for each payment
        """
        company, currency = self.company_id, self.currency_id
        partners = self.partner_id if customer is None else customer
        rows = self._read_open_items(partners, company, currency, date)
        # without them nothing that has an exchange difference is matched
        can_exchange = (
            company.currency_exchange_journal_id
            and company.income_currency_exchange_account_id
            and company.expense_currency_exchange_account_id
        )
        accounts, foreign, items = {}, set(), defaultdict(list)
        for row, item in rows:
            accounts[item.id] = row["account_id"]
            if {row["currency_id"], currency.id} != {company.currency_id.id}:
                foreign.add(item.id)
                if not can_exchange:
                    continue
            items[row["partner_id"]].append(item)
        shares = {}
        for payment in self:
            owner = payment.partner_id if customer is None else customer
            open_items = items[owner.id]
            wanted = (payment.invoice_reference or "") if chosen is None else chosen
            account = payment.move_line_id.account_id.id if customer is None else None
            if not account and open_items:
                account = accounts[in_order(open_items, wanted)[0].id]
            parts = allocate(
                Decimal(str(currency.round(amounts[payment]))),
                [item for item in open_items if accounts[item.id] == account],
                wanted,
            )
            paid = {item.id: share for item, share in parts if share}
            items[owner.id] = leave(
                (item, paid.get(item.id, Decimal(0))) for item in open_items
            )
            shares[payment] = Share(account or None, paid, not foreign.isdisjoint(paid))
        return shares

    @api.model
    def _read_open_items(self, partners, company, currency, date):
        """Read what is open of customers' invoices.

        :return: pairs of ``{partner_id, account_id, currency_id, ...}`` and an
            :class:`Item` in the payments' currency
        """
        if not partners:
            return []
        self.env["account.move"].flush_model(["move_type", "name", "payment_reference"])
        self.env["account.move.line"].flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT line.id, line.partner_id, line.account_id, line.currency_id,
                          line.date_maturity, line.amount_residual,
                          line.amount_residual_currency, move.name,
                          move.payment_reference
                     FROM account_move_line line
                     JOIN account_account account ON account.id = line.account_id
                     JOIN account_move move ON move.id = line.move_id
                    WHERE line.partner_id IN %s
                      AND line.company_id = %s
                      AND line.parent_state = 'posted'
                      AND line.reconciled IS NOT TRUE
                      AND line.amount_residual > 0
                      AND account.account_type = 'asset_receivable'
                      AND move.move_type = 'out_invoice'""",
                tuple(partners.ids),
                company.id,
            )
        )
        pairs = []
        for row in rows:
            left = row["amount_residual_currency"]
            if row["currency_id"] != currency.id:
                left = company.currency_id._convert(
                    row["amount_residual"], currency, company, date
                )
            item = Item(
                row["id"],
                row["name"] or "",
                row["date_maturity"],
                Decimal(str(currency.round(float(left)))),
                tuple(filter(None, (row["name"], row["payment_reference"]))),
            )
            pairs.append((row, item))
        return pairs

    def _match(self, shares):
        """Reconcile payments with what they pay, in order."""
        pairs = {False: [], True: []}
        for payment, share in shares.items():
            pairs[share.is_foreign] += [
                (payment.move_line_id.id, line_id) for line_id in share.parts
            ]
        for is_foreign, some in pairs.items():
            self._reconcile_pairs(some, is_foreign)

    @api.model
    def _reconcile_pairs(self, pairs, is_foreign=False):
        """Reconcile journal items two by two, in order.

        :param bool is_foreign: there may be exchange differences
        """
        lines = self.env["account.move.line"].with_context(
            no_exchange_difference=not is_foreign,
            # No invoice is changed, so nothing of it is to be worked out anew.
            skip_invoice_sync=not is_foreign,
            tracking_disable=True,
        )
        together = lines.browse({line_id for pair in pairs for line_id in pair})
        if pairs:
            lines._reconcile_plan(
                [
                    lines.browse(pair).with_prefetch(together._prefetch_ids)
                    for pair in pairs
                ]
            )
