from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from decimal import Decimal
from functools import partial

from odoo import fields
from odoo.tools import SQL

from ..formats import customer_number
from ..formats.calls import OpenInvoice, Owed, Result
from ..models import open_items
from ..models.allocation import in_order
from ..models.request import MISSES
from .sentences import tell

_LAST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Customer:
    """Who has a number."""

    partner_id: int
    name: str
    zip: str
    phone: str
    account_id: int | None = None
    state: str = "active"
    is_customer: bool = True  # False: archived
    invoice: str = ""  # the invoice whose reference was typed instead of the number


class Customers:
    """Who a number belongs to and what they owe. Reads only, in plain SQL: a kiosk
    waits for the answer, and a network asks several times a second."""

    def __init__(self, env, network):
        """:param network: a :class:`Snapshot`"""
        self.env = env
        self.network = network
        self._tell = partial(tell, env, network)

    def check(self, call):
        """Say who this is and what they owe. Registers nothing."""
        if not self.may_look_up(call):
            return self._tell(Result.CLOSED)
        customer, problem = self.recognise(call)
        if problem:
            return self._tell(problem)
        problem = self.get_amount_problem(call)
        if problem:
            return self._tell(problem)
        owed = self.read_debt(customer.partner_id)
        debt = owed.get_debt(customer.partner_id)
        items = owed.get_open(customer.partner_id)
        shown = {item: item.open for item in items}
        _payment, shares = owed.pay(
            customer.partner_id,
            self.network.currency_id,
            call.amount or Decimal(0),
            call.invoice or customer.invoice,
        )
        paid = {share.debt: share.amount for share in shares}
        name = self.env["payment.terminal.account"]._mask(customer.name)
        outcome = replace(
            self._tell(Result.OK),
            customer=name if self.network.show_name else "",
            now=fields.Datetime.now().replace(tzinfo=timezone.utc),
        )
        if not self.network.show_debt:
            return outcome
        today = self.get_today()
        overdue = sum(
            (shown[item] for item in items if (item.due or today) <= today), Decimal(0)
        )
        return replace(
            outcome,
            debt=debt,
            overdue=overdue if overdue < debt else None,
            due=min((item.due for item in items if item.due), default=None),
            invoices=tuple(
                OpenInvoice(
                    item.reference, item.due, shown[item], paid.get(item, Decimal(0))
                )
                for item in in_order(items, call.invoice or customer.invoice)
                if item.reference
            ),
        )

    def may_look_up(self, call):
        """Whether anybody is told anything about customers at the moment."""
        return self.network.lookups_enabled and not self._is_trying_numbers(
            call.terminal
        )

    def recognise(self, call):
        """Return the customer, or None and why nothing may be said."""
        number = customer_number.normalize(call.account)
        customer = self.find(call.account)
        if not customer:
            possible = customer_number.is_possible(number)
            return None, Result.NOT_FOUND if possible else Result.BAD_ACCOUNT
        if customer.state == "blocked" or not customer.is_customer:
            return None, Result.INACTIVE
        if not self._is_second_factor_right(customer, call.factor):
            return None, Result.BAD_FACTOR
        return customer, None

    def get_amount_problem(self, call):
        """Return why an amount could not be paid; None when it could be."""
        if call.currency and call.currency != self.network.terms.currency:
            return Result.WRONG_CURRENCY
        if call.amount is None:
            return None
        if call.amount < self.network.minimum:
            return Result.TOO_SMALL
        largest = self.network.maximum or self.network.bookable
        if call.amount > min(largest, self.network.bookable):
            return Result.TOO_LARGE
        return None

    def find(self, typed):
        """Find whose number was typed, or whose invoice where the network allows it.

        Some kiosks fill a number up with zeros from the left.

        :return: a :class:`Customer` or None
        """
        number = customer_number.normalize(typed)
        rows = self.env.execute_query(
            SQL(
                """SELECT account.partner_id, partner.name, partner.zip, partner.phone,
                          account.id, account.state, partner.active
                     FROM payment_terminal_account account
                     JOIN res_partner partner ON partner.id = account.partner_id
                    WHERE account.number IN %s AND account.company_id = %s
                 ORDER BY account.number != %s LIMIT 1""",
                (number, number.lstrip("0")),
                self.network.company_id,
                number,
            )
        )
        for row in rows:
            return Customer(*(value or "" for value in row[:4]), *row[4:])
        if self.network.accept_invoice_references:
            return self._find_by_invoice(typed.strip(), number)
        return None

    def _find_by_invoice(self, typed, number):
        """By an invoice's payment reference, with or without its spaces."""
        rows = self.env.execute_query(
            SQL(
                """SELECT partner.id, partner.name, partner.zip, partner.phone,
                          move.name
                     FROM account_move move
                     JOIN res_partner partner ON partner.id = move.commercial_partner_id
                    WHERE move.payment_reference IN %s AND move.company_id = %s
                      AND move.move_type = 'out_invoice' AND move.state = 'posted'
                    LIMIT 2""",
                tuple({typed, number}),
                self.network.company_id,
            )
        )
        if len({row[0] for row in rows}) != 1:
            return None
        *values, invoice = (value or "" for value in rows[0])
        return Customer(*values, invoice=invoice)

    def _is_second_factor_right(self, customer, factor):
        """Whether what was asked besides fits. What the customer's record lacks fits
        nothing."""
        if self.network.second_factor == "none":
            return True
        given = customer_number.normalize(factor)
        if self.network.second_factor == "zip":
            expected = customer_number.normalize(customer.zip)
        else:
            digits = "".join(filter(str.isdecimal, customer.phone))
            expected = digits[-_LAST_DIGITS:] if len(digits) >= _LAST_DIGITS else ""
        return bool(expected) and given == expected

    def list_debts(self, call):
        """Say what customers owe, a page of all that have a number. Registers nothing.

        A list asks nobody for a second factor: where one is wanted there is none.
        """
        network = self.network
        is_asked_more = network.second_factor != "none"
        if not network.pages_debts or not network.show_debt or is_asked_more:
            return self._tell(Result.BAD_OPERATION)
        if not network.lookups_enabled:
            return self._tell(Result.CLOSED)
        count, rows = self._find_page(call.page, call.rows)
        allocation = self.read_debt(*(row[0] for row in rows))
        mask = self.env["payment.terminal.account"]._mask
        owed = tuple(
            Owed(
                number,
                allocation.get_debt(partner_id),
                mask(name) if network.show_name else "",
            )
            for partner_id, name, number in rows
        )
        return replace(self._tell(Result.OK), owed=owed, count=count)

    def _find_page(self, page, rows):
        """Return how many customers there are, and those of a page."""
        found = SQL(
            """FROM payment_terminal_account account
               JOIN res_partner partner ON partner.id = account.partner_id
              WHERE account.company_id = %s AND account.state = 'active'
                AND partner.active""",
            self.network.company_id,
        )
        [[count]] = self.env.execute_query(SQL("SELECT count(*) %s", found))
        customers = self.env.execute_query(
            SQL(
                "SELECT partner.id, partner.name, account.number %s "
                "ORDER BY account.id LIMIT %s OFFSET %s",
                found,
                rows,
                (page - 1) * rows,
            )
        )
        return count, customers

    def read_debt(self, *partner_ids):
        """Read what customers owe, at today's rate.

        :return: an :class:`Allocation` in the network's currency, in which payments
            that are not booked yet have paid already
        """
        network = self.network
        return open_items.read(
            self.env,
            self.env["res.company"].browse(network.company_id).sudo(),
            self.env["res.currency"].browse(network.currency_id).sudo(),
            Decimal(1).scaleb(-network.terms.decimals),
            partner_ids,
            self.get_today(),
            foreseen=True,
        )

    def get_today(self):
        """Return the day in the network's time zone."""
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        return now.astimezone(self.network.terms.timezone).date()

    def _is_trying_numbers(self, terminal):
        """Whether somebody tries numbers: too many wrong ones at one kiosk or in the
        whole network. Lookups pause then; payments never do."""
        since = fields.Datetime.now() - timedelta(minutes=self.network.miss_window)
        misses = SQL(
            """SELECT FROM payment_terminal_request
                WHERE network_id = %s AND create_date > %s
                  AND result IN %s""",
            self.network.id,
            since,
            MISSES,
        )
        here = SQL("%s AND terminal = %s", misses, terminal)
        return self._has_rows(misses, self.network.misses_per_network) or (
            bool(terminal) and self._has_rows(here, self.network.misses_per_kiosk)
        )

    def _has_rows(self, query, most):
        """Whether a query finds so many rows; it counts no further. Zero: never."""
        if most <= 0:
            return False
        [[found]] = self.env.execute_query(
            SQL("SELECT count(*) FROM (%s LIMIT %s) found", query, most)
        )
        return found >= most
