import hashlib
import json
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError

# What crossed the border is never rewritten.
FROZEN_FIELDS = {"type", "direction", "idempotency_key", "event_id", "agency_id"}


class CollectionMessage(models.Model):
    """One call to an agency or one event from it: log, outbox and inbox in one.

    A call is written down with its idempotency key before it is made; the job makes
    it, as often as it takes, always with the same key and the same contents, so the
    agency does it once. An event is kept before it is worked on, once however often
    it comes. Messages are not deleted.
    """

    _name = "collection.message"
    _inherit = ["collection.queue"]
    _description = "Message of debt collection"
    _order = "id desc"
    _check_company_auto = True

    type = fields.Selection(
        [
            ("onboard", "Opening of the service"),
            ("company", "Company data"),
            ("settings", "Settings"),
            ("terminate", "End of the service"),
            ("reactivate", "Return to the service"),
            ("case", "New case"),
            ("documents", "Documents"),
            ("action", "Request"),
            ("fetch", "Fetching of a document"),
            ("event", "Event"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    direction = fields.Selection(
        [("out", "To the agency"), ("in", "From the agency")],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("to_send", "To send"),
            ("sent", "Sent"),
            ("refused", "Not accepted"),
            ("error", "Error"),
            ("cancelled", "Cancelled"),
            ("received", "Received"),
            ("processed", "Processed"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    agency_id = fields.Many2one(
        "collection.agency",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="agency_id.company_id", store=True, index=True)
    case_id = fields.Many2one(
        "collection.case",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    idempotency_key = fields.Char(readonly=True, copy=False)
    event_id = fields.Char(string="Agency's event", readonly=True)
    event_type = fields.Char(readonly=True)
    case_ref = fields.Char(string="Agency's case", readonly=True)
    content = fields.Binary(
        attachment=True,
        readonly=True,
        groups="collection_partner.collection_partner_group_user",
        help="What is sent, byte for byte.",
    )
    sha256 = fields.Char(string="SHA-256", readonly=True)
    text = fields.Text(
        compute="_compute_text",
        string="Contents",
        groups="collection_partner.collection_partner_group_user",
    )
    # Also the PDF of an invoice, which belongs to a field of it: such are left out
    # where access is checked while searching.
    attachment_ids = fields.Many2many(
        "ir.attachment", readonly=True, bypass_search_access=True
    )
    summary = fields.Text(
        readonly=True, help="What happened, in a sentence, and what to do about it."
    )
    error_code = fields.Char(string="Code", readonly=True)
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(readonly=True)
    sent_at = fields.Datetime(string="Done at", readonly=True)

    _key_unique = models.UniqueIndex(
        "(agency_id, idempotency_key) WHERE idempotency_key IS NOT NULL",
        "The key of a call is taken.",
    )
    _event_unique = models.UniqueIndex(
        "(agency_id, event_id) WHERE direction = 'in'", "This event came before."
    )
    # Two workers, or a person and a worker, never send one case twice.
    _case_unique = models.UniqueIndex(
        "(case_id) WHERE type = 'case' AND state IN ('to_send', 'sent')",
        "The case is on its way to the agency already.",
    )
    _action_unique = models.UniqueIndex(
        "(case_id) WHERE type = 'action' AND state = 'to_send'",
        "Another request for this case is on its way.",
    )
    _queue_index = models.Index("(id) WHERE state IN ('to_send', 'received')")

    @api.depends("content")
    def _compute_text(self):
        for message in self:
            text = message._get_bytes().decode("utf-8", errors="replace")
            try:
                message.text = json.dumps(
                    json.loads(text), indent=2, ensure_ascii=False
                )
            except ValueError:
                message.text = text

    @api.depends("type", "case_id.display_name", "event_type")
    def _compute_display_name(self):
        types = dict(self._fields["type"]._description_selection(self.env))
        for message in self:
            about = message.case_id.display_name or message.agency_id.name
            kind = message.event_type or types.get(message.type, "")
            message.display_name = f"{kind} {about}"

    def _get_bytes(self):
        """Return the contents byte for byte."""
        self.ensure_one()
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "content"),
                    ("res_id", "=", self.id),
                ],
                limit=1,
            )
        )
        # Screens ask for the size of binary fields instead of their contents.
        return attachment.with_context(bin_size=False).raw or b""

    def _get_values(self):
        """Return the contents of a message made by :meth:`_queue` with ``values``."""
        return json.loads(self._get_bytes() or b"{}")

    # === CRUD === #

    def write(self, vals):
        frozen = FROZEN_FIELDS & vals.keys()
        if frozen or ("content" in vals and any(self.mapped("sha256"))):
            raise UserError(
                self.env._("Messages are a record of what was sent and cannot change.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("Messages are a record of what was sent and are kept.")
        )

    @api.model
    def _queue(self, agency, kind, case=None, content=None, values=None, **vals):
        """Write down a call; the job makes it.

        :param str kind: one of the types
        :param bytes content: the body, where it is made now
        :param dict values: plain values to be remembered instead of a body
        """
        if content is None:
            content = json.dumps(values or {}, ensure_ascii=False).encode()
        message = self.sudo().create(
            {
                "type": kind,
                "direction": "out",
                "state": "to_send",
                "agency_id": agency.id,
                "case_id": case.id if case else False,
                "idempotency_key": uuid.uuid4().hex,
                "sha256": hashlib.sha256(content).hexdigest(),
                **vals,
            }
        )
        self.env["ir.attachment"].sudo().create(
            {
                "name": "content",
                "res_model": self._name,
                "res_field": "content",
                "res_id": message.id,
                "type": "binary",
                "raw": content,
                "mimetype": "application/json",
            }
        )
        message.invalidate_recordset(["content"], flush=False)
        self._trigger_send(vals.get("next_attempt"))
        return message

    @api.model
    def _trigger_send(self, at=None):
        cron = self.env.ref("collection_partner.ir_cron_collection_send").sudo()
        cron._trigger(at=at)

    # === STATES === #

    _TRANSITIONS = {
        "to_send": ("sent", "refused", "error", "cancelled"),
        "error": ("to_send", "cancelled", "processed"),
        "sent": (),
        "refused": (),
        "cancelled": (),
        "received": ("processed", "error"),
        "processed": (),
    }

    def _set_state(self, state, **vals):
        """Move to ``state`` where that may follow; anything else is left alone.

        :return: the messages that changed
        """
        changed = self.filtered(lambda m: state in self._TRANSITIONS[m.state])
        changed.write({"state": state, **vals})
        return changed

    # === ACTIONS === #

    def action_retry(self):
        """Make calls again at once that failed."""
        self.agency_id._check_user()
        messages = self.sudo().filtered(
            lambda m: m.direction == "out" and m.state in ("error", "to_send")
        )
        messages.write({"next_attempt": False, "attempts": 0})
        messages._set_state("to_send", summary=False)
        self._trigger_send()
        return True

    @api.model
    def _get_waiting_actions(self, cases):
        """Map each case to the request that is on its way to the agency."""
        messages = self.search(
            [
                ("case_id", "in", cases.ids),
                ("type", "=", "action"),
                ("state", "=", "to_send"),
            ]
        )
        return {
            message.case_id.id: message._get_values().get("action")
            for message in messages
        }
