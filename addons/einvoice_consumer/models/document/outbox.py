import itertools
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from .outcome import ORDER_ENDED

_lt = LazyTranslate(__name__)

SEND_JOB = "einvoice_consumer.ir_cron_einvoice_send"
# core's: without being woken it sends e-mails once an hour
MAIL_JOB = "mail.ir_cron_mail_scheduler_action"
# How many messages one line is handed in a transaction, and how many bytes.
BATCH = 50
PORTION = 32 * 1024 * 1024
ENDED = _lt("The order was ended before it was sent.")


class EinvoiceDocument(models.Model):
    """The outbox, written by requests and emptied by the job."""

    _inherit = "einvoice.document"

    @api.model
    def _create_outgoing(self, rendered):
        """Write messages to the outbox; the job sends them.

        :param list rendered: dicts with ``move``, ``agreement``, ``type``, ``part`` and
            ``due_date`` (as the fields), ``content`` (see ``Rail.get_contents``),
            ``message_id``, ``message_timestamp`` and ``filename``; of a cancellation,
            ``original_id`` and ``recipient_address`` too
        :return: the documents, in the same order
        """
        moves = self.env["account.move"].union(*[item["move"] for item in rendered])
        places = {
            (
                item["move"].id,
                item["part"],
                item["agreement"].channel_id.environment,
                item["type"] == "cancellation",
            )
            for item in rendered
        }
        earlier = (
            self.sudo()
            .search([("move_id", "in", moves.ids), ("is_latest", "=", True)])
            .filtered(
                lambda d: (
                    (d.move_id.id, d.part, d.environment, d.type == "cancellation")
                    in places
                )
            )
        )
        earlier.write({"is_latest": False})
        earlier.flush_recordset(["state"])  # frees the place for the new ones
        replaced = {(document.move_id, document.part): document for document in earlier}
        documents = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "name": item["filename"],
                        "type": item["type"],
                        "part": item["part"],
                        "direction": "out",
                        "state": "to_send",
                        "environment": item["agreement"].channel_id.environment,
                        "channel_id": item["agreement"].channel_id.id,
                        "agreement_id": item["agreement"].id,
                        "partner_id": item["agreement"].partner_id.id,
                        "move_id": item["move"].id,
                        "original_id": item.get("original_id")
                        or replaced.get((item["move"], item["part"]), self).id,
                        "recipient_address": item.get(
                            "recipient_address", item["agreement"].recipient_address
                        ),
                        "due_date": item["due_date"],
                        "message_id": item["message_id"],
                        "message_timestamp": item["message_timestamp"],
                    }
                    for item in rendered
                ]
            )
        )
        for channel, outgoing in documents.grouped("channel_id").items():
            rail = channel._get_rail()
            items = [
                item
                for item, document in zip(rendered, documents, strict=True)
                if document in outgoing
            ]
            outgoing._store_bytes(rail.get_contents(items), rail.mimetype)
        moves._einvoice_print_anew()
        self._wake(SEND_JOB)
        return documents

    @api.model
    def _create_messages(self, channel, kind, messages):
        """Write messages to the operator of a channel to the outbox; the job sends
        them.

        :param str kind: their type
        :param list messages: of each, ``(values, links)``: what it says, see
            ``Rail.render_message``, and fields of its document, what it is about
        :return: the documents, in the same order
        """
        channel._check_enabled()
        rail = channel._get_rail()
        items = [rail.render_message(kind, values) for values, _links in messages]
        documents = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "name": item["filename"],
                        "type": kind,
                        "direction": "out",
                        "state": "to_send",
                        "environment": channel.environment,
                        "channel_id": channel.id,
                        "message_id": item["message_id"],
                        "message_timestamp": item["message_timestamp"],
                        **links,
                    }
                    for item, (_values, links) in zip(items, messages, strict=True)
                ]
            )
        )
        documents._store_bytes([item["content"] for item in items], rail.mimetype)
        self._wake(SEND_JOB)
        return documents

    @api.model
    def _get_send_domain(self):
        return self._get_due_domain() & Domain(
            [
                ("state", "=", "to_send"),
                ("channel_id.environment", "!=", "disabled"),
                ("channel_id.connection_id.carries_files", "=", True),
            ]
        )

    @api.model
    def _cron_send(self):
        """Send what waits, oldest first, the lines by turns.

        A message that fails waits longer each time and does not hold up the others.
        """
        self._call_through("_get_send_domain", "_send", batch=BATCH)

    def _send(self):
        """Hand messages over one line: stages of a call, see ``receivables.queue``.

        The line recognises by name and bytes what it was handed before.
        """
        portion = self._get_portion()
        waiting = portion.filtered(lambda d: not d.handed_out_at)
        portion._set_handed_out()
        line = portion.channel_id.connection_id._open()
        files = [(document.name, document._get_bytes()) for document in portion]
        try:
            told = yield partial(line.send_all, files)
        except Exception as fault:
            told = [fault]
        tried = portion[: len(told)]
        (waiting - tried).handed_out_at = False
        failed = self.browse()
        for document, fault in zip(tried, told, strict=True):
            if fault:
                failed += document
                document._on_fault(fault)
        (tried - failed)._try("_set_sent")

    def _get_portion(self):
        """Return the first messages, as many as memory should hold; one at least."""
        sizes = itertools.accumulate(d.attachment_id.file_size for d in self.sudo())
        count = sum(size <= PORTION for size in sizes)
        return self[: max(count, 1)]

    def _on_parked(self, sentence):
        for document in self:
            document._wake(SEND_JOB, at=document.next_attempt)

    @api.model
    def _get_silent_domain(self):
        return [
            ("state", "=", "sent"),
            ("deadline", "<", fields.Date.context_today(self)),
        ]

    @api.model
    def _cron_presume_delivered(self):
        """Banks confirm nothing: silence until the deadline counts as delivery."""
        self._work_through("_get_silent_domain", "_presume_delivered")

    def _redirect(self):
        """Find another way for invoices whose address is no longer good.

        What has not left is cancelled, what may have is for a person. An invoice goes
        to the customer's other active agreement where there is one, else by the sending
        method that the customer now has, through Odoo's own queue.

        :return: True when every invoice found another netbank address
        """
        left = self._may_have_left()
        left.move_id._einvoice_warn([ORDER_ENDED])
        redirected = not left
        self._take_back(ENDED)
        for company, documents in (self - left).grouped("company_id").items():
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
