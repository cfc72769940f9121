from odoo import api, models

from ..formats import kaspi, osmp, payme, privatbank_debt, sber_eps, signed_json

DIALECTS = {
    "osmp": osmp,
    "kaspi_json": kaspi.JSON,
    "kaspi_xml": kaspi.XML,
    "sber_eps": sber_eps,
    "privatbank_debt": privatbank_debt,
    "payme": payme,
    "signed_json": signed_json,
}


class PaymentTerminalDialect(models.AbstractModel):
    """The languages of networks, by the name in ``payment.terminal.network.dialect``.

    A dialect is one file in ``formats``. It has ``AUTHENTICATION`` (what the network
    can prove itself by), ``LIMIT_SECONDS`` (how long it waits), ``read`` and ``write``
    (request to call, outcome to answer), ``ask`` and ``hear`` (the network's side of
    both, for trying the own endpoint), and where its protocol needs them ``replay``
    (a repeat is not answered byte for byte) and ``signed`` (what a signature covers).
    """

    _name = "payment.terminal.dialect"
    _description = "Protocol of a terminal network"

    @api.model
    def _get_dialects(self):
        """Return the dialects by name; addons with one of their own extend this and
        :meth:`_get_selection`."""
        return DIALECTS

    @api.model
    def _get_selection(self):
        """Return names and labels."""
        labels = {
            "osmp": self.env._("OSMP / QIWI (XML)"),
            "kaspi_json": self.env._("Kaspi (JSON)"),
            "kaspi_xml": self.env._("Kaspi (XML)"),
            "sber_eps": self.env._("Sber EPS, protocol 2 (XML)"),
            "privatbank_debt": self.env._("PrivatBank Debt (XML)"),
            "payme": self.env._("Payme (JSON-RPC)"),
            "signed_json": self.env._("Any bank: signed JSON"),
        }
        return list(labels.items())

    @api.model
    def _get(self, name):
        """Return the dialect with this name, or None."""
        return self._get_dialects().get(name)
