from odoo import Command, api, models

from ..models.notification.notification_comparison import LANGUAGES

# Fields of the wizard that are texts in three languages, by their place in the terms.
TEXTS = ("names", "topics", "instructions")
# What consumers are asked for, where nothing else is known: what it is called by.
LABELS = {
    "customer": {"FI": "Asiakasnumero", "SV": "Kundnummer", "EN": "Customer number"},
    "reference": {
        "FI": "Aiemman laskun viitenumero",
        "SV": "Referensnummer på en tidigare faktura",
        "EN": "Reference of an earlier invoice",
    },
}
ASKED = {
    "customer": ("text", 1, 20, "customer"),
    "reference": ("national_reference", 4, 20, "reference"),
}
TOPICS = {"FI": "Lasku", "SV": "Faktura", "EN": "Invoice"}


class EinvoiceNotificationWizard(models.TransientModel):
    """The wizard's fields from terms, and terms from them."""

    _inherit = "einvoice.notification.wizard"

    @api.model
    def _prepare(self, channel, purpose, banks=None):
        """Return the values that the wizard begins with: what the banks know, else what
        the company is known to be.

        :param banks: those that it is about; otherwise those that know the channel, or
            the company's own
        """
        known = channel.notification_ids.filtered("terms")
        own = channel.sender_intermediator_id.filtered(lambda i: i.kind == "bank")
        banks = banks or known.intermediator_id or own
        chosen = known.filtered(lambda n: n.intermediator_id in banks) or known
        values = self._prepare_from_company(channel)
        if chosen:
            values |= self._prepare_from_terms(channel, chosen[0].terms)
        values["intermediator_ids"] = [Command.set(banks.ids)]
        if purpose == "end":
            values["intermediator_ids"] = [Command.set(chosen.intermediator_id.ids)]
        return values

    @api.model
    def _prepare_from_company(self, channel):
        company = channel.company_id
        asked = channel.asked_identifiers
        kinds = ["customer", "reference"] if asked == "both" else [asked]
        lines = []
        for kind in kinds:
            word, shortest, longest, label = ASKED[kind]
            texts = {f"label_{c.lower()}": LABELS[label][c] for c in LANGUAGES}
            lines.append(
                {"type": word, "min_length": shortest, "max_length": longest, **texts}
            )
        return {
            "address_id": channel.address_id.id,
            "payment_subject": channel.payment_subject,
            "account_ids": [Command.set(channel.bank_account_ids.ids)],
            "street": company.street,
            "postcode": company.zip,
            "town": company.city,
            "website": company.website,
            "names_fi": company.name,
            "names_sv": company.name,
            "names_en": company.name,
            **{f"topics_{code.lower()}": TOPICS[code] for code in LANGUAGES},
            "identifier_ids": [Command.clear(), *map(Command.create, lines)],
        }

    @api.model
    def _prepare_from_terms(self, channel, terms):
        """Return the wizard's values for what a bank knows; accounts that the company
        no longer has are left out, and so are announced no more."""
        ibans = {iban for iban, _bic in terms["accounts"]}
        accounts = channel.company_id.partner_id.bank_ids.filtered(
            lambda account: account.sanitized_acc_number in ibans
        )
        address = self.env["einvoice.address"].search(
            [
                ("company_id", "=", channel.company_id.id),
                ("address", "=", terms["sender_address"]),
                ("intermediator_id.code", "=", terms["sender_intermediator"]),
            ],
            limit=1,
        )
        lines = [
            {
                **{key: asked[key] for key in asked if key != "labels"},
                **{f"label_{c.lower()}": asked["labels"].get(c) for c in LANGUAGES},
            }
            for asked in terms["identifiers"]
        ]
        return {
            "address_id": (address or channel.address_id).id,
            "account_ids": [Command.set(accounts.ids)],
            "identifier_ids": [Command.clear(), *map(Command.create, lines)],
            "street": terms["street"],
            "postcode": terms["postcode"],
            "town": terms["town"],
            **{
                f"{name}_{code.lower()}": (terms[name] or {}).get(code)
                for name in TEXTS
                for code in LANGUAGES
            },
            **{
                name: terms[name]
                for name in (
                    *("payment_subject", "industry_code", "website_name", "website"),
                    *("service", "due_date_accepted", "period_accepted"),
                )
            },
        }

    def _get_terms(self):
        """Return what was composed, see ``einvoice.notification``."""
        self.ensure_one()
        company = self.company_id
        return {
            "business_id": self.channel_id._get_rail().get_business_id(company),
            **{
                name: {
                    code: self[f"{name}_{code.lower()}"].strip()
                    for code in LANGUAGES
                    if (self[f"{name}_{code.lower()}"] or "").strip()
                }
                for name in TEXTS
            },
            "sender_address": self.address_id.address or "",
            "sender_intermediator": self.address_id.intermediator_id.code or "",
            "payment_subject": (self.payment_subject or "").strip(),
            "street": self.street or "",
            "town": self.town or "",
            "postcode": self.postcode or "",
            "country_code": company.country_id.code or "",
            "industry_code": self.industry_code or "",
            "website_name": self.website_name or "",
            "website": self.website or "",
            "accounts": [
                [account.sanitized_acc_number, account.bank_bic or ""]
                for account in self.account_ids
            ],
            "identifiers": [line._get_terms() for line in self.identifier_ids],
            "service": self.service,
            "due_date_accepted": self.due_date_accepted,
            "period_accepted": self.period_accepted,
        }
