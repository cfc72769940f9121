import base64
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.receivables_base.tools import NO_RECORDS_FAULT, Text, Word, remote_call

from ...adapters.debts import DebtFormat
from ...formats.debts import COLUMNS
from ...tools import check_user
from ..debt_list.sending import NOT_TOLD

USUAL_COLUMNS = "number; name; amount"


class PaymentTerminalNetwork(models.Model):
    """Tells the network what customers owe, as a list."""

    _inherit = "payment.terminal.network"

    debt_format = fields.Selection(
        selection=lambda self: DebtFormat.selection(self.env),
        string="List of debts",
        tracking=True,
        help="How the network wants to be told what customers owe. Empty: it asks "
        "online.",
    )
    debt_scope = fields.Selection(
        [("full", "All debts"), ("changes", "What has changed")],
        string="It holds",
        required=True,
        default="full",
        help="Changes are told against the list that was handed over before.",
    )
    debt_only_changes = fields.Boolean(
        "Only changes", compute="_compute_debt_only_changes"
    )
    debt_interval = fields.Selection(
        [("manual", "By hand"), ("hour", "Every hour"), ("day", "Every day")],
        string="Written",
        required=True,
        default="manual",
        tracking=True,
    )
    debt_time = fields.Float(
        string="Time of day",
        default=6,
        aggregator=None,
        help="In the network's time zone.",
    )
    debt_next = fields.Datetime(
        string="Next list",
        compute="_compute_debt_next",
        store=True,
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    debt_connection_id = fields.Many2one(
        "receivables.connection",
        string="Sent over",
        check_company=True,
        domain="[('company_id', '=', company_id), ('way', '!=', 'manual')]",
        tracking=True,
        help="Empty: somebody downloads the list, or a program fetches it.",
    )
    debt_columns = fields.Char(
        string="Columns",
        default=USUAL_COLUMNS,
        help="One after the other, parted by semicolons. A wrong one is refused, with "
        "a list of all that there are.",
    )
    debt_delimiter = fields.Selection(
        [(";", "Semicolon"), (",", "Comma"), ("tab", "Tab"), ("|", "Bar")],
        string="Between columns",
        required=True,
        default=";",
    )
    debt_decimal = fields.Selection(
        [(",", "Comma"), (".", "Point")],
        string="Decimal sign",
        required=True,
        default=",",
    )
    debt_encoding = fields.Selection(
        [
            ("utf-8", "UTF-8"),
            ("utf-8-sig", "UTF-8 with a mark"),
            ("cp1251", "Windows-1251"),
            ("koi8-r", "KOI8-R"),
            ("cp1252", "Windows-1252"),
        ],
        string="Encoding",
        required=True,
        default="utf-8",
    )
    debt_has_header = fields.Boolean(string="Names of the columns first", default=True)
    debt_account_id = fields.Many2one(
        "res.partner.bank",
        string="Company's account",
        domain="[('partner_id', '=', company_partner_id)]",
        help="The account at the bank that gets the list.",
    )
    company_partner_id = fields.Many2one(related="company_id.partner_id")
    claim_branch = fields.Char(string="Branch", help="The bank's branch: four digits.")
    claim_template = fields.Char(
        string="Claim template",
        help="The identifier of the bank's template: three digits or upper-case "
        "letters.",
    )
    pages_debts = fields.Boolean(
        string="Fetches the list page by page",
        tracking=True,
        help="The network may ask for what all customers owe, at its own time.",
    )
    debt_list_ids = fields.One2many(
        "payment.terminal.debt.list", "network_id", string="Lists of debts"
    )
    debt_list_count = fields.Integer(
        string="Lists of debts, in all", compute="_compute_debt_list_count"
    )

    # === SETTINGS === #

    @api.depends("debt_format")
    def _compute_debt_only_changes(self):
        for network in self:
            network.debt_only_changes = (
                network.debt_format and network._get_debt_format().only_changes
            )

    @api.depends("debt_format", "debt_interval", "debt_time", "tz", "active")
    def _compute_debt_next(self):
        for network in self:
            network.debt_next = network._get_next_debts()

    @api.depends("debt_list_ids")
    def _compute_debt_list_count(self):
        counts = dict(
            self.env["payment.terminal.debt.list"]._read_group(
                [("network_id", "in", self.ids)], ["network_id"], ["__count"]
            )
        )
        for network in self:
            network.debt_list_count = counts.get(network._origin, 0)

    def _get_debt_format(self, name=None):
        return DebtFormat.get(self.env, name or self.debt_format)

    def _get_debt_columns(self):
        return [
            column.strip()
            for column in (self.debt_columns or USUAL_COLUMNS).split(";")
            if column.strip()
        ]

    @api.constrains("debt_columns")
    def _check_debt_columns(self):
        for network in self:
            unknown = set(network._get_debt_columns()) - set(COLUMNS)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "A list of debts has no column %(unknown)s; there are: "
                        "%(columns)s.",
                        unknown=", ".join(sorted(unknown)),
                        columns=", ".join(COLUMNS),
                    )
                )

    @api.constrains("debt_time", "claim_branch", "claim_template")
    def _check_debt_settings(self):
        for network in self:
            branch, template = network.claim_branch, network.claim_template
            if branch and not (
                branch.isascii() and branch.isdigit() and len(branch) == 4
            ):
                raise ValidationError(self.env._("A branch has four digits."))
            if template and not (
                template.isascii()
                and template.isalnum()
                and template == template.upper()
                and len(template) == 3
            ):
                raise ValidationError(
                    self.env._(
                        "A claim template has three digits or upper-case letters."
                    )
                )
            if not 0 <= network.debt_time < 24:
                raise ValidationError(
                    self.env._("The time lies between 00:00 and 23:59.")
                )

    def _get_next_debts(self):
        """Return when the next list is written, in UTC, or False."""
        if not self.debt_format or not self.active or self.debt_interval == "manual":
            return False
        now = fields.Datetime.now()
        if self.debt_interval == "hour":
            return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        zone = pytz.timezone(self.tz)
        minutes = round(self.debt_time * 60)
        at = time(minutes // 60 % 24, minutes % 60)
        day = pytz.utc.localize(now).astimezone(zone).date()
        for later in (0, 1):
            moment = zone.localize(datetime.combine(day + timedelta(days=later), at))
            moment = moment.astimezone(pytz.utc).replace(tzinfo=None)
            if moment > now:
                return moment
        return False

    # === BY THE CLOCK === #

    @api.model
    def _write_due_debts(self):
        """Write the lists whose time has come; what fails with one stops no other."""
        lists = self.env["payment.terminal.debt.list"]
        due = Domain("debt_next", "<=", fields.Datetime.now()) & Domain(
            "environment", "!=", "disabled"
        )
        for network in self.search(due, order="debt_next, id"):
            if not network.try_lock_for_update(allow_referencing=True):
                continue  # somebody is at it: with the next run
            try:
                with self.env.cr.savepoint():
                    network._take_debts()
                    network._settle(NOT_TOLD)
            except NO_RECORDS_FAULT:
                raise
            except Exception as fault:
                network._remind(NOT_TOLD, lists._explain(fault), renew=True)
            network.debt_next = network._get_next_debts()
            self.env["ir.cron"]._commit_progress(1)

    # === BY HAND, OR BY A PROGRAM === #

    def action_take_debts(self):
        """Write a list now and show it."""
        self.ensure_one()
        check_user(self)
        debt_list = self.sudo()._take_debts()
        if not debt_list:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._(
                        "Nothing has changed since the list that was handed over."
                    ),
                },
            }
        return debt_list.sudo(False)._get_records_action()

    def action_open_debt_lists(self):
        """Show the lists of this network."""
        self.ensure_one()
        self.check_access("read")
        return self.env["payment.terminal.debt.list"]._get_records_action(
            name=self.env._("Lists of debts"),
            view_mode="list,form",
            domain=[("network_id", "=", self.id)],
        )

    @remote_call(ids="one", format=Text())
    def export_debts(self, format=""):  # pylint: disable=redefined-builtin
        """Write down what customers owe now, as a file for the network.

        Called again while nothing has changed, it gives the same file. Once the file
        is handed over, say so with ``action_mark_sent`` of the list: where only
        changes are told, they are told against what was handed over.

        :param str format: ``csv``, ``sber`` or ``claims_is``; that of the network if
            left out
        :return: ``{filename, content, snapshot_id, count, total}``: ``content`` in
            base64, ``snapshot_id`` the list's ID, ``total`` in the network's currency.
            Where nothing has changed since what was handed over, ``snapshot_id`` is
            False, ``count`` 0 and the texts are empty
        :rtype: dict
        """
        check_user(self)
        names = [name for name, _label in DebtFormat.selection(self.env)]
        if format:
            Word(*names).read(self.env, "format", format)
        debt_list = self.sudo()._take_debts(format)
        content = debt_list._get_bytes() if debt_list else b""
        return {
            "filename": debt_list.name or "",
            "content": base64.b64encode(content).decode(),
            "snapshot_id": debt_list.id,
            "count": debt_list.count,
            "total": debt_list.total,
        }
