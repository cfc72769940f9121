"""What a bank would refuse of invoices, found before they are sent.

Rules: Finvoice implementation guidelines, 10.14 and 14 (payment subject, account, due
date), 20.3 and 21 (addresses, and what refusals there are).
"""

from datetime import timedelta

from odoo.tools import LazyTranslate, format_date, frozendict

from odoo.addons.receivables_base.formats import references

from .rail import Problem

_lt = LazyTranslate(__name__)

CURRENCY = "EUR"
LONGEST_NUMBER = 20
MAX_DAYS_TO_DUE = 365


class Preflight:
    """Checks a batch of invoices of one channel; what is the same for all is looked up
    once."""

    def __init__(self, builder, moves):
        self.builder = builder
        self.channel = builder.channel
        self.env = self.channel.env
        self.today = self.channel._get_today()
        self.shared = self._find_shared_references(moves)
        self.told = {
            notification.intermediator_id.code: notification
            for notification in self.channel.notification_ids.filtered("terms")
        }
        self.known_banks = {}

    def check(self, move, agreement, parts):
        """Return each problem with where it is fixed.

        :param parts: see ``InvoiceBuilder.get_parts``
        :rtype: list[Problem]
        """
        if move.currency_id.name != CURRENCY:
            message = _lt(
                "%(invoice)s is in %(currency)s; netbanks take only euros.",
                invoice=move.name,
                currency=move.currency_id.name,
            )
            return [Problem("currency", "danger", "move", message)]
        problems = [
            *self._check_number(move),
            *self._check_reference(move),
            *self._check_account(move, agreement),
            *self._check_sender(),
            *self._check_notification(agreement),
            *self._check_bank(agreement),
        ]
        if move.move_type == "out_invoice":
            problems += self._check_due_dates(move, parts)
        return problems

    # === THE INVOICE === #

    def _check_number(self, move):
        if len(move.name or "") <= LONGEST_NUMBER:
            return []
        message = _lt(
            "The number %s is longer than the 20 characters that banks take: shorten "
            "the journal's numbering.",
            move.name,
        )
        return [Problem("number", "danger", "journal", message)]

    def _check_reference(self, move):
        reference = self.builder.get_reference(move)
        alone = move.move_type == "out_refund" and not reference
        if not alone and not references.is_valid(reference):
            message = _lt(
                "%(reference)s is not a Finnish or RF reference: choose one of them "
                "as the journal's communication standard.",
                reference=reference or _lt("An empty field"),
            )
            return [Problem("reference", "danger", "journal", message)]
        if move.payment_reference not in self.shared:
            return []
        message = _lt(
            "%(invoice)s has the reference %(reference)s, as another customer's "
            "invoice has: payments cannot be told apart. Give each journal's numbers "
            "other digits.",
            invoice=move.name,
            reference=move.payment_reference,
        )
        return [Problem("shared_reference", "warning", "journal", message)]

    def _find_shared_references(self, moves):
        """Find payment references that invoices of several customers have: a payment
        with one of them cannot be told to its invoice."""
        groups = moves._read_group(
            [
                ("payment_reference", "in", moves.mapped("payment_reference")),
                ("payment_reference", "!=", False),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("company_id", "in", moves.company_id.ids),
            ],
            ["payment_reference"],
            ["commercial_partner_id:count_distinct"],
        )
        return {reference for reference, customers in groups if customers > 1}

    # === WHAT WAS ANNOUNCED === #

    def _check_account(self, move, agreement):
        account = self.builder.get_account(move)
        if not account or account not in self.channel.bank_account_ids:
            message = _lt(
                "The account %s has not been announced to the banks: they would "
                "refuse the invoice.",
                account.acc_number or _lt("(none)"),
            )
            return [Problem("account", "danger", "channel", message)]
        bank = agreement.recipient_intermediator
        if self.channel._is_told(account, bank):
            return []
        message = _lt(
            "%(bank)s does not know the account %(account)s, and would refuse the "
            "invoice: have it announced there.",
            bank=agreement.intermediator_id.name or bank,
            account=account.acc_number,
        )
        return [Problem("account", "danger", "channel", message)]

    def _check_sender(self):
        address = self.channel.address_id
        if not address or address._is_valid_on(self.today):
            return []
        message = _lt(
            "The e-invoice address %s is not valid today.", self.channel.sender_address
        )
        return [Problem("address_dates", "danger", "channel", message)]

    def _check_notification(self, agreement):
        """Compare with what the consumer's bank was told from here, if it was."""
        notification = self.told.get(agreement.recipient_intermediator)
        if not notification:
            return []
        channel, terms = self.channel, notification.terms
        bank, problems = notification.intermediator_id.name, []
        if terms["payment_subject"] != channel.payment_subject:
            message = _lt(
                "%(bank)s knows the payment subject %(theirs)s, and refuses invoices "
                "with another: %(ours)s.",
                bank=bank,
                theirs=terms["payment_subject"],
                ours=channel.payment_subject,
            )
            problems.append(Problem("subject", "danger", "channel", message))
        ours = (channel.sender_address, channel.sender_intermediator_id.code)
        if ours != (terms["sender_address"], terms["sender_intermediator"]):
            message = _lt(
                "%(bank)s knows the e-invoice address %(theirs)s, and refuses invoices "
                "from another: %(ours)s.",
                bank=bank,
                theirs=terms["sender_address"],
                ours=channel.sender_address,
            )
            problems.append(Problem("sender", "danger", "channel", message))
        if agreement._is_direct() and terms["service"] == "einvoice":
            message = _lt(
                "%s was not told of direct payment, and would refuse a copy to pay: "
                "offer it in the invoicer notification first.",
                bank,
            )
            problems.append(Problem("service", "danger", "channel", message))
        return problems

    def _check_bank(self, agreement):
        code = agreement.recipient_intermediator
        if code not in self.known_banks:
            banks = self.env["einvoice.intermediator"]
            self.known_banks[code] = bool(banks._from_code(code, self.today))
        if self.known_banks[code]:
            return []
        message = _lt(
            "The consumer's bank %s is not in the list of banks and operators, or no "
            "longer: if it has another code by now, the customer orders anew.",
            code,
        )
        return [Problem("unlisted_bank", "warning", "partner", message)]

    # === THE DUE DATE === #

    def _check_due_dates(self, move, parts):
        """Check the due date; of a direct payment in parts, that of each."""
        terms = self.builder.lines[move.id].terms
        dates = {line.date_maturity for line in terms}
        if len(dates) > 1 and any(part.is_whole for part in parts):
            message = _lt(
                "%(invoice)s falls due in %(count)s parts; a netbank invoice has one "
                "due date.",
                invoice=move.name,
                count=len(terms),
            )
            return [Problem("instalments", "danger", "due_date", message)]
        for part in parts:
            if problems := self._check_due_date(move, part.due_date):
                return problems
        return []

    def _check_due_date(self, move, due):
        channel, today = self.channel, self.today
        earliest = today + timedelta(days=channel.min_days_to_due)
        latest = today + timedelta(days=MAX_DAYS_TO_DUE)
        advised = today + timedelta(days=channel.advised_days_to_due)
        if max(earliest, advised) <= due <= latest:
            return []
        words = {
            "invoice": move.name,
            "due": format_date(self.env, due),
            "earliest": format_date(self.env, earliest),
            "latest": format_date(self.env, latest),
            "days": channel.advised_days_to_due,
        }
        days = frozendict(
            earliest_due_date=earliest.isoformat(),
            advised_due_date=max(earliest, advised).isoformat(),
            latest_due_date=latest.isoformat(),
        )
        if due < earliest:
            message = _lt(
                "%(invoice)s falls due on %(due)s; banks take nothing that falls due "
                "before %(earliest)s.",
                **words,
            )
            return [Problem("due_date", "danger", "due_date", message, days)]
        if due > latest:
            message = _lt(
                "%(invoice)s falls due on %(due)s; banks take nothing that falls due "
                "after %(latest)s.",
                **words,
            )
            return [Problem("due_date", "danger", "due_date", message, days)]
        message = _lt(
            "%(invoice)s falls due on %(due)s: consumers should have %(days)s days.",
            **words,
        )
        return [Problem("due_soon", "warning", "due_date", message, days)]
