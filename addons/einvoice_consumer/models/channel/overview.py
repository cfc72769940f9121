from odoo import api, fields, models
from odoo.fields import Domain

# What each number counts is what the filter of its name shows; what is over, for thirty
# days.
COUNTED = {
    "sent_today": Domain("sent_at", ">=", "today"),
    "silent": Domain("state", "=", "sent"),
    "presumed": Domain("state", "=", "presumed_delivered")
    & Domain("sent_at", ">=", "today -30d"),
}
OUT = Domain("direction", "=", "out") & Domain("is_latest", "=", True)


class EinvoiceChannel(models.Model):
    """What the overview tells of a channel: each number opens what it counts."""

    _inherit = "einvoice.channel"

    review_count = fields.Integer("Number to allocate", compute="_compute_counts")
    active_count = fields.Integer(
        "Number of active agreements", compute="_compute_counts"
    )
    waiting_count = fields.Integer("Messages to send", compute="_compute_counts")
    preparing_count = fields.Integer(
        "Invoices being prepared",
        compute="_compute_preparing_count",
        compute_sudo=True,
        help="Invoices of the company that the job has still to send, by whatever way.",
    )
    sent_today_count = fields.Integer("Sent today", compute="_compute_message_counts")
    silent_count = fields.Integer("Silent", compute="_compute_message_counts")
    presumed_count = fields.Integer(
        "Presumed delivered in the last 30 days", compute="_compute_message_counts"
    )
    received_count = fields.Integer(
        "Being worked through",
        compute="_compute_counts",
        help="Messages of a large file that the job has still to work through.",
    )
    refused_count = fields.Integer("Refused or failed", compute="_compute_counts")
    parked_count = fields.Integer("Number to find out about", compute="_compute_counts")

    def _compute_counts(self):
        agreements = {
            (channel.id, state): count
            for channel, state, count in self.env["einvoice.agreement"]._read_group(
                [("channel_id", "in", self._origin.ids)],
                ["channel_id", "state"],
                ["__count"],
            )
        }
        documents = {
            (channel.id, direction, state): count
            for channel, direction, state, count in self.env[
                "einvoice.document"
            ]._read_group(
                [("channel_id", "in", self._origin.ids), ("is_latest", "=", True)],
                ["channel_id", "direction", "state"],
                ["__count"],
            )
        }
        for channel in self:
            key = channel._origin.id
            channel.review_count = agreements.get((key, "to_review"), 0)
            channel.active_count = agreements.get((key, "active"), 0)
            channel.waiting_count = documents.get((key, "out", "to_send"), 0)
            channel.refused_count = sum(
                documents.get((key, "out", state), 0) for state in ("rejected", "error")
            )
            channel.received_count = documents.get((key, "in", "received"), 0)
            channel.parked_count = documents.get((key, "in", "error"), 0)

    @api.depends_context("uid", "tz")
    def _compute_message_counts(self):
        for name, domain in COUNTED.items():
            counts = dict(
                self.env["einvoice.document"]._read_group(
                    OUT & domain & Domain("channel_id", "in", self._origin.ids),
                    ["channel_id"],
                    ["__count"],
                )
            )
            for channel in self:
                channel[f"{name}_count"] = counts.get(channel._origin, 0)

    def _compute_preparing_count(self):
        counts = dict(
            self.env["account.move"]._read_group(
                [
                    ("sending_data", "!=", False),
                    ("state", "=", "posted"),
                    ("company_id", "in", self.company_id.ids),
                ],
                ["company_id"],
                ["__count"],
            )
        )
        for channel in self:
            channel.preparing_count = counts.get(channel.company_id, 0)
