import re
import time
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, fields, models, tools

from ..formats import access
from ..formats.calls import Terms

# The shape of secrets.token_urlsafe: other paths never reach the database.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
CERTIFICATE_HEADER = "x-client-certificate-fingerprint"
# How far the clock of a network that signs its requests may be off, in seconds.
TOLERANCE = 300
PROXIES_PARAMETER = "payment_terminal.trusted_proxies"
USUAL_PROXIES = "127.0.0.0/8, ::1"


@dataclass(frozen=True, slots=True)
class Contract:
    """What the endpoint must know of a network, kept between calls."""

    id: int
    company_id: int
    currency_id: int
    dialect: str
    environment: str
    lang: str
    authentication: str
    login: str = field(repr=False)
    password: str = field(repr=False)
    secret: str = field(repr=False)
    fingerprint: str = field(repr=False)
    addresses: tuple[tuple[access.Range, date | None, date | None], ...]
    proxies: tuple[access.Range, ...]
    lookups_enabled: bool
    show_debt: bool
    show_name: bool
    second_factor: str
    accept_invoice_references: bool
    minimum: Decimal
    maximum: Decimal
    misses_per_kiosk: int
    misses_per_network: int
    miss_window: int
    terms: Terms

    @property
    def is_test(self):
        return self.environment == "test"


class PaymentTerminalNetworkAccess(models.AbstractModel):
    """Who may ask: the address of the network, and what it proves itself by."""

    _name = "payment.terminal.network.access"
    _description = "Access of a terminal network"

    @api.model
    def _get_contract(self, token):
        """Return the :class:`Contract` of the network with this token, or None."""
        return self._get_contracts().get(token) if _TOKEN.fullmatch(token) else None

    @api.model
    @tools.ormcache()
    def _get_contracts(self):
        """Every network by its token. One cache entry, so that strangers who try tokens
        neither fill the cache nor ask the database."""
        networks = (
            self.env["payment.terminal.network"].sudo().search([("active", "=", True)])
        )
        return {network.token: network._read_contract() for network in networks}

    @api.model
    def _forget_contracts(self):
        """Have the endpoint read the networks anew.

        Again once this transaction is committed: networks ask all the time, and one
        that asked meanwhile was answered, and is remembered, by what was before.
        """
        clear_cache = self.env.registry.clear_cache
        clear_cache()
        self.env.cr.postcommit.add(clear_cache)

    def _read_contract(self):
        self.ensure_one()
        currency = self.currency_id
        digits = currency.decimal_places
        return Contract(
            id=self.id,
            company_id=self.company_id.id,
            currency_id=currency.id,
            dialect=self.dialect,
            environment=self.environment,
            lang=self.lang or "en_US",
            authentication=self.authentication,
            login=self.basic_login or "",
            password=self.basic_password or "",
            secret=self.secret or "",
            fingerprint=self.certificate_fingerprint or "",
            addresses=tuple(
                (
                    access.read_range(known.range),
                    known.date_from or None,
                    known.date_to or None,
                )
                for known in self.address_ids
            ),
            proxies=self._get_proxies(),
            lookups_enabled=self.lookups_enabled,
            show_debt=self.show_debt == "total",
            show_name=self.show_name,
            second_factor=self.second_factor,
            accept_invoice_references=self.accept_invoice_references,
            minimum=Decimal(f"{self.minimum_amount:.{digits}f}"),
            maximum=Decimal(f"{self.maximum_amount:.{digits}f}"),
            misses_per_kiosk=self.misses_per_kiosk,
            misses_per_network=self.misses_per_network,
            miss_window=self.miss_window,
            terms=Terms(
                currency=currency.name,
                decimals=digits,
                timezone=ZoneInfo(self.tz),
                registry_code=self.company_id.company_registry
                or self.company_id.vat
                or "",
                company=self.company_id.name,
                key=(self.secret or "").encode(),
                labels=self._get_labels(),
            ),
        )

    def _get_labels(self):
        env = self.with_context(lang=self.lang or "en_US").env
        return {
            "customer": env._("Customer"),
            "debt": env._("To pay"),
            "due": env._("Due on"),
            "invoice": env._("Invoice"),
        }

    @api.model
    def _get_proxies(self):
        """Return the ranges of the company's own proxies (a system parameter)."""
        parameter = self.env["ir.config_parameter"].sudo()
        text = parameter.get_param(PROXIES_PARAMETER, USUAL_PROXIES)
        ranges = map(access.read_range, filter(None, re.split(r"[\s,;]+", text)))
        return tuple(filter(None, ranges))

    @api.model
    def _is_admitted(self, contract, address):
        """Whether a network may call from an address today. No address, nobody."""
        today = fields.Date.today()
        return address is not None and access.is_within(
            address,
            (
                known
                for known, first, last in contract.addresses
                if (not first or first <= today) and (not last or today <= last)
            ),
        )

    @api.model
    def _is_proved(self, contract, dialect, wire, call, peer_is_proxy):
        """Whether a request proves that it is the network's.

        :param bool peer_is_proxy: the request came through a proxy of the company: only
            then a header about the certificate means something
        """
        if contract.authentication == "basic":
            header = wire.headers.get("authorization", "")
            return access.basic_matches(header, contract.login, contract.password)
        if contract.authentication == "secret":
            return access.same(call.secret, contract.secret)
        if contract.authentication == "certificate":
            given = wire.headers.get(CERTIFICATE_HEADER, "").replace(":", "").lower()
            return peer_is_proxy and access.same(given, contract.fingerprint)
        if contract.authentication == "hmac":
            signature, parts, timestamp = dialect.signed(wire)
            expected = access.digest(contract.terms.key, *parts)
            return (
                bool(contract.terms.key)
                and access.same(signature.lower(), expected)
                and timestamp.isdecimal()
                and len(timestamp) <= 12
                and abs(time.time() - int(timestamp)) <= TOLERANCE
            )
        return True
