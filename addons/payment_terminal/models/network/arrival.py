from odoo import models, tools
from odoo.exceptions import AccessError

from ...formats import access

MANAGER = "payment_terminal.payment_terminal_group_manager"
SHOWN_REFUSALS = 10


class PaymentTerminalNetwork(models.Model):
    """How a call reaches the endpoint: for the administrator who sets up the proxy."""

    _inherit = "payment.terminal.network"

    def _get_self_test(self, peer, forwarded, scheme):
        """Tell how the present call is seen, and which calls were refused.

        :param str peer: address of the other end of the connection
        :param list[str] forwarded: the X-Forwarded-For headers as they came
        :param str scheme: http or https, as the browser sees it
        :raises AccessError: the user does not manage terminals
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("The self-test is for managers of terminals."))
        proxies = self._get_proxies()
        resolved = access.client_address(peer, forwarded, proxies)
        near = access.read_address(peer)
        refusals = self.env["payment.terminal.request"]._read_group(
            [("network_id", "=", self.id), ("result", "=", "forbidden")],
            ["remote_address", "place"],
            ["__count", "create_date:max"],
            order="create_date:max desc",
            limit=SHOWN_REFUSALS,
        )
        return {
            "network": self,
            "peer": peer,
            "forwarded": ", ".join(forwarded),
            "peer_is_proxy": bool(near and access.is_within(near, proxies)),
            "proxies": ", ".join(map(str, proxies)),
            "proxy_mode": bool(tools.config["proxy_mode"]),
            "resolved": str(resolved or ""),
            "admitted": self.sudo()._take_snapshot().admits(resolved),
            "scheme": scheme,
            "missing": self._get_missing(),
            "refusals": refusals,
        }
