from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.receivables_base.tools import Sentence

from ...adapters.debts import DebtFormat
from ...tools import check_user
from ..network.access import MANAGER

STATES = [
    ("ready", "To hand over"),
    ("to_send", "To send"),
    ("sent", "Handed over"),
    ("superseded", "Replaced"),
    ("error", "Error"),
]
#: it has not left yet, so that the next one takes its place
NOT_HANDED_OVER = ("ready", "to_send", "error")


class PaymentTerminalDebtList(models.Model):
    """What a network was told that customers owe, and when.

    The file is kept as it was written; its lines tell what was new in it. So what the
    network knew at any time is the newest line of each debt in the lists that had been
    handed over by then.
    """

    _name = "payment.terminal.debt.list"
    _inherit = [
        "receivables.exchange",
        "receivables.facts",
        "receivables.responsible",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "List of debts for a network"
    _order = "id desc"
    _check_company_auto = True
    _CONNECTION = "network_id.debt_connection_id"
    _TRANSITIONS = {
        "ready": ("sent", "superseded"),
        "to_send": ("sent", "superseded", "error"),
        "error": ("to_send", "sent", "superseded"),
        "superseded": ("sent",),  # it had left all the same
    }

    name = fields.Char(string="File", required=True, readonly=True)
    network_id = fields.Many2one(
        "payment.terminal.network",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="network_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="network_id.currency_id")
    format = fields.Selection(
        selection=lambda self: DebtFormat.selection(self.env),
        required=True,
        readonly=True,
    )
    scope = fields.Selection(
        [("full", "All debts"), ("changes", "Changes")],
        string="Holds",
        required=True,
        readonly=True,
    )
    environment = fields.Selection(
        [("test", "Test"), ("prod", "Production")], required=True, readonly=True
    )
    state = fields.Selection(STATES, required=True, readonly=True, index=True)
    taken_at = fields.Datetime(
        string="Taken at", required=True, readonly=True, help="What was owed then."
    )
    sent_at = fields.Datetime(string="Handed over at", readonly=True)
    count = fields.Integer(string="Debts", readonly=True)
    total = fields.Monetary(string="Owed in all", readonly=True, aggregator=None)
    left_out = fields.Json("Left out", readonly=True)
    left_out_count = fields.Integer(string="Not told", readonly=True)
    left_out_text = fields.Text(string="Who, and why", compute="_compute_left_out_text")
    line_ids = fields.One2many(
        "payment.terminal.debt.line", "list_id", string="What was new"
    )
    may_have_arrived = fields.Boolean(
        "May have arrived",
        readonly=True,
        help="The other side may have got it, or a part of it.",
    )
    batches = fields.Json(
        readonly=True,
        help="What the other side is still working on, by its own number.",
    )

    @api.depends("left_out")
    @api.depends_context("lang")
    def _compute_left_out_text(self):
        for debt_list in self:
            debt_list.left_out_text = "\n".join(
                f"{row['number']} {row['customer']}: "
                f"{Sentence.read(row['reason'], self.env)}"
                for row in debt_list.left_out or ()
            )

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        return self.network_id._get_candidates()

    def _get_format(self):
        return DebtFormat.get(self.env, self.format)

    def _check_may_handle(self):
        # EXTENDS 'receivables_base'
        check_user(self)

    def _check_not_tried(self):
        """Refuse to go past a list of changes that may have arrived.

        :raises UserError: it goes first
        """
        tried = self.filtered("may_have_arrived")
        if tried:
            raise UserError(
                self.env._(
                    "%(file)s has not arrived for certain: %(reason)s It goes first, "
                    "for later changes count from it.",
                    file=tried[0].name,
                    reason=tried[0].summary or "",
                )
            )

    # === BY HAND === #

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    def action_cancel(self):
        """Take back lists that have not left: the network is not told of them."""
        self.check_access("read")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("Only managers of payment terminals can do this.")
            )
        lists = self.sudo()
        if lists.filtered(
            lambda each: each.state not in NOT_HANDED_OVER or each.may_have_arrived
        ):
            raise UserError(self.env._("What was handed over cannot be taken back."))
        lists._replace()
        return True
