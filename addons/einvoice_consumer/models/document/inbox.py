import hashlib
import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

PARKED = "einvoice_consumer.mail_activity_type_parked"
CONFLICT = _lt(
    "A message with the same identifier and time but other contents came before. Ask "
    "the bank which one counts."
)
UNEXPECTED = _lt(
    "An unexpected fault; the server's log says more. The message is kept: process it "
    "again when the fault has been removed."
)


class EinvoiceDocument(models.Model):
    """The inbox: messages are kept first and worked through then."""

    _inherit = "einvoice.document"

    @api.model
    def _log_incoming(self, channel, filename, part):
        """Keep a message as it came and work through it.

        One that came before is recognised; if it was parked, it is tried again: the
        bank sends it again because somebody asked.

        :param dict part: see ``Rail.split``
        :return: the document
        """
        digest = hashlib.sha256(part["raw"]).hexdigest()
        domain = [("channel_id", "=", channel.id), ("direction", "=", "in")]
        known = self.search([*domain, ("sha256", "=", digest)], limit=1)
        if known:
            if known.state == "error" and not part["error"]:
                known._set_state("received", attempts=0)
                known._process_anew()
            return known
        document = self.with_context(tracking_disable=True).create(
            {
                "name": filename,
                "type": part["type"],
                "direction": "in",
                "state": "received",
                "environment": channel.environment,
                "channel_id": channel.id,
                "message_id": part["message_id"],
                "message_timestamp": part["message_timestamp"],
            }
        )
        document._store_bytes([part["raw"]])
        document._process(part["error"] or document._find_conflict())
        return document

    def _find_conflict(self):
        """Say that another message with the same identifier and time counts."""
        self.ensure_one()
        same = [
            ("channel_id", "=", self.channel_id.id),
            ("direction", "=", "in"),
            ("message_id", "=", self.message_id),
            ("message_timestamp", "=", self.message_timestamp),
            ("state", "!=", "error"),
            ("id", "!=", self.id),
        ]
        if self.message_id and self.search_count(same, limit=1):
            return CONFLICT
        return None

    def _process(self, error=None):
        """Work through received messages; a bad one is parked with its reason.

        :param error: a sentence, where it is known already that they are bad
        """
        for document in self.filtered(lambda d: d.state == "received"):
            try:
                with self.env.cr.savepoint():
                    if error:
                        raise UserError(error)
                    getattr(document, f"_process_{document.type}")()
            except OperationalError:
                # Another transaction was in the way: the whole work is done again.
                raise
            except UserError as fault:
                document._set_parked(fault)
            except Exception:
                # One poisoned message must not hold up those behind it.
                _logger.exception("E-invoice message %s", document.id)
                document._set_parked(UNEXPECTED)

    def _set_parked(self, sentence, **vals):
        """Leave a message to a person, who is told why."""
        reason = Sentence.store(sentence)
        self._set_state("error", reason=reason, **vals)
        self._remind(PARKED, reason, renew=True)

    def _process_unknown(self):
        raise UserError(
            _lt(
                "This kind of message is not expected here. It was kept; ask the bank "
                "what it is about."
            )
        )

    def _process_receiver_info(self):
        self.ensure_one()
        order = self.channel_id._get_rail().read_order(
            self.channel_id, self._get_bytes()
        )
        agreement, sentence = self.env["einvoice.agreement"]._process_order(
            self.channel_id, order
        )
        self._set_state(
            "processed",
            reason=Sentence.store(sentence),
            agreement_id=agreement.id,
            partner_id=agreement.partner_id.id,
        )

    def _process_acknowledgement(self):
        self.ensure_one()
        answer = self.channel_id._get_rail().read_acknowledgement(self._get_bytes())
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
            sentence = _lt(
                "The bank answers a message that was not sent from here: %s.",
                answer["message_id"],
            )
            self._set_parked(sentence, reason_code=code, reason_id=reason.id)
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
            reason=Sentence.store(text),
        )

    # === WHAT WAS PARKED === #

    def _check_may_handle(self):
        self.channel_id._check_user()

    def _process_anew(self):
        for document in self:
            part = document.channel_id._get_rail().split(document._get_bytes())[0]
            document._process(part["error"] or document._find_conflict())
        self.filtered(lambda d: d.state == "processed")._settle(PARKED)

    def _on_handled(self):
        self._settle(PARKED)
