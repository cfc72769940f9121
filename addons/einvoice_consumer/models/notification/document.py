from odoo import api, fields, models
from odoo.tools import LazyTranslate

from .notification import REFUSED

_lt = LazyTranslate(__name__)

GONE = ("cancelled", "handled")
LEFT_AFTER_ALL = _lt(
    "A message was carried to the bank although it had been cancelled here. Tell the "
    "bank anew what it shall know."
)


class EinvoiceDocument(models.Model):
    """Messages that open, change and end the service at a bank."""

    _inherit = "einvoice.document"

    notification_id = fields.Many2one(
        "einvoice.notification",
        "Invoicer notification",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    action = fields.Selection(
        [("add", "Opening"), ("change", "Change"), ("delete", "End")],
        string="What it says",
        readonly=True,
        help="What an invoicer notification says to the bank.",
    )

    @api.depends("notification_id.intermediator_id.name", "action")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        actions = dict(self._fields["action"]._description_selection(self.env))
        for document in self.filtered("notification_id"):
            document.display_name = self.env._(
                "Invoicer notification %(bank)s: %(action)s",
                bank=document.notification_id.intermediator_id.name,
                action=actions.get(document.action, ""),
            )
        return result

    @api.model
    def _create_notice(self, notification, action, item):
        """Write a message to a bank to the outbox; the job sends it.

        :param dict item: see ``Rail.render_notification``
        """
        channel = notification.channel_id
        document = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                {
                    "name": item["filename"],
                    "type": "sender_info",
                    "direction": "out",
                    "state": "to_send",
                    "environment": channel.environment,
                    "channel_id": channel.id,
                    "notification_id": notification.id,
                    "action": action,
                    "message_id": item["message_id"],
                    "message_timestamp": item["message_timestamp"],
                }
            )
        )
        document._store_bytes([item["content"]], "application/xml")
        self._wake("einvoice_consumer.ir_cron_einvoice_send")
        return document

    def _read_terms(self):
        """Return what the bank knows after this message, as its bytes say."""
        self.ensure_one()
        rail = self.channel_id._get_rail()
        return rail.read_notifications(self._get_bytes())[0]["terms"]

    def _set_sent(self):
        # EXTENDS 'einvoice_consumer': the end counts when the bank has it
        notices = self.filtered("notification_id")
        leaving = notices.filtered(lambda d: d.state == "to_send")
        gone = notices.filtered(lambda d: d.state in GONE and not d.sent_at)
        result = super()._set_sent()
        ended = leaving.filtered(lambda d: d.state == "sent" and d.action == "delete")
        ended.notification_id._end_agreements()
        for notification in gone.notification_id:
            notification._remind(REFUSED, LEFT_AFTER_ALL, renew=True)
        return result

    def _set_rejected(self, code, text):
        # EXTENDS 'einvoice_consumer': what a bank knows is as it was before
        result = super()._set_rejected(code, text)
        refused = self.filtered(lambda d: d.state == "rejected")
        not_ended = refused.filtered(lambda d: d.action == "delete")
        not_ended.notification_id.filtered("terms")._resume_agreements()
        self._warn_of_notification()
        return result

    def _give_up(self, sentence, fault=None):
        # EXTENDS 'einvoice_consumer'
        result = super()._give_up(sentence, fault=fault)
        self._warn_of_notification()
        return result

    def _warn_of_notification(self):
        for document in self.filtered("notification_id"):
            notification = document.notification_id
            reader = notification._get_responsible()
            summary = document._in_language_of(reader).summary
            notification._remind(REFUSED, summary, renew=True)

    def action_handled(self):
        # EXTENDS 'einvoice_consumer'
        result = super().action_handled()
        handled = self.sudo().filtered(lambda d: d.state == "handled")
        handled.notification_id._settle(REFUSED)
        return result
