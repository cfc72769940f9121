import re
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get

from ...adapters.dialects.dialect import Dialect

AUTHENTICATIONS = [
    ("none", "The address alone"),
    ("basic", "Login and password"),
    ("secret", "A secret in each request"),
    ("hmac", "Signature (HMAC)"),
    ("certificate", "Client certificate"),
]
TOKEN_BYTES = 24
_FINGERPRINT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What the endpoint keeps of a network between two calls.
_SERVED_FIELDS = {
    "active",
    "accept_invoice_references",
    "authentication",
    "basic_login",
    "basic_password",
    "certificate_fingerprint",
    "company_id",
    "currency_id",
    "dialect",
    "environment",
    "lang",
    "lookups_enabled",
    "maximum_amount",
    "minimum_amount",
    "miss_window",
    "misses_per_kiosk",
    "misses_per_network",
    "second_factor",
    "secret",
    "show_debt",
    "show_name",
    "token",
    "tz",
}


class PaymentTerminalNetwork(models.Model):
    """A bank or kiosk network that takes customers' payments and tells us online."""

    _name = "payment.terminal.network"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.responsible",
    ]
    _description = "Terminal network"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when a person must decide.",
    )
    dialect = fields.Selection(
        selection=lambda self: Dialect.selection(self.env),
        string="Protocol",
        required=True,
        tracking=True,
    )
    environment = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("prod", "Production")],
        required=True,
        default="test",
        tracking=True,
        copy=False,
        help="Test: everything is answered and kept, nothing is booked.\n"
        "Disabled: the network is told to ask again later.",
    )

    # === HOW IT ASKS === #

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
        compute="_compute_answer_limit",
        help="How long the network waits before it takes us for silent.",
    )

    # === WHAT A CUSTOMER SEES AND MAY DO === #

    lookups_enabled = fields.Boolean(
        string="Answer lookups",
        default=True,
        tracking=True,
        help="Off: nobody learns what a customer owes. Payments are taken still.",
    )
    show_debt = fields.Selection(
        [("total", "What the customer owes"), ("none", "Nothing")],
        string="Show",
        required=True,
        default="total",
    )
    show_name = fields.Boolean(
        string="Show the name, masked",
        default=True,
        help="First letters only: enough to recognise oneself.",
    )
    second_factor = fields.Selection(
        [
            ("none", "Nothing"),
            ("zip", "Postal code"),
            ("phone", "Last 4 digits of the phone"),
        ],
        string="Additional check",
        required=True,
        default="none",
        help="Without it name and debt are not shown. The network must be able to ask "
        "the customer for it.",
    )
    accept_invoice_references = fields.Boolean(
        string="Accept invoice references",
        help="The customer may type the payment reference of an invoice instead of the "
        "customer number. References are often guessable.",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        default=lambda self: self.env.lang,
        help="In which the customer reads our sentences.",
    )
    minimum_amount = fields.Monetary(string="At least")
    maximum_amount = fields.Monetary(string="At most", help="Zero: without limit.")
    misses_per_kiosk = fields.Integer(
        string="Wrong numbers at a kiosk",
        default=10,
        help="So many wrong numbers at one kiosk pause lookups there. Zero: never.",
    )
    misses_per_network = fields.Integer(
        string="Wrong numbers in the network",
        default=200,
        help="So many wrong numbers in all of the network pause its lookups. "
        "Zero: never.",
    )
    miss_window = fields.Integer(string="Within (min)", required=True, default=15)

    # === HOW IT IS BOOKED === #

    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        tracking=True,
    )
    tz = fields.Selection(
        _tz_get,
        string="Time zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        tracking=True,
        help="In which the network writes times. It decides the business day.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        tracking=True,
    )
    clearing_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        domain="[('account_type', 'in', ('asset_current', 'asset_cash')), "
        "('reconcile', '=', True)]",
        tracking=True,
        help="What the network has collected and not paid out yet.",
    )
    suspense_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        domain="[('account_type', 'in', ('asset_current', 'liability_current')), "
        "('reconcile', '=', True)]",
        tracking=True,
        help="Payments of nobody we know, until a person assigns them.",
    )
    request_ids = fields.One2many(
        "payment.terminal.request",
        "network_id",
        string="All requests",
        groups="payment_terminal.payment_terminal_group_user",
    )
    transaction_ids = fields.One2many(
        "payment.terminal.transaction", "network_id", string="Payments"
    )

    _token_unique = models.UniqueIndex("(token)", "Another network has this token.")

    @api.depends("dialect")
    def _compute_authentication(self):
        for network in self:
            possible = network._get_dialect_authentications()
            if network.authentication not in possible:
                network.authentication = possible[0]

    @api.depends("dialect")
    def _compute_answer_limit(self):
        for network in self:
            dialect = network._get_dialect()
            network.answer_limit = dialect.answer_limit if dialect else 0

    @api.depends("token")
    def _compute_endpoint_url(self):
        for network in self:
            base = network.get_base_url()
            network.endpoint_url = f"{base}/payment_terminal/{network.token}"

    def _get_dialect(self):
        """Return the adapter of the protocol, or None while none is chosen."""
        return Dialect.get(self.env, self.dialect) if self.dialect else None

    def _get_dialect_authentications(self):
        dialect = self._get_dialect()
        return dialect.authentications if dialect else ("none",)

    @api.constrains("dialect", "authentication")
    def _check_authentication(self):
        labels = dict(AUTHENTICATIONS)
        for network in self:
            possible = network._get_dialect_authentications()
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

    @api.constrains("minimum_amount", "maximum_amount")
    def _check_limits(self):
        for network in self:
            if 0 < network.maximum_amount < network.minimum_amount:
                raise ValidationError(
                    self.env._("The smallest amount is larger than the largest.")
                )

    @api.constrains(
        "environment", "journal_id", "clearing_account_id", "suspense_account_id"
    )
    def _check_ready(self):
        for network in self.filtered(lambda n: n.environment == "prod"):
            missing = network._get_missing()
            if missing:
                raise ValidationError(
                    self.env._(
                        "%(network)s cannot go into production yet:\n%(missing)s",
                        network=network.name,
                        missing="\n".join(f"- {sentence}" for sentence in missing),
                    )
                )

    @api.constrains("currency_id", "company_id", "dialect", "tz")
    def _check_unchanged(self):
        """What payments were understood by does not change under them."""
        for network in self:
            payment = network.transaction_ids[:1]
            if payment and (
                payment.currency_id != network.currency_id
                or payment.company_id != network.company_id
            ):
                raise ValidationError(
                    self.env._(
                        "%(network)s has payments: company and currency stay. Open "
                        "another network for another currency.",
                        network=network.name,
                    )
                )

    def _get_missing(self):
        """Return what is needed before the first real payment, as sentences."""
        self.ensure_one()
        network = self.sudo()
        missing = []
        if not network.journal_id:
            missing.append(self.env._("Choose the journal."))
        if not network.clearing_account_id:
            missing.append(self.env._("Choose the clearing account."))
        if not network.suspense_account_id:
            missing.append(self.env._("Choose the suspense account."))
        if not network.address_ids:
            missing.append(self.env._("Say from which addresses the network calls."))
        secrets_needed = {
            "basic": (network.basic_login and network.basic_password),
            "secret": network.secret,
            "hmac": network.secret,
            "certificate": network.certificate_fingerprint,
            "none": True,
        }
        if not secrets_needed[network.authentication]:
            missing.append(
                self.env._("Enter the credentials of the network, under Access.")
            )
        return missing

    @api.model_create_multi
    def create(self, vals_list):
        networks = super().create(vals_list)
        self._forget_snapshots()
        self._toggle_cron()
        return networks

    def write(self, vals):
        # EXTENDS 'base'
        result = super().write(vals)
        if _SERVED_FIELDS & set(vals):
            self._forget_snapshots()
        if {"active", "environment"} & set(vals):
            self._toggle_cron()
        return result

    def unlink(self):
        # EXTENDS 'base'
        self._forget_snapshots()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        for network in self:
            if network.transaction_ids or network.request_ids:
                raise UserError(
                    self.env._("%s has payments or requests: archive it.", network.name)
                )

    @api.model
    def _toggle_cron(self):
        """Let the jobs sleep while no network is open; booking goes on as long as
        there is something to book."""
        opened = bool(
            self.sudo().search_count([("environment", "!=", "disabled")], limit=1)
        )
        payments = self.env["payment.terminal.transaction"].sudo()
        waits = payments.search_count(
            Domain("state", "=", "reversing")
            | (Domain("state", "=", "accepted") & Domain("is_test", "=", False)),
            limit=1,
        )
        payments._switch_jobs(
            {
                "payment_terminal.ir_cron_payment_terminal_book": opened or bool(waits),
                "payment_terminal.ir_cron_payment_terminal_watch": opened,
            }
        )
