"""Odoo's invoice in the words of Finvoice: records in, frozen values out.

One builder serves a batch: what is the same for all invoices is worked out once,
and every field that is read was fetched for the whole batch before.
"""

from decimal import Decimal

from odoo.tools import html2plaintext

from ..formats import finnish_reference, text
from ..formats import finvoice_model as finvoice

_CENT = Decimal("0.01")
_UNIT_PRICE = Decimal("0.00001")
_QUANTITY = Decimal("0.00001")
_ZERO = Decimal(0)
_LANGUAGES = {"fi": "FI", "sv": "SV"}
_TYPE_TEXTS = {
    ("out_invoice", "FI"): "LASKU",
    ("out_invoice", "SV"): "FAKTURA",
    ("out_invoice", "EN"): "INVOICE",
    ("out_refund", "FI"): "HYVITYSLASKU",
    ("out_refund", "SV"): "KREDITNOTA",
    ("out_refund", "EN"): "CREDIT NOTE",
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
    "company_id",
    "currency_id",
    "einvoice_state",
    "invoice_date",
    "invoice_date_due",
    "invoice_origin",
    "invoice_user_id",
    "journal_id",
    "move_type",
    "name",
    "narration",
    "partner_bank_id",
    "partner_id",
    "partner_shipping_id",
    "payment_reference",
    "ref",
    "reversed_entry_id",
    "state",
]
LINE_FIELDS = [
    "amount_currency",
    "date_maturity",
    "discount",
    "display_type",
    "move_id",
    "name",
    "price_subtotal",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "sequence",
    "tax_ids",
    "tax_line_id",
]
PARTNER_FIELDS = [
    "city",
    "country_id",
    "email",
    "is_company",
    "lang",
    "name",
    "parent_id",
    "phone",
    "ref",
    "street",
    "street2",
    "vat",
    "website",
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


class InvoiceBuilder:
    """Builds ``finvoice.Invoice`` values for the invoices of one channel."""

    def __init__(self, channel, moves):
        self.channel = channel
        self.company = channel.company_id
        self.lines = self._fetch(moves)
        self.seller = self._get_seller()
        self.vat_codes = {}

    def _fetch(self, moves):
        """Read everything for the whole batch, and group the lines by invoice."""
        env = moves.env
        moves.fetch(MOVE_FIELDS)
        partners = (
            moves.partner_id | moves.commercial_partner_id | moves.partner_shipping_id
        )
        partners.fetch(PARTNER_FIELDS)
        lines = env["account.move.line"].search_fetch(
            [("move_id", "in", moves.ids)], LINE_FIELDS, order="move_id, sequence, id"
        )
        lines.product_id.fetch(["default_code"])
        lines.product_uom_id.fetch(["name"])
        by_move = {move_id: [] for move_id in moves.ids}
        for line in lines:
            by_move[line.move_id.id].append(line)
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
                reference = finnish_reference.make(digits.zfill(3))
        return reference or ""

    def build(self, move, agreement, message_id, timestamp):
        """Return the invoice as it goes to ``agreement``'s address.

        :raises TaxesNotSupported: a row has other taxes than one VAT percent
        """
        sign = -1 if move.move_type == "out_refund" else 1
        lines = self.lines[move.id]
        buyer = move.commercial_partner_id
        language = _LANGUAGES.get((buyer.lang or "")[:2], "EN")
        account = self._get_finvoice_account(self.get_account(move))
        gross = sign * money(move.amount_total)
        residual = sign * money(move.amount_residual)
        reference = self.get_reference(move)
        invoice_date, due_date = move.invoice_date, move.invoice_date_due
        credit = move.move_type == "out_refund"
        shipping = move.partner_shipping_id
        return finvoice.Invoice(
            number=move.name,
            invoice_date=invoice_date,
            type_code=self._get_type_code(move, agreement),
            type_text=_TYPE_TEXTS[move.move_type, language],
            language=language,
            original_number=move.reversed_entry_id.name or "",
            original_date=move.reversed_entry_id.invoice_date or None,
            seller=self.seller,
            buyer=self._get_party(buyer, name=move.partner_id.name or buyer.name or ""),
            customer_number=buyer.ref or "",
            buyer_reference=move.ref or "",
            order_reference=move.invoice_origin or "",
            delivery=self._get_party(shipping, name=shipping.name or buyer.name or "")
            if shipping and shipping != move.partner_id and shipping.city
            else None,
            accounts=(account,),
            rows=tuple(self._get_row(line, sign) for line in self._get_rows(lines)),
            vat=self._get_vat(move, lines),
            total_net=sign * money(move.amount_untaxed),
            total_vat=sign * money(move.amount_tax),
            total_gross=gross,
            paid=gross - residual if gross != residual else None,
            texts=self._get_texts(move),
            due_date=due_date,
            barcode=""
            if credit
            else finnish_reference.bank_barcode(
                account.iban, residual, reference, due_date
            ),
            payment=finvoice.Payment(
                account=account,
                payee=self.company.name[:_PAYEE_LENGTH],
                instruction_id=self.channel.payment_subject,
                reference=reference,
                amount=residual,
                due_date=due_date,
                date=invoice_date,
            ),
            transmission=finvoice.Transmission(
                sender=self.channel.sender_address,
                sender_intermediator=self.channel.sender_intermediator_id.code,
                receiver=agreement.recipient_address,
                receiver_intermediator=agreement.recipient_intermediator,
                message_id=message_id,
                timestamp=timestamp,
            ),
        )

    def _get_type_code(self, move, agreement):
        if move.move_type == "out_refund":
            return finvoice.CREDIT_NOTE
        if agreement.service == "direct_payment":
            return finvoice.DIRECT_PAYMENT_COPY
        return finvoice.INVOICE

    def _get_finvoice_account(self, bank):
        return finvoice.Account(
            iban=bank.sanitized_acc_number or "", bic=bank.bank_bic or ""
        )

    def _get_texts(self, move):
        narration = html2plaintext(move.narration) if move.narration else ""
        return tuple(part for part in (line.strip() for line in narration.split("\n")) if part)

    def _get_rows(self, lines):
        return [
            line
            for line in lines
            if line.display_type in _MONEY_LINES or line.display_type in _TEXT_LINES
        ]

    def _get_row(self, line, sign):
        name, _newline, description = (line.name or "").partition("\n")
        if line.display_type in _TEXT_LINES:
            return finvoice.Row(texts=tuple(filter(None, (name, *description.split("\n")))))
        net = -money(line.amount_currency)
        if line.display_type != "product":
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
        return finvoice.Row(
            name=name or line.product_id.display_name or "",
            texts=tuple(part for part in description.split("\n") if part.strip()),
            article_id=line.product_id.default_code or "",
            delivered_quantity=quantity,
            invoiced_quantity=quantity,
            unit=line.product_uom_id.name or "",
            unit_price=None if included else price,
            unit_price_vat_included=price if included else None,
            discount_percent=Decimal(repr(line.discount)).quantize(_CENT)
            if line.discount
            else None,
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
        known = self.vat_codes.get(taxes.ids[0]) if len(taxes.ids) == 1 else None
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

    def _get_vat(self, move, lines):
        """Return the VAT breakdown: bases from the rows, amounts as booked."""
        bases, amounts, notes = {}, {}, {}
        for line in lines:
            if line.display_type == "tax":
                tax = line.tax_line_id
                key = self.vat_codes.get(tax.id)
                if key:
                    amounts[key[:2]] = amounts.get(key[:2], _ZERO) - money(
                        line.amount_currency
                    )
            elif line.display_type in _MONEY_LINES:
                key = (_ZERO, "O")
                if line.display_type == "product" and line.tax_ids:
                    key = self._get_row_tax(line)[:2]
                    if key[1] != "S" and line.tax_ids.invoice_legal_notes:
                        notes[key] = html2plaintext(line.tax_ids.invoice_legal_notes)
                bases[key] = bases.get(key, _ZERO) - money(line.amount_currency)
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
            *(part for row in invoice.rows for part in (row.name, *row.texts)),
        ):
            if not value.isascii():
                replaced.update(text.latin9(value)[1])
        return sorted(replaced)
