from odoo import api, fields, models

from odoo.addons.receivables_base.tools import Sentence

from ..document.outbox import SEND_JOB
from ..notification.document import GONE
from .proposal import CANCELLED

UNSENT = "einvoice_consumer.mail_activity_type_unsent"


class EinvoiceDocument(models.Model):
    """Messages with proposals to the consumers of a bank, and what the bank answers."""

    _inherit = "einvoice.document"

    proposal_ids = fields.One2many(
        "einvoice.proposal",
        "document_id",
        "Proposals",
        groups="einvoice_consumer.einvoice_consumer_group_user",
    )

    @api.model
    def _create_proposals(self, proposals, item):
        """Write a message to a bank to the outbox; the job sends it.

        :param dict item: see ``Rail.render_proposals``
        """
        channel = proposals.channel_id
        document = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                {
                    "name": item["filename"],
                    "type": "proposal",
                    "direction": "out",
                    "state": "to_send",
                    "environment": channel.environment,
                    "channel_id": channel.id,
                    "message_timestamp": item["message_timestamp"],
                }
            )
        )
        document._store_bytes([item["content"]], "application/xml")
        proposals.document_id = document
        self._wake(SEND_JOB)
        return document

    def _set_state(self, state, **vals):
        # EXTENDS 'einvoice_consumer'
        changed = super()._set_state(state, **vals)
        proposals = changed.sudo().filtered(lambda d: d.type == "proposal").proposal_ids
        if state == "sent":
            proposals._set_state("sent", sent_at=fields.Datetime.now())
            proposals.document_id._settle(UNSENT)
        elif state in GONE:
            waiting = proposals.filtered(lambda p: p.state == "to_send")
            waiting._set_state("cancelled", reason=Sentence.store(CANCELLED))
            proposals.document_id._settle(UNSENT)
        return changed

    def _set_sent(self):
        # EXTENDS 'einvoice_consumer': what was carried after all asks the consumers
        gone = self.filtered(
            lambda d: d.type == "proposal" and d.state in GONE and not d.sent_at
        )
        result = super()._set_sent()
        gone.sudo().proposal_ids._set_state(
            "sent", sent_at=fields.Datetime.now(), reason=False
        )
        return result

    def _give_up(self, sentence, fault=None):
        # EXTENDS 'einvoice_consumer'
        result = super()._give_up(sentence, fault=fault)
        self.filtered("proposal_ids")._remind(UNSENT, sentence, renew=True)
        return result

    def _process_acknowledgement(self):
        # EXTENDS 'einvoice_consumer': each proposal is a message of its own
        channel = self.channel_id
        answer = channel._read_acknowledgement(self._get_bytes())
        proposal = (
            self.env["einvoice.proposal"]
            ._find(channel, [answer["message_id"]])
            .get(answer["message_id"])
        )
        if not proposal:
            return super()._process_acknowledgement()
        code, text = answer["code"], answer["text"]
        reason = self.env["einvoice.reason"]._from_code(channel.rail, code)
        if reason.effect != "none" and not answer["is_notice"]:
            proposal._set_refused(reason, text)
        return self._set_state(
            "processed",
            original_id=proposal.document_id.id,
            partner_id=proposal.partner_id.id,
            reason_code=code,
            reason_id=reason.id,
            reason=Sentence.store(text),
        )

    def action_view_proposals(self):
        self.ensure_one()
        return self.proposal_ids._get_records_action(name=self.env._("Proposals"))
