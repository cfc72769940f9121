from itertools import chain

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

WAYS = [
    ("customer", "It is another customer's, or a part of it is"),
    ("nobody", "Nobody knows whose it is: let it wait"),
    ("give_back", "The customer gets it back from us"),
    ("network", "The network has taken it back"),
]


class PaymentTerminalAssign(models.TransientModel):
    """Says whose payments these are: what nobody knew is credited to a customer, and
    what was credited wrongly is corrected."""

    _name = "payment.terminal.assign"
    _description = "Assign payments to a customer"
    _check_company_auto = True

    way = fields.Selection(
        WAYS, string="What is right?", required=True, default="customer"
    )
    is_correction = fields.Boolean(
        string="A correction",
        readonly=True,
        default=lambda self: (
            "suspense" not in self._get_chosen_transactions().mapped("state")
        ),
        help="The payments have a customer already.",
    )
    share = fields.Monetary(
        string="How much of it",
        compute="_compute_share",
        store=True,
        readonly=False,
        help="The rest stays with whom it is.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Paid from",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash'))]",
    )

    transaction_ids = fields.Many2many(
        "payment.terminal.transaction",
        string="Payments",
        required=True,
        readonly=True,
        default=lambda self: self._get_chosen_transactions(),
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    currency_id = fields.Many2one("res.currency", compute="_compute_company_id")
    amount = fields.Monetary(compute="_compute_company_id")
    is_one = fields.Boolean(string="One payment", compute="_compute_company_id")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        check_company=True,
        domain="[('parent_id', '=', False)]",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        compute="_compute_move_id",
        store=True,
        readonly=False,
        domain="[('commercial_partner_id', '=', partner_id), "
        "('company_id', '=', company_id), ('move_type', '=', 'out_invoice'), "
        "('state', '=', 'posted'), ('payment_state', 'in', ('not_paid', 'partial'))]",
        help="Paid first. Empty: the oldest due first.",
    )
    line_ids = fields.One2many(
        "payment.terminal.assign.line",
        "wizard_id",
        string="Pays",
        compute="_compute_line_ids",
        store=True,
        readonly=True,
    )
    credit = fields.Monetary(
        string="Stays as credit", compute="_compute_line_ids", store=True
    )
    unknown_numbers = fields.Char(
        string="Numbers typed", compute="_compute_unknown_numbers"
    )
    remember_numbers = fields.Boolean(
        string="These numbers belong to the customer from now on",
        help="Payments to them are credited to this customer by themselves. The number "
        "on the customer's invoices stays as it is.",
    )

    @api.model
    def _get_chosen_transactions(self):
        transactions = self.env["payment.terminal.transaction"]
        if self.env.context.get("active_model") != transactions._name:
            return transactions
        ids = self.env.context.get("active_ids") or []
        return transactions.browse(ids).exists()

    @api.depends("transaction_ids", "is_correction")
    def _compute_company_id(self):
        for wizard in self:
            payments = wizard.transaction_ids
            wizard.company_id = payments.company_id[:1] or self.env.company
            wizard.currency_id = payments.currency_id[:1]
            wizard.amount = sum(
                payment.amount
                if wizard.is_correction
                else payment.sudo()._get_waiting()
                for payment in payments._origin
            )
            wizard.is_one = len(payments) == 1

    @api.depends("transaction_ids", "partner_id")
    def _compute_share(self):
        for wizard in self:
            customer = wizard.partner_id._origin.commercial_partner_id
            payments = wizard.transaction_ids._origin.sudo()
            wizard.share = (
                sum(payment._get_whole(customer) for payment in payments)
                if customer
                else wizard.amount
            )

    @api.depends("partner_id")
    def _compute_move_id(self):
        for wizard in self:
            owner = wizard.partner_id.commercial_partner_id
            if wizard.move_id.commercial_partner_id != owner:
                wizard.move_id = False

    @api.depends("transaction_ids", "partner_id", "move_id", "share")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [Command.clear()]
            wizard.credit = wizard.share
            if wizard.partner_id and len(wizard.transaction_ids.currency_id) == 1:
                rows = wizard._get_preview()
                wizard.line_ids = [Command.create(row) for row in rows]
                wizard.credit = wizard.currency_id.round(
                    wizard.share - sum(row["amount"] for row in rows)
                )

    def _get_preview(self):
        """Return what the payments would pay, as values of lines."""
        payments = self.transaction_ids._origin.sudo().sorted("id")
        customer = self.partner_id._origin.commercial_partner_id
        network = payments.network_id[:1]
        allocation = payments._read_open_items(
            customer,
            network,
            network._get_today(),
            payments.line_ids,
            payments._get_paid(),
        )
        shares = payments._share_out(
            allocation,
            {
                payment: (
                    self.share if len(payments) == 1 else payment._get_whole(customer)
                )
                for payment in payments
            },
            customer,
            self.move_id.name or "",
        )
        amounts = {}
        for share in chain.from_iterable(shares.values()):
            line_id = share.debt.id
            amounts[line_id] = amounts.get(line_id, 0) + share.amount
        lines = self.env["account.move.line"].browse(amounts)
        return [
            {"move_line_id": line.id, "amount": float(amounts[line.id])}
            for line in lines
        ]

    @api.depends("transaction_ids")
    def _compute_unknown_numbers(self):
        for wizard in self:
            numbers = wizard.transaction_ids._get_unknown_numbers()
            wizard.unknown_numbers = ", ".join(numbers)

    def action_assign(self):
        """Credit the payments to whom they belong, or give them back; refuse what
        somebody else has done meanwhile."""
        self.ensure_one()
        if not self.env.user.has_group("payment_terminal.payment_terminal_group_user"):
            raise AccessError(
                self.env._("Only users of payment terminals can assign payments.")
            )
        # those of another company are no part of what a user reads in the field
        payments = self.sudo().transaction_ids
        named = (payments.sudo(False), self.partner_id, self.move_id, self.journal_id)
        for records in filter(None, named):
            records.check_access("read")
        payments._check_assignable(
            ("booked", "suspense") if self.is_correction else ("suspense",)
        )
        share = self.share if len(payments) == 1 else None
        if self.way == "network":
            payments._take_back()
        elif self.way == "nobody":
            payments._assign(self.env["res.partner"])
        elif self.way == "give_back":
            if not self.journal_id:
                raise UserError(self.env._("Choose from where it is paid."))
            payments._give_back(self.journal_id, share)
        else:
            self._assign(payments, share)
        return {"type": "ir.actions.act_window_close"}

    def _assign(self, payments, share):
        if not self.partner_id:
            raise UserError(self.env._("Choose the customer whose payment this is."))
        customer = self.partner_id.commercial_partner_id
        numbers = payments._get_unknown_numbers() if self.remember_numbers else []
        payments._assign(customer, self.move_id.name or "", share)
        if numbers:
            self.env["payment.terminal.account"]._remember(
                customer, self.company_id, numbers
            )


class PaymentTerminalAssignLine(models.TransientModel):
    """An invoice that the payments will pay."""

    _name = "payment.terminal.assign.line"
    _description = "What assigned payments pay"

    wizard_id = fields.Many2one(
        "payment.terminal.assign", required=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="wizard_id.currency_id", related_sudo=False)
    move_line_id = fields.Many2one(
        "account.move.line", string="Move line", required=True
    )
    move_id = fields.Many2one(
        related="move_line_id.move_id", related_sudo=False, string="Invoice"
    )
    date_maturity = fields.Date(
        related="move_line_id.date_maturity", related_sudo=False, string="Due"
    )
    invoice_currency_id = fields.Many2one(
        related="move_line_id.currency_id",
        related_sudo=False,
        string="Currency of the invoice",
    )
    open_amount = fields.Monetary(
        related="move_line_id.amount_residual_currency",
        related_sudo=False,
        string="Open amount",
        currency_field="invoice_currency_id",
    )
    amount = fields.Monetary(string="Pays")
