from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, LazyTranslate

from odoo.addons.receivables_base.tools import (
    Base64,
    Text,
    reason,
    remote_call,
)

from ...tools import check_user
from .registry import COMPARED

_lt = LazyTranslate(__name__)

MISSING = "payment_terminal.mail_activity_type_registry_missing"
# So far back a registry that has not come is looked for.
LOOKED_BACK = 7


class PaymentTerminalNetwork(models.Model):
    """The registries of a network: when they must have come, and how they come in."""

    _inherit = "payment.terminal.network"

    registry_expected_from = fields.Date(
        string="Registries from",
        help="From this day on each day has a registry; one that has not come at its "
        "hour raises an alarm. Empty: no alarm.",
    )
    registry_hour = fields.Float(
        string="Registry comes until",
        default=12.0,
        help="The hour of the next day, in the network's time zone.",
    )
    protest_hours = fields.Integer(
        string="Time to protest (h)",
        default=2,
        help="So long after a registry the network listens to what differs.",
    )
    registry_mapping_id = fields.Many2one(
        "payment.terminal.csv.mapping",
        string="Mapping of its registry",
        check_company=True,
        domain="[('use', '=', 'registry')]",
        help="Only for a table that is none of the known formats.",
    )
    fee_account_id = fields.Many2one(
        "account.account",
        string="Fee account",
        check_company=True,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost'))]",
        tracking=True,
        help="Fees that a registry names are booked here, for the network pays out so "
        "much less. Empty: fees are not booked.",
    )
    registry_source_ids = fields.One2many(
        "payment.terminal.registry.source",
        "network_id",
        string="Where they come from",
        groups="payment_terminal.payment_terminal_group_user,"
        "account.group_account_readonly",
    )
    registry_ids = fields.One2many(
        "payment.terminal.registry", "network_id", string="Registries"
    )
    registry_open_count = fields.Integer(
        string="To clear up", compute="_compute_registry_figures"
    )
    registry_missing = fields.Char(
        string="Missing registries", compute="_compute_registry_missing"
    )

    @api.constrains("registry_hour", "protest_hours")
    def _check_registry_hour(self):
        for network in self:
            if not 0 <= network.registry_hour < 24 or network.protest_hours < 0:
                raise ValidationError(
                    self.env._("An hour lies between 0:00 and 23:59.")
                )

    def _compute_registry_figures(self):
        counts = dict(
            self.env["payment.terminal.registry.line"]._read_group(
                [("network_id", "in", self.ids), ("is_open", "=", True)],
                ["network_id"],
                ["__count"],
            )
        )
        for network in self:
            network.registry_open_count = counts.get(network, 0)

    def _compute_registry_missing(self):
        for network in self:
            days = network._get_missing_days()
            network.registry_missing = ", ".join(map(fields.Date.to_string, days))

    # === BY PROGRAMS === #

    @remote_call(ids="one", filename=Text(filled=True), content=Base64())
    def import_registry(self, filename, content):
        """Take in a registry of the network, and compare it with what came online.

        The same bytes again change nothing and get the same answer. A file of more than
        1 MB is read in the background: its state is ``received``, and the counts are
        fields of ``payment.terminal.registry``.

        :param str filename: name of the file, for the record
        :param str content: the file's bytes, base64
        :return: ``{registry_id, state, matched, only_ours, only_theirs, differing,
            total, reasons}``; ``reasons`` says why a file is refused as a whole
        :rtype: dict
        """
        registry = self._import_registry(filename, content)
        refused = registry.state == "error"
        return {
            "registry_id": registry.id,
            "state": registry.state,
            "matched": registry.matched,
            "only_ours": registry.only_ours,
            "only_theirs": registry.only_theirs,
            "differing": registry.differing,
            "total": registry.total,
            "reasons": [reason("refused", registry.summary)] if refused else [],
        }

    def _import_registry(self, filename, data):
        self.ensure_one()
        check_user(self)
        name = "".join(char if char.isprintable() else "\ufffd" for char in filename)
        registries = self.env["payment.terminal.registry"]
        return registries._take_in(self.sudo(), name[:255], data).with_env(self.env)

    # === THE ALARM === #

    def _get_missing_days(self, at_their_hour=True):
        """Return the days of which no registry came.

        :param bool at_their_hour: only when it should have come by now
        """
        self.ensure_one()
        first = self.registry_expected_from
        if not first and at_their_hour:
            return []
        zone = pytz.timezone(self.tz)
        now = pytz.utc.localize(fields.Datetime.now()).astimezone(zone)
        last = now.date() - timedelta(days=1)
        if at_their_hour:
            minutes = round((self.registry_hour or 0) * 60)
            hour = time(*divmod(minutes, 60))
            if now < zone.localize(datetime.combine(now.date(), hour)):
                last -= timedelta(days=1)
        first = max(first or last, last - timedelta(days=LOOKED_BACK - 1))
        rows = self.env.execute_query(
            SQL(
                """SELECT day::date
                     FROM generate_series(%s::date, %s::date, '1 day') AS day
                    WHERE NOT EXISTS (
                          SELECT FROM payment_terminal_registry registry
                           WHERE registry.network_id = %s AND registry.state IN %s
                             AND day::date BETWEEN registry.date_from
                                               AND registry.date_until)
                 ORDER BY day""",
                first,
                last,
                self.id,
                ("read", *COMPARED),
            )
        )
        return [day for [day] in rows]

    def _watch_registries(self):
        """A registry has not come at its hour; and some things are clear meanwhile."""
        self.registry_ids.filtered("open_count")._close_taken_back()
        days = self._get_missing_days()
        if not days:
            self._settle(MISSING)
            return
        self._remind(
            MISSING,
            _lt(
                "No registry came of: %(days)s. Ask the network for it; it listens to "
                "protests for %(hours)s hours after the time agreed on.",
                days=", ".join(map(fields.Date.to_string, days)),
                hours=self.protest_hours,
            ),
            renew=True,
        )

    # === BUTTONS === #

    def action_open_registries(self):
        """Show the registries of the network."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_registry_action"
            ),
            "context": {
                "search_default_network_id": self.id,
                "default_network_id": self.id,
            },
        }

    def action_open_days(self):
        """Show the proof of each day."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_day_action"
            ),
            "context": {"search_default_network_id": self.id},
        }
