import base64
import hashlib
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100
MAX_ATTEMPTS = 8


class EinvoiceDocument(models.Model):
    """The outbox, written by requests and emptied by the job; the inbox, whose
    messages are kept first and worked through then."""

    _inherit = "einvoice.document"

    # === OUTGOING === #

    @api.model
    def _create_outgoing(self, rendered):
        """Write messages to the outbox; the job sends them.

        :param list rendered: dicts with ``move``, ``agreement``, ``content``
            (bytes), ``message_id``, ``message_timestamp`` and ``filename``
        :return: the documents, in the same order
        """
        moves = self.env["account.move"].union(*[item["move"] for item in rendered])
        earlier = self.sudo().search(
            [("move_id", "in", moves.ids), ("is_latest", "=", True)]
        )
        earlier.write({"is_latest": False})
        earlier.flush_recordset(["state"])  # frees the place for the new ones
        replaced = {document.move_id: document for document in earlier}
        documents = self.sudo().create(
            [
                {
                    "name": item["filename"],
                    "type": "invoice",
                    "direction": "out",
                    "state": "to_send",
                    "environment": item["agreement"].channel_id.environment,
                    "channel_id": item["agreement"].channel_id.id,
                    "agreement_id": item["agreement"].id,
                    "partner_id": item["agreement"].partner_id.id,
                    "move_id": item["move"].id,
                    "original_id": replaced.get(item["move"], self).id,
                    "recipient_address": item["agreement"].recipient_address,
                    "sha256": hashlib.sha256(item["content"]).hexdigest(),
                    "message_id": item["message_id"],
                    "message_timestamp": item["message_timestamp"],
                }
                for item in rendered
            ]
        )
        self._store_contents(documents, [item["content"] for item in rendered])
        self._trigger_send()
        return documents

    @api.model
    def _store_contents(self, documents, contents):
        """Keep the bytes: one write for all, of a type that need not be guessed."""
        self.env["ir.attachment"].sudo().create(
            [
                {
                    "name": "content",
                    "res_model": document._name,
                    "res_field": "content",
                    "res_id": document.id,
                    "type": "binary",
                    "raw": content,
                    "mimetype": "application/xml",
                }
                for document, content in zip(documents, contents, strict=True)
            ]
        )
        documents.invalidate_recordset(["content"], flush=False)

    @api.model
    def _trigger_send(self):
        self.env.ref("einvoice_consumer.ir_cron_einvoice_send").sudo()._trigger()

    @api.model
    def _get_send_domain(self):
        return [
            ("state", "=", "to_send"),
            ("channel_id.environment", "!=", "disabled"),
            ("channel_id.transport", "!=", "manual"),
            "|",
            ("next_attempt", "=", False),
            ("next_attempt", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _cron_send(self):
        """Send what waits, oldest first, a batch a transaction.

        Rows are locked, so any number of workers share the queue, and looked at
        again after the lock. A message that fails waits longer each time and does
        not hold up the others.
        """
        if not self._work_through(self._get_send_domain(), self._send_batch):
            self._trigger_send()

    @api.model
    def _work_through(self, domain, work):
        """Do ``work`` on the messages of ``domain``, a locked batch a transaction.

        :return: False when another transaction was in the way; what was done before
            it is kept, the rest waits for the next run
        """
        while True:
            try:
                with self.env.cr.savepoint():
                    documents = (
                        self.search(domain, limit=BATCH_SIZE * 10, order="id")
                        .try_lock_for_update(limit=BATCH_SIZE)
                        .filtered_domain(domain)
                    )
                    work(documents)
            except OperationalError:
                # What was handed over is recognised by the transport next time.
                self.env.cr.rollback()
                return False
            if not documents or not self.env["ir.cron"]._commit_progress(
                len(documents), remaining=self.search_count(domain)
            ):
                return True

    @api.model
    def _send_batch(self, documents):
        for channel, batch in documents.grouped("channel_id").items():
            channel = channel._for_responsible()
            batch.with_env(channel.env)._send_through(channel)

    def _send_through(self, channel):
        """Hand documents to the channel's transport and note how each fared."""
        transport = channel._get_transport()
        sent = self.browse()
        contents = self._get_contents()
        for document in self:
            failure = transport._send(channel, document.name, contents[document.id])
            if failure:
                document._set_failed(failure)
            else:
                sent |= document
        sent._set_sent()

    def _set_failed(self, failure):
        """Wait and try again, up to a number of times; then ask a person."""
        self.ensure_one()
        attempts = self.attempts + 1
        vals = {"attempts": attempts, "summary": failure}
        if attempts < MAX_ATTEMPTS:
            wait = timedelta(minutes=2**attempts)
            self.write({**vals, "next_attempt": fields.Datetime.now() + wait})
            self.env.ref("einvoice_consumer.ir_cron_einvoice_send").sudo()._trigger(
                at=self.next_attempt
            )
        else:
            self._set_state("error", **vals)
            self.move_id._einvoice_warn(failure, self.channel_id)

    @api.model
    def _cron_presume_delivered(self):
        """Banks confirm nothing: silence until the deadline counts as delivery."""
        domain = [
            ("state", "=", "sent"),
            ("deadline", "<", fields.Date.context_today(self)),
        ]
        self._work_through(domain, lambda found: found._set_state("presumed_delivered"))

    def _redirect(self):
        """Find another way for invoices whose address is no longer good.

        What has not left is cancelled. An invoice goes to the customer's other
        active agreement where there is one, else by the sending method that the
        customer now has, through Odoo's own queue.

        :return: True when every invoice found another netbank address
        """
        redirected = True
        self._set_state(
            "cancelled", summary=self.env._("The order was ended before it was sent.")
        )
        for company, documents in self.grouped("company_id").items():
            moves = documents.move_id
            active = self.env["einvoice.agreement"]._get_active(
                moves.commercial_partner_id, company
            )
            old = {
                document.move_id: document.recipient_address for document in documents
            }
            onward = moves.filtered(
                lambda m, active=active, old=old: (
                    m.commercial_partner_id.id in active
                    and active[m.commercial_partner_id.id].recipient_address != old[m]
                )
            )
            failed = onward._einvoice_render_and_queue()
            redirected = redirected and onward == moves and not failed
            waiting = documents.filtered(
                lambda d, onward=onward: (
                    d.state == "cancelled" and d.move_id not in onward
                )
            ).move_id
            if waiting:
                waiting._einvoice_send_otherwise()
        return redirected

    # === INCOMING === #

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
