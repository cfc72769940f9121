"""Odoo's invoice in the words of Finvoice: records in, frozen values out.

One builder serves a batch: what is the same for all invoices is worked out once,
and every field that is read was fetched for the whole batch before.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from odoo.tools import html2plaintext

from odoo.addons.receivables_base.formats import references

from ..formats import finvoice_model as finvoice
from ..formats import text
from ..formats.bank_barcode import bank_barcode
from ..formats.ebxml_frame import Frame

_CENT = Decimal("0.01")
_UNIT_PRICE = Decimal("0.00001")
_QUANTITY = Decimal("0.00001")
_ZERO = Decimal(0)
_LANGUAGES = {"fi": "FI", "sv": "SV"}
_TYPE_TEXTS = {
    (finvoice.INVOICE, "FI"): "LASKU",
    (finvoice.INVOICE, "SV"): "FAKTURA",
    (finvoice.INVOICE, "EN"): "INVOICE",
    (finvoice.CREDIT_NOTE, "FI"): "HYVITYSLASKU",
    (finvoice.CREDIT_NOTE, "SV"): "KREDITNOTA",
    (finvoice.CREDIT_NOTE, "EN"): "CREDIT NOTE",
    (finvoice.DIRECT_PAYMENT_COPY, "FI"): "SUORAMAKSU",
    (finvoice.DIRECT_PAYMENT_COPY, "SV"): "DIREKTBETALNING",
    (finvoice.DIRECT_PAYMENT_COPY, "EN"): "DIRECT PAYMENT",
}
_TEXT_LINES = ("line_section", "line_subsection", "line_note")
# Lines that the invoice's total consists of; the others book the same money.
_MONEY_LINES = ("product", "rounding", "epd")
_PAYEE_LENGTH = 35

MOVE_FIELDS = [
    "amount_residual",
    "amount_tax",
    "amount_total",
    "amount_untaxed",
    "commercial_partner_id",
    "currency_id",
    "invoice_date",
    "invoice_date_due",
    "invoice_origin",
    "move_type",
    "name",
    "narration",
    "partner_bank_id",
    "partner_id",
    "partner_shipping_id",
    "payment_reference",
    "ref",
    "reversed_entry_id",
]
LINE_FIELDS = [
    "amount_currency",
    "date_maturity",
    "discount",
    "display_type",
    "move_id",
    "name",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "tax_ids",
    "tax_line_id",
]
PARTNER_FIELDS = [
    "city",
    "country_id",
    "lang",
    "name",
    "ref",
    "street",
    "street2",
    "zip",
]


class TaxesNotSupported(ValueError):
    """A row is taxed in a way that one VAT percent cannot say."""


def money(value):
    """A stored amount as an exact number of cents."""
    return Decimal(repr(value)).quantize(_CENT)


def business_id(company):
    """Return the Finnish business ID (1234567-8) of a company, or its registry."""
    number = company.company_registry or ""
    vat = company.vat or ""
    if not number and vat.upper().startswith("FI") and len(vat) == 10:
        return f"{vat[2:9]}-{vat[9]}"
    return number


@dataclass(slots=True)
class Lines:
    """An invoice's lines by what they are for."""

    rows: list = field(default_factory=list)
    taxes: list = field(default_factory=list)
    terms: list = field(default_factory=list)


class InvoiceBuilder:
    """Builds ``finvoice.Invoice`` values for the invoices of one channel."""

    def __init__(self, channel, moves):
        self.channel = channel
        self.company = channel.company_id
        self.lines = self._fetch(moves)
        self.vat_codes = {}
        self.seller = self._get_seller()
        self.payee = self.company.name[:_PAYEE_LENGTH]

    def _fetch(self, moves):
        """Read everything for the whole batch, and group the lines by invoice."""
        env = moves.env
        moves.fetch(MOVE_FIELDS)
        partners = (
            moves.partner_id | moves.commercial_partner_id | moves.partner_shipping_id
        )
        partners.fetch(PARTNER_FIELDS)
        lines = env["account.move.line"].search_fetch(
            [("move_id", "in", moves.ids)], LINE_FIELDS, order="sequence, id"
        )
        lines.product_id.fetch(["default_code"])
        lines.product_uom_id.fetch(["name"])
        by_move = {move_id: Lines() for move_id in moves.ids}
        for line in lines:
            of_move, kind = by_move[line.move_id.id], line.display_type
            if kind in _MONEY_LINES or kind in _TEXT_LINES:
                of_move.rows.append((kind, line))
            elif kind == "tax":
                of_move.taxes.append(line)
            elif kind == "payment_term":
                of_move.terms.append(line)
        return by_move

    def _get_seller(self):
        partner = self.company.partner_id
        return self._get_party(
            partner,
            name=self.company.name,
            identifier=business_id(self.company),
            vat_number=self.company.vat or "",
            phone=partner.phone or "",
            email=partner.email or "",
            website=(partner.website or "")[:70],
            vat_registration_text="Alv.Rek" if self.company.vat else "",
        )

    def _get_party(self, partner, name, **values):
        street = " ".join(filter(None, [partner.street, partner.street2]))
        return finvoice.Party(
            name=name,
            street=street,
            town=partner.city or "",
            postcode=partner.zip or "",
            country_code=partner.country_id.code or "",
            country_name=partner.country_id.name or "",
            **values,
        )

    def get_account(self, move):
        """Return the account the consumer pays to: the invoice's own, or for a
        credit note the company's first announced one."""
        if move.move_type == "out_refund":
            return self.channel.bank_account_ids[:1]
        return move.partner_bank_id

    def get_reference(self, move):
        """Return the payment reference; a credit note has its invoice's, or one
        made of its own number."""
        reference = move.payment_reference
        if move.move_type == "out_refund":
            reference = reference or move.reversed_entry_id.payment_reference
            digits = "".join(filter(str.isdigit, move.name or ""))[-19:]
            if not reference and digits:
                reference = references.make(digits.zfill(3))
        return reference or ""

    def build(self, move, agreement, message_id, timestamp):
        """Return the invoice as it goes to ``agreement``'s address.

        :raises TaxesNotSupported: a row has other taxes than one VAT percent
        """
        credit = move.move_type == "out_refund"
        sign = -1 if credit else 1
        lines = self.lines[move.id]
        rows = tuple(self._get_row(kind, line, sign) for kind, line in lines.rows)
        partner, buyer = move.partner_id, move.commercial_partner_id
        buyer_name = buyer.name or ""
        language = _LANGUAGES.get((buyer.lang or "")[:2], "EN")
        bank = self.get_account(move)
        account = finvoice.Account(bank.sanitized_acc_number or "", bank.bank_bic or "")
        gross = sign * money(move.amount_total)
        residual = sign * money(move.amount_residual)
        reference = self.get_reference(move)
        invoice_date, due_date = move.invoice_date, move.invoice_date_due
        original = move.reversed_entry_id
        type_code = self._get_type_code(credit, agreement)
        return finvoice.Invoice(
            number=move.name,
            invoice_date=invoice_date,
            type_code=type_code,
            type_text=_TYPE_TEXTS[type_code, language],
            language=language,
            original_number=original and original.name or "",
            original_date=original and original.invoice_date or None,
            seller=self.seller,
            buyer=self._get_party(buyer, name=partner.name or buyer_name),
            customer_number=buyer.ref or "",
            buyer_reference=move.ref or "",
            order_reference=move.invoice_origin or "",
            delivery=self._get_delivery(move.partner_shipping_id, partner, buyer_name),
            rows=rows,
            vat=self._get_vat(lines, rows),
            total_net=sign * money(move.amount_untaxed),
            total_vat=sign * money(move.amount_tax),
            total_gross=gross,
            paid=gross - residual if gross != residual else None,
            texts=self._get_texts(move.narration),
            due_date=due_date,
            barcode=""
            if credit
            else bank_barcode(account.iban, residual, reference, due_date),
            payment=finvoice.Payment(
                account=account,
                payee=self.payee,
                instruction_id=self.channel.payment_subject,
                reference=reference,
                amount=residual,
            ),
            transmission=Frame(
                sender=self.channel.sender_address,
                sender_intermediator=self.channel.sender_intermediator_id.code,
                receiver=agreement.recipient_address,
                receiver_intermediator=agreement.recipient_intermediator,
                message_id=message_id,
                timestamp=timestamp,
            ),
        )

    def _get_type_code(self, credit, agreement):
        if credit:
            return finvoice.CREDIT_NOTE
        if agreement.service == "direct_payment":
            return finvoice.DIRECT_PAYMENT_COPY
        return finvoice.INVOICE

    def _get_delivery(self, shipping, partner, buyer_name):
        if not shipping or shipping.id == partner.id or not shipping.city:
            return None
        return self._get_party(shipping, name=shipping.name or buyer_name)

    def _get_texts(self, narration):
        if not narration:
            return ()
        lines = (line.strip() for line in html2plaintext(narration).split("\n"))
        return tuple(filter(None, lines))

    def _get_row(self, kind, line, sign):
        name, _newline, description = (line.name or "").partition("\n")
        if kind in _TEXT_LINES:
            texts = filter(None, (name, *description.split("\n")))
            return finvoice.Note(texts=tuple(texts))
        net = -money(line.amount_currency)
        if kind != "product":
            return finvoice.Row(
                name=name,
                net=net,
                vat_amount=_ZERO,
                gross=net,
                vat_rate=_ZERO,
                vat_code="O",
            )
        rate, code, included = self._get_row_tax(line)
        vat_amount = sign * money(line.price_total) - net
        quantity = sign * Decimal(repr(line.quantity)).quantize(_QUANTITY)
        price = Decimal(repr(line.price_unit)).quantize(_UNIT_PRICE)
        if price < 0:
            # Unit prices are positive: what is taken off has a negative quantity.
            price, quantity = -price, -quantity
        product, discount = line.product_id, line.discount
        return finvoice.Row(
            name=name or product.display_name or "",
            texts=tuple(part for part in description.split("\n") if part.strip()),
            article_id=product and product.default_code or "",
            quantity=quantity,
            unit=line.product_uom_id.name or "",
            unit_price=None if included else price,
            unit_price_vat_included=price if included else None,
            discount_percent=money(discount) if discount > 0 else None,
            vat_rate=rate,
            vat_code=code,
            vat_amount=vat_amount,
            net=net,
            gross=net + vat_amount,
        )

    def _get_row_tax(self, line):
        """Return ``(rate, code, price includes it)`` of a row.

        :raises TaxesNotSupported: see :meth:`build`
        """
        taxes = line.tax_ids
        if not taxes:
            return _ZERO, "O", False
        known = self.vat_codes.get(taxes.id) if len(taxes) == 1 else None
        if known is None:
            if len(taxes) > 1 or taxes.amount_type != "percent":
                raise TaxesNotSupported(line.name or line.product_id.display_name or "")
            known = (
                Decimal(repr(taxes.amount)).normalize(),
                self._get_vat_code(taxes),
                taxes.price_include,
            )
            self.vat_codes[taxes.id] = known
        return known

    def _get_vat_code(self, tax):
        """Return the category of UN/EDIFACT 5305 that a tax stands for."""
        category = (
            "ubl_cii_tax_category_code" in tax._fields and tax.ubl_cii_tax_category_code
        )
        if category in ("S", "AE", "E", "Z", "O", "K", "G"):
            return category
        if any(line.factor_percent < 0 for line in tax.invoice_repartition_line_ids):
            return "AE"
        if tax.amount:
            return "S"
        return "E" if tax.invoice_legal_notes else "Z"

    def _get_vat(self, lines, rows):
        """Return the VAT breakdown: bases from the rows, amounts as booked."""
        bases, amounts, notes = {}, {}, {}
        for line in lines.taxes:
            if known := self.vat_codes.get(line.tax_line_id.id):
                key = known[:2]
                amounts[key] = amounts.get(key, _ZERO) - money(line.amount_currency)
        for (kind, line), row in zip(lines.rows, rows, strict=True):
            if isinstance(row, finvoice.Note):
                continue
            key = (row.vat_rate, row.vat_code)
            bases[key] = bases.get(key, _ZERO) + row.net
            if kind == "product" and row.vat_code != "S":
                if note := line.tax_ids.invoice_legal_notes:
                    notes[key] = html2plaintext(note)
        return tuple(
            finvoice.VatSpecification(
                base=base,
                rate=key[0],
                code=key[1],
                amount=amounts.get(key, _ZERO),
                text=notes.get(key, ""),
            )
            for key, base in sorted(bases.items())
        )

    def get_replaced_characters(self, invoice):
        """Return characters typed by people that ISO-8859-15 lacks, sorted."""
        replaced = set()
        for value in (
            invoice.buyer.name,
            invoice.buyer.street,
            invoice.buyer.town,
            *invoice.texts,
            *(row.name for row in invoice.rows if isinstance(row, finvoice.Row)),
            *(part for row in invoice.rows for part in row.texts),
        ):
            if not value.isascii():
                replaced.update(text.latin9(value)[1])
        return sorted(replaced)
