import re
import secrets

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...adapters.dialects.dialect import Dialect
from ...formats import access

AUTHENTICATIONS = [
    ("none", "The address alone"),
    ("basic", "Login and password"),
    ("secret", "A secret in each request"),
    ("hmac", "Signature (HMAC)"),
    ("certificate", "Client certificate"),
]
TOKEN_BYTES = 24
_FINGERPRINT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SHOWN_REFUSALS = 10
MANAGER = "payment_terminal.payment_terminal_group_manager"


class PaymentTerminalNetwork(models.Model):
    """How the network asks: where, from which addresses, and what proves that it is the
    network."""

    _inherit = "payment.terminal.network"

    token = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        groups="base.group_system",
        default=lambda self: secrets.token_urlsafe(TOKEN_BYTES),
    )
    endpoint_url = fields.Char(
        string="Address for the network",
        compute="_compute_endpoint_url",
        groups="base.group_system",
        help="Give it to the network. It is a secret: whoever knows it may try to ask.",
    )
    authentication = fields.Selection(
        AUTHENTICATIONS,
        required=True,
        compute="_compute_authentication",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Beside the address, which is always looked at.",
    )
    basic_login = fields.Char(string="Login", groups="base.group_system", copy=False)
    basic_password = fields.Char(
        string="Password", groups="base.group_system", copy=False
    )
    secret = fields.Char(groups="base.group_system", copy=False)
    certificate_fingerprint = fields.Char(
        string="Fingerprint of the certificate",
        groups="base.group_system",
        copy=False,
        help="SHA-1 or SHA-256 in hexadecimal. The proxy checks the certificate and "
        "passes its fingerprint on in X-Client-Certificate-Fingerprint.",
    )
    address_ids = fields.One2many(
        "payment.terminal.address",
        "network_id",
        string="Allowed addresses",
        copy=False,
        groups="payment_terminal.payment_terminal_group_user",
    )
    answer_limit = fields.Integer(
        string="Must answer within (s)",
        compute="_compute_possible_authentications",
        help="How long the network waits before it takes us for silent.",
    )
    possible_authentications = fields.Json(
        "Possible authentications", compute="_compute_possible_authentications"
    )

    _token_unique = models.UniqueIndex("(token)", "Another network has this token.")

    @api.depends("dialect")
    def _compute_authentication(self):
        for network in self:
            possible = network.possible_authentications
            if network.authentication not in possible:
                network.authentication = possible[0]

    @api.depends("dialect")
    def _compute_possible_authentications(self):
        for network in self:
            dialect = network._get_dialect()
            network.possible_authentications = list(dialect.authentications)
            network.answer_limit = dialect.answer_limit

    @api.depends("token")
    def _compute_endpoint_url(self):
        for network in self:
            base = network.get_base_url()
            network.endpoint_url = f"{base}/payment_terminal/{network.token}"

    def _get_dialect(self):
        """Return the adapter of the protocol; the kind itself while none is chosen."""
        return Dialect.get(self.env, self.dialect) if self.dialect else Dialect

    @api.constrains("dialect", "authentication")
    def _check_authentication(self):
        labels = dict(AUTHENTICATIONS)
        for network in self:
            possible = network.possible_authentications
            if network.authentication not in possible:
                raise ValidationError(
                    self.env._(
                        "%(network)s: its protocol knows %(possible)s.",
                        network=network.name,
                        possible=", ".join(labels[key] for key in possible),
                    )
                )

    @api.constrains("certificate_fingerprint")
    def _check_certificate_fingerprint(self):
        for network in self.filtered("certificate_fingerprint"):
            if not _FINGERPRINT.fullmatch(network.certificate_fingerprint):
                raise ValidationError(
                    self.env._(
                        "A fingerprint has 40 (SHA-1) or 64 (SHA-256) of the digits "
                        "0-9 and a-f."
                    )
                )

    def action_renew_token(self):
        """Close the old address for the network and open another one.

        For administrators: nobody else can see the new one and tell the network.
        """
        self.ensure_one()
        self.check_access("write")
        self._check_field_access(self._fields["token"], "read")
        self.sudo().token = secrets.token_urlsafe(TOKEN_BYTES)
        return True

    def action_add_known_addresses(self):
        """Propose the addresses that the network has published, as they hold today."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        known = self.env["payment.terminal.address.known"].search(
            Domain("dialect", "=", self.dialect)
            & (Domain("date_from", "=", False) | Domain("date_from", "<=", today))
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
        )
        if not known:
            raise UserError(
                self.env._("No addresses are known for this protocol: ask the network.")
            )
        present = set(self.address_ids.mapped("range"))
        self.address_ids = [
            fields.Command.create(
                {
                    "range": address.range,
                    "date_from": address.date_from,
                    "date_to": address.date_to,
                    "note": address.source,
                }
            )
            for address in known
            if address.range not in present
        ]
        return True

    # === HOW A CALL REACHES THE ENDPOINT === #

    def action_open_self_test(self):
        """Show how a call reaches the endpoint."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/payment_terminal/self_test/{self.id}",
            "target": "new",
        }

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
