from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .plain_insert import insert

OPERATIONS = [
    ("lookup", "Look up"),
    ("check", "Check"),
    ("reserve", "Announce"),
    ("pay", "Pay"),
    ("cancel", "Cancel"),
    ("status", "Status"),
    ("statement", "Statement"),
    ("debts", "List of debts"),
    ("unreadable", "Unreadable"),
]
RESULTS = [
    ("ok", "Done"),
    ("not_found", "No such customer"),
    ("many_found", "Several customers"),
    ("bad_account", "Not a customer number"),
    ("inactive", "Number blocked"),
    ("bad_factor", "Second check failed"),
    ("too_small", "Amount too small"),
    ("too_large", "Amount too large"),
    ("bad_amount", "Wrong amount"),
    ("bad_date", "Wrong date"),
    ("bad_id", "Wrong transaction ID"),
    ("bad_request", "Unreadable"),
    ("bad_operation", "Unknown operation"),
    ("wrong_currency", "Wrong currency"),
    ("conflict", "Known payment, other data"),
    ("cancelled", "Cancelled before"),
    ("unknown_payment", "No such payment"),
    ("pending", "Not decided yet"),
    ("closed", "Lookups paused"),
    ("fault", "Temporary fault"),
    ("forbidden", "Not allowed to ask"),
]
# What a stranger who tries numbers would get; an index is for these alone.
MISSES = ("not_found", "bad_account", "bad_factor")
# What the first answer is binding for: a repeat gets it again.
BINDING_OPERATIONS = ("reserve", "pay", "cancel")
DELETED_AT_ONCE = 10_000
# A stranger who calls and calls leaves nothing behind for long.
REFUSED_DAYS = 7


class PaymentTerminalRequest(models.Model):
    """What a network asked and what it was told, byte for byte.

    Rows are only added. The answer to a payment or a cancellation is binding: it is
    found here when the network asks again. Lookups are forgotten after the company's
    time; what moved money stays.
    """

    _name = "payment.terminal.request"
    _description = "Request of a terminal network"
    _order = "id desc"
    _rec_name = "operation"

    network_id = fields.Many2one(
        "payment.terminal.network", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="network_id.company_id")
    operation = fields.Selection(OPERATIONS, required=True, readonly=True)
    result = fields.Selection(RESULTS, required=True, readonly=True)
    txn_id = fields.Char(string="Transaction ID", readonly=True)
    transaction_id = fields.Many2one(
        "payment.terminal.transaction",
        string="Payment",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    is_binding = fields.Boolean(
        string="Binding", readonly=True, help="A repeat is answered with this answer."
    )
    is_repeat = fields.Boolean(string="Repeat", readonly=True)
    is_raised = fields.Boolean(
        string="Shown to a person",
        readonly=True,
        help="The responsible has an activity.",
    )
    place = fields.Char(
        string="What is wrong",
        readonly=True,
        help="The parameter that could not be read.",
    )
    terminal = fields.Char(string="Kiosk", readonly=True)
    remote_address = fields.Char(string="Caller's address", readonly=True)
    method = fields.Char(readonly=True)
    query = fields.Text(
        readonly=True, groups="payment_terminal.payment_terminal_group_manager"
    )
    body = fields.Text(
        readonly=True, groups="payment_terminal.payment_terminal_group_manager"
    )
    answer = fields.Text(
        readonly=True, groups="payment_terminal.payment_terminal_group_manager"
    )
    answer_type = fields.Char("Answer type", readonly=True)
    answer_status = fields.Integer("Answer status", readonly=True, aggregator=None)
    duration = fields.Integer(string="Time taken (ms)", readonly=True, aggregator="avg")

    _binding_unique = models.UniqueIndex(
        "(transaction_id, operation) WHERE is_binding",
        "There is one binding answer.",
    )
    _network_date_idx = models.Index("(network_id, create_date)")
    _forgotten_idx = models.Index(
        "(network_id, create_date) WHERE transaction_id IS NULL"
    )
    _miss_idx = models.Index(f"(network_id, create_date) WHERE result IN {MISSES}")
    _refused_idx = models.Index("(network_id, create_date) WHERE result = 'forbidden'")
    _conflict_idx = models.Index(
        "(network_id) WHERE result = 'conflict' AND is_raised IS NOT TRUE"
    )

    @api.depends("operation", "txn_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        names = dict(self._fields["operation"]._description_selection(self.env))
        for request in self:
            operation = names.get(request.operation, "")
            request.display_name = f"{operation} {request.txn_id or ''}".strip()

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "What was asked and answered is kept; it is forgotten by age alone."
            )
        )

    @api.model
    def _log(self, values):
        """Add a row: this runs in every call of a network.

        :param dict values: columns
        """
        insert(self, values)

    def _forget_rehearsal(self):
        """What a rehearsal asked is no stranger's, and nobody's mistake: no alarm, no
        figure. The run keeps what was said."""
        self.env.execute_query(
            SQL(
                "DELETE FROM payment_terminal_request "
                "WHERE id IN %s AND transaction_id IS NULL",
                (*self.ids, 0),
            )
        )
        self.invalidate_model()
        self.exists().is_raised = True

    @api.autovacuum
    def _gc_lookups(self):
        """Forget lookups after each company's time, and refused calls after a week.

        :return: how many, and whether there are more; then it is called again
        """
        deleted = 0
        networks = self.env["payment.terminal.network"].with_context(active_test=False)
        for network in networks.search([]):  # pylint: disable=no-search-all
            days = network.company_id.terminal_request_days
            for kind, age in (
                (SQL("TRUE"), days),
                (SQL("result = 'forbidden'"), min(days, REFUSED_DAYS)),
            ):
                deleted += self._forget_some(
                    network, kind, timedelta(days=age), DELETED_AT_ONCE - deleted
                )
        return deleted, int(deleted == DELETED_AT_ONCE)

    def _forget_some(self, network, kind, age, most):
        """Delete so many of a network's requests that moved no money, from an age."""
        rows = self.env.execute_query(
            SQL(
                """DELETE FROM payment_terminal_request WHERE id IN (
                   SELECT id FROM payment_terminal_request
                    WHERE network_id = %s AND transaction_id IS NULL
                      AND create_date < %s AND %s
                    LIMIT %s)
                   RETURNING id""",
                network.id,
                fields.Datetime.now() - age,
                kind,
                most,
            )
        )
        return len(rows)
