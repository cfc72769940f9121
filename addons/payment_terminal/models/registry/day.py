from odoo import api, fields, models
from odoo.tools import SQL

from .registry import COMPARED


class PaymentTerminalDay(models.Model):
    """The proof of a day: what came online, what the registry lists, what was paid out.

    Test payments are no money. A payment that was taken back counts nowhere: the
    registry lists only those that stay.
    """

    _name = "payment.terminal.day"
    _description = "Day of a terminal network"
    _auto = False
    _order = "day desc, network_id"
    _depends = {
        "payment.terminal.transaction": [
            *("network_id", "business_date", "money", "is_test"),
        ],
        "payment.terminal.registry": [
            *("network_id", "state", "is_test", "date_from", "date_until"),
        ],
        "payment.terminal.registry.line": [
            *("network_id", "business_date", "status", "amount", "fee", "is_open"),
        ],
        "payment.terminal.archive": ["network_id", "state", "proof"],
        "account.move": [
            *("terminal_network_id", "terminal_business_date", "state"),
            "terminal_clearing_line_id",
        ],
        "account.move.line": ["amount_currency", "amount_residual_currency"],
    }
    _rec_name = "day"

    network_id = fields.Many2one("payment.terminal.network", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    day = fields.Date(readonly=True)
    online_count = fields.Integer(string="Payments online", readonly=True)
    online = fields.Monetary(string="Told online", readonly=True)
    registry_count = fields.Integer(string="Payments in the registry", readonly=True)
    registry = fields.Monetary(string="In the registry", readonly=True)
    difference = fields.Monetary(
        readonly=True, help="The registry less what came online."
    )
    fee = fields.Monetary(string="Network fees", readonly=True)
    paid_out = fields.Monetary(
        string="Paid out",
        readonly=True,
        help="Of what the day brought in: matched on the clearing account.",
    )
    waiting = fields.Monetary(
        string="Not paid out", readonly=True, help="Still open on the clearing account."
    )
    open_count = fields.Integer(string="To clear up", readonly=True)
    state = fields.Selection(
        [
            ("none", "Without registry"),
            ("differs", "Differs"),
            ("matched", "Agrees"),
            ("paid", "Agrees, paid out"),
        ],
        readonly=True,
    )
    color = fields.Integer(readonly=True, aggregator=None)

    @api.depends("network_id", "registry", "online")
    def _compute_display_name(self):
        """A calendar has room for the network and what it brought."""
        for day in self:
            amount = day.currency_id.format(day.registry or day.online)
            day.display_name = f"{day.network_id.name}: {amount}"

    @property
    def _table_query(self):
        return SQL(
            """SELECT network.id * 100000 + (part.day - DATE '2000-01-01') AS id,
                      network.id AS network_id, network.company_id,
                      network.currency_id, part.day, part.online_count, part.online,
                      part.registry_count, part.registry,
                      part.registry - part.online AS difference, part.fee,
                      part.booked - part.waiting AS paid_out, part.waiting,
                      part.open_count, state.state,
                      CASE state.state WHEN 'none' THEN 3 WHEN 'differs' THEN 1
                           WHEN 'matched' THEN 4 ELSE 10 END AS color
                 FROM (SELECT network_id, day, sum(online_count) AS online_count,
                              sum(online) AS online,
                              sum(registry_count) AS registry_count,
                              sum(registry) AS registry, sum(fee) AS fee,
                              sum(booked) AS booked, sum(waiting) AS waiting,
                              sum(open_count) AS open_count, bool_or(is_listed)
                              AS is_listed
                         FROM (%s) source (
                              network_id, day, online_count, online, registry_count,
                              registry, fee, booked, waiting, open_count, is_listed)
                     GROUP BY network_id, day) part
                 JOIN payment_terminal_network network ON network.id = part.network_id
                CROSS JOIN LATERAL (SELECT CASE
                      WHEN part.is_listed IS NOT TRUE THEN 'none'
                      WHEN part.open_count > 0 OR part.registry != part.online
                          THEN 'differs'
                      WHEN part.waiting != 0 OR part.booked = 0 THEN 'matched'
                      ELSE 'paid' END AS state) state""",
            SQL(" UNION ALL ").join(
                [
                    self._get_online(),
                    self._get_archived(),
                    self._get_listed(),
                    self._get_covered(),
                    self._get_booked(),
                ]
            ),
        )

    def _get_online(self):
        return SQL(
            """SELECT network_id, business_date, 1, money, 0, 0, 0, 0, 0, 0,
                      NULL::bool
                 FROM payment_terminal_transaction
                WHERE is_test IS NOT TRUE AND money != 0"""
        )

    def _get_archived(self):
        """Days whose payments have left the database."""
        return SQL(
            """SELECT archive.network_id, proof.key::date, 0,
                      (proof.value->>'accepted')::numeric
                      - (proof.value->>'reversed')::numeric, 0, 0, 0, 0, 0, 0,
                      NULL::bool
                 FROM payment_terminal_archive archive,
                      LATERAL jsonb_each(archive.proof) proof
                WHERE archive.state = 'removed'"""
        )

    def _get_listed(self):
        return SQL(
            """SELECT line.network_id, line.business_date, 0, 0,
                      (line.status NOT IN ('only_ours', 'elsewhere'))::int,
                      line.amount, line.fee, 0, 0, line.is_open::int, NULL::bool
                 FROM payment_terminal_registry_line line
                 JOIN payment_terminal_registry registry
                   ON registry.id = line.registry_id
                WHERE registry.state IN %s AND registry.is_test IS NOT TRUE
                  AND line.status != 'known'""",
            COMPARED,
        )

    def _get_covered(self):
        """The days of which there is a registry."""
        return SQL(
            """SELECT registry.network_id, day::date, 0, 0, 0, 0, 0, 0, 0, 0, TRUE
                 FROM payment_terminal_registry registry,
                      LATERAL generate_series(
                          registry.date_from, registry.date_until, '1 day') day
                WHERE registry.state IN %s AND registry.is_test IS NOT TRUE""",
            COMPARED,
        )

    def _get_booked(self):
        return SQL(
            """SELECT move.terminal_network_id, move.terminal_business_date, 0, 0, 0, 0,
                      0, line.amount_currency, line.amount_residual_currency, 0,
                      NULL::bool
                 FROM account_move move
                 JOIN account_move_line line
                   ON line.id = move.terminal_clearing_line_id
                WHERE move.terminal_network_id IS NOT NULL AND move.state = 'posted'"""
        )

    def action_open_lines(self):
        """Show what is to be cleared up of the day, or all of it."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_registry_line_action"
            ),
            "domain": [
                ("network_id", "=", self.network_id.id),
                ("business_date", "=", self.day),
            ],
            "context": {"search_default_open": int(bool(self.open_count))},
        }

    def action_open_payments(self):
        """Show the payments of the day."""
        self.ensure_one()
        self.check_access("read")
        return self.env["payment.terminal.transaction"]._get_records_action(
            name=self.env._("Payments of %s", fields.Date.to_string(self.day)),
            domain=[
                ("network_id", "=", self.network_id.id),
                ("business_date", "=", self.day),
                ("is_test", "=", False),
            ],
            view_mode="list,form",
        )
