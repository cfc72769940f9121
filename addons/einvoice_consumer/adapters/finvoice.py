import uuid
from datetime import datetime, timedelta

from stdnum.iso7064 import mod_97_10

from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, format_date, frozendict

from odoo.addons.receivables_base.formats import references
from odoo.addons.receivables_base.formats.banking_days import add_banking_days

from ..formats import (
    ebxml_frame,
    finvoice,
    finvoice_cancellation,
    finvoice_model,
    finvoice_schema,
    finvoiceack,
    receiver_info,
)
from ..formats.errors import FormatError
from ..formats.text import address
from ..formats.values import FINLAND, Span, read_span
from . import finvoice_notices as notices
from .finvoice_errors import explain, explain_incoming
from .finvoice_invoice import InvoiceBuilder, TaxesNotSupported, business_id
from .rail import Problem, Rail

_lt = LazyTranslate(__name__)

COUNTRY = "FI"
MAX_DAYS_TO_DUE = 365
# Banking days before the due date on which the consumer's bank must have a cancellation
# (Finvoice implementation guidelines 10.14).
OWN_BANK_DAYS = 1
CURRENCY = "EUR"
# Communication standards that give Finnish or RF references: Finland's and core's.
REFERENCES = ("fi", "fi_rf", "euro")
TYPES = {
    "FinvoiceReceiverInfo": "receiver_info",
    "Finvoiceack": "acknowledgement",
}
ACTIONS = {"ADD": "add", "CHANGE": "change", "DELETE": "delete"}
DOCUMENTS = {finvoice_model.DIRECT_PAYMENT_COPY: "direct_payment"}
SERVICES = {"00": "einvoice", "01": "direct_payment"}
# Types of SellerInvoiceIdentifier (notification service guidelines 2.0, 4.7.4.2).
IDENTIFIER_KINDS = {"01": "reference", "02": "reference", "": "unknown"}
# Which record corrects a field, by the first part of the field's path.
FIXES = {
    "buyer": "partner",
    "customer_number": "partner",
    "number": "journal",
    "seller": "company",
    "transmission": "channel",
}


class Finvoice(Rail):
    """Finvoice 3.0 and the consumer notification service of Finnish banks."""

    name = "finvoice"
    label = _lt("Finland: Finvoice 3.0")
    time_zone = FINLAND.key
    has_notifications = True

    def get_missing(self, channel):
        company = (channel.company_id or self.env.company).sudo()
        journals = (
            self.env["account.journal"]
            .sudo()
            .search([("company_id", "=", company.id), ("type", "=", "sale")])
        )
        in_euros = journals.filtered(
            lambda j: (j.currency_id or company.currency_id).name == CURRENCY
        )
        countries = company.country_id | company.account_fiscal_country_id
        address = [company.street, company.zip, company.city]
        today = channel._get_today()
        accounts = channel.bank_account_ids
        lacking = {
            "sender_address": (
                channel.sender_address,
                False,
                _lt("The company's e-invoice address is missing."),
            ),
            "address_dates": (
                not channel.address_id or channel.address_id._is_valid_on(today),
                False,
                _lt(
                    "The e-invoice address %s is not valid today.",
                    channel.sender_address,
                ),
            ),
            "payment_subject": (
                channel.payment_subject,
                False,
                _lt("The announced payment subject is missing."),
            ),
            "accounts": (
                accounts,
                not company.partner_id.bank_ids and "bank_account",
                _lt("No announced account is listed."),
            ),
            "country": (
                "FI" in countries.mapped("code"),
                "company",
                _lt(
                    "The company's country is %s: netbanks in Finland take invoices of "
                    "companies in Finland.",
                    company.country_id.name or _lt("not entered"),
                ),
            ),
            "business_id": (
                business_id(company),
                "company",
                _lt("The company's VAT number or business ID is missing."),
            ),
            "address": (
                all(address),
                "company",
                _lt("The company's street address, postcode or city is missing."),
            ),
            "currency": (
                in_euros,
                "company",
                _lt(
                    "The company and its sales journals are in %s; netbanks take only "
                    "euros.",
                    company.currency_id.name,
                ),
            ),
            "reference": (
                in_euros.filtered(lambda j: j.invoice_reference_model in REFERENCES)
                or not in_euros,
                "journal",
                _lt(
                    "No sales journal gives invoices a Finnish or RF reference: choose "
                    "one of them as its communication standard, under Advanced "
                    "Settings."
                ),
            ),
        }
        lacking |= {
            f"bic_{account.id}": (
                account.bank_bic,
                "bank_account",
                _lt("The account %s has no BIC.", account.acc_number),
            )
            for account in accounts
        }
        return [
            Problem(code, "danger", fix, message)
            for code, (there, fix, message) in lacking.items()
            if not there
        ]

    # === INCOMING === #

    def split(self, data):
        parts = []
        for message in ebxml_frame.split_messages(data):
            if isinstance(message, ebxml_frame.BrokenPart):
                part = {
                    "type": "unknown",
                    "message_id": "",
                    "message_timestamp": "",
                    "error": explain_incoming(message.error),
                }
            else:
                frame = message.frame
                part = {
                    "type": TYPES.get(message.root, "unknown"),
                    "message_id": frame.message_id if frame else "",
                    "message_timestamp": frame.timestamp.isoformat() if frame else "",
                    "error": "",
                }
            parts.append({**part, "raw": message.raw})
        return parts or [self._get_empty_part(data)]

    def _get_empty_part(self, data):
        return {
            "type": "unknown",
            "raw": data,
            "message_id": "",
            "message_timestamp": "",
            "error": _lt("The file is empty. Ask the bank to send it again."),
        }

    def _read_message(self, raw):
        """Return the frame (or None) and payload of one message that was split."""
        [message] = ebxml_frame.split_messages(raw)
        if isinstance(message, ebxml_frame.BrokenPart):
            raise UserError(explain_incoming(message.error))
        return message.frame, message.payload

    def get_payload(self, raw):
        return self._read_message(raw)[1]

    def get_profiles(self, root):
        labels = {
            "Finvoice": _lt("Invoice to a consumer, as this addon makes it"),
            "FinvoiceSenderInfo": _lt("Invoicer notification, as this addon makes it"),
        }
        if root not in labels:
            return []
        file = finvoice_schema.SCHEMAS[root]
        return [(labels[root], ((file.name, file.read_bytes()),))]

    def read_order(self, channel, raw):
        """Read a receiver info; it names our payment subject and address."""
        frame, payload = self._read_message(raw)
        try:
            info = receiver_info.read_receiver_info(payload)
        except FormatError as error:
            raise UserError(explain_incoming(error)) from error
        if info.payment_subject != channel.payment_subject:
            raise UserError(
                _lt(
                    "The order is about the payment subject %(theirs)s; this channel "
                    "announced %(ours)s. Import it on the right channel.",
                    theirs=info.payment_subject,
                    ours=channel.payment_subject,
                )
            )
        own = channel.env["einvoice.address"]
        if not own._is_own(channel.company_id, info.sender_address):
            raise UserError(
                _lt(
                    "The order is for the e-invoice address %(theirs)s, ours is "
                    "%(ours)s.",
                    theirs=info.sender_address,
                    ours=address(channel.sender_address or ""),
                )
            )
        if info.action != "DELETE" and not info.recipient_address:
            raise UserError(
                _lt(
                    "The order has no recipient address: ask the bank to send it again."
                )
            )
        if frame:
            span = Span(frame.timestamp, frame.timestamp)
        else:
            span = read_span(info.timestamp) or read_span(info.message_date)
        return {
            "action": ACTIONS[info.action],
            "ordered_until": span and span.until.replace(tzinfo=None),
            "ref_message_id": frame.ref_to_message_id if frame else "",
            "values": {
                "service": SERVICES[info.service],
                "recipient_address": info.recipient_address,
                "recipient_intermediator": info.recipient_intermediator,
                "consumer_name": info.buyer_name,
                "consumer_street": info.buyer_street,
                "consumer_zip": info.buyer_postcode,
                "consumer_city": info.buyer_town,
                "identifiers": [
                    {
                        "kind": IDENTIFIER_KINDS.get(kind, "customer"),
                        "value": value,
                    }
                    for kind, value in info.identifiers
                ],
                "paid_reference": info.epi_reference,
                "language": info.language,
                "proposed_due_date": info.proposed_due_date,
                "proposed_period": info.proposed_period,
                "ordered_at": span and span.since.replace(tzinfo=None),
            },
        }

    def get_business_id(self, company):
        return business_id(company)

    def render_notification(self, channel, bank, action, identifier, terms, known):
        return notices.render(channel, bank, action, identifier, terms, known)

    def read_notifications(self, data):
        return notices.read(data)

    def read_acknowledgement(self, raw):
        _frame, payload = self._read_message(raw)
        try:
            answer = finvoiceack.read_acknowledgement(payload)
        except FormatError as error:
            raise UserError(explain_incoming(error)) from error
        texts = [*answer.texts]
        for error in answer.errors:
            where = f" ({error.location})" if error.location else ""
            texts.append(f"{error.code}: {' '.join(error.texts)}{where}")
        return {
            "message_id": answer.message_id,
            "code": answer.code,
            "text": "\n".join(texts),
            "is_notice": answer.is_notice,
        }

    def is_address(self, address):
        fits = super().is_address(address) and 2 <= len(address) <= 35
        looks_like_iban = address[:2].isalpha() and address[2:4].isdecimal()
        return fits and (
            not looks_like_iban or mod_97_10.is_valid(address[4:] + address[:4])
        )

    def get_reference_variants(self, value):
        plain = references.normalise(value)
        variants = {value, plain, plain.lstrip("0")}
        if plain.startswith("RF"):
            variants |= {plain[4:], plain[4:].lstrip("0")}
        elif references.is_national(plain):
            variants.add(references.make_rf(plain))
        return sorted(variants - {""})

    # === OUTGOING === #

    def render_invoices(self, channel, pairs):
        channel = channel.sudo()
        moves = self.env["account.move"].sudo().browse([move.id for move, _a in pairs])
        builder = InvoiceBuilder(channel, moves)
        announced = channel.bank_account_ids
        today = channel._get_today()
        timestamp = datetime.now(FINLAND)
        # All are read before the first is written: that is faster than by turns.
        built = []
        shared = self._find_shared_references(moves)
        for (asked, agreement), move in zip(pairs, moves, strict=True):
            parts = builder.get_parts(move, agreement)
            problems = self._check_move(channel, move, builder, announced, today, parts)
            problems += self._check_told(channel, builder.get_account(move), agreement)
            if move.payment_reference in shared:
                problems.append(self._get_shared_problem(move))
            invoices = []
            if not any(problem.level == "danger" for problem in problems):
                invoices, found = self._build(
                    builder, move, agreement.sudo(), timestamp, parts
                )
                problems += found
            built.append((asked, agreement.sudo(), invoices, problems))
        results = []
        for move, agreement, invoices, problems in built:
            rendered = []
            for part, invoice in invoices:
                item, found = self._render(builder, move, agreement, invoice)
                problems += [problem for problem in found if problem not in problems]
                if item:
                    rendered.append(
                        {**item, "part": part.number, "due_date": part.due_date}
                    )
            results.append((move, rendered, problems))
        return results

    def get_last_cancel_day(self, channel, document):
        own_bank = channel.sender_intermediator_id.code
        is_own = document.agreement_id.recipient_intermediator == own_bank
        days = OWN_BANK_DAYS if is_own else channel.cancel_days
        return add_banking_days(document.due_date, -days, COUNTRY)

    def render_cancellations(self, channel, credit_note, documents):
        channel, credit_note = channel.sudo(), credit_note.sudo()
        builder = InvoiceBuilder(channel, credit_note)
        timestamp = datetime.now(FINLAND)
        rendered, problems = [], []
        for document in documents:
            agreement = document.agreement_id
            frame, payload = self._read_message(document._get_bytes())
            parts = builder.get_parts(credit_note, agreement)
            built, found = self._build(
                builder, credit_note, agreement, timestamp, parts
            )
            problems += found
            for _part, invoice in built:
                cancellation = finvoice_cancellation.cancel(
                    invoice,
                    finvoice_cancellation.read_sent(payload, frame),
                    invoice.transmission.message_id,
                    timestamp,
                )
                item, found = self._render(
                    builder, credit_note, agreement, cancellation
                )
                problems += found
                if item:
                    rendered.append(
                        {
                            **item,
                            "type": "cancellation",
                            "part": document.part,
                            "due_date": document.due_date,
                            "original_id": document.id,
                            "recipient_address": document.recipient_address,
                        }
                    )
        return rendered, problems

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

    def _get_shared_problem(self, move):
        message = _lt(
            "%(invoice)s has the reference %(reference)s, as another customer's "
            "invoice has: payments cannot be told apart. Give each journal's numbers "
            "other digits.",
            invoice=move.name,
            reference=move.payment_reference,
        )
        return Problem("shared_reference", "warning", "journal", message)

    def _build(self, builder, move, agreement, timestamp, parts):
        try:
            return [
                (
                    part,
                    builder.build(move, agreement, uuid.uuid4().hex, timestamp, part),
                )
                for part in parts
            ], []
        except TaxesNotSupported as error:
            message = _lt(
                "The row “%s” has taxes that a netbank cannot show: use one VAT "
                "percent a row.",
                str(error),
            )
            return [], [Problem("taxes", "danger", "move", message)]

    def _render(self, builder, move, agreement, invoice):
        try:
            content = finvoice.write_message(invoice)
        except FormatError as error:
            fix = FIXES.get(error.field.partition(".")[0].partition("[")[0], "move")
            if error.field.startswith("payment.account"):
                fix = "bank_account"
            return None, [Problem("format", "danger", fix, explain(error))]
        problems = []
        if replaced := builder.get_replaced_characters(invoice):
            problems.append(
                Problem(
                    "characters",
                    "info",
                    False,
                    _lt(
                        "The bank's character set lacks %s; the nearest letters are "
                        "sent instead.",
                        " ".join(replaced),
                    ),
                )
            )
        message_id = invoice.transmission.message_id
        rendered = {
            "move": move,
            "agreement": agreement,
            "type": DOCUMENTS.get(invoice.type_code, "invoice"),
            "content": content,
            "message_id": message_id,
            "message_timestamp": invoice.transmission.timestamp.isoformat(),
            "filename": f"finvoice_{message_id}.xml",
        }
        return rendered, problems

    def _check_move(self, channel, move, builder, announced, today, parts):
        """Find what the bank would refuse, each with where it is fixed."""
        problems = []
        if move.currency_id.name != CURRENCY:
            message = _lt(
                "%(invoice)s is in %(currency)s; netbanks take only euros.",
                invoice=move.name,
                currency=move.currency_id.name,
            )
            return [Problem("currency", "danger", "move", message)]
        if len(move.name or "") > 20:
            message = _lt(
                "The number %s is longer than the 20 characters that banks take: "
                "shorten the journal's numbering.",
                move.name,
            )
            problems.append(Problem("number", "danger", "journal", message))
        reference = builder.get_reference(move)
        alone = move.move_type == "out_refund" and not reference
        if not alone and not references.is_valid(reference):
            message = _lt(
                "%(reference)s is not a Finnish or RF reference: choose one of them "
                "as the journal's communication standard.",
                reference=reference or _lt("An empty field"),
            )
            problems.append(Problem("reference", "danger", "journal", message))
        account = builder.get_account(move)
        if not account or account not in announced:
            message = _lt(
                "The account %s has not been announced to the banks: they would "
                "refuse the invoice.",
                account.acc_number or _lt("(none)"),
            )
            problems.append(Problem("account", "danger", "channel", message))
        if move.move_type == "out_invoice":
            problems += self._check_due_dates(channel, move, builder, today, parts)
        return problems

    def _check_told(self, channel, account, agreement):
        """Check that the recipient's bank knows the account, as far as it was told from
        here."""
        bank = agreement.sudo().recipient_intermediator
        if account not in channel.bank_account_ids or channel._is_told(account, bank):
            return []
        message = _lt(
            "%(bank)s does not know the account %(account)s, and would refuse the "
            "invoice: have it announced there.",
            bank=agreement.sudo().intermediator_id.name or bank,
            account=account.acc_number,
        )
        return [Problem("account", "danger", "channel", message)]

    def _check_due_dates(self, channel, move, builder, today, parts):
        """Check the due date; of a direct payment in parts, that of each."""
        terms = builder.lines[move.id].terms
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
            if problems := self._check_due_date(channel, move, part.due_date, today):
                return problems
        return []

    def _check_due_date(self, channel, move, due, today):
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
