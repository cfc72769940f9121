from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, LazyTranslate, split_every

from odoo.addons.receivables_base.tools import Sentence

from ...formats.debts import CHANGED, GONE, NEW, SAME, Debt
from ...tools import take_turn
from .. import open_items
from ..debt_list.debt_list import NOT_HANDED_OVER
from ..debt_list.sending import JOB

_lt = LazyTranslate(__name__)
_CUSTOMERS_AT_ONCE = 5_000
#: so many of those left out are named on the list
_NAMED = 200


class PaymentTerminalNetwork(models.Model):
    """Writes down what customers owe: the same as a kiosk is told."""

    _inherit = "payment.terminal.network"

    def _take_debts(self, name="", scope=""):
        """Write down what customers owe now, as a list for the network.

        Where nothing has changed since the one that waits to be handed over, that one
        is returned; where nothing has changed since what was told, none.

        :param str name: of the format, in place of the network's own
        :param str scope: ``full`` or ``changes``, in place of the network's own
        :return: the list
        :raises UserError: why none can be written
        """
        self.ensure_one()
        take_turn(self)
        adapter = self._check_debts(name or self.debt_format)
        scope = "changes" if adapter.only_changes else scope or self.debt_scope
        earlier = self._get_waiting_lists(adapter.name)
        if scope == "changes":
            earlier._check_not_tried()
        debts, gone, left_out = self._compare_debts(adapter)
        if scope == "changes":
            debts = [debt for debt in debts if debt.change != SAME] + gone
        content = adapter.write(self, debts)
        same = earlier.filtered(lambda each: each._get_bytes() == content)[:1]
        (earlier - same)._replace()
        if same or (scope == "changes" and not debts):
            return same
        taken = self._store_debts(adapter, scope, content, debts, left_out)
        news = {debt.key: debt for debt in debts + gone if debt.change != SAME}
        self.env["payment.terminal.debt.line"].sudo()._store(taken, news.values())
        return taken

    def _check_debts(self, name):
        """Return the format of a list that can be written now.

        :raises UserError: why none can
        """
        if not name:
            raise UserError(
                self.env._("Choose how %s is told what customers owe.", self.name)
            )
        adapter = self._get_debt_format(name)
        obstacles = list(adapter.get_missing(self))
        if self.environment == "disabled":
            obstacles.append(_lt("The network is disabled."))
        if self.show_debt == "none" or not self.lookups_enabled:
            obstacles.append(
                _lt("The network is not to learn what customers owe (see Customer).")
            )
        if obstacles:
            raise UserError(
                self.env._(
                    "No list of debts can be written for %(network)s:\n%(obstacles)s",
                    network=self.name,
                    obstacles="\n".join(f"- {self.env._(each)}" for each in obstacles),
                )
            )
        return adapter

    def _get_waiting_lists(self, name):
        """Return the lists that have not been handed over yet."""
        return (
            self.env["payment.terminal.debt.list"]
            .sudo()
            .search(
                [
                    ("network_id", "=", self.id),
                    ("environment", "=", self.environment),
                    ("format", "=", name),
                    ("state", "in", NOT_HANDED_OVER),
                ]
            )
        )

    def _store_debts(self, adapter, scope, content, debts, left_out):
        lists = self.env["payment.terminal.debt.list"].sudo()
        today = self._get_today()
        month = fields.Datetime.to_string(
            datetime.combine(today.replace(day=1), time())
        )
        serial = 1 + lists.search_count(
            [
                ("network_id", "=", self.id),
                ("format", "=", adapter.name),
                ("taken_at", ">=", month),
            ]
        )
        taken = lists.create(
            {
                "name": adapter.make_name(self, serial, today),
                "direction": "out",
                "network_id": self.id,
                "format": adapter.name,
                "scope": scope,
                "environment": self.environment,
                "state": "to_send" if self.debt_connection_id else "ready",
                "taken_at": fields.Datetime.now(),
                "count": len(debts),
                "total": sum(debt.amount for debt in debts),
                "left_out_count": len(left_out),
                "left_out": left_out[:_NAMED] or False,
            }
        )
        taken._store_bytes([content], adapter.mimetype)
        if taken.state == "to_send":
            taken._wake(JOB)
        return taken

    # === WHAT IS OWED, AND WHAT IS NEW IN IT === #

    def _compare_debts(self, adapter):
        """Read what is owed and compare it with what the network knows.

        :return: ``(debts, gone, left_out)``: what is owed with its ``change``, what is
            owed no more, and dicts ``{number, customer, reason}`` of what cannot be
            told
        """
        known = self.env["payment.terminal.debt.line"]._read_known(
            self, self.environment, adapter.name
        )
        debts, left_out = {}, []
        for debt in self._read_debts(adapter):
            problem = adapter.get_problem(debt)
            if debt.key in debts:
                problem = _lt("Another debt has the same number.")
            if problem:
                left_out.append(
                    {
                        "number": debt.number,
                        "customer": debt.name,
                        "reason": Sentence.store(problem),
                    }
                )
                continue
            before = known.pop(debt.key, None)
            change = NEW
            if before:
                was = Decimal(str(before["amount"])), before["due_date"]
                change = SAME if was == (debt.amount, debt.due_date) else CHANGED
            debts[debt.key] = replace(debt, change=change)
        gone = [
            Debt(
                key=key,
                number=row["number"] or "",
                name=row["name"] or "",
                amount=Decimal(0),
                currency=self.currency_id.name,
                reference=row["reference"] or "",
                change=GONE,
                partner_id=row["partner_id"],
                account_id=row["account_id"],
            )
            for key, row in known.items()
        ]
        return list(debts.values()), gone, left_out

    def _read_debts(self, adapter):
        """Yield what customers with an active number owe now."""
        quantum = Decimal(1).scaleb(-self.currency_id.decimal_places)
        today = self._get_today()
        for customers in split_every(_CUSTOMERS_AT_ONCE, self._read_debtors(), list):
            allocation = open_items.read(
                self.env,
                self.company_id,
                self.currency_id,
                quantum,
                [row["partner_id"] for row in customers],
                today,
                foreseen=True,
            )
            for row in customers:
                yield from self._make_debts(adapter, allocation, row)

    def _read_debtors(self):
        self.env.flush_all()
        return self.env.execute_query_dict(
            SQL(
                """SELECT account.id AS account_id, account.number, partner.name,
                          partner.id AS partner_id,
                          coalesce(partner.company_registry, partner.vat) AS tax_id
                     FROM payment_terminal_account account
                     JOIN res_partner partner ON partner.id = account.partner_id
                    WHERE account.company_id = %s AND account.state = 'active'
                      AND partner.active
                 ORDER BY account.number""",
                self.company_id.id,
            )
        )

    def _make_debts(self, adapter, allocation, row):
        """Yield the debts of a customer."""
        items = allocation.get_open(row["partner_id"])
        owed = allocation.get_debt(row["partner_id"])
        if not items or not owed:
            return
        name = row["name"] or ""
        whole = Debt(
            key=row["number"],
            number=row["number"],
            name=name,
            masked_name=self.env["payment.terminal.account"]._mask(name),
            amount=owed,
            currency=self.currency_id.name,
            due_date=items[0].due,
            tax_id=row["tax_id"] or "",
            partner_id=row["partner_id"],
            account_id=row["account_id"],
        )
        if not adapter.by_item:
            yield whole
            return
        for item in items:
            if item.id and item.due:
                yield replace(
                    whole,
                    key=adapter.make_key(self, item),
                    amount=item.open,
                    due_date=item.due,
                    invoice=item.names[0] if item.names else "",
                    reference=item.reference,
                )
