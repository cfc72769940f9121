from odoo import api, models
from odoo.fields import Domain


class EinvoiceChannel(models.Model):
    """Taking in of files."""

    _inherit = "einvoice.channel"

    @api.model
    def _cron_receive(self):
        """Fetch and take in files from every line that brings some."""
        self.env["receivables.connection"]._cron_receive()

    def _take_in(self, filename, data):
        """Log every message in ``data`` and work through the new ones.

        :param str filename: where the bytes came from
        :param bytes data: one file
        :return: the documents, in the order of the file
        """
        self.ensure_one()
        self._check_enabled()
        documents = self.env["einvoice.document"]
        for part in self._get_rail().split(data):
            documents |= documents._log_incoming(self, filename, part)
        return documents


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
        if taken is not None:
            return taken
        channel = self.env["einvoice.channel"].search(
            [("connection_id", "=", self.id), ("environment", "!=", "disabled")],
            limit=1,
        )
        return channel._take_in(filename, data) if channel else None
