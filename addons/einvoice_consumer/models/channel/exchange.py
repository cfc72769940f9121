from odoo import api, models
from odoo.fields import Domain

from ...formats.operator import read_refusal


class EinvoiceChannel(models.Model):
    """Taking in of files."""

    _inherit = "einvoice.channel"

    @api.model
    def _cron_receive(self):
        """Fetch and take in files from every line that brings some."""
        self.env["receivables.connection"]._cron_receive()

    def _take_in(self, filename, data):
        """Log every message in ``data`` and work through the new ones: at once, or of a
        large file in the job.

        :param str filename: where the bytes came from
        :param bytes data: one file
        :return: the documents, in the order of the file
        """
        self.ensure_one()
        self._check_enabled()
        parts = self._split(data)
        return self.env["einvoice.document"]._log_incoming(self, filename, parts)

    def _split(self, data):
        """Split a file into messages, as ``Rail.split`` does; why a message failed an
        operator says in words of its own."""
        if not read_refusal(data):
            return self._get_rail().split(data)
        nothing = {"message_id": "", "message_timestamp": "", "error": ""}
        return [{"type": "acknowledgement", "raw": data, **nothing}]

    def _read_acknowledgement(self, data):
        """Read what became of a message, as ``Rail.read_acknowledgement`` does."""
        refusal = read_refusal(data)
        if not refusal:
            return self._get_rail().read_acknowledgement(data)
        return {
            "message_id": refusal.message_id,
            "code": refusal.code,
            "text": refusal.text,
            "is_notice": False,
        }


class ReceivablesConnection(models.Model):
    """Lines that bring e-invoice messages."""

    _inherit = "receivables.connection"

    @api.model
    def _get_taker_domain(self):
        # EXTENDS 'receivables_base'
        open_ones = (
            self.env["einvoice.channel"]
            .sudo()
            ._search(
                [("environment", "!=", "disabled"), ("connection_id", "!=", False)]
            )
        )
        return super()._get_taker_domain() | Domain(
            "id", "in", open_ones.subselect("connection_id")
        )

    def _take_in(self, filename, data):
        # EXTENDS 'receivables_base': what nobody else knows, the bank is asked about
        taken = super()._take_in(filename, data)
        channels = self.env["einvoice.channel"].search(
            [("connection_id", "=", self.id), ("environment", "!=", "disabled")]
        )
        known = channels.filtered(lambda c: c._get_rail().knows(data))
        if taken is not None:
            if known:  # beside what somebody else took of it
                known[0]._take_in(filename, data)
            return taken
        channel = (known or channels)[:1]
        return channel._take_in(filename, data) if channel else None
