import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, fields, models, tools

from ...formats import access
from ...formats.calls import Terms

# The shape of secrets.token_urlsafe: other paths never reach the database.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
PROXIES_PARAMETER = "payment_terminal.trusted_proxies"
USUAL_PROXIES = "127.0.0.0/8, ::1"
# A sum of a whole batch must keep its last decimal in the floats of the books.
_BOOKABLE_DIGITS = 13


@dataclass(frozen=True, slots=True)
class Snapshot:
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
    pages_debts: bool
    second_factor: str
    accept_invoice_references: bool
    minimum: Decimal
    maximum: Decimal
    bookable: Decimal
    misses_per_kiosk: int
    misses_per_network: int
    miss_window: int
    terms: Terms

    @property
    def is_test(self):
        return self.environment == "test"

    def admits(self, address):
        """Whether the network may call from an address today. No address, nobody."""
        today = fields.Date.today()
        return address is not None and access.is_within(
            address,
            (
                known
                for known, first, last in self.addresses
                if (not first or first <= today) and (not last or today <= last)
            ),
        )


class PaymentTerminalNetwork(models.Model):
    _inherit = "payment.terminal.network"

    @api.model
    def _get_snapshot(self, token):
        """Return the :class:`Snapshot` of the network with this token, or None."""
        return self._get_snapshots().get(token) if _TOKEN.fullmatch(token) else None

    @api.model
    @tools.ormcache()
    def _get_snapshots(self):
        """Every network by its token. One cache entry, so that strangers who try tokens
        neither fill the cache nor ask the database."""
        networks = self.sudo().search([("active", "=", True)])
        return {network.token: network._take_snapshot() for network in networks}

    @api.model
    def _forget_snapshots(self):
        """Have the endpoint read the networks anew.

        Again once this transaction is committed: networks ask all the time, and one
        that asked meanwhile was answered, and is remembered, by what was before.
        """
        clear_cache = self.env.registry.clear_cache
        clear_cache()
        self.env.cr.postcommit.add(clear_cache)

    def _take_snapshot(self):
        self.ensure_one()
        currency = self.currency_id
        digits = currency.decimal_places
        company = self.company_id
        return Snapshot(
            id=self.id,
            company_id=company.id,
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
            pages_debts=self.pages_debts,
            second_factor=self.second_factor,
            accept_invoice_references=self.accept_invoice_references,
            minimum=Decimal(f"{self.minimum_amount:.{digits}f}"),
            maximum=Decimal(f"{self.maximum_amount:.{digits}f}"),
            bookable=Decimal(10) ** (_BOOKABLE_DIGITS - digits),
            misses_per_kiosk=self.misses_per_kiosk,
            misses_per_network=self.misses_per_network,
            miss_window=self.miss_window,
            terms=Terms(
                currency=currency.name,
                decimals=digits,
                timezone=ZoneInfo(self.tz),
                registry_code=company.company_registry or company.vat or "",
                company=company.name,
                key=(self.secret or "").encode(),
                labels=self._get_labels(),
            ),
        )

    def _get_labels(self):
        env = self.with_context(lang=self.lang or "en_US").env
        return {
            "customer": env._("Customer"),
            "debt": env._("To pay"),
            "overdue": env._("Of it due"),
            "due": env._("Due on"),
            "invoice": env._("Invoice"),
        }

    @api.model
    def _get_proxies(self):
        """Return the ranges of the company's own proxies (a system parameter)."""
        parameter = self.env["ir.config_parameter"].sudo()
        ranges, _wrong = access.read_proxies(
            parameter.get_param(PROXIES_PARAMETER, USUAL_PROXIES)
        )
        return ranges
