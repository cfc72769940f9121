from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import check_user

STATUSES = [
    ("new", "Not compared"),
    ("matched", "Agrees"),
    ("only_theirs", "Only theirs"),
    ("only_ours", "Only ours"),
    ("differs", "Differs"),
    ("duplicate", "Twice in the file"),
    ("refund", "Given back"),
    ("known", "Listed before"),
    ("elsewhere", "Listed on another day"),
]
#: what a person decides
OPEN = ("only_ours", "differs", "duplicate", "refund")


class PaymentTerminalRegistryLine(models.Model):
    """A payment as the network lists it, beside ours; or one of ours that it misses."""

    _name = "payment.terminal.registry.line"
    _inherit = ["receivables.facts"]
    _description = "Line of a registry"
    _order = "registry_id desc, place, id"
    _log_access = False  # a line of a file is as old as the file, and as long-lived
    _rec_name = "txn_id"

    registry_id = fields.Many2one(
        "payment.terminal.registry",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    network_id = fields.Many2one(
        "payment.terminal.network", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="registry_id.company_id")
    currency_id = fields.Many2one(related="registry_id.currency_id")
    place = fields.Integer(
        string="Line", readonly=True, aggregator=None, help="In the file, from 1."
    )
    txn_id = fields.Char(string="Transaction ID", readonly=True)
    account_number = fields.Char(string="Customer number", readonly=True)
    amount = fields.Monetary(string="Theirs", readonly=True)
    our_amount = fields.Monetary(string="Ours", readonly=True)
    difference = fields.Monetary(compute="_compute_difference", store=False)
    fee = fields.Monetary("Network fee", readonly=True)
    paid_at = fields.Datetime(string="Paid at", readonly=True)
    business_date = fields.Date(string="Business day", readonly=True)
    terminal = fields.Char(string="Kiosk", readonly=True)
    status = fields.Selection(STATUSES, required=True, readonly=True, default="new")
    transaction_id = fields.Many2one(
        "payment.terminal.transaction",
        string="Payment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    is_open = fields.Boolean(string="To clear up", readonly=True)
    settled_by = fields.Many2one("res.users", string="Cleared up by", readonly=True)
    age = fields.Integer(
        string="Days open", compute="_compute_age", help="Since the business day."
    )

    _open_idx = models.Index("(registry_id) WHERE is_open")
    _network_idx = models.Index("(network_id, business_date)")
    _txn_idx = models.Index("(network_id, txn_id)")

    @api.depends("amount", "our_amount")
    def _compute_difference(self):
        for line in self:
            line.difference = line.amount - line.our_amount

    @api.depends("business_date", "is_open")
    def _compute_age(self):
        for line in self:
            today = line.network_id._get_today()
            is_open = line.is_open and line.business_date
            line.age = (today - line.business_date).days if is_open else 0

    def action_settle(self):
        """Note that the network and we agree on it now."""
        check_user(self)
        lines = self.sudo().filtered("is_open")
        if not lines:
            raise UserError(self.env._("Nothing of this is to be cleared up."))
        lines.write({"is_open": False, "settled_by": self.env.uid})
        registries = lines.registry_id
        registries._recount()
        for registry in registries:
            numbers = lines.filtered(lambda line, r=registry: line.registry_id == r)
            registry._message_log(
                body=self.env._(
                    "%(user)s cleared up: %(numbers)s.",
                    user=self.env.user.name,
                    numbers=", ".join(numbers.mapped("txn_id")),
                )
            )
        return True

    def action_open_payment(self):
        """Show our payment."""
        self.ensure_one()
        self.check_access("read")
        return self.transaction_id._get_records_action(name=self.env._("Payment"))
