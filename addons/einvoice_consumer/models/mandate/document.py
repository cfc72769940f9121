from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ..document.outbox import SEND_JOB

_lt = LazyTranslate(__name__)

CLAIMS = "avtalegiro_claims"
READ = "einvoice_consumer.mail_activity_type_receipt"
RECEIPT = _lt(
    "A receipt of the bank for people to read: download it. Where it says that a file "
    "was not taken, say so on that message; where it refuses single claims, on those."
)


class EinvoiceDocument(models.Model):
    """Files of AvtaleGiro: claims to the banks, mandates and receipts from them."""

    _inherit = "einvoice.document"

    claim_ids = fields.One2many(
        "einvoice.avtalegiro.claim",
        "document_id",
        "Claims",
        groups="einvoice_consumer.einvoice_consumer_group_user",
    )
    cancelled_claim_ids = fields.One2many(
        "einvoice.avtalegiro.claim",
        "cancel_document_id",
        "Cancelled claims",
        groups="einvoice_consumer.einvoice_consumer_group_user",
    )

    @api.model
    def _create_claims(self, channel, item):
        """Write a file to the outbox; the job sends it.

        :param dict item: see ``Rail.render_claims``
        """
        document = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                {
                    "name": item["filename"],
                    "type": CLAIMS,
                    "direction": "out",
                    "state": "to_send",
                    "environment": channel.environment,
                    "channel_id": channel.id,
                    "message_id": item["message_id"],
                }
            )
        )
        document._store_bytes([item["content"]], channel._get_rail().mimetype)
        self._wake(SEND_JOB)
        return document

    def _set_state(self, state, **vals):
        # EXTENDS 'einvoice_consumer': the next file says what did not arrive
        changed = super()._set_state(state, **vals)
        if state in ("cancelled", "rejected"):
            files = changed.sudo().filtered(lambda d: d.type == CLAIMS)
            files.claim_ids._set_returned()
            files.cancelled_claim_ids._set_still_claimed()
        return changed

    def _process_avtalegiro_mandates(self):
        self.ensure_one()
        rail, raw = self.channel_id._get_rail(), self._get_bytes()
        mandates = self.env["einvoice.avtalegiro.mandate"]
        active, ended = mandates._take_in(
            self, rail.read_mandates(self.channel_id, raw)
        )
        told = _lt(
            "Mandates: %(active)s new, changed or as before, %(ended)s ended.",
            active=active,
            ended=ended,
        )
        if rail.has_payments(raw):
            told = _lt(
                "%(mandates)s The payments in the file are for the bank journal.",
                mandates=told,
            )
        self._set_state("processed", reason=Sentence.store(told))

    def _process_avtalegiro_receipt(self):
        self._set_state("processed", reason=Sentence.store(RECEIPT))
        self._remind(READ, RECEIPT)

    def action_refused_by_bank(self):
        """Note that the bank did not take the file: the next one has all of it."""
        self.channel_id._check_user()
        documents = self.sudo()
        if documents.filtered(lambda d: d.type != CLAIMS):
            raise UserError(self.env._("Only files of claims are refused by hand."))
        documents._set_state(
            "rejected",
            reason=Sentence.store(
                _lt("The bank did not take it, says %s.", self.env.user.name)
            ),
        )
        return True

    def action_view_claims(self):
        self.ensure_one()
        claims = self.claim_ids | self.cancelled_claim_ids
        return claims._get_records_action(name=self.env._("Claims"))
