from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..plain_insert import insert

STATES = [
    ("reserved", "Announced"),
    ("accepted", "To book"),
    ("booked", "Booked"),
    ("suspense", "To assign"),
    ("reversing", "To reverse"),
    ("reversed", "Reversed"),
    ("cancelled", "Cancelled"),
]
# States of what is booked and not taken back; a part of it may be to assign.
IN_THE_BOOKS = ("booked", "suspense")
# States in which the money has come and stays.
MONEY = ("accepted", *IN_THE_BOOKS)
# Why a payment was cancelled that was announced and never performed (Payme's word).
RUN_OUT = "4"


class PaymentTerminalTransaction(models.Model):
    """One payment of a customer, known by the network's identifier of it.

    The row is the promise: once it is there and accepted, the money is credited exactly
    once, however often the network asks and whatever fails in between. The unique index
    on network and identifier makes a repeat harmless.
    """

    _name = "payment.terminal.transaction"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.queue",
        "receivables.responsible",
        "receivables.state",
    ]
    _description = "Payment at a terminal"
    _order = "id desc"
    _rec_name = "txn_id"
    _check_company_auto = True
    _mail_post_access = "read"
    _rec_names_search = ["txn_id", "account_number", "partner_id.name"]
    # Accepted money is never lost: it ends booked or reversed.
    _TRANSITIONS = {
        "reserved": ("accepted", "cancelled"),
        "accepted": ("booked", "suspense", "cancelled"),
        "suspense": ("booked", "reversing"),
        "booked": ("suspense", "reversing"),
        "reversing": ("reversed",),
    }

    network_id = fields.Many2one(
        "payment.terminal.network", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    txn_id = fields.Char(
        string="Transaction ID",
        required=True,
        readonly=True,
        index=True,
        help="The network's identifier of the payment. The same one is always the same "
        "payment.",
    )
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        default="accepted",
        group_expand=True,
    )
    is_test = fields.Boolean(
        string="Test",
        required=True,
        readonly=True,
        default=False,
        help="A payment of a network under test: not booked.",
    )
    account_number = fields.Char(
        string="Customer number", readonly=True, help="As the customer typed it."
    )
    account_field = fields.Char(
        string="Field of the customer number",
        readonly=True,
        help="The name under which the network sends it and hears it again.",
    )
    account_id = fields.Many2one(
        "payment.terminal.account",
        string="Number on file",
        readonly=True,
        index="btree_not_null",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null"
    )
    amount = fields.Monetary(readonly=True, aggregator=None)
    money = fields.Monetary(
        string="Money received",
        compute="_compute_money",
        store=True,
        help="What came in and stays: nothing of tests, of announced payments and of "
        "those that were taken back.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    paid_at = fields.Datetime(
        string="Paid at",
        readonly=True,
        help="When the customer paid, as the network says.",
    )
    business_date = fields.Date(
        string="Business day",
        readonly=True,
        index=True,
        help="The day of the payment in the network's time zone: it decides the "
        "accounting date.",
    )
    terminal = fields.Char(string="Kiosk", readonly=True)
    invoice_reference = fields.Char(
        string="Chosen invoice",
        readonly=True,
        help="As the customer chose or typed it.",
    )
    registry_id = fields.Many2one(
        "payment.terminal.registry",
        string="Booked from",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The registry that told of it; the network had not told it online.",
    )
    reserved_at = fields.Datetime(string="Announced at", readonly=True)
    accepted_at = fields.Datetime(string="Accepted at", readonly=True)
    cancelled_at = fields.Datetime(string="Cancelled at", readonly=True)
    cancel_reason = fields.Char(
        string="Reason of the cancellation",
        readonly=True,
        help="The network's own code, as it came.",
    )
    request_ids = fields.One2many(
        "payment.terminal.request",
        "transaction_id",
        string="Requests",
        groups="payment_terminal.payment_terminal_group_user",
    )

    # What a network sent under test says nothing of its numbers in production.
    _network_txn_unique = models.UniqueIndex(
        "(network_id, txn_id, is_test)",
        "A network gives each payment a number of its own.",
    )
    _to_book_idx = models.Index(
        "(network_id, business_date, id) WHERE state = 'accepted'"
    )
    # Nearly all payments are booked: what is not is found at once.
    _open_idx = models.Index(
        "(state) WHERE state IN ('reserved', 'accepted', 'suspense', 'reversing')"
    )
    _owed_idx = models.Index(
        "(partner_id) WHERE state IN ('accepted', 'suspense', 'reversing')"
    )
    _network_paid_idx = models.Index("(network_id, paid_at)")

    @api.depends("state", "is_test", "amount")
    def _compute_money(self):
        for payment in self:
            is_money = payment.state in MONEY and not payment.is_test
            payment.money = payment.amount if is_money else 0

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not self.env["payment.terminal.archive"].sudo()._covers(self):
            raise UserError(
                self.env._("Payments are kept: they are part of the books.")
            )

    def action_open_invoices(self):
        """Show what a payment paid."""
        self.ensure_one()
        return self.invoice_ids._get_records_action(name=self.env._("Paid invoices"))

    @api.model
    def _insert_once(self, values):
        """Insert a payment unless the network's number is known.

        One statement decides between any number of servers that hear of the same
        payment at the same moment: the unique index.

        :param dict values: columns
        :return: the new row's id, or None when there is one
        :raises psycopg2.errors.SerializationFailure: another transaction has just
            inserted it; a new transaction sees it
        """
        rows = insert(
            self,
            values,
            SQL("ON CONFLICT (network_id, txn_id, is_test) DO NOTHING RETURNING id"),
        )
        return rows[0][0] if rows else None
