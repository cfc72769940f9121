import io
from base64 import b64encode

import qrcode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.image import image_data_uri

from odoo.addons.receivables_base.tools import READERS

# What the booking job writes on its entries.
FACTS = (
    "terminal_network_id",
    "terminal_business_date",
    "terminal_clearing_line_id",
)
# From an entry or an invoice to the payments behind it.
PATHS = (
    "line_ids.terminal_transaction_id",
    "line_ids.matched_credit_ids.credit_move_id.terminal_transaction_id",
)


class AccountMove(models.Model):
    _inherit = "account.move"

    terminal_network_id = fields.Many2one(
        "payment.terminal.network",
        string="Terminal network",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=READERS,
        help="The network whose payments of a day this entry books.",
    )
    terminal_business_date = fields.Date(
        string="Day of the payments", readonly=True, copy=False, groups=READERS
    )
    terminal_clearing_line_id = fields.Many2one(
        "account.move.line",
        string="Clearing line of the terminal network",
        readonly=True,
        copy=False,
        groups=READERS,
        help="What the network owes for these payments.",
    )
    terminal_transaction_ids = fields.Many2many(
        "payment.terminal.transaction",
        string="Payments at terminals",
        compute="_compute_terminal_transaction_ids",
        search="_search_terminal_transaction_ids",
        groups=READERS,
        help="The payments that an entry books, or that an invoice was paid with.",
    )
    terminal_transaction_count = fields.Integer(
        "Number of payments at terminals",
        compute="_compute_terminal_transaction_ids",
        groups=READERS,
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        return field.name in FACTS or super()._is_fact(field)

    @api.depends(*PATHS)
    def _compute_terminal_transaction_ids(self):
        found = {}
        for move in self:
            paths = (move.sudo().mapped(path) for path in PATHS)
            found[move] = self.env["payment.terminal.transaction"].union(*paths)
        readable = self.env["payment.terminal.transaction"].union(*found.values())
        readable = readable._filtered_access("read")
        for move, payments in found.items():
            move.terminal_transaction_ids = payments & readable
            move.terminal_transaction_count = len(move.terminal_transaction_ids)

    def _search_terminal_transaction_ids(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        if operator == "in" and False in value:
            some = Domain.OR([(path, "!=", False)] for path in PATHS)
            others = [number for number in value if number]
            if not others:
                return ~some
            return ~some | Domain("terminal_transaction_ids", "in", others)
        return Domain.OR([(path, operator, value)] for path in PATHS)

    @api.depends("terminal_network_id")
    def _compute_show_reset_to_draft_button(self):
        # EXTENDS 'account'
        result = super()._compute_show_reset_to_draft_button()
        for move in self.filtered(lambda move: move.sudo().terminal_network_id):
            move.show_reset_to_draft_button = False
        return result

    def _check_draftable(self):
        # EXTENDS 'account'
        result = super()._check_draftable()
        self._check_terminal_entry()
        return result

    def action_reverse(self):
        # EXTENDS 'account'
        self.check_access("write")
        self._check_terminal_entry()
        return super().action_reverse()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        # EXTENDS 'account'
        self._check_terminal_entry()
        return super()._reverse_moves(default_values_list, cancel)

    def _check_terminal_entry(self):
        """Entries of payments at terminals stay as they are: one of them holds many
        payments, and each can be corrected by itself.

        :raises UserError: one of these is such an entry
        """
        moves = self.sudo().filtered(
            lambda move: (
                move.terminal_network_id or move.line_ids.terminal_transaction_id
            )
        )
        if moves:
            raise UserError(
                self.env._(
                    "%s books payments at terminals, each of which the network can "
                    "still take back. Correct the payment instead: open it and press "
                    "Correct.",
                    ", ".join(filter(None, moves.mapped("name"))),
                )
            )

    def action_view_terminal_transactions(self):
        """Open the payments behind an invoice or an entry."""
        self.ensure_one()
        self.check_access("read")
        return self.terminal_transaction_ids._get_records_action(
            name=self.env._("Payments at terminals")
        )

    # === THE CUSTOMER NUMBER ON INVOICES === #

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft)
        invoices = posted.filtered(lambda move: move.move_type == "out_invoice")
        for company, moves in invoices.grouped("company_id").items():
            customers = moves.commercial_partner_id
            self.env["payment.terminal.transaction"]._use_credit_of(customers, company)
            if company.sudo().terminal_issue_at_posting:
                self.env["payment.terminal.account"].sudo()._issue_for(
                    customers, company
                )
        return posted

    def _get_terminal_instructions(self):
        """Return what is printed about paying at terminals.

        :return: ``{number, sentence, qr_code}`` with the number in groups and the code
            as a data URI of the number itself; empty when nothing is printed
        """
        self.ensure_one()
        company = self.company_id.sudo()
        if not company.terminal_print_number or self.move_type != "out_invoice":
            return {}
        env = self.sudo().with_context(lang=self.partner_id.lang).env
        account = env["payment.terminal.account"]._find_active(
            self.commercial_partner_id, company
        )
        networks = env["payment.terminal.network"].search(
            [("company_id", "=", company.id), ("environment", "=", "prod")]
        )
        if not account or not networks:
            return {}
        sentence = company.with_env(env).terminal_how_to_pay
        names = ", ".join(dict.fromkeys(networks.mapped("name")))
        code = io.BytesIO()
        qrcode.make(account.number, box_size=6).save(code, "PNG")
        return {
            "number": account.spaced_number,
            "sentence": sentence
            or env._("Pay any amount at %s: enter your customer number.", names),
            "qr_code": image_data_uri(b64encode(code.getvalue())),
        }
