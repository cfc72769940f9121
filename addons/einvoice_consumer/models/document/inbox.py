import hashlib

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ..agreement.orders import Undated

_lt = LazyTranslate(__name__)

PARKED = "einvoice_consumer.mail_activity_type_parked"
PROCESS_JOB = "einvoice_consumer.ir_cron_einvoice_process"
# Of so many messages somebody who brings a file waits for the outcome.
AT_ONCE = 100
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
    def _log_incoming(self, channel, filename, parts):
        """Keep messages as they came and work through them: at once, or where they are
        many in the job, which other requests need not wait for.

        One that came before is recognised; if it was parked, it is tried again: the
        bank sends it again because somebody asked.

        :param list parts: see ``Rail.split``
        :return: the documents, in the order of ``parts``
        """
        digests = [hashlib.sha256(part["raw"]).hexdigest() for part in parts]
        known = self.search(
            [
                ("channel_id", "=", channel.id),
                ("direction", "=", "in"),
                ("sha256", "in", digests),
            ]
        )
        found = {document.sha256: document for document in known}
        faulty = {d for d, part in zip(digests, parts, strict=True) if part["error"]}
        again = known.filtered(lambda d: d.state == "error" and d.sha256 not in faulty)
        again._set_state("received", attempts=0)
        new = dict(zip(reversed(digests), reversed(parts), strict=True))
        new = {digest: new[digest] for digest in digests if digest not in found}
        documents = self.with_context(tracking_disable=True).create(
            [
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
                for part in new.values()
            ]
        )
        documents._store_bytes([part["raw"] for part in new.values()])
        found |= dict(zip(new, documents, strict=True))
        if len(again) + len(new) > AT_ONCE:
            self._wake(PROCESS_JOB)
        else:
            for digest in dict.fromkeys(digests):
                found[digest]._process_anew()
        return self.union(*[found[digest] for digest in digests])

    @api.model
    def _get_received_domain(self):
        return [
            ("state", "=", "received"),
            ("direction", "=", "in"),
            ("channel_id.environment", "!=", "disabled"),
        ]

    @api.model
    def _cron_process(self):
        """Work through what a large file brought, in its order."""
        self._work_through("_get_received_domain", "_process_anew")

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
                document._set_parked(fault, is_undated=isinstance(fault, Undated))
            except Exception:
                # One poisoned message must not hold up those behind it.
                document._log_unexpected()
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
        if self.dated_at:
            order["values"]["ordered_at"] = order["ordered_until"] = self.dated_at
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
        answer = self.channel_id._read_acknowledgement(self._get_bytes())
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
        if reason.effect != "none" and not answer["is_notice"]:
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

    def action_count_as_newest(self):
        """Let orders count from when they came: a person compared them."""
        self.check_access("read")
        self._check_may_handle()
        undated = self.sudo().filtered(lambda d: d.is_undated and d.state == "error")
        for document in undated:
            document.dated_at = document.create_date
        return undated.action_process_again()

    def _process_anew(self):
        for document in self.filtered(lambda d: d.state == "received"):
            part = document.channel_id._split(document._get_bytes())[0]
            document._process(part["error"] or document._find_conflict())
        self.filtered(lambda d: d.state == "processed")._settle(PARKED)

    def _on_handled(self):
        self._settle(PARKED)
