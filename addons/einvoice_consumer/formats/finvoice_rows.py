"""One row of a consumer's Finvoice: what was sold, how much of it, for what money."""

from __future__ import annotations

import re
from functools import lru_cache

from . import finvoice_elements as element
from . import values
from .errors import FormatError
from .finvoice_model import Row
from .finvoice_rules import check_row
from .text import described, latin9, wrap

_EUR = element.attribute("AmountCurrencyIdentifier", "EUR")
_UNIT_CODE = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)
_NAME_WIDTH = 100
_TEXT_WIDTH = 512


def write_row(row: Row, at: str) -> str:
    """InvoiceRow; errors are named as seen from ``at``."""
    try:
        has_money = check_row(row)
        content = _content(row) + (_money(row) if has_money else "")
        if not content:
            raise FormatError("missing", "name")
    except FormatError as error:
        raise error.within(at) from None
    return element.block("InvoiceRow", content)


def _content(row: Row) -> str:
    # Neither name nor description repeats, so what does not fit goes on as free text.
    name, *more_name = wrap(latin9(row.name)[0], _NAME_WIDTH) or [""]
    described_as, *more_text = wrap(latin9(row.description)[0], _TEXT_WIDTH) or [""]
    overflow = (*wrap(" ".join(more_name), _TEXT_WIDTH), *more_text)
    return "".join(
        (
            element.optional_identity(
                "ArticleIdentifier", row.article_id, "article_id", 70
            ),
            element.plain("ArticleName", name) if name else "",
            element.plain("ArticleDescription", described_as) if described_as else "",
            _quantities(row),
            element.day("StartDate", row.start_date),
            element.day("EndDate", row.end_date),
            _unit_prices(row),
            element.optional_identity(
                "RowPositionIdentifier", row.position, "position", 35
            ),
            element.free_texts("RowFreeText", (*overflow, *row.texts)),
            element.percent(
                "RowDiscountPercent", row.discount_percent, "discount_percent"
            ),
            element.optional_money(
                "RowDiscountAmount", row.discount_amount, "discount_amount"
            ),
        )
    )


@lru_cache(maxsize=256)
def _unit(name: str, unit_code: str) -> str:
    """The attributes that say a quantity's unit, in words and as a code."""
    attributes = ""
    if clean := latin9(name)[0]:
        attributes = element.attribute(
            "QuantityUnitCode", described(clean, "unit", 1, 14)
        )
    if unit_code:
        if not _UNIT_CODE.fullmatch(unit_code):
            expected = "a UN/ECE recommendation 20 code"
            raise FormatError(
                "pattern", "unit_code", value=unit_code, expected=expected
            )
        attributes += element.attribute("QuantityUnitCodeUN", unit_code)
    return attributes


def _quantities(row: Row) -> str:
    unit = _unit(row.unit, row.unit_code)
    return "".join(
        [
            f"<{tag}{unit}>{values.quantity(value, field)}</{tag}>"
            for tag, value, field in (
                ("DeliveredQuantity", row.delivered_quantity, "delivered_quantity"),
                ("InvoicedQuantity", row.invoiced_quantity, "invoiced_quantity"),
            )
            if value is not None
        ]
    )


def _unit_prices(row: Row) -> str:
    code = row.unit_code
    unit = element.attribute("QuantityUnitCodeUN", code) if code else ""
    net, gross = row.unit_price, row.unit_price_vat_included
    return "".join(
        [
            f"<{tag}{_EUR}{unit}>{values.unit_price(value, field)}</{tag}>"
            for tag, value, field in (
                ("UnitPriceAmount", net, "unit_price"),
                ("UnitPriceVatIncludedAmount", gross, "unit_price_vat_included"),
            )
            if value is not None
        ]
    )


def _money(row: Row) -> str:
    return "".join(
        (
            element.percent("RowVatRatePercent", row.vat_rate, "vat_rate"),
            element.plain("RowVatCode", row.vat_code),
            element.optional_money("RowVatAmount", row.vat_amount, "vat_amount"),
            element.optional_money("RowVatExcludedAmount", row.net, "net"),
            element.optional_money("RowAmount", row.gross, "gross"),
        )
    )
