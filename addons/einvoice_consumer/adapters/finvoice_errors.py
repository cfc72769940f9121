"""Errors of the format in a bookkeeper's words and language."""


def explain(env, error):
    """Say a format error to a bookkeeper: the place, what is wrong, the remedy."""
    params = error.params
    place = _get_place(env, error.field)
    sentences = {
        "missing": lambda: env._(
            "%(place)s is missing: fill it in.", place=place
        ),
        "too_long": lambda: env._(
            "%(place)s has %(length)s characters where %(limit)s fit: shorten it.",
            place=place,
            **params,
        ),
        "too_short": lambda: env._(
            "%(place)s has %(length)s characters, at least %(limit)s are needed: "
            "complete it.",
            place=place,
            **params,
        ),
        "checksum": lambda: env._(
            "%(place)s: the check digits of %(value)s are wrong.",
            place=place,
            **params,
        ),
        "sums_differ": lambda: env._(
            "%(place)s is %(value)s, but the parts add up to %(expected)s. Reset "
            "the invoice to draft and post it again.",
            place=place,
            value=params.get("value"),
            expected=params.get("expected"),
        ),
        "charset": lambda: env._(
            "%(place)s has characters that cannot be sent: %(characters)s.",
            place=place,
            **params,
        ),
        "sign": lambda: env._(
            "%(place)s is %(value)s: an invoice cannot be negative, make a credit "
            "note.",
            place=place,
            value=params.get("value"),
        ),
        "doctype": lambda: env._(
            "The file declares a document type, which is refused. Ask the bank "
            "for the file without it."
        ),
        "truncated": lambda: env._(
            "The message ends in the middle. Ask the bank to send it again."
        ),
        "not_xml": lambda: env._(
            "This is not a message in XML. Ask the bank what the file is."
        ),
        "no_payload": lambda: env._(
            "There is a frame without a message. Ask the bank to send it again."
        ),
        "too_large": lambda: env._(
            "The message is larger than what is read: ask for smaller files."
        ),
    }
    if error.code == "charset" and not error.field:
        return env._(
            "The message is in a character set that is not read. Ask the bank for "
            "ISO-8859-15."
        )
    sentence = sentences.get(error.code)
    return sentence() if sentence else str(error)


def _get_place(env, field):
    """Name the place of an error in the words of Odoo's screens."""
    places = {
        "accounts": env._("The bank account"),
        "buyer.name": env._("The customer's name"),
        "buyer.postcode": env._("The customer's postcode"),
        "buyer.street": env._("The customer's street"),
        "buyer.town": env._("The customer's city"),
        "buyer.country_code": env._("The customer's country"),
        "customer_number": env._("The customer number"),
        "number": env._("The invoice number"),
        "payment.account.bic": env._("The BIC of the bank account"),
        "payment.account.iban": env._("The bank account number"),
        "payment.amount": env._("The amount to pay"),
        "payment.reference": env._("The payment reference"),
        "seller.identifier": env._("The company's business ID"),
        "seller.name": env._("The company's name"),
        "seller.postcode": env._("The company's postcode"),
        "seller.street": env._("The company's street"),
        "seller.town": env._("The company's city"),
        "total_gross": env._("The total"),
        "total_net": env._("The total without VAT"),
        "total_vat": env._("The VAT"),
    }
    if field.startswith("rows["):
        index, _bracket, rest = field[5:].partition("]")
        parts = {
            "article_id": env._("product code"),
            "discount_percent": env._("discount"),
            "name": env._("description"),
            "net": env._("amount"),
            "unit": env._("unit"),
            "unit_price": env._("unit price"),
            "unit_price_vat_included": env._("unit price"),
            "vat_rate": env._("VAT percent"),
        }
        part = rest.lstrip(".").partition("[")[0]
        return env._(
            "Row %(number)s (%(part)s)",
            number=int(index) + 1,
            part=parts.get(part, part),
        )
    return places.get(field, field)
