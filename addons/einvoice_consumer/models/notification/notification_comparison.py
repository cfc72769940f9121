from odoo import api, models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

LANGUAGES = {"FI": _lt("Finnish"), "SV": _lt("Swedish"), "EN": _lt("English")}
SERVICES = [
    ("einvoice", "E-invoice"),
    ("direct_payment", "E-invoice and direct payment"),
    ("no_new_direct_payment", "E-invoice, no new direct payments"),
]
IDENTIFIERS = [
    ("national_reference", "Finnish reference"),
    ("rf_reference", "RF reference"),
    ("personal_code", "Personal identity code"),
    ("business_id", "Business ID"),
    ("phone", "Phone number as in Finland"),
    ("phone_international", "Phone number with country code"),
    ("iban_check", "Identifier with the check digits of an IBAN"),
    ("number", "Other, digits only"),
    ("text", "Other, letters and digits"),
    ("other", "Other"),
]


class EinvoiceNotification(models.Model):
    """What a bank knows beside what it shall know, for people to read."""

    _inherit = "einvoice.notification"

    @api.model
    def _get_comparison_html(self, before, after):
        """Return a table of both, with what differs marked.

        :param before: terms, or nothing where the bank knows nothing
        :param after: terms
        """
        old, new = self._get_rows(before), self._get_rows(after)
        rows = [
            {
                "label": label,
                "before": old.get(label, ""),
                "after": new.get(label, ""),
                "changed": old.get(label, "") != new.get(label, ""),
            }
            for label in {**old, **new}
        ]
        return self.env["ir.qweb"]._render(
            "einvoice_consumer.notification_comparison",
            {
                "rows": rows,
                "accounts": self._get_account_rows(before or {}, after),
                "is_pair": before != after,
            },
        )

    @api.model
    def _get_rows(self, terms):
        """Return ``{label: text}`` of everything but the accounts."""
        if not terms:
            return {}
        wizard = self.env["einvoice.notification.wizard"]
        services = dict(wizard._fields["service"]._description_selection(self.env))
        yes_no = {True: self.env._("Yes"), False: self.env._("No")}
        rows = {
            self.env._("E-invoice address"): terms["sender_address"],
            self.env._("Bank or operator"): terms["sender_intermediator"],
            self.env._("Payment subject"): terms["payment_subject"],
            self.env._("Business ID"): terms["business_id"],
            **self._get_text_rows(self.env._("Name"), terms["names"]),
            **self._get_text_rows(
                self.env._("What the invoices are about"), terms["topics"]
            ),
            **self._get_text_rows(self.env._("Advice"), terms["instructions"]),
            self.env._("Street"): terms["street"],
            self.env._("Postcode and city"): " ".join(
                filter(None, [terms["postcode"], terms["town"]])
            ),
            self.env._("Industry code"): terms["industry_code"],
            self.env._("Website"): " ".join(
                filter(None, [terms["website_name"], terms["website"]])
            ),
        }
        for number, asked in enumerate(terms["identifiers"], 1):
            label = self.env._("Asked of consumers (%s)", number)
            rows[label] = self._get_asked_text(asked)
        rows |= {
            self.env._("Service"): services[terms["service"]],
            self.env._("Consumers may propose a due date"): yes_no[
                terms["due_date_accepted"]
            ],
            self.env._("Consumers may propose how often"): yes_no[
                terms["period_accepted"]
            ],
        }
        return {label: text for label, text in rows.items() if text}

    @api.model
    def _get_text_rows(self, label, texts):
        """Return ``{label: text}`` of a text in several languages."""
        rows = {}
        for code, language in LANGUAGES.items():
            name = self.env._(language)
            rows[f"{label} ({name})"] = (texts or {}).get(code)
        return rows

    @api.model
    def _get_asked_text(self, asked):
        labels = " / ".join(
            asked["labels"][code] for code in LANGUAGES if asked["labels"].get(code)
        )
        length = self.env._(
            "%(min)s to %(max)s characters",
            min=asked["min_length"],
            max=asked["max_length"],
        )
        parts = [f"{labels}: {self._get_type_label(asked)}", length]
        if asked["spaces"]:
            parts.append(self.env._("Spaces allowed"))
        if asked["hyphens"]:
            parts.append(self.env._("Hyphens allowed"))
        return "; ".join(parts)

    @api.model
    def _get_type_label(self, asked):
        line = self.env["einvoice.notification.identifier"]
        types = dict(line._fields["type"]._description_selection(self.env))
        return types[asked["type"]]

    @api.model
    def _get_account_rows(self, before, after):
        """Return every account with what becomes of it."""
        old = dict(before.get("accounts", ()))
        new = dict(after.get("accounts", ()))
        return [
            {
                "iban": iban,
                "bic": new.get(iban) or old.get(iban),
                "is_old": iban in old,
                "is_new": iban in new,
            }
            for iban in {**old, **new}
        ]
