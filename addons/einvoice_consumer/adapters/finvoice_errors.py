"""Errors of the format in a bookkeeper's words, as lazy translations."""

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)


def explain(error, place=None):
    """Say a format error to a bookkeeper: the place, what is wrong, the remedy.

    :param place: what the place is called, where it is none of an invoice's
    """
    words = {**error.params, "place": place or _get_place(error.field)}
    if error.code == "charset" and not error.field:
        return _lt(
            "The message is in a character set that is not read. Ask the bank for "
            "ISO-8859-15."
        )
    sentences = {
        "missing": _lt("%(place)s is missing: fill it in.", **words),
        "too_long": _lt(
            "%(place)s has %(length)s characters where %(limit)s fit: shorten it.",
            **words,
        ),
        "too_short": _lt(
            "%(place)s has %(length)s characters, at least %(limit)s are needed: "
            "complete it.",
            **words,
        ),
        "checksum": _lt("%(place)s: the check digits of %(value)s are wrong.", **words),
        "pattern": _lt(
            "%(place)s is “%(value)s” where %(expected)s is expected.", **words
        ),
        "sums_differ": _lt(
            "%(place)s is %(value)s, but the parts add up to %(expected)s. Reset "
            "the invoice to draft and post it again.",
            **words,
        ),
        "charset": _lt(
            "%(place)s has characters that cannot be sent: %(characters)s.", **words
        ),
        "sign": _lt(
            "%(place)s is %(value)s: an invoice cannot be negative, make a credit "
            "note.",
            **words,
        ),
        "doctype": _lt(
            "The file declares a document type, which is refused. Ask the bank "
            "for the file without it."
        ),
        "truncated": _lt(
            "The message ends in the middle. Ask the bank to send it again."
        ),
        "not_xml": _lt("This is not a message in XML. Ask the bank what the file is."),
        "no_payload": _lt(
            "There is a frame without a message. Ask the bank to send it again."
        ),
        "too_large": _lt(
            "The message is larger than what is read: ask for smaller files."
        ),
    }
    return sentences.get(error.code) or str(error)


def explain_incoming(error):
    """Say what is wrong in another party's message: nobody here can correct it."""
    words = {**error.params, "place": error.field}
    sentences = {
        "missing": _lt(
            "The bank's message lacks %(place)s. Ask the bank to send it again in the "
            "right form.",
            **words,
        ),
        "pattern": _lt(
            "In the bank's message %(place)s is “%(value)s” where %(expected)s is "
            "expected. Ask the bank to send it again in the right form.",
            **words,
        ),
    }
    return sentences.get(error.code) or explain(error)


def _get_place(field):
    """Name the place of an error in the words of Odoo's screens."""
    places = {
        "buyer.name": _lt("The customer's name"),
        "buyer.postcode": _lt("The customer's postcode"),
        "buyer.street": _lt("The customer's street"),
        "buyer.town": _lt("The customer's city"),
        "customer_number": _lt("The customer number"),
        "number": _lt("The invoice number"),
        "payment.account.bic": _lt("The BIC of the bank account"),
        "payment.account.iban": _lt("The bank account number"),
        "payment.amount": _lt("The amount to pay"),
        "payment.reference": _lt("The payment reference"),
        "seller.identifier": _lt("The company's business ID"),
        "seller.name": _lt("The company's name"),
        "seller.postcode": _lt("The company's postcode"),
        "seller.street": _lt("The company's street"),
        "seller.town": _lt("The company's city"),
        "total_gross": _lt("The total"),
        "total_net": _lt("The total without VAT"),
        "total_vat": _lt("The VAT"),
    }
    if field.startswith("rows["):
        index, _bracket, rest = field[5:].partition("]")
        parts = {
            "article_id": _lt("product code"),
            "discount_percent": _lt("discount"),
            "name": _lt("description"),
            "net": _lt("amount"),
            "unit": _lt("unit"),
            "unit_price": _lt("unit price"),
            "unit_price_vat_included": _lt("unit price"),
            "vat_rate": _lt("VAT percent"),
        }
        part = rest.lstrip(".").partition("[")[0]
        return _lt(
            "Row %(number)s (%(part)s)",
            number=int(index) + 1,
            part=parts.get(part, part),
        )
    return places.get(field, field)
