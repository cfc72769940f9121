import io
from base64 import b64encode
from collections import defaultdict

import qrcode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
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
    "line_ids.terminal_transaction_ids",
    "line_ids.terminal_suspense_ids",
    "line_ids.matched_credit_ids.credit_move_id.terminal_transaction_ids",
    "terminal_reversed_ids",
)
# The same in one query, for many at once.
_PAYMENTS_OF_MOVES = """
    SELECT line.move_id, payment.id
      FROM account_move_line line
      JOIN payment_terminal_transaction payment ON payment.move_line_id = line.id
     WHERE line.move_id IN %(moves)s
 UNION
    SELECT line.move_id, payment.id
      FROM account_move_line line
      JOIN payment_terminal_transaction payment ON payment.suspense_line_id = line.id
     WHERE line.move_id IN %(moves)s
 UNION
    SELECT line.move_id, payment.id
      FROM account_move_line line
      JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
      JOIN payment_terminal_transaction payment
        ON payment.move_line_id = partial.credit_move_id
     WHERE line.move_id IN %(moves)s
 UNION
    SELECT payment.reversal_move_id, payment.id
      FROM payment_terminal_transaction payment
     WHERE payment.reversal_move_id IN %(moves)s"""


class AccountMove(models.Model):
    _inherit = "account.move"

    terminal_network_id = fields.Many2one(
        "payment.terminal.network",
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
        readonly=True,
        copy=False,
        groups=READERS,
        help="What the network owes for these payments.",
    )
    terminal_reversed_ids = fields.One2many(
        "payment.terminal.transaction", "reversal_move_id", groups=READERS
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
        compute="_compute_terminal_transaction_ids", groups=READERS
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        return field.name in FACTS or super()._is_fact(field)

    @api.depends(*PATHS)
    def _compute_terminal_transaction_ids(self):
        found = defaultdict(set)
        if self._origin.ids:
            self.line_ids.flush_model(["move_id"])
            self.line_ids.matched_credit_ids.flush_model(
                ["credit_move_id", "debit_move_id"]
            )
            self.env["payment.terminal.transaction"].flush_model(
                ["move_line_id", "reversal_move_id", "suspense_line_id"]
            )
            rows = self.env.execute_query(
                SQL(_PAYMENTS_OF_MOVES, moves=tuple(self._origin.ids))
            )
            for move_id, payment_id in rows:
                found[move_id].add(payment_id)
        # The company is what access depends on: read once, not for each invoice.
        readable = self.env["payment.terminal.transaction"].search_fetch(
            [("id", "in", list(set().union(*found.values())))], ["company_id"]
        )
        for move in self:
            ids = found[move._origin.id]
            payments = readable.filtered(lambda p, ids=ids: p.id in ids)
            move.terminal_transaction_ids = payments
            move.terminal_transaction_count = len(payments)

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
        moves = self.sudo()
        if moves.terminal_network_id or moves.line_ids.terminal_transaction_ids:
            raise UserError(
                self.env._(
                    "This entry proves what a terminal network owes, payment by "
                    "payment. Correct it with another entry."
                )
            )
        return result

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
        account = (
            self.env["payment.terminal.account"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", self.commercial_partner_id.id),
                    ("company_id", "=", company.id),
                    ("state", "=", "active"),
                ]
            )
        )
        networks = (
            self.env["payment.terminal.network"]
            .sudo()
            .search([("company_id", "=", company.id), ("environment", "=", "prod")])
        )
        if not account or not networks:
            return {}
        sentence = company.with_context(lang=self.partner_id.lang).terminal_how_to_pay
        names = ", ".join(dict.fromkeys(networks.mapped("name")))
        env = self.with_context(lang=self.partner_id.lang).env
        return {
            "number": account.spaced_number,
            "sentence": sentence
            or env._("Pay any amount at %s: enter your customer number.", names),
            "qr_code": self._draw_terminal_code(account.number),
        }

    @api.model
    def _draw_terminal_code(self, number):
        """A QR code as a data URI."""
        picture = io.BytesIO()
        qrcode.make(number, box_size=6).save(picture, "PNG")
        return image_data_uri(b64encode(picture.getvalue()))
