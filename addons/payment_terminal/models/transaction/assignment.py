from odoo import models
from odoo.exceptions import UserError

from ...formats import customer_number
from .booking import TO_ASSIGN


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

    def _assign(self, customer, chosen=""):
        """Move payments from the suspense account to a customer, and pay invoices.

        The entries are dated today, or on the first open day.

        :param str chosen: name of the invoice that is paid first
        :raises UserError: with the reason, when one of them cannot be assigned
        """
        self._check_assignable(customer)
        for network, payments in self.sorted("id").grouped("network_id").items():
            obstacle = network._get_booking_obstacle(network._get_today())
            if obstacle:
                raise UserError(self.env._(obstacle))
            payments.with_company(network.company_id)._assign_of_network(
                customer, chosen
            )
        self._settle(TO_ASSIGN)
        self._message_log_batch(
            {
                payment.id: self.env._(
                    "%(user)s assigned it to %(customer)s, in %(entry)s.",
                    user=self.env.user.name,
                    customer=customer.name,
                    entry=payment.move_id.name,
                )
                for payment in self
            }
        )

    def _check_assignable(self, customer):
        """Lock the payments and look at them again."""
        if not self:
            raise UserError(self.env._("Choose payments first."))
        if len(self.company_id) > 1 or len(self.currency_id) > 1:
            raise UserError(
                self.env._("Choose payments of one company and one currency.")
            )
        if not customer.active:
            raise UserError(
                self.env._("%s is archived. Choose another customer.", customer.name)
            )
        busy = self - self.try_lock_for_update(allow_referencing=True)
        if busy:
            raise UserError(
                self.env._(
                    "Somebody else is working on payment %s. Try again in a moment.",
                    ", ".join(busy.mapped("txn_id")),
                )
            )
        states = dict(self._fields["state"]._description_selection(self.env))
        for payment in self:
            if payment.state != "suspense":
                raise UserError(
                    self.env._(
                        "Payment %(number)s is not to be assigned any more. It is: "
                        "%(state)s.",
                        number=payment.txn_id,
                        state=states[payment.state],
                    )
                )

    def _assign_of_network(self, customer, chosen):
        network = self.network_id
        date = network._get_accounting_date(network._get_today())
        shares = self._share_out(
            {payment: payment.amount for payment in self}, date, customer, chosen
        )
        self.partner_id = customer
        rows = []
        for payment in self:
            line = payment.move_line_id
            account = payment._get_receivable_account(shares[payment])
            if not account:
                raise UserError(
                    self.env._("%s has no receivable account.", customer.display_name)
                )
            rows += [
                {
                    **payment._prepare_line(
                        line.account_id, -line.amount_currency, date, -line.balance
                    ),
                    "partner_id": line.partner_id.id,
                },
                payment._prepare_line(
                    account, line.amount_currency, date, line.balance
                ),
            ]
        move = self._post_entry(
            {
                "journal_id": network.journal_id.id,
                "date": date,
                "ref": self.env._(
                    "%(network)s, payments of %(customer)s",
                    network=network.name,
                    customer=customer.name,
                ),
                "currency_id": network.currency_id.id,
            },
            rows,
        )
        lines = move.line_ids.sorted("id")
        pairs = []
        for payment, from_line, to_line in zip(
            self, lines[::2], lines[1::2], strict=True
        ):
            pairs.append((payment.move_line_id.id, from_line.id))
            payment.suspense_line_id = payment.move_line_id
            payment.move_line_id = to_line
        self._set_state("booked")
        self._reconcile_pairs(pairs)
        self._match(shares)
