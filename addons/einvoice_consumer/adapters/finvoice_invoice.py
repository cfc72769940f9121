"""Odoo's invoice in the words of Finvoice: records in, frozen values out.

One builder serves a batch: what is the same for all invoices is worked out once,
and every field that is read was fetched for the whole batch before.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from odoo.tools import html2plaintext

from ..formats import finvoice_model as finvoice
from ..formats import text
from ..formats.bank_barcode import bank_barcode
from ..formats.ebxml_frame import Frame

_CENT = Decimal("0.01")
_UNIT_PRICE = Decimal("0.00001")
_QUANTITY = Decimal("0.00001")
_ZERO = Decimal(0)
_LANGUAGES = {"fi": "FI", "sv": "SV", "se": "SE"}
# LanguageCode of the notification service: SE is Northern Sami, for which we have no
# words.
_WORDS = {"FI": "FI", "SV": "SV", "SE": "FI"}
_LATE_INTEREST = {
    "FI": "Viivästyskorko",
    "SV": "Dröjsmålsränta",
    "EN": "Late-payment interest",
}
# Boxes of the Finnish VAT return (Tax Administration, VAT return): goods and services
# sold to other EU countries; construction services and scrap metal.
_VAT_BOXES = {"fi_311": "K", "fi_312": "AE", "fi_319": "AE"}
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
# What an invoice must say where the buyer pays the VAT (VAT Directive, 226 (11a)), and
# the sections of the Finnish VAT act (AVL) that make it so at home.
_REVERSE_CHARGE = re.compile(
    r"reverse charge|käännet|omvänd|\bAVL 8 ?[a-d]\b", re.IGNORECASE
)
_TEXT_LINES = ("line_section", "line_subsection", "line_note")
# Lines that the invoice's total consists of; the others book the same money.
_MONEY_LINES = ("product", "rounding", "epd")
_PAYEE_LENGTH = 35
_TERMS_LENGTH = 140
_NAME_LENGTH = 70
_PHONE_LENGTH = 35

MOVE_FIELDS = [
    "amount_residual",
    "amount_tax",
    "amount_total",
    "amount_untaxed",
    "commercial_partner_id",
    "currency_id",
    "delivery_date",
    "invoice_date",
    "invoice_date_due",
    "invoice_origin",
    "invoice_payment_term_id",
    "invoice_user_id",
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
    "amount_residual_currency",
    "date_maturity",
    "discount",
    "discount_amount_currency",
    "discount_date",
    "display_type",
    "move_id",
    "name",
    "price_subtotal",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "tax_ids",
    "tax_line_id",
    "tax_repartition_line_id",
]
PARTNER_FIELDS = [
    "city",
    "country_id",
    "email",
    "lang",
    "name",
    "phone",
    "ref",
    "street",
    "street2",
    "zip",
]


class TaxesNotSupported(ValueError):
    """A row is taxed in a way that one VAT percent cannot say."""


def money(value):
    """A stored amount as an exact number of cents."""
    return _cents(Decimal(repr(value)))


def _cents(value):
    return value.quantize(_CENT, ROUND_HALF_UP)


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


def _has_address(partner):
    return bool(partner.street and partner.zip and partner.city)


def _spread(nets, pairs, rest):
    """Put single cents on the rows that rounding took most from."""
    cent = _CENT.copy_sign(rest)
    by_loss = sorted(pairs, key=lambda p: (p[1] - nets[p[0]]) * cent, reverse=True)
    for number in range(int(abs(rest) / _CENT)):
        nets[by_loss[number % len(by_loss)][0]] += cent


class Part(NamedTuple):
    """What of an invoice falls due on a day, and is still to be paid."""

    number: int
    due_date: date
    amount: Decimal
    is_whole: bool = False


class InvoiceBuilder:
    """Builds ``finvoice.Invoice`` values for the invoices of one channel."""

    def __init__(self, channel, moves):
        self.channel = channel
        self.company = channel.company_id
        self.lines = self._fetch(moves)
        self.vat_codes = {}
        self.term_texts = {}
        self.is_global = (
            self.company.tax_calculation_rounding_method == "round_globally"
        )
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
            # Cash rounding in the biggest tax is booked as that tax.
            if kind == "tax" or line.tax_repartition_line_id:
                of_move.taxes.append(line)
            elif kind in _MONEY_LINES or kind in _TEXT_LINES:
                of_move.rows.append((kind, line))
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
        """Return the payment reference, which belongs to one sale: a credit note has
        its invoice's, and one of its own has none unless somebody gave it one."""
        reference = move.payment_reference
        if move.move_type == "out_refund":
            reference = reference or move.reversed_entry_id.payment_reference
        return reference or ""

    def get_parts(self, move, agreement):
        """Return what the bank is asked for: all of it, or of a direct payment what
        falls due on each day (Finvoice guidelines, 4: one copy a due date)."""
        sign = -1 if move.move_type == "out_refund" else 1
        residual = sign * money(move.amount_residual)
        whole = Part(1, move.invoice_date_due, residual, is_whole=True)
        if sign < 0 or not agreement.sudo()._is_direct():
            return [whole]
        open_amounts = {}
        for line in self.lines[move.id].terms:
            day, amount = line.date_maturity, money(line.amount_residual_currency)
            open_amounts[day] = open_amounts.get(day, _ZERO) + amount
        parts = [
            Part(number, day, amount)
            for number, (day, amount) in enumerate(sorted(open_amounts.items()), 1)
            if amount
        ]
        return parts if len(open_amounts) > 1 and parts else [whole]

    def build(self, move, agreement, message_id, timestamp, part):
        """Return the invoice, or a part of it, as it goes to ``agreement``'s address.

        :raises TaxesNotSupported: a row has other taxes than one VAT percent
        """
        credit = move.move_type == "out_refund"
        sign = -1 if credit else 1
        lines = self.lines[move.id]
        rows = self._get_rows(lines.rows, sign, sign * money(move.amount_untaxed))
        partner, buyer = move.partner_id, move.commercial_partner_id
        language = agreement.language or _LANGUAGES.get((buyer.lang or "")[:2], "EN")
        words = _WORDS.get(language, "EN")
        bank = self.get_account(move)
        account = finvoice.Account(bank.sanitized_acc_number or "", bank.bank_bic or "")
        gross = sign * money(move.amount_total)
        residual = sign * money(move.amount_residual)
        reference = self.get_reference(move)
        invoice_date, due_date = move.invoice_date, part.due_date
        original = move.reversed_entry_id
        type_code = self._get_type_code(credit, agreement)
        return finvoice.Invoice(
            number=move.name,
            invoice_date=invoice_date,
            type_code=type_code,
            type_text=_TYPE_TEXTS[type_code, words],
            language=language,
            original_number=original and original.name or "",
            original_date=original and original.invoice_date or None,
            seller=replace(
                self.seller, contact=(move.invoice_user_id.name or "")[:_NAME_LENGTH]
            ),
            buyer=self._get_buyer(partner, buyer),
            recipient=self._get_recipient(partner, buyer),
            customer_number=buyer.ref or "",
            buyer_reference=move.ref or "",
            order_reference=move.invoice_origin or "",
            delivery=self._get_delivery(move.partner_shipping_id, partner, buyer),
            delivery_date=move.delivery_date or None,
            terms=finvoice.Terms() if credit else self._get_terms(move, words),
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
            else bank_barcode(account.iban, part.amount, reference, due_date),
            payment=finvoice.Payment(
                account=account,
                payee=self.payee,
                instruction_id=self.channel.payment_subject,
                reference=reference,
                amount=part.amount,
            ),
            transmission=Frame(
                sender=text.address(self.channel.sender_address),
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

    def _get_buyer(self, partner, buyer):
        """Return the customer, name and address of one record.

        The customer's own; of a customer without an address, those of the contact that
        the invoice is addressed to.
        """
        at = buyer if _has_address(buyer) or not _has_address(partner) else partner
        contact = partner.name if partner != buyer and at == buyer else ""
        phone, email = buyer.phone or "", buyer.email or ""
        return self._get_party(
            at,
            name=at.name or buyer.name or "",
            contact=(contact or "")[:_NAME_LENGTH],
            phone=phone if len(phone) <= _PHONE_LENGTH else "",
            email=email if email.isascii() and len(email) <= _NAME_LENGTH else "",
        )

    def _get_recipient(self, partner, buyer):
        """Return whom the invoice is addressed to, where that is another address than
        the customer's."""
        if partner == buyer or not (_has_address(partner) and _has_address(buyer)):
            return None
        recipient = self._get_party(partner, name=partner.name or buyer.name or "")
        same = self._get_party(buyer, name=partner.name or buyer.name or "")
        return None if recipient == same else recipient

    def _get_delivery(self, shipping, partner, buyer):
        if not shipping or shipping.id == partner.id or not shipping.city:
            return None
        return self._get_party(shipping, name=shipping.name or buyer.name or "")

    def _get_terms(self, move, words):
        """Return what was agreed on paying, beside the due date."""
        term = move.invoice_payment_term_id
        fine = self.channel.late_interest
        return finvoice.Terms(
            text=self._get_terms_text(term, move.commercial_partner_id.lang),
            discount=self._get_cash_discount(move, term),
            late_interest=Decimal(repr(fine)).normalize() if fine else None,
            late_interest_text=_LATE_INTEREST[words] if fine else "",
        )

    def _get_terms_text(self, term, lang):
        """Return the note of the terms as on paper, or their name where it is long."""
        if (term.id, lang) not in self.term_texts:
            translated = term.with_context(lang=lang)
            note = " ".join(html2plaintext(translated.note or "").split())
            if not note or len(note) > _TERMS_LENGTH - 20:
                note = (translated.name or "")[: _TERMS_LENGTH - 20]
            self.term_texts[term.id, lang] = note
        return self.term_texts[term.id, lang]

    def _get_cash_discount(self, move, term):
        lines = self.lines[move.id].terms
        if len(lines) != 1 or not term.early_discount or not lines[0].discount_date:
            return None
        base = money(lines[0].amount_currency)
        return finvoice.CashDiscount(
            until=lines[0].discount_date,
            base=base,
            percent=Decimal(repr(term.discount_percentage)).normalize(),
            amount=base - money(lines[0].discount_amount_currency),
        )

    def _get_texts(self, narration):
        if not narration:
            return ()
        lines = (line.strip() for line in html2plaintext(narration).split("\n"))
        return tuple(filter(None, lines))

    def _get_rows(self, lines, sign, total):
        """Return the rows; their nets add up to ``total``.

        Where a company rounds globally, the cents that rounding each row would lose are
        put on rows of the rate that they belong to.
        """
        nets = {line: self._get_net(kind, line, sign) for kind, line in lines}
        groups = {}
        for kind, line in lines:
            if self.is_global and kind == "product":
                rate, code, included = self._get_row_tax(line)
                exact = (
                    sign
                    * Decimal(repr(line.quantity))
                    * Decimal(repr(line.price_unit))
                    * (1 - Decimal(repr(line.discount)) / 100)
                )
                if included:
                    exact /= 1 + rate / 100
                groups.setdefault((rate, code), []).append((line, exact))
        for pairs in groups.values():
            whole = _cents(sum((exact for _line, exact in pairs), _ZERO))
            _spread(nets, pairs, whole - sum(nets[line] for line, _exact in pairs))
        if groups and (rest := total - sum(nets.values())):
            largest = max(
                groups.values(), key=lambda pairs: abs(sum(e for _l, e in pairs))
            )
            _spread(nets, largest, rest)
        return tuple(
            self._get_row(kind, line, sign, nets[line]) for kind, line in lines
        )

    def _get_net(self, kind, line, sign):
        if kind == "product":
            return sign * money(line.price_subtotal)
        return _ZERO if kind in _TEXT_LINES else -money(line.amount_currency)

    def _get_row(self, kind, line, sign, net):
        name, _newline, description = (line.name or "").partition("\n")
        if kind in _TEXT_LINES:
            texts = filter(None, (name, *description.split("\n")))
            return finvoice.Note(texts=tuple(texts))
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
        vat_amount = _cents(net * rate / 100)
        if included and rate:
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
            code = self._get_vat_code(taxes)
            rate = Decimal(repr(taxes.amount)).normalize() if code == "S" else _ZERO
            known = (rate, code, taxes.price_include)
            self.vat_codes[taxes.id] = known
        return known

    def _get_vat_code(self, tax):
        """Return the category of UN/EDIFACT 5305 that a tax stands for."""
        category = (
            "ubl_cii_tax_category_code" in tax._fields and tax.ubl_cii_tax_category_code
        )
        if category in ("S", "AE", "E", "Z", "O", "K", "G"):
            return category
        notes = html2plaintext(tax.invoice_legal_notes or "")
        if _REVERSE_CHARGE.search(notes):
            return "AE"
        if any(line.factor_percent < 0 for line in tax.invoice_repartition_line_ids):
            return "AE"
        if tax.amount:
            return "S"
        for tag in tax.invoice_repartition_line_ids.tag_ids:
            if tag.name in _VAT_BOXES:
                return _VAT_BOXES[tag.name]
        return "E" if notes else "Z"

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
