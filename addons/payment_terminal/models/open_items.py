from decimal import Decimal
from operator import itemgetter

from odoo import fields
from odoo.tools import SQL

from .allocation import Allocation, Item, rounded

# What is open in the books, on any receivable account.
_IN_THE_BOOKS = """
    SELECT line.id, NULL AS payment_id, line.partner_id, line.account_id,
           line.currency_id, line.amount_residual_currency AS residual,
           line.date_maturity AS due, move.name,
           move.payment_reference AS reference,
           coalesce(original.name, payment.invoice_reference) AS wanted,
           payment.state = 'reversing' OR payment.next_attempt > %(now)s AS is_held
      FROM account_move_line line
      JOIN account_account account ON account.id = line.account_id
      JOIN account_move move ON move.id = line.move_id
 LEFT JOIN account_move original ON original.id = move.reversed_entry_id
 LEFT JOIN payment_terminal_transaction payment
        ON payment.id = line.terminal_transaction_id
     WHERE line.partner_id IN %(partners)s
       AND line.company_id = %(company)s
       AND line.id != ALL(%(without)s)
       AND line.parent_state = 'posted'
       AND account.account_type = 'asset_receivable'
       AND (line.reconciled IS NOT TRUE
            AND line.amount_residual_currency != 0"""
_OR_FREED = " OR line.id = ANY(%(freed)s)"
# What networks have told and the job has not booked yet. A payment that is being taken
# back makes its amount a debt again.
_ON_ITS_WAY = """
 UNION ALL
    SELECT NULL, id, partner_id, NULL, currency_id,
           CASE state WHEN 'reversing' THEN amount ELSE -amount END, business_date,
           NULL, NULL, invoice_reference, FALSE
      FROM payment_terminal_transaction
     WHERE partner_id IN %(partners)s
       AND company_id = %(company)s
       AND state IN ('accepted', 'reversing')
       AND is_test IS NOT TRUE"""


def read(
    env,
    company,
    currency,
    quantum,
    partner_ids,
    date,
    foreseen=False,
    without=(),
    freed=None,
):
    """Read what is open of customers, in plain SQL: a kiosk waits for it.

    :param currency: of the network, in which all is expressed at the rate of ``date``
    :param Decimal quantum: the smallest unit of that currency
    :param bool foreseen: for the kiosk: with what is accepted and not booked yet. Else
        for the books, which leave other currencies alone where the company has said
        nothing of exchange differences.
    :param without: journal items that do not count
    :param dict freed: by journal item, how much of it would be open besides, in its
        currency: what is matched with it is about to be taken off
    :return: an :class:`Allocation`
    """
    rows, freed = [], freed or {}
    if partner_ids:
        in_the_books = _IN_THE_BOOKS + (_OR_FREED if freed else "") + ")"
        rows = env.execute_query_dict(
            SQL(
                in_the_books + (_ON_ITS_WAY if foreseen else ""),
                now=fields.Datetime.now(),
                partners=tuple(partner_ids),
                company=company.id,
                without=list(without),
                freed=list(freed),
            )
        )
    for row in rows:
        row["residual"] = float(row["residual"]) + freed.get(row["id"], 0)
    if not foreseen and not _can_exchange(company):
        home = company.currency_id.id
        rows = [row for row in rows if row["currency_id"] == home == currency.id]
    foreign = {row["currency_id"] for row in rows} - {currency.id}
    units = {currency.id: (Decimal(1), quantum)}
    for other in env["res.currency"].browse(foreign).sudo():
        rate = other._get_conversion_rate(other, currency, company, date)
        units[other.id] = Decimal(repr(rate)), Decimal(str(other.rounding))
    waiting, items = [], []
    for row in rows:
        item = _make_item(row, *units[row["currency_id"]])
        if item.is_debt or item.id:
            items.append(item)
        else:
            waiting.append((row["due"], row["payment_id"], item))
    allocation = Allocation(items, quantum)
    for _day, _number, item in sorted(waiting, key=itemgetter(0, 1)):
        amount = rounded(item.left * item.rate, quantum)
        allocation.pay(item.partner_id, currency.id, amount, item.wanted)
    return allocation


def _can_exchange(company):
    """Whether the company has said where exchange differences go."""
    return bool(
        company.currency_exchange_journal_id
        and company.income_currency_exchange_account_id
        and company.expense_currency_exchange_account_id
    )


def _make_item(row, rate, quantum):
    names = tuple(filter(None, (row["name"], row["reference"])))
    return Item(
        id=row["id"],
        partner_id=row["partner_id"],
        account_id=row["account_id"],
        currency_id=row["currency_id"],
        is_debt=row["residual"] > 0,
        left=rounded(Decimal(repr(abs(float(row["residual"])))), quantum),
        rate=rate,
        quantum=quantum,
        due=row["due"] if row["id"] else None,
        reference=names[-1] if names else "",
        names=names,
        wanted=row["wanted"] or "",
        is_held=bool(row["is_held"]),
    )
