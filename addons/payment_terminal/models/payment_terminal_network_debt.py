from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..formats import customer_number
from ..formats.calls import OpenInvoice, Outcome, Result
from .allocation import Item, allocate
from .payment_terminal_request import MISSES

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
    invoice: str = ""  # the invoice whose reference was typed instead of the number


class PaymentTerminalNetworkDebt(models.AbstractModel):
    """Who a number belongs to and what they owe. Reads only, in plain SQL: a kiosk
    waits for the answer, and a network asks several times a second."""

    _name = "payment.terminal.network.debt"
    _description = "What customers owe, for terminals"

    def _do_check(self, contract, call):
        """Say who this is and what they owe. Registers nothing."""
        if not self._may_look_up(contract, call):
            return self._told(contract, Result.CLOSED)
        customer, problem = self._recognise(contract, call)
        if problem:
            return self._told(contract, problem)
        problem = self._get_amount_problem(contract, call)
        if problem:
            return self._told(contract, problem)
        debt, items = self._read_debt(contract, customer.partner_id)
        chosen = call.invoice or customer.invoice
        shares, _credit = allocate(call.amount or Decimal(0), items, chosen)
        name = self.env["payment.terminal.account"]._mask(customer.name)
        return Outcome(
            Result.OK,
            message=self._get_sentence(contract, Result.OK),
            customer=name if contract.show_name else "",
            debt=debt if contract.show_debt else None,
            due=(
                min((item.due for item in items if item.due), default=None)
                if contract.show_debt
                else None
            ),
            invoices=(
                tuple(
                    OpenInvoice(item.reference, item.due, item.open, share)
                    for item, share in shares
                )
                if contract.show_debt
                else ()
            ),
            now=fields.Datetime.now().replace(tzinfo=timezone.utc),
        )

    def _may_look_up(self, contract, call):
        """Whether anybody is told anything about customers at the moment."""
        return contract.lookups_enabled and not self._is_trying_numbers(
            contract, call.terminal
        )

    def _recognise(self, contract, call):
        """Return the customer, or None and why nothing may be said."""
        number = customer_number.normalize(call.account)
        customer = self._find_customer(contract, call.account)
        if not customer:
            possible = customer_number.is_possible(number)
            return None, Result.NOT_FOUND if possible else Result.BAD_ACCOUNT
        if customer.state == "blocked":
            return None, Result.INACTIVE
        if not self._is_second_factor_right(contract, customer, call.factor):
            return None, Result.BAD_FACTOR
        return customer, None

    @api.model
    def _get_amount_problem(self, contract, call):
        """Return why an amount could not be paid; None when it could be."""
        if call.currency and call.currency != contract.terms.currency:
            return Result.WRONG_CURRENCY
        if call.amount is None:
            return None
        if call.amount < contract.minimum:
            return Result.TOO_SMALL
        if 0 < contract.maximum < call.amount:
            return Result.TOO_LARGE
        return None

    @api.model
    def _find_customer(self, contract, typed):
        """Find whose number was typed, or whose invoice where the network allows it.

        :return: a :class:`Customer` or None
        """
        number = customer_number.normalize(typed)
        self.env.cr.execute(
            SQL(
                """SELECT account.partner_id, partner.name, partner.zip, partner.phone,
                          account.id, account.state
                     FROM payment_terminal_account account
                     JOIN res_partner partner ON partner.id = account.partner_id
                    WHERE account.number = %s AND account.company_id = %s""",
                number,
                contract.company_id,
            )
        )
        row = self.env.cr.fetchone()
        if row:
            return Customer(*(value or "" for value in row[:4]), *row[4:])
        if contract.accept_invoice_references:
            return self._find_customer_of_invoice(contract, typed.strip(), number)
        return None

    @api.model
    def _find_customer_of_invoice(self, contract, typed, number):
        """By an invoice's payment reference, with or without its spaces."""
        self.env.cr.execute(
            SQL(
                """SELECT partner.id, partner.name, partner.zip, partner.phone,
                          move.name
                     FROM account_move move
                     JOIN res_partner partner ON partner.id = move.commercial_partner_id
                    WHERE move.payment_reference IN %s AND move.company_id = %s
                      AND move.move_type = 'out_invoice' AND move.state = 'posted'
                    LIMIT 2""",
                tuple({typed, number}),
                contract.company_id,
            )
        )
        rows = self.env.cr.fetchall()
        if len({row[0] for row in rows}) != 1:
            return None
        *values, invoice = (value or "" for value in rows[0])
        return Customer(*values, invoice=invoice)

    @api.model
    def _is_second_factor_right(self, contract, customer, factor):
        """Whether what was asked besides fits. What the customer's record lacks fits
        nothing."""
        if contract.second_factor == "none":
            return True
        given = customer_number.normalize(factor)
        if contract.second_factor == "zip":
            expected = customer_number.normalize(customer.zip)
        else:
            digits = "".join(filter(str.isdecimal, customer.phone))
            expected = digits[-_LAST_DIGITS:] if len(digits) >= _LAST_DIGITS else ""
        return bool(expected) and given == expected

    @api.model
    def _read_debt(self, contract, partner_id):
        """Read what a customer owes, in the network's currency.

        :return: the total less payments that are not booked yet and credits (never
            below zero), and as :class:`Item` what these payments leave of the invoices
        """
        self.env.cr.execute(
            SQL(
                """SELECT line.id, move.name, move.payment_reference,
                          line.date_maturity, line.currency_id,
                          line.amount_residual_currency, line.amount_residual,
                          move.move_type = 'out_invoice'
                     FROM account_move_line line
                     JOIN account_account account ON account.id = line.account_id
                     JOIN account_move move ON move.id = line.move_id
                    WHERE line.partner_id = %(partner)s
                      AND line.company_id = %(company)s
                      AND line.parent_state = 'posted'
                      AND line.reconciled IS NOT TRUE
                      AND account.account_type = 'asset_receivable'
                 UNION ALL
                   SELECT NULL, NULL, invoice_reference, NULL, %(currency)s,
                          CASE state WHEN 'reversing' THEN amount ELSE -amount END,
                          0, FALSE
                     FROM payment_terminal_transaction
                    WHERE partner_id = %(partner)s
                      AND company_id = %(company)s
                      AND currency_id = %(currency)s
                      AND state IN ('accepted', 'reversing')
                      AND is_test IS NOT TRUE""",
                partner=partner_id,
                company=contract.company_id,
                currency=contract.currency_id,
            )
        )
        total = Decimal(0)
        items = []
        waiting = []
        for (
            line,
            name,
            reference,
            due,
            currency,
            residual,
            balance,
            is_invoice,
        ) in self.env.cr.fetchall():
            left = self._in_currency(contract, currency, residual or 0, balance or 0)
            total += left
            if is_invoice and left > 0:
                names = tuple(filter(None, (name, reference)))
                items.append(Item(line, reference or name, due, left, names))
            elif line is None and left < 0:
                waiting.append((reference or "", -left))
        for reference, amount in waiting:
            shares, _credit = allocate(amount, items, reference)
            items = [
                replace(item, open=item.open - share)
                for item, share in shares
                if share < item.open
            ]
        return max(total, Decimal(0)), items

    @api.model
    def _in_currency(self, contract, currency_id, residual, balance):
        """Express an open amount in the network's currency, at today's rate where the
        invoice has another one."""
        digits = contract.terms.decimals
        if currency_id != contract.currency_id:
            company = self.env["res.company"].browse(contract.company_id).sudo()
            currency = self.env["res.currency"].browse(contract.currency_id).sudo()
            residual = company.currency_id._convert(balance, currency, company)
        return Decimal(f"{residual:.{digits}f}")

    @api.model
    def _is_trying_numbers(self, contract, terminal):
        """Whether somebody tries numbers: too many wrong ones at one kiosk or in the
        whole network. Lookups pause then; payments never do."""
        since = fields.Datetime.now() - timedelta(minutes=contract.miss_window)
        misses = SQL(
            """SELECT FROM payment_terminal_request
                WHERE network_id = %s AND create_date > %s
                  AND result IN %s""",
            contract.id,
            since,
            MISSES,
        )
        here = SQL("%s AND terminal = %s", misses, terminal)
        return self._has_rows(misses, contract.misses_per_network) or (
            bool(terminal) and self._has_rows(here, contract.misses_per_kiosk)
        )

    @api.model
    def _has_rows(self, query, most):
        """Whether a query finds so many rows; it counts no further. Zero: never."""
        if most <= 0:
            return False
        self.env.cr.execute(
            SQL("SELECT count(*) FROM (%s LIMIT %s) found", query, most)
        )
        return self.env.cr.fetchone()[0] >= most
