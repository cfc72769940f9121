import uuid
from datetime import datetime

from stdnum.iso7064 import mod_97_10

from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

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
from ..formats.consumer_identifiers import is_right
from ..formats.errors import FormatError
from ..formats.text import address
from ..formats.values import FINLAND, Span, read_span
from . import finvoice_notices as notices
from . import finvoice_proposals as proposals
from .finvoice_checks import CURRENCY, Preflight
from .finvoice_errors import explain, explain_incoming
from .finvoice_invoice import InvoiceBuilder, TaxesNotSupported, business_id
from .rail import Problem, Rail

_lt = LazyTranslate(__name__)

COUNTRY = "FI"
# Banking days before the due date on which the consumer's bank must have a cancellation
# (Finvoice implementation guidelines 10.14).
OWN_BANK_DAYS = 1
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
IDENTIFIER_KINDS = {
    "": "unknown",
    "01": "reference",
    "02": "reference",
    "04": "business",
    "05": "phone",
    "06": "phone",
}
# MessageActionCodeIdentifier
ORIGINS = {"01": "conversion", "02": "maintenance"}
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
    country = COUNTRY
    label = _lt("Finland: Finvoice 3.0")
    time_zone = FINLAND.key
    has_notifications = True
    charset = "iso-8859-15"
    answers_of_consumers = ("2", "805", "806", "807")

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
                        **({} if is_right(kind, value) else {"is_wrong": True}),
                    }
                    for kind, value in info.identifiers
                ],
                "origin": ORIGINS.get(info.origin, False),
                "conversion_code": info.conversion or False,
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

    def render_proposals(self, notification, partners, numbers, free_text):
        return proposals.render(notification, partners, numbers, free_text)

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
        preflight = Preflight(builder, moves)
        timestamp = datetime.now(FINLAND)
        # All are read before the first is written: that is faster than by turns.
        built = []
        for (asked, agreement), move in zip(pairs, moves, strict=True):
            parts = builder.get_parts(move, agreement)
            problems = preflight.check(move, agreement.sudo(), parts)
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

    def render_cancellations(self, channel, move, documents):
        channel, move = channel.sudo(), move.sudo()
        builder = InvoiceBuilder(channel, move)
        timestamp = datetime.now(FINLAND)
        rendered, problems = [], []
        for document in documents:
            agreement = document.agreement_id
            frame, payload = self._read_message(document._get_bytes())
            parts = builder.get_parts(move, agreement)
            built, found = self._build(builder, move, agreement, timestamp, parts)
            problems += found
            for _part, invoice in built:
                if move.move_type == "out_invoice":
                    invoice = finvoice_cancellation.turn(invoice)
                cancellation = finvoice_cancellation.cancel(
                    invoice,
                    finvoice_cancellation.read_sent(payload, frame),
                    invoice.transmission.message_id,
                    timestamp,
                )
                item, found = self._render(builder, move, agreement, cancellation)
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
