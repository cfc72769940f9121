import io
import json
import zipfile

from odoo import models

AGREEMENT = (
    *("state", "service", "consumer_name", "consumer_street", "consumer_zip"),
    *("consumer_city", "recipient_address", "recipient_intermediator", "identifiers"),
    *(
        "paid_reference",
        "origin",
        "conversion_code",
        "language",
        "proposed_due_date",
        "proposed_period",
    ),
    *("consent_state", "consent_at", "consent_link"),
    *("ordered_at", "activated_at", "ended_at", "reason", "purge_on", "purged_at"),
)
MESSAGE = (
    *("type", "direction", "state", "environment", "create_date", "sent_at"),
    *("recipient_address", "message_id", "sha256", "summary", "purge_on", "purged_at"),
)
MANDATE = ("kid", "wants_notice", "state", "reason", "create_date")
CLAIM = ("kid", "amount", "due_date", "state", "is_told_by_bank", "notice", "reason")
PROPOSAL = ("message_id", "state", "sent_at", "answered_at", "summary", "create_date")
CUSTOMER = (
    *("name", "ref", "street", "street2", "zip", "city", "email", "phone", "lang"),
    "einvoice_birth_date",
)


class ResPartner(models.Model):
    """What is known of one consumer, for the consumer (GDPR, articles 15 and 20)."""

    _inherit = "res.partner"

    def action_export_einvoice_data(self):
        """Give one file with all that is kept of the customer about e-invoices."""
        self.ensure_one()
        self._check_einvoice_export()
        return {
            "type": "ir.actions.act_url",
            "url": f"/einvoice_consumer/person/{self.id}",
            "target": "download",
        }

    def _check_einvoice_export(self):
        self.env["einvoice.document"]._check_private()
        self.env["einvoice.agreement"].check_access("read")
        self.check_access("read")

    def _get_einvoice_export(self):
        """Make the file: what is known as JSON, and the messages as they crossed the
        border.

        :return: name and bytes of a zip file
        """
        self.ensure_one()
        self._check_einvoice_export()
        customer = self.commercial_partner_id
        agreements = self.env["einvoice.agreement"].search(
            [("partner_id", "=", customer.id)], order="id"
        )
        messages = self.env["einvoice.document"].search(
            [
                "|",
                ("partner_id", "=", customer.id),
                ("agreement_id", "in", agreements.ids),
            ],
            order="id",
        )
        places = {message: f"messages/{message.id}.xml" for message in messages}
        told = {
            "customer": _plain(customer, CUSTOMER),
            "agreements": [
                {
                    **_plain(agreement, AGREEMENT),
                    "channel": agreement.channel_id.name,
                    "company": agreement.company_id.name,
                    "history": [
                        {"at": _text(note.date), "text": note.body}
                        for note in agreement.sudo().message_ids.sorted("id")
                    ],
                }
                for agreement in agreements
            ],
            "mandates": [
                {
                    **_plain(mandate, MANDATE),
                    "channel": mandate.channel_id.name,
                    "company": mandate.company_id.name,
                    "claims": [
                        {**_plain(claim, CLAIM), "invoice": claim.move_id.name}
                        for claim in mandate.claim_ids.sorted("id")
                    ],
                }
                for mandate in self.env["einvoice.avtalegiro.mandate"].search(
                    [("partner_id", "=", customer.id)], order="id"
                )
            ],
            "proposals": [
                {
                    **_plain(proposal, PROPOSAL),
                    "channel": proposal.channel_id.name,
                    "company": proposal.company_id.name,
                }
                for proposal in self.env["einvoice.proposal"].search(
                    [("partner_id", "=", customer.id)], order="id"
                )
            ],
            "messages": [
                {
                    **_plain(message, MESSAGE),
                    "invoice": message.move_id.name or None,
                    "file": None if message.purged_at else place,
                }
                for message, place in places.items()
            ],
        }
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            text = json.dumps(told, ensure_ascii=False, indent=2)
            archive.writestr("einvoices.json", text)
            for message, place in places.items():
                if not message.purged_at:
                    archive.writestr(place, message._get_bytes())
        customer._message_log(
            body=self.env._("What is kept about e-invoices was exported to a file.")
        )
        return f"einvoices_{customer.id}.zip", file.getvalue()


def _plain(record, names):
    """Return fields as JSON takes them; what is empty as null."""
    return {name: _text(record[name]) for name in names}


def _text(value):
    if value is False:
        return None
    return value if isinstance(value, (int, float, list)) else str(value)
