from odoo import api, models


class EinvoiceAdapterFinvoice(models.AbstractModel):
    """Errors of the format in a bookkeeper's words and language."""

    _inherit = "einvoice.adapter.finvoice"

    @api.model
    def _explain(self, error):
        """Say a format error to a bookkeeper: the place, what is wrong, the remedy."""
        params = error.params
        place = self._get_place(error.field)
        sentences = {
            "missing": lambda: self.env._(
                "%(place)s is missing: fill it in.", place=place
            ),
            "too_long": lambda: self.env._(
                "%(place)s has %(length)s characters where %(limit)s fit: shorten it.",
                place=place,
                **params,
            ),
            "too_short": lambda: self.env._(
                "%(place)s has %(length)s characters, at least %(limit)s are needed: "
                "complete it.",
                place=place,
                **params,
            ),
            "checksum": lambda: self.env._(
                "%(place)s: the check digits of %(value)s are wrong.",
                place=place,
                **params,
            ),
            "sums_differ": lambda: self.env._(
                "%(place)s is %(value)s, but the parts add up to %(expected)s. Reset "
                "the invoice to draft and post it again.",
                place=place,
                value=params.get("value"),
                expected=params.get("expected"),
            ),
            "charset": lambda: self.env._(
                "%(place)s has characters that cannot be sent: %(characters)s.",
                place=place,
                **params,
            ),
            "sign": lambda: self.env._(
                "%(place)s is %(value)s: an invoice cannot be negative, make a credit "
                "note.",
                place=place,
                value=params.get("value"),
            ),
            "doctype": lambda: self.env._(
                "The file declares a document type, which is refused. Ask the bank "
                "for the file without it."
            ),
            "truncated": lambda: self.env._(
                "The message ends in the middle. Ask the bank to send it again."
            ),
            "not_xml": lambda: self.env._(
                "This is not a message in XML. Ask the bank what the file is."
            ),
            "no_payload": lambda: self.env._(
                "There is a frame without a message. Ask the bank to send it again."
            ),
            "too_large": lambda: self.env._(
                "The message is larger than what is read: ask for smaller files."
            ),
        }
        if error.code == "charset" and not error.field:
            return self.env._(
                "The message is in a character set that is not read. Ask the bank for "
                "ISO-8859-15."
            )
        sentence = sentences.get(error.code)
        return sentence() if sentence else str(error)

    @api.model
    def _get_place(self, field):
        """Name the place of an error in the words of Odoo's screens."""
        places = {
            "accounts": self.env._("The bank account"),
            "buyer.name": self.env._("The customer's name"),
            "buyer.postcode": self.env._("The customer's postcode"),
            "buyer.street": self.env._("The customer's street"),
            "buyer.town": self.env._("The customer's city"),
            "buyer.country_code": self.env._("The customer's country"),
            "customer_number": self.env._("The customer number"),
            "number": self.env._("The invoice number"),
            "payment.account.bic": self.env._("The BIC of the bank account"),
            "payment.account.iban": self.env._("The bank account number"),
            "payment.amount": self.env._("The amount to pay"),
            "payment.reference": self.env._("The payment reference"),
            "seller.identifier": self.env._("The company's business ID"),
            "seller.name": self.env._("The company's name"),
            "seller.postcode": self.env._("The company's postcode"),
            "seller.street": self.env._("The company's street"),
            "seller.town": self.env._("The company's city"),
            "total_gross": self.env._("The total"),
            "total_net": self.env._("The total without VAT"),
            "total_vat": self.env._("The VAT"),
        }
        if field.startswith("rows["):
            index, _bracket, rest = field[5:].partition("]")
            parts = {
                "article_id": self.env._("product code"),
                "discount_percent": self.env._("discount"),
                "name": self.env._("description"),
                "net": self.env._("amount"),
                "unit": self.env._("unit"),
                "unit_price": self.env._("unit price"),
                "unit_price_vat_included": self.env._("unit price"),
                "vat_rate": self.env._("VAT percent"),
            }
            part = rest.lstrip(".").partition("[")[0]
            return self.env._(
                "Row %(number)s (%(part)s)",
                number=int(index) + 1,
                part=parts.get(part, part),
            )
        return places.get(field, field)
