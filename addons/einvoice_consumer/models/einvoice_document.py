import logging
from datetime import timedelta
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

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
        return self._get_contents()[self.id]

    def _get_contents(self):
        """Return the bytes of many messages, by document id."""
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "content"),
                    ("res_id", "in", self.ids),
                ]
            )
        )
        contents = {attachment.res_id: attachment.raw for attachment in attachments}
        return {document.id: contents.get(document.id, b"") for document in self}

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
            f"?download=true&filename={quote(self.name)}",
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
