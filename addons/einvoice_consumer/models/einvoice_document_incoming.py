import base64
import hashlib
import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class EinvoiceDocument(models.Model):
    """The inbox: messages are kept first and worked through then."""

    _inherit = "einvoice.document"

    @api.model
    def _log_incoming(self, channel, filename, part):
        """Keep a message as it came; recognise one that came before.

        :param dict part: ``type``, ``raw`` (bytes), ``message_id``,
            ``message_timestamp``, ``error`` (sentence or empty)
        :return: ``(document, is_new)``
        """
        digest = hashlib.sha256(part["raw"]).hexdigest()
        domain = [
            ("channel_id", "=", channel.id),
            ("direction", "=", "in"),
        ]
        if known := self.search([*domain, ("sha256", "=", digest)], limit=1):
            return known, False
        error = part["error"]
        if not error and part["message_id"]:
            conflict = self.search(
                [
                    *domain,
                    ("message_id", "=", part["message_id"]),
                    ("message_timestamp", "=", part["message_timestamp"]),
                    ("state", "!=", "error"),
                ],
                limit=1,
            )
            if conflict:
                error = self.env._(
                    "A message with the same identifier and time but other contents "
                    "came before. Ask the bank which one counts."
                )
        document = self.create(
            {
                "name": filename,
                "type": part["type"],
                "direction": "in",
                "state": "error" if error else "received",
                "environment": channel.environment,
                "channel_id": channel.id,
                "content": base64.b64encode(part["raw"]),
                "sha256": digest,
                "message_id": part["message_id"],
                "message_timestamp": part["message_timestamp"],
                "summary": error,
            }
        )
        return document, True

    def _process(self):
        """Work through received messages; a bad one is parked with its error."""
        for document in self.filtered(lambda d: d.state == "received"):
            try:
                with self.env.cr.savepoint():
                    getattr(document, f"_process_{document.type}")()
            except UserError as error:
                document._set_state("error", summary=str(error))
            except OperationalError:
                # Another transaction was in the way: the whole work is done again.
                raise
            except Exception:
                # One poisoned message must not hold up those behind it.
                _logger.exception("E-invoice message %s", document.id)
                document._set_state(
                    "error",
                    summary=self.env._(
                        "An unexpected fault; the server's log says more. The message "
                        "is kept."
                    ),
                )

    def _process_unknown(self):
        raise UserError(
            self.env._(
                "This kind of message is not expected here. It was kept; ask the bank "
                "what it is about."
            )
        )

    def _process_receiver_info(self):
        self.ensure_one()
        order = self.channel_id._get_adapter()._read_order(
            self.channel_id, self._get_bytes()
        )
        agreement, sentence = self.env["einvoice.agreement"]._process_order(
            self.channel_id, order
        )
        self._set_state(
            "processed",
            summary=sentence,
            agreement_id=agreement.id,
            partner_id=agreement.partner_id.id,
        )

    def _process_acknowledgement(self):
        self.ensure_one()
        answer = self.channel_id._get_adapter()._read_acknowledgement(self._get_bytes())
        original = self.search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("direction", "=", "out"),
                ("message_id", "=", answer["message_id"]),
            ],
            limit=1,
        )
        code, text = answer["code"], answer["text"]
        reason = self.env["einvoice.reason"]._from_code(self.channel_id.rail, code)
        if not original:
            self._set_state(
                "error",
                reason_code=code,
                reason_id=reason.id,
                summary=self.env._(
                    "The bank answers a message that was not sent from here: %s.",
                    answer["message_id"],
                ),
            )
            return
        if reason.effect != "none":
            original._set_rejected(code, text)
        self._set_state(
            "processed",
            original_id=original.id,
            move_id=original.move_id.id,
            partner_id=original.partner_id.id,
            agreement_id=original.agreement_id.id,
            reason_code=code,
            reason_id=reason.id,
            summary=self._get_refusal_sentence(reason, code, text)
            if reason.effect != "none"
            else text or reason.name,
        )
