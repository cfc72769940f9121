import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ...adapters.dialects.dialect import Dialect

# By what the payments that came were understood.
_UNDERSTOOD_BY = {"company_id", "currency_id", "dialect", "tz"}
# The clock of networks in a country with several, where it is not the first.
_NETWORKS_TZ = {"RU": "Europe/Moscow"}


class PaymentTerminalNetwork(models.Model):
    """A bank or kiosk network that takes customers' payments and tells us online."""

    _name = "payment.terminal.network"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.readiness",
        "receivables.responsible",
    ]
    _description = "Terminal network"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
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
        help="The language in which the customer reads our sentences.",
    )
    minimum_amount = fields.Monetary(string="Smallest amount")
    maximum_amount = fields.Monetary(
        string="Largest amount", help="Zero: without limit."
    )
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
    miss_window = fields.Integer(string="Time window (min)", required=True, default=15)

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
        default=lambda self: self._get_usual_tz(),
        tracking=True,
        help="The time zone in which the network writes times. It decides the business "
        "day.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        tracking=True,
    )
    clearing_account_id = fields.Many2one(
        "account.account",
        string="Clearing account",
        check_company=True,
        domain="[('account_type', 'in', ('asset_current', 'asset_cash')), "
        "('reconcile', '=', True)]",
        tracking=True,
        help="What the network has collected and not paid out yet.",
    )
    suspense_account_id = fields.Many2one(
        "account.account",
        string="Suspense account",
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

    @api.constrains("minimum_amount", "maximum_amount")
    def _check_limits(self):
        for network in self:
            if 0 < network.maximum_amount < network.minimum_amount:
                raise ValidationError(
                    self.env._("The smallest amount is larger than the largest.")
                )

    @api.model
    def _get_usual_tz(self):
        """Return the time zone of the company's country: the user's, where it has that
        too, as in a country with several."""
        user = self.env.user.tz or "UTC"
        country = self.env.company.country_id.code or ""
        zones = pytz.country_timezones.get(country, [user])
        return user if user in zones else _NETWORKS_TZ.get(country, zones[0])

    def _check_unchanged(self, vals):
        """What payments were understood by does not change under them."""
        names = sorted(_UNDERSTOOD_BY & set(vals))
        for network in self if names else ():
            [before] = network.read(names, load=None)
            changes = any(before[name] != vals[name] for name in names)
            payments = self.env["payment.terminal.transaction"].sudo()
            money = [("network_id", "=", network.id), ("is_test", "=", False)]
            if changes and payments.search_count(money, limit=1):
                raise ValidationError(
                    self.env._(
                        "%(network)s has payments: company, currency, protocol and "
                        "time zone stay. Open another network for another one.",
                        network=network.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        networks = super().create(vals_list)
        self._forget_snapshots()
        self._toggle_cron()
        return networks

    def write(self, vals):
        # EXTENDS 'base'
        self._check_unchanged(vals)
        result = super().write(vals)
        self._forget_snapshots()
        if {"active", "environment"} & set(vals):
            self._toggle_cron()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        self._forget_snapshots()
        for network in self:
            if network.transaction_ids or network.request_ids:
                raise UserError(
                    self.env._("%s has payments or requests: archive it.", network.name)
                )
