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
# What crossed the border is never rewritten.
FROZEN_FIELDS = {
    "content",
    "sha256",
    "direction",
    "type",
    "message_id",
    "message_timestamp",
}


class EinvoiceDocument(models.Model):
    """One message in or out: the log of the exchange and its outbox in one.

    A document is append-only: its bytes, digest and identifiers never change, and
    it is not deleted. What happens to it moves ``state``; a new attempt after a
    refusal is a new document. An outgoing document is written first and sent
    later by the job, so a replayed request sends nothing twice.
    """

    _name = "einvoice.document"
    _description = "E-invoice message"
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "message_id", "move_id.name"]

    name = fields.Char(string="File", required=True, readonly=True)
    type = fields.Selection(
        [
            ("invoice", "Invoice"),
            ("receiver_info", "Consumer's order"),
            ("acknowledgement", "Refusal"),
            ("unknown", "Not recognised"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    direction = fields.Selection(
        [("out", "Sent"), ("in", "Received")], required=True, readonly=True
    )
    state = fields.Selection(
        [
            ("to_send", "To send"),
            ("sent", "Sent"),
            ("presumed_delivered", "Presumed delivered"),
            ("rejected", "Refused"),
            ("cancelled", "Cancelled"),
            ("received", "Received"),
            ("processed", "Processed"),
            ("error", "Error"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    environment = fields.Selection(
        [("test", "Test"), ("prod", "Production")], required=True, readonly=True
    )
    channel_id = fields.Many2one(
        "einvoice.channel", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    agreement_id = fields.Many2one(
        "einvoice.agreement", readonly=True, index="btree_not_null", check_company=True
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null"
    )
    original_id = fields.Many2one(
        "einvoice.document",
        string="About",
        readonly=True,
        index="btree_not_null",
        help="The message that this one answers, or that this one replaces.",
    )
    answer_ids = fields.One2many("einvoice.document", "original_id")
    is_latest = fields.Boolean(
        readonly=True,
        default=True,
        help="No later message replaces this one for the same invoice.",
    )
    content = fields.Binary(attachment=True, readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True, index=True)
    message_id = fields.Char(
        string="Message identifier", readonly=True, index="btree_not_null"
    )
    message_timestamp = fields.Char(readonly=True)
    recipient_address = fields.Char(readonly=True)
    reason_code = fields.Char(string="Code", readonly=True)
    reason_id = fields.Many2one("einvoice.reason", readonly=True)
    summary = fields.Text(
        readonly=True, help="What happened, in a sentence, and what to do about it."
    )
    headline = fields.Char(
        string="What happened",
        compute="_compute_headline",
        help="The first sentence of the summary, for lists.",
    )
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(readonly=True)
    sent_at = fields.Datetime(readonly=True)
    deadline = fields.Date(
        readonly=True,
        index="btree_not_null",
        help="Without a complaint until this day it counts as delivered.",
    )
    text = fields.Text(compute="_compute_text", string="Contents")

    _incoming_unique = models.UniqueIndex(
        "(channel_id, sha256) WHERE direction = 'in'",
        "This message came before.",
    )
    _outgoing_unique = models.UniqueIndex(
        "(channel_id, message_id) WHERE direction = 'out'",
        "The message identifier is taken.",
    )
    # Two users who press Send at once: one message, one refusal.
    _under_way_unique = models.UniqueIndex(
        "(move_id) WHERE direction = 'out' "
        "AND state IN ('to_send', 'sent', 'presumed_delivered')",
        "The invoice is on its way to the netbank already.",
    )
    _queue_index = models.Index("(id) WHERE state = 'to_send'")

    @api.depends("content")
    def _compute_text(self):
        for document in self.with_context(bin_size=False):
            data = document._get_bytes()
            document.text = data.decode("iso-8859-15", errors="replace")

    @api.depends("summary")
    def _compute_headline(self):
        for document in self:
            document.headline = (document.summary or "").partition("\n")[0]

    @api.depends("type", "move_id.name", "partner_id.name", "name")
    def _compute_display_name(self):
        types = dict(self._fields["type"]._description_selection(self.env))
        for document in self:
            about = document.move_id.name or document.partner_id.name or document.name
            document.display_name = f"{types.get(document.type, '')} {about}"

    def _get_bytes(self):
        """Return the message byte for byte as it was sent or received."""
        self.ensure_one()
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("res_field", "=", "content"),
                ],
                limit=1,
            )
        )
        return attachment.raw or b""

    # === CRUD === #

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys():
            raise UserError(
                self.env._("Messages are a record of what was sent and cannot change.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("Messages are a record of what was sent and are kept.")
        )

    # === STATES === #

    _TRANSITIONS = {
        "to_send": ("sent", "error", "cancelled"),
        "error": ("to_send", "cancelled", "processed"),
        "sent": ("presumed_delivered", "rejected"),
        "presumed_delivered": ("rejected",),
        "rejected": (),
        "cancelled": (),
        "received": ("processed", "error"),
        "processed": (),
    }

    def _set_state(self, state, **vals):
        """Move to ``state`` where that may follow; a repeated step is silent.

        :return: the documents that changed
        """
        changed = self.filtered(lambda d: state in self._TRANSITIONS[d.state])
        for document in self - changed:
            if document.state != state:
                _logger.info(
                    "E-invoice message %s stays %s: %s cannot follow.",
                    document.id,
                    document.state,
                    state,
                )
        changed.write({"state": state, **vals})
        return changed

    def _set_sent(self):
        """Mark as handed over, and start the wait for complaints."""
        now = fields.Datetime.now()
        for channel, documents in self.grouped("channel_id").items():
            today = channel._get_today()
            sent = documents._set_state(
                "sent",
                sent_at=now,
                deadline=today + timedelta(days=channel.silence_days),
                summary=False,
                next_attempt=False,
            )
            sent.move_id._einvoice_close_activities()
        return True

    def _set_rejected(self, code, text):
        """The other party refused the message: tell the person responsible, or
        send it to the customer's newer address where there is one."""
        for document in self:
            reason = self.env["einvoice.reason"]._from_code(
                document.channel_id.rail, code
            )
            summary = document._get_refusal_sentence(reason, code, text)
            if not document._set_state(
                "rejected",
                reason_code=code,
                reason_id=reason.id,
                summary=summary,
            ):
                continue
            if reason.effect == "reroute" and document._redirect():
                continue
            document.move_id._einvoice_warn(summary, document.channel_id)

    def _get_refusal_sentence(self, reason, code, text):
        parts = [
            self.env._("The bank refused it with code %s.", code)
            if not reason
            else self.env._(
                "The bank refused it: %(meaning)s (code %(code)s).",
                meaning=reason.name,
                code=code,
            )
        ]
        if text:
            parts.append(self.env._("The bank says: %s", text))
        if reason.remedy:
            parts.append(reason.remedy)
        return "\n".join(parts)

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
                    "content": base64.b64encode(item["content"]),
                    "sha256": hashlib.sha256(item["content"]).hexdigest(),
                    "message_id": item["message_id"],
                    "message_timestamp": item["message_timestamp"],
                }
                for item in rendered
            ]
        )
        self._trigger_send()
        return documents

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
        domain = self._get_send_domain()
        while documents := self._lock_batch(domain):
            try:
                with self.env.cr.savepoint():
                    for channel, batch in documents.grouped("channel_id").items():
                        batch._send_through(channel.with_company(channel.company_id))
            except OperationalError:
                # Somebody changed the same invoice meanwhile. What was handed over
                # is recognised by the transport when this runs again.
                self.env.cr.rollback()
                self._trigger_send()
                break
            if not self.env["ir.cron"]._commit_progress(
                len(documents), remaining=self.search_count(domain)
            ):
                break

    @api.model
    def _lock_batch(self, domain):
        """Return the oldest messages of ``domain`` that no other worker has."""
        documents = self.search(domain, limit=BATCH_SIZE, order="id")
        return documents.try_lock_for_update().filtered_domain(domain)

    def _send_through(self, channel):
        """Hand documents to the channel's transport and note how each fared."""
        transport = channel._get_transport()
        sent = self.browse()
        for document in self:
            failure = transport._send(channel, document)
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
        while documents := self._lock_batch(domain):
            documents._set_state("presumed_delivered")
            if not self.env["ir.cron"]._commit_progress(
                len(documents), remaining=self.search_count(domain)
            ):
                break

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
            self.write({"reason_code": code, "reason_id": reason.id})
            raise UserError(
                self.env._(
                    "The bank answers a message that was not sent from here: %s.",
                    answer["message_id"],
                )
            )
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

    # === ACTIONS === #

    def action_retry(self):
        """Send again at once what failed on the way out."""
        self.channel_id._check_user()
        documents = self.sudo().filtered(
            lambda d: d.direction == "out" and d.state in ("error", "to_send")
        )
        documents.write({"next_attempt": False, "attempts": 0})
        documents._set_state("to_send", summary=False)
        self._trigger_send()
        return True

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/einvoice.document/{self.id}/content"
            f"?download=true&filename={self.name}",
            "target": "download",
        }

    def action_mark_sent(self):
        """Mark messages that were carried by hand as sent."""
        for channel, documents in self.grouped("channel_id").items():
            channel.confirm_outgoing(documents.ids)
        return True

    def action_view_move(self):
        self.ensure_one()
        return self.move_id._get_records_action(name=self.move_id.name)
