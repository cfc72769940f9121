import json
import uuid
from decimal import Decimal

from odoo import api, fields, models


class CollectionMessage(models.Model):
    """One call to an agency or one event from it: log, outbox and inbox in one.

    A call is written down with its idempotency key before it is made; the job makes
    it, as often as it takes, always with the same key and the same contents, so the
    agency does it once. An event is kept before it is worked on, once however often
    it comes. Messages are not deleted.
    """

    _name = "collection.message"
    _inherit = ["receivables.exchange"]
    _description = "Message of debt collection"
    _order = "id desc"
    _check_company_auto = True

    _CONNECTION = "agency_id.connection_id"
    _FROZEN = {
        "direction",
        "attachment_id",
        "sha256",
        "type",
        "idempotency_key",
        "event_id",
        "agency_id",
    }

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
            ("payment", "Payment to us"),
            ("payment_removed", "Payment removed"),
            ("credit_note", "Credit note"),
            ("fee", "Reminder cost"),
            ("fetch", "Fetching of a document"),
            ("settlement_pdf", "Fetching of a settlement"),
            ("settlement_booked", "Settlement booked"),
            ("event", "Event"),
            ("file", "File"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    direction = fields.Selection([("out", "To the agency"), ("in", "From the agency")])
    state = fields.Selection(
        [
            ("to_send", "To send"),
            ("sent", "Sent"),
            ("refused", "Not accepted"),
            ("error", "Error"),
            ("cancelled", "Cancelled"),
            ("received", "Received"),
            ("processed", "Processed"),
            ("handled", "Handled"),
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
    settlement_id = fields.Many2one(
        "collection.settlement",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    idempotency_key = fields.Char("Idempotency key", readonly=True, copy=False)
    event_id = fields.Char(string="Agency's event", readonly=True)
    event_type = fields.Char("Event type", readonly=True)
    case_ref = fields.Char(string="Agency's case", readonly=True)
    attachment_id = fields.Many2one(
        string="File", groups="collection_partner.collection_partner_group_user"
    )
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
    money_reference = fields.Char(
        string="Reference of the payment",
        readonly=True,
        help="What the agency knows a payment or a credit note by.",
    )
    tried_at = fields.Datetime(
        "First attempt",
        readonly=True,
        help="Since when the agency may know of it, whatever it answered.",
    )
    results = fields.Json(
        readonly=True, help="What became of each record of a file from the agency."
    )
    error_code = fields.Char(string="Code", readonly=True)
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

    _TRANSITIONS = {
        "to_send": ("sent", "refused", "error", "cancelled"),
        "error": ("to_send", "cancelled", "received", "handled"),
        "sent": ("refused",),
        "refused": (),
        "cancelled": (),
        "received": ("processed", "error"),
        "processed": (),
        "handled": (),
    }

    @api.depends("attachment_id")
    def _compute_text(self):
        for message in self:
            text = message._get_bytes().decode("utf-8", errors="replace")
            try:
                message.text = json.dumps(
                    json.loads(text), indent=2, ensure_ascii=False
                )
            except ValueError:
                message.text = text

    @api.depends(
        "type", "case_id.display_name", "settlement_id.display_name", "event_type"
    )
    def _compute_display_name(self):
        types = dict(self._fields["type"]._description_selection(self.env))
        for message in self:
            about = (
                message.case_id.display_name
                or message.settlement_id.display_name
                or message.agency_id.name
            )
            kind = message.event_type or types.get(message.type, "")
            message.display_name = f"{kind} {about}"

    def _get_values(self):
        """Return the contents of a message made by :meth:`_queue` with ``values``."""
        return json.loads(self._get_bytes() or b"{}")

    def _get_money(self):
        """Return what a message tells of a payment or a credit note."""
        values = self._get_values()
        return {
            **values,
            "amount": Decimal(values["amount"]),
            "date": fields.Date.to_date(values["date"]),
        }

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
                **vals,
            }
        )
        message._store_bytes([content], "application/json")
        self._trigger_send(vals.get("next_attempt"))
        return message

    @api.model
    def _trigger_send(self, at=None):
        self._wake("collection_partner.ir_cron_collection_send", at)

    def _is_under_way(self):
        """Whether a job is waiting for the agency's answer to it just now."""
        self.ensure_one()
        until = self.sudo().leased_until
        return bool(until) and until > fields.Datetime.now()

    def action_retry(self):
        """Make calls again at once that failed."""
        self.agency_id._check_user()
        messages = self.sudo().filtered(
            lambda m: m.direction == "out" and m.state in ("error", "to_send")
        )
        messages.write({"next_attempt": False, "attempts": 0, "reason": False})
        messages.filtered(lambda m: m.state == "error")._set_state("to_send")
        messages.agency_id._end_pause()
        self._trigger_send()
        return True

    def _check_may_handle(self):
        # OVERRIDES 'receivables_base'
        self.agency_id._check_user()

    def _process_anew(self):
        # OVERRIDES 'receivables_base'
        self._wake("collection_partner.ir_cron_collection_receive")

    def _on_handled(self):
        # OVERRIDES 'receivables_base'
        self.agency_id._settle("collection_partner.mail_activity_type_agency")

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
