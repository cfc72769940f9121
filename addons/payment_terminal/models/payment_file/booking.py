from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import AS_IT_IS, PLAIN

from .. import open_items
from .line import TO_ASSIGN

_lt = LazyTranslate(__name__)


@dataclass
class Book:
    """Where what is carried over to another account or currency is booked."""

    name: str
    journal_id: Any
    company_id: Any


class PaymentTerminalFileLine(models.Model):
    """Books payments of files as lines of the bank statement.

    What is proven becomes one line a day, with a journal item a payment; what waits for
    a customer has a line of its own, so that Odoo's own ways lead on.
    """

    _inherit = "payment.terminal.file.line"

    def _book(self):
        """Book payments of a journal and a day, then what takes them back."""
        corrections = self.filtered("is_correction")
        for lines in (self - corrections, corrections):
            if lines:
                lines._book_alike()

    def _book_alike(self):
        journal = self.journal_id
        lines = self.with_company(journal.company_id)
        date = lines._get_accounting_date(self[:1].booked_on)
        if not date:
            self._park(
                _lt(
                    "The books are locked up to today and beyond. It is booked on the "
                    "first open day, when it has come."
                )
            )
            return
        owners = lines._find_owners()
        known = lines.filtered(owners.get)
        allocation = lines._read_open_items(
            self.env["res.partner"].union(*(owner for owner, _w in owners.values())),
            date,
        )
        shares, accounts = {}, {}
        for line in known:
            partner, wanted = owners[line]
            amount = Decimal(str(line.currency_id.round(line.amount)))
            _item, shares[line] = allocation.pay(
                partner.id, line.currency_id.id, amount, wanted
            )
            accounts[line] = line._choose_account(partner, shares[line])
        known = known.filtered(accounts.get)
        corrections = lines._find_corrected()
        rows = {
            line: line._prepare_item(accounts[line], owners[line][0], date)
            for line in known
        }
        for line, original in corrections.items():
            rows[line] = line._prepare_item(
                original.item_id.account_id, original.partner_id, date
            )
        for line in lines:
            if line not in rows:
                rows[line] = line._prepare_item(
                    journal.suspense_account_id, self.env["res.partner"], date
                )
        placed = known + lines.browse([line.id for line in corrections])
        lines._write_statement_lines(rows, placed, date)
        self.env["payment.terminal.transaction"]._carry_out(
            allocation,
            lines._get_book(),
            date,
            [(line.item_id, shares[line]) for line in known],
        )
        for line, original in corrections.items():
            line._take_back(original)
        if others := lines - placed:
            others.file_id._remind(TO_ASSIGN)

    def _read_open_items(self, partners, date):
        self.env["account.move"].flush_model(
            ["name", "payment_reference", "reversed_entry_id"]
        )
        self.env["account.move.line"].flush_model()
        currency = self.currency_id
        return open_items.read(
            self.env,
            self.company_id,
            currency,
            Decimal(str(currency.rounding)),
            partners.ids,
            date,
        )

    def _choose_account(self, partner, shares):
        return self.env["payment.terminal.transaction"]._choose_receivable(
            self.company_id, self.currency_id, partner, shares
        )

    def _get_accounting_date(self, day):
        """Return when something of a day is booked, see ``res.company``."""
        journal = self.journal_id
        today = fields.Date.context_today(self)
        return journal.company_id._get_open_date(day, today, journal)

    def _get_book(self):
        company, journal = self.company_id, self.journal_id
        return Book(
            name=journal.name,
            journal_id=company.sudo().currency_exchange_journal_id or journal,
            company_id=company,
        )

    def _prepare_item(self, account, partner, date):
        """Return the values of a payment's journal item."""
        company = self.company_id
        return {
            **PLAIN,
            "account_id": account.id,
            "partner_id": partner.id,
            "name": self._get_label(),
            "currency_id": self.currency_id.id,
            "amount_currency": -self.amount,
            "balance": self.currency_id._convert(
                -self.amount, company.currency_id, company, date
            ),
            "date_maturity": date,
        }

    def _get_label(self):
        return " ".join(filter(None, (self.reference, self.payer, self.text))) or (
            self.bank_id or self.file_id.name
        )

    def _write_statement_lines(self, rows, placed, date):
        """Make lines of the bank statement, and note on each payment where it is."""
        groups = [*placed.grouped("statement_id").values(), *(self - placed)]
        journal = self.journal_id
        values = [
            group._prepare_statement_line([rows[line] for line in group], journal, date)
            for group in groups
        ]
        made = (
            self.env["account.bank.statement.line"]
            .with_context(**AS_IT_IS)
            .create(values)
        )
        for statement_line, group in zip(made, groups, strict=True):
            items = statement_line.move_id.line_ids.sorted("id")[1:]
            for line, item in zip(group, items, strict=True):
                line._set_state(
                    "booked" if line in placed else "suspense",
                    statement_line_id=statement_line.id,
                    item_id=item.id,
                    partner_id=item.partner_id.id,
                    reason=False,
                    attempts=0,
                    next_attempt=False,
                )

    def _prepare_statement_line(self, rows, journal, date):
        amount = self.currency_id.round(sum(self.mapped("amount")))
        partner = rows[0]["partner_id"] if len(rows) == 1 else False
        label = self._get_label() if len(self) == 1 else self._get_lump_label()
        return {
            "journal_id": journal.id,
            "statement_id": self.statement_id.id,
            "date": date,
            "payment_ref": label,
            "amount": amount,
            "partner_id": partner,
            "partner_name": self.payer if len(self) == 1 else False,
            "account_number": self.payer_account if len(self) == 1 else False,
            "line_ids": [
                Command.create(
                    {
                        **PLAIN,
                        "account_id": journal.default_account_id.id,
                        "partner_id": partner,
                        "name": label,
                        "currency_id": self.currency_id.id,
                        "amount_currency": amount,
                        "balance": self.company_id.currency_id.round(
                            -sum(row["balance"] for row in rows)
                        ),
                    }
                ),
                *(Command.create(row) for row in rows),
            ],
        }

    def _get_lump_label(self):
        files = self.file_id
        names = (file.number or file.name for file in files)
        return self.env._(
            "%(count)s payments, %(files)s",
            count=len(self),
            files=", ".join(dict.fromkeys(names)),
        )

    # === WHAT WAITED === #

    def _assign(self, partner, invoice=None):
        """Give a payment that waits to a customer, and pay what the customer owes.

        :param invoice: is paid first
        :raises UserError: with the reason
        """
        self.ensure_one()
        partner = partner.commercial_partner_id
        self._check_not_reconciled()
        if self.state != "suspense" or not self.item_id:
            raise UserError(
                self.env._("%s does not wait for a customer.", self.display_name)
            )
        line = self.with_company(self.company_id)
        today = line._get_accounting_date(fields.Date.context_today(self))
        if not today:
            raise UserError(self.env._("The books are locked up to today and beyond."))
        allocation = line._read_open_items(partner, today)
        shares = []
        if self.amount > 0:
            amount = Decimal(str(self.currency_id.round(self.amount)))
            _item, shares = allocation.pay(
                partner.id, self.currency_id.id, amount, invoice.name if invoice else ""
            )
        account = line._choose_account(partner, shares)
        if not account:
            raise UserError(
                self.env._("%s has no receivable account.", partner.display_name)
            )
        line._move_item(account, partner)
        self._set_state("booked", partner_id=partner.id)
        self.env["payment.terminal.transaction"]._carry_out(
            allocation, line._get_book(), today, [(line.item_id, shares)]
        )
        self.file_id._message_log(
            body=self.env._(
                "%(user)s gave line %(place)s to %(customer)s.",
                user=self.env.user.name,
                place=self.place or "",
                customer=partner.display_name,
            )
        )
        self.file_id._settle_assigned()

    def _move_item(self, account, partner):
        """Take the money from the suspense account, in its own entry: Odoo closes no
        period in which something of the bank waits."""
        self.item_id.with_context(skip_readonly_check=True).write(
            {"account_id": account.id, "partner_id": partner.id}
        )
        self._set_partner(partner)

    def _set_partner(self, partner):
        self.statement_line_id.with_context(
            skip_account_move_synchronization=True
        ).partner_id = partner

    def _undo(self):
        """Put payments with a line of their own back to what waits."""
        for line in self:
            if line.state != "booked" or line.correction_id:
                raise line._stands()
            line._set_partner(self.env["res.partner"])
            line.statement_line_id.action_undo_reconciliation()
        self._note(self.env._("%(user)s, to assign again: lines %(places)s."))

    def _stands(self):
        return UserError(
            self.env._(
                "%s stands by its reference: take it off the invoice there, "
                "and it stays the customer's credit.",
                self.display_name,
            )
        )

    def _wait_again(self):
        """Their lines of the bank statement are as the bank sent them: whose they are
        is open, and what a correction took back is the customer's again."""
        for line in self:
            _bank, suspense, _others = line.statement_line_id._seek_for_lines()
            line._set_state("suspense", item_id=suspense.id, partner_id=False)
        self.search([("correction_id", "in", self.ids)]).correction_id = False

    def _withdraw(self, has_twin=False):
        """Take money out of the books that is there by another line.

        :param bool has_twin: see ``_leave_statement``
        :raises UserError: a person has reconciled it meanwhile
        """
        waiting = self.filtered(lambda line: line.state in ("received", "suspense"))
        waiting._check_not_reconciled()
        waiting._leave_statement(has_twin)
        statement_lines = waiting.statement_line_id
        waiting._set_state(
            "known", statement_line_id=False, item_id=False, next_attempt=False
        )
        used = self.search([("statement_line_id", "in", statement_lines.ids)])
        (statement_lines - used.statement_line_id).unlink()
        waiting.file_id._settle_assigned()
        waiting.file_id._note_progress()

    # === WHAT OTHERS RECONCILED === #

    def _check_not_reconciled(self):
        """Refuse to touch what was reconciled in another way than by assigning it."""
        waiting = self.filtered(lambda line: line.state == "suspense")
        for line in waiting.filtered("statement_line_id.is_reconciled"):
            entry = line.statement_line_id.move_id
            items = entry.line_ids.sorted(lambda item: (item.write_date, item.id))
            raise UserError(
                self.env._(
                    "%(payment)s was reconciled meanwhile in %(entry)s, last by "
                    "%(user)s. Undo the reconciliation of that line of the bank "
                    "statement first.",
                    payment=line.display_name,
                    entry=entry.name,
                    user=items[-1:].write_uid.name,
                )
            )

    @api.model
    def _find_reconciled(self):
        return Domain("state", "=", "suspense") & Domain(
            "statement_line_id.is_reconciled", "=", True
        )

    def _note_reconciled(self):
        """What waited is reconciled: by a person, or by the payout of a network."""
        for line in self:
            _bank, _suspense, others = line.statement_line_id._seek_for_lines()
            line._set_state(
                "booked",
                item_id=others[:1].id,
                partner_id=others.partner_id[:1].commercial_partner_id.id,
            )
        self.file_id._settle_assigned()
