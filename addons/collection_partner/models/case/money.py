from odoo import fields, models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

# What is told of money, and in which states of its message it counts as told.
REPORTS = ("payment", "credit_note")
COUNTS = ("to_send", "sent", "error")
TAKEN_BACK = "payment_removed"
CHECK = "mail_activity_type_check"


class CollectionCase(models.Model):
    """What happens to a transferred invoice here, told to the agency.

    Nothing is told when it happens. First the agency is asked how the case stands; then
    what is matched with the invoice is compared with what the agency was told, and it
    is told the rest. So by whatever way a payment came or went, the two agree in the
    end.
    """

    _inherit = "collection.case"

    is_money_new = fields.Boolean(
        string="Money to be told",
        readonly=True,
        help="Something was matched with the invoice, or taken off it, and the agency "
        "has not been told yet.",
    )
    known_matchings = fields.Json(
        string="Known matches",
        readonly=True,
        help="What was matched with the invoice before its transfer, and so is no part "
        "of the capital, and what a person was told of in place of the agency.",
    )

    def _note_money(self):
        """Have it looked into what the agency must be told."""
        cases = self.filtered(lambda c: c.state != "cancelled" and not c.is_money_new)
        if cases:
            cases.is_money_new = True
            cases.filtered("agency_case_id")._ask_refresh()

    def _tell_money(self):
        """Tell what is new of payments and credit notes, and what is there no more."""
        self.ensure_one()
        told = self._get_told_money()
        partials = self._get_matchings()
        untold, collected = self._get_untold_matchings(partials, told)
        here = {
            self._get_reference(partial)
            for partial in partials
            if self._get_payer(partial) != "agency"
        }
        gone = self.exchange_ids.browse()
        for reference in told.keys() - here:
            message = told[reference]
            if message.type == "payment" or message._is_untried():
                self._take_back_money(message)
            elif again := self._find_again(message, untold):
                message.money_reference = self._get_reference(again)
                untold -= again
            else:
                message.money_reference = False
                gone |= message
        excess = self._get_excess(collected)
        if self.state == "closed":
            notes = untold.credit_move_id.move_id
            self._tell_credited(notes.filtered(lambda m: m.move_type == "out_refund"))
        else:
            for partial in untold:
                excess -= self._report_money(partial, excess)
        if excess < 0:
            for message in gone:
                self._ask_about_credit_note(message)
        self.is_money_new = False

    def _get_matchings(self):
        """Return what is matched with the invoice, in order; exchange differences are
        nothing in its currency."""
        partials = self._get_receivable_lines().matched_credit_ids.sorted("id")
        return partials.filtered("debit_amount_currency")

    def _get_reference(self, partial):
        return f"M{partial.id}"

    def _get_told_money(self):
        """Map references to the messages that told them, unless they were taken
        back."""
        messages = self.exchange_ids.filtered("money_reference")
        gone = messages.filtered(lambda m: m.type == TAKEN_BACK)
        gone = set(gone.mapped("money_reference"))
        return {
            message.money_reference: message
            for message in messages
            if message.type in REPORTS
            and message.state in COUNTS
            and message.money_reference not in gone
        }

    def _get_untold_matchings(self, partials, told):
        """Return what the agency does not know, and what it has collected that is on
        its way to us.

        What it paid out itself is never told back to it. Where nobody knows who has
        paid, and it may be the agency, a person is asked, and nothing is told
        meanwhile.
        """
        known = set(self.known_matchings or ())
        collected = self._get_collected()
        untold, doubtful = partials.browse(), partials.browse()
        payers = {partial: self._get_payer(partial) for partial in partials}
        for partial in partials.sorted(lambda partial: payers[partial] != "agency"):
            amount = self._get_amount(partial)
            if payers[partial] == "agency":
                collected -= amount
            elif partial.id in known or self._get_reference(partial) in told:
                continue
            elif (
                payers[partial] != "debtor"
                and self._get_kind_of_money(partial) == "payment"
                and (amount <= collected or self._is_agency_named(partial))
            ):
                doubtful |= partial
                collected -= min(amount, max(collected, 0))
            else:
                untold |= partial
        self._ask_about_payer(doubtful)
        return untold.sorted("id"), collected

    def _get_collected(self):
        """Return the capital that the agency has got and that we did not tell it of.

        What we told is in its figure until it has been taken back there.
        """
        messages = self.exchange_ids.filtered(
            lambda m: m.money_reference and m.state == "sent"
        )
        removed = messages.filtered(lambda m: m.type == TAKEN_BACK)
        removed = set(removed.mapped("money_reference"))
        return self._get_exact(self.capital_paid) - sum(
            message._get_money()["amount"]
            for message in messages
            if message.type == "payment" and message.money_reference not in removed
        )

    def _get_excess(self, collected):
        """Return by how much the agency will demand too much when it knows all that
        waits to be told; below zero, too little.

        :param Decimal collected: what it has collected, and has not paid out yet
        """
        theirs = self._get_exact(self.capital_open)
        reports = {m.money_reference: m for m in self.exchange_ids if m.type in REPORTS}
        for message in self.exchange_ids.filtered("money_reference"):
            if message.state == "to_send" and message.type in REPORTS:
                theirs -= message._get_money()["amount"]
            elif message.state == "to_send" and message.money_reference in reports:
                theirs += reports[message.money_reference]._get_money()["amount"]
        return theirs - max(self._get_exact(self.residual) - collected, 0)

    def _find_again(self, message, untold):
        """Find a credit note that was taken off the invoice and matched anew."""
        values = message._get_money()
        return untold.filtered(
            lambda partial: (
                self._get_kind_of_money(partial) == "credit_note"
                and partial.credit_move_id.move_id.name == values["number"]
                and self._get_amount(partial) == values["amount"]
            )
        )[:1]

    def _get_exact(self, amount):
        return self.move_id._collection_decimal(amount)

    def _get_amount(self, partial):
        return self._get_exact(partial.debit_amount_currency)

    def _get_kind_of_money(self, partial):
        """Return whether the customer has paid, was credited, or the company has given
        the amount up: an entry of its own against its results."""
        move = partial.credit_move_id.move_id
        if move.collection_settlement_id:
            return "payment"
        if move.move_type == "out_refund":
            return "credit_note"
        if move.origin_payment_id or move.statement_line_id:
            return "payment"
        groups = set(move.line_ids.account_id.mapped("internal_group"))
        return "write_off" if groups & {"expense", "income"} else "payment"

    def _report_money(self, partial, excess):
        """Tell the agency of one of them, or a person.

        The agency takes no credit note above what it still demands.

        :return: what the agency is told of, as a ``Decimal``
        """
        kind, source = self._get_kind_of_money(partial), partial.credit_move_id
        if kind == "write_off":
            self._ask_about_write_off(partial)
            return 0
        reference, amount = self._get_reference(partial), self._get_amount(partial)
        if kind == "credit_note" and not self.has_other_currency:
            amount = min(amount, excess)
        if amount <= 0:
            return 0
        self.env["collection.message"]._queue(
            self.agency_id,
            kind,
            case=self,
            values={
                "external_id": reference,
                "number": source.move_id.name,
                "date": fields.Date.to_string(source.date),
                "amount": str(amount),
                "currency": self.currency_id.name,
            },
            money_reference=reference,
        )
        values = {"amount": self._format(amount), "number": source.move_id.name}
        if kind == "payment":
            sentence = _lt(
                "Told the agency of a payment: %(amount)s, %(number)s.", **values
            )
        else:
            sentence = _lt(
                "Told the agency of a credit note: %(amount)s, %(number)s.", **values
            )
        self._log_event(kind, sentence)
        return amount

    def _report_fee(self, reminder):
        """Tell the agency what a reminder has cost that was entered after the
        transfer, or a person where it cannot be told; nobody where the company keeps
        its reminders to itself."""
        if not self.agency_id.send_reminders:
            return
        amount = self._format(reminder.fee)
        if not self.agency_id._takes("fee"):
            self._tell(
                _lt(
                    "A reminder of %(invoice)s cost %(amount)s. The agency cannot be "
                    "told over its interface: write to it.",
                    invoice=self.move_id.name,
                    amount=amount,
                ),
                CHECK,
                renew=True,
            )
            return
        self.env["collection.message"]._queue(
            self.agency_id,
            "fee",
            case=self,
            values={
                "type": "reminder",
                "date": fields.Date.to_string(reminder.date),
                "amount": str(self._get_exact(reminder.fee)),
                "currency": self.currency_id.name,
            },
        )
        self._log_event("fee", _lt("Told the agency what a reminder cost: %s.", amount))

    def _ask_about_write_off(self, partial):
        self.known_matchings = [*(self.known_matchings or ()), partial.id]
        self._tell(
            _lt(
                "%(amount)s of %(invoice)s were written off here (%(number)s). The "
                "agency is not told and goes on; take the case back if it shall not.",
                amount=self._format(self._get_amount(partial)),
                invoice=self.move_id.name,
                number=partial.credit_move_id.move_id.name,
            ),
            CHECK,
            renew=True,
        )

    def _ask_about_credit_note(self, message):
        self._tell(
            _lt(
                "Credit note %s is not matched with the invoice any more. The "
                "agency was told of it and cannot be told that it is gone: write "
                "to it.",
                message._get_money()["number"],
            ),
            CHECK,
            renew=True,
        )

    def _take_back_money(self, message):
        """What was told of is matched with the invoice no more."""
        if message._is_untried():
            message._set_state("cancelled", sent_at=fields.Datetime.now())
            return
        told = message._get_money()
        self.env["collection.message"]._queue(
            self.agency_id,
            TAKEN_BACK,
            case=self,
            values={"external_id": told["external_id"]},
            money_reference=message.money_reference,
        )
        self._log_event(
            TAKEN_BACK,
            _lt(
                "Told the agency that a payment was removed: %(amount)s, %(number)s.",
                amount=self._format(told["amount"]),
                number=told["number"],
            ),
        )

    def _on_money_told(self, done):
        """The agency has answered what became of it."""
        if done["ignored"]:
            self._log_event(
                "ignored",
                _lt(
                    "The agency ignored %(amount)s, which exceed its open capital.",
                    amount=self._format(done["ignored"]),
                ),
                actor="agency",
            )
        self._ask_refresh()
