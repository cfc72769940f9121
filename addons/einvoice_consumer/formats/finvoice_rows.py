"""One row of a consumer's Finvoice: what was sold, how much of it, for what money."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from . import finvoice_elements as element
from . import values
from .errors import FormatError
from .finvoice_model import Note, Row
from .finvoice_rules import check_same
from .text import described, latin9, wrap

_EUR = element.attribute("AmountCurrencyIdentifier", "EUR")
_NAME_WIDTH = 100


def write_row(row: Row | Note, at: str) -> str:
    """InvoiceRow; errors are named as seen from ``at``."""
    try:
        content = _note(row) if isinstance(row, Note) else _sold(row)
    except FormatError as error:
        raise error.within(at) from None
    return element.block("InvoiceRow", content)


def _note(note: Note) -> str:
    content = element.free_texts("RowFreeText", note.texts)
    if not content:
        raise FormatError("missing", "name")
    return content


def _sold(row: Row) -> str:
    check_same("gross", row.gross, row.net + row.vat_amount, "net + vat_amount")
    # The name does not repeat, so what does not fit goes on as free text.
    name, *more_name = wrap(latin9(row.name)[0], _NAME_WIDTH) or [""]
    texts = (" ".join(more_name), *row.texts)
    price, with_vat = row.unit_price, row.unit_price_vat_included
    return "".join(
        (
            element.identity("ArticleIdentifier", row.article_id, "article_id", 70, 0),
            element.plain("ArticleName", name),
            _quantities(row),
            _unit_price("UnitPriceAmount", price, "unit_price"),
            _unit_price(
                "UnitPriceVatIncludedAmount", with_vat, "unit_price_vat_included"
            ),
            element.free_texts("RowFreeText", texts),
            element.percent(
                "RowDiscountPercent", row.discount_percent, "discount_percent"
            ),
            element.percent("RowVatRatePercent", row.vat_rate, "vat_rate"),
            element.plain("RowVatCode", row.vat_code),
            element.money("RowVatAmount", row.vat_amount, "vat_amount"),
            element.money("RowVatExcludedAmount", row.net, "net"),
            element.money("RowAmount", row.gross, "gross"),
        )
    )


@lru_cache(maxsize=256)
def _unit(name: str) -> str:
    """The attribute that says a quantity's unit in words."""
    words = described(name, "unit", 0, 14)
    return element.attribute("QuantityUnitCode", words) if words else ""


def _quantities(row: Row) -> str:
    """What was delivered is what is invoiced."""
    if row.quantity is None:
        return ""
    unit, quantity = _unit(row.unit), values.quantity(row.quantity, "quantity")
    return "".join(
        [
            f"<{tag}{unit}>{quantity}</{tag}>"
            for tag in ("DeliveredQuantity", "InvoicedQuantity")
        ]
    )


def _unit_price(tag: str, price: Decimal | None, field: str) -> str:
    if price is None:
        return ""
    return f"<{tag}{_EUR}>{values.unit_price(price, field)}</{tag}>"
