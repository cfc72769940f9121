from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...formats import customer_number
from ..allocation import Item, Share
from .booking import TO_ASSIGN
from .jobs import BOOKING_JOB
from .transaction import IN_THE_BOOKS

# How much of a row of payments waits for its owner: as _get_waiting, for many at once.
WAITING = SQL(
    """CASE WHEN payment.state = 'suspense' THEN coalesce((
       SELECT round(payment.amount * part.nobodys / part.whole / currency.rounding)
              * currency.rounding
         FROM res_currency currency, LATERAL (
              SELECT sum(line.balance) AS whole,
                     coalesce(sum(line.balance) FILTER (
                         WHERE account.account_type != 'asset_receivable'
                     ), 0) AS nobodys
                FROM account_move_line line
                JOIN account_account account ON account.id = line.account_id
               WHERE line.terminal_transaction_id = payment.id) part
        WHERE currency.id = payment.currency_id AND part.whole != 0
       ), payment.amount) ELSE 0 END"""
)


class PaymentTerminalTransaction(models.Model):
    """Gives payments of nobody to the customer whom a person has found."""

    _inherit = "payment.terminal.transaction"

    def _get_unknown_numbers(self):
        """Return the numbers that were typed, are possible, and are nobody's."""
        typed = {
            customer_number.normalize(payment.account_number or "") for payment in self
        }
        known = self.env["payment.terminal.account"].search(
            [("number", "in", list(typed)), ("company_id", "in", self.company_id.ids)]
        )
        free = typed - set(known.mapped("number"))
        return sorted(filter(customer_number.is_possible, free))

    def _assign(self, customer, chosen="", amount=None):
        """Credit payments to a customer, wherever they are booked now, and pay what
        the customer owes.

        The entries are dated today, or on the first open day.

        :param customer: empty for nobody: the money waits on the suspense account
        :param str chosen: name of the invoice that is paid first
        :param float amount: of one payment, how much the customer has of it then; the
            rest stays where it is. Without it see :meth:`_get_whole`
        :raises UserError: with the reason, when one of them cannot be assigned
        """
        self._check_assignable()
        if customer and not customer.active:
            raise UserError(
                self.env._("%s is archived. Choose another customer.", customer.name)
            )
        if amount is not None and not 0 < amount <= self.amount:
            raise UserError(
                self.env._(
                    "Enter an amount of up to %s.",
                    self.currency_id.format(self.amount),
                )
            )
        for network, payments in self.sorted("id").grouped("network_id").items():
            obstacle = network._get_booking_obstacle(network._get_today())
            if obstacle:
                raise UserError(self.env._(obstacle))
            payments.with_company(network.company_id)._assign_of_network(
                customer, chosen, amount
            )
        assigned = self.filtered(lambda payment: payment.state == "booked")
        assigned._settle(TO_ASSIGN)
        (self - assigned)._remind(TO_ASSIGN)

    def _take_back(self):
        """Note that the network has taken payments back in another way than by a call;
        a call that says so too changes nothing any more."""
        self._check_assignable()
        self._set_state("reversing", cancelled_at=fields.Datetime.now())
        self._message_log_batch(
            {
                payment.id: self.env._(
                    "%s: the network has taken it back.", self.env.user.name
                )
                for payment in self
            }
        )
        self._wake(BOOKING_JOB)

    def _give_back(self, journal, amount=None):
        """Pay a customer's payment, or a part of it, back from a bank or cash journal.

        It is taken off the invoices that it had paid. At the network it stays a
        payment: should the network take it back too, the customer owes what we gave.

        :raises UserError: with the reason
        """
        self._check_assignable()
        for payment in self:
            if not payment.partner_id:
                raise UserError(
                    self.env._("Assign payment %s to a customer first.", payment.txn_id)
                )
            payment.with_company(payment.company_id)._give_one_back(journal, amount)

    def _give_one_back(self, journal, amount):
        network = self.network_id
        today = network._get_today()
        obstacle = network._get_booking_obstacle(today)
        if obstacle:
            raise UserError(self.env._(obstacle))
        date = network._get_accounting_date(today)
        mine = self.line_ids.filtered(
            lambda line: (
                line.partner_id == self.partner_id
                and line.currency_id == self.currency_id
                and line.account_type == "asset_receivable"
            )
        )
        given = self.amount if amount is None else amount
        given_before = mine.matched_debit_ids.filtered(
            lambda partial: partial.debit_move_id.payment_id.payment_type == "outbound"
        )
        most = self.currency_id.round(
            -sum(mine.mapped("amount_currency"))
            - sum(given_before.mapped("credit_amount_currency"))
        )
        if not 0 < given <= most:
            raise UserError(
                self.env._(
                    "Enter an amount of up to %s.", self.currency_id.format(most)
                )
            )
        self._free_lines(kept=given_before)
        self._close_lines()
        mine = mine.filtered(lambda line: line.amount_residual_currency < 0)
        account = mine[:1].account_id
        payout = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.partner_id.id,
                "amount": given,
                "currency_id": self.currency_id.id,
                "date": date,
                "journal_id": journal.id,
                "memo": self.env._("Payment %s given back", self.txn_id),
                "destination_account_id": account.id,
            }
        )
        payout.action_post()
        if not payout.move_id:
            raise UserError(
                self.env._(
                    "Enter an outstanding account on journal %s first: without it "
                    "nothing would be booked.",
                    journal.display_name,
                )
            )
        counterpart = payout.move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )
        self._pay_out(mine, counterpart, network, date)
        self._forget()
        self._message_log(
            body=self.env._(
                "%(user)s gave %(amount)s back, in %(entry)s.",
                user=self.env.user.name,
                amount=self.currency_id.format(given),
                entry=payout.name or payout.move_id.name,
            )
        )
        self._settle_up(self.line_ids.partner_id, network, date)

    @api.model
    def _pay_out(self, lines, counterpart, network, date):
        """Match a payout with what is left of a payment, which may lie on several
        accounts."""
        alike = lines.filtered(lambda line: line.account_id == counterpart.account_id)
        self._reconcile_pairs([(counterpart.id, line.id) for line in alike])
        left = Decimal(str(counterpart.amount_residual_currency))
        debt = Item(
            *(counterpart.id, counterpart.partner_id.id, counterpart.account_id.id),
            *(counterpart.currency_id.id, True, left),
        )
        others = {}
        for line in lines - alike:
            amount = min(left, -Decimal(str(line.amount_residual_currency)))
            if amount:
                others[line] = [Share(debt, debt, amount, amount, amount)]
                left -= amount
        self._carry_over(others, network, date)

    def _check_assignable(self, states=IN_THE_BOOKS):
        """Lock the payments and look at them again: are they in these states?"""
        if not self:
            raise UserError(self.env._("Choose payments first."))
        if len(self.company_id) > 1 or len(self.currency_id) > 1:
            raise UserError(
                self.env._("Choose payments of one company and one currency.")
            )
        busy = self - self.try_lock_for_update(allow_referencing=True)
        if busy:
            raise UserError(
                self.env._(
                    "Somebody else is working on payment %s. Try again in a moment.",
                    ", ".join(busy.mapped("txn_id")),
                )
            )
        names = dict(self._fields["state"]._description_selection(self.env))
        for payment in self:
            if payment.state not in states:
                raise UserError(
                    self.env._(
                        "Payment %(number)s is not to be assigned any more. It is: "
                        "%(state)s.",
                        number=payment.txn_id,
                        state=names[payment.state],
                    )
                )

    def _get_owners(self):
        """Return how much of a payment each customer has now, in its currency, as a
        dictionary; the empty customer has what is on the suspense account."""
        self.ensure_one()
        home = self.company_id.currency_id
        nobody = self.env["res.partner"]
        balances = {
            partner: home.round(-sum(lines.mapped("balance")))
            for partner, lines in self.line_ids.grouped(
                lambda line: (
                    line.partner_id
                    if line.account_type == "asset_receivable"
                    else nobody
                )
            ).items()
        }
        whole = sum(balances.values())
        return {
            partner: self.currency_id.round(self.amount * balance / whole)
            for partner, balance in balances.items()
            if whole and not home.is_zero(balance)
        }

    def _get_waiting(self):
        """Return how much of a payment waits on the suspense account."""
        return self._get_owners().get(self.env["res.partner"], 0)

    def _get_whole(self, customer):
        """Return how much of a payment a customer has who is given what there is: what
        waits beside the customer's own part, or all of it where nothing waits."""
        waiting = customer and self._get_waiting()
        if not waiting:
            return self.amount
        return self.currency_id.round(waiting + self._get_owners().get(customer, 0))

    def _split(self, customer, amount):
        """Return how much of a payment each customer has when one has got an amount
        of it. What waits for its owner is given first, then the own customer's."""
        owners = self._get_owners()
        amount = self._get_whole(customer) if amount is None else amount
        rest = self.currency_id.round(self.amount - amount)
        owners.pop(customer, None)
        after = {customer: self.currency_id.round(self.amount - rest)}
        for partner in sorted(
            owners, key=lambda one: (not one, one == self.partner_id)
        ):
            kept = min(owners[partner], rest)
            rest = self.currency_id.round(rest - kept)
            after[partner] = kept
        # what nobody else had before goes on waiting for its owner
        nobody = self.env["res.partner"]
        after[nobody] = self.currency_id.round(after.get(nobody, 0) + rest)
        return {partner: share for partner, share in after.items() if share}

    def _assign_of_network(self, customer, chosen, amount):
        network = self.network_id
        date = network._get_accounting_date(network._get_today())
        before = self.line_ids.partner_id
        owners = {payment: payment._split(customer, amount) for payment in self}
        self._free_lines()
        rows = [row for payment in self for row in payment._take_out(date)]
        # what is taken away is nobody's credit while it is shared out again
        allocation = self._read_open_items(customer, network, date, self.line_ids)
        shares = self._share_out(
            allocation,
            {payment: owners[payment].get(customer, 0) for payment in self},
            customer,
            chosen,
        )
        credits = [(payment, one) for payment in self for one in owners[payment]]
        for payment in self:
            rows += payment._prepare_credits(
                owners[payment], {customer: shares[payment]}, date
            )
        reference = self.env._("%s, payments of nobody we know", network.name)
        if customer:
            reference = self.env._(
                "%(network)s, payments of %(customer)s",
                network=network.name,
                customer=customer.name,
            )
        move = self._with_old_accounts()._post_entry(
            {
                "journal_id": network.journal_id.id,
                "date": date,
                "ref": reference,
                "currency_id": network.currency_id.id,
            },
            rows,
        )
        new = move.line_ids.sorted("id")[-len(credits) :]
        self._close_lines(new)
        self._note_owners(owners, customer, move)
        self._forget()
        self._carry_out(
            allocation,
            network,
            date,
            [
                (line, shares[payment])
                for line, (payment, partner) in zip(new, credits, strict=True)
                if partner == customer
            ],
        )
        self._settle_up(before - customer, network, date)

    def _prepare_credits(self, owners, shares, date):
        """Return the values of journal items that credit a payment to its owners.

        :param dict owners: how much each of them gets
        :param dict shares: what it pays of theirs, for those of whom it is known
        """
        company = self.company_id
        rows = []
        left, balance = self.amount, -sum(self.line_ids.mapped("balance"))
        for partner, given in owners.items():
            account = self.network_id.suspense_account_id
            if partner:
                account = self._choose_account(partner, shares.get(partner, ()))
            if not account:
                raise UserError(
                    self.env._("%s has no receivable account.", partner.display_name)
                )
            part = company.currency_id.round(balance * given / left)
            left, balance = left - given, balance - part
            row = self._prepare_line(account, -given, date, -part)
            rows.append({**row, "partner_id": partner.id})
        return rows

    def _note_owners(self, owners, customer, move):
        """Write down whose payments these are now."""
        notes = {}
        for payment in self:
            parts = owners[payment]
            payment._set_state("booked" if all(parts) else "suspense")
            if payment.partner_id not in parts:
                payment.partner_id = customer
            figures = {"user": self.env.user.name, "entry": move.name}
            if customer:
                notes[payment.id] = self.env._(
                    "%(user)s gave %(amount)s to %(customer)s, in %(entry)s.",
                    amount=payment.currency_id.format(parts.get(customer, 0)),
                    customer=customer.name,
                    **figures,
                )
            else:
                notes[payment.id] = self.env._(
                    "%(user)s let it wait for its customer, in %(entry)s.", **figures
                )
        self._message_log_batch(notes)
