from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, format_date

from odoo.addons.receivables_base.tools import READERS

_lt = LazyTranslate(__name__)

# States in which the consumer's bank has the invoice, or is about to get it.
UNDER_WAY = ("to_send", "sent", "presumed_delivered", "delivered")
IN_NETBANK = ("sent", "presumed_delivered", "delivered")
METHOD = "einvoice_consumer"
POST = "einvoice_consumer.mail_activity_type_post"
# Of an invoice in parts the one counts that needs a person, else the one that is least
# far.
FIRST = (
    "error",
    "rejected",
    "to_send",
    "sent",
    "presumed_delivered",
    "delivered",
    "cancelled",
    "handled",
)
# What a person who sends one invoice is asked about; otherwise it is not sent.
CONFIRMED = ("sent_otherwise",)
REFUSED = "einvoice_consumer.mail_activity_type_refused"


def handled_by(user):
    """Say who has seen to it."""
    return _lt("Handled by %s.", user.name)


class AccountMove(models.Model):
    """The e-invoice of an invoice: how far it has come, and where it goes."""

    _name = "account.move"
    _inherit = ["account.move", "receivables.responsible"]

    einvoice_document_ids = fields.One2many(
        "einvoice.document", "move_id", string="E-invoice messages", groups=READERS
    )
    einvoice_state = fields.Selection(
        [
            ("to_send", "To send"),
            ("sent", "Sent"),
            ("presumed_delivered", "Presumed delivered"),
            ("delivered", "Delivered"),
            ("rejected", "Refused"),
            ("cancelled", "Cancelled"),
            ("handled", "Handled"),
            ("error", "Error"),
        ],
        string="E-invoice",
        compute="_compute_einvoice_state",
        store=True,
        copy=False,
        groups=READERS,
        help="How far the e-invoice to the consumer's netbank has come.",
    )
    einvoice_summary = fields.Text(
        "E-invoice summary", compute="_compute_einvoice_summary", groups=READERS
    )
    einvoice_agreement_id = fields.Many2one(
        "einvoice.agreement",
        string="E-invoice agreement",
        compute="_compute_einvoice_agreement_id",
        compute_sudo=True,
        groups="einvoice_consumer.einvoice_consumer_group_user",
        help="The consumer's order that the invoice goes to, if it is sent now.",
    )

    einvoice_notice = fields.Char(
        "Notice about the bank's message",
        compute="_compute_einvoice_notice",
        compute_sudo=True,
        groups=READERS,
        help="What is written on the paper and in the e-mail that a consumer gets "
        "beside the bank's message, so that nobody pays twice.",
    )

    # Orders are allocated by the reference of an earlier invoice.
    _einvoice_payment_reference_index = models.Index(
        "(payment_reference) WHERE payment_reference IS NOT NULL"
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        return field.name == "einvoice_state" or super()._is_fact(field)

    # === COMPUTE METHODS === #

    @api.depends("einvoice_document_ids.state", "einvoice_document_ids.is_latest")
    def _compute_einvoice_state(self):
        for move in self:
            move.einvoice_state = move._get_einvoice().state

    @api.depends("einvoice_document_ids.state", "einvoice_document_ids.reason")
    @api.depends_context("lang")
    def _compute_einvoice_summary(self):
        for move in self:
            move.einvoice_summary = move._get_einvoice().summary

    @api.depends(
        "company_id",
        "commercial_partner_id.einvoice_agreement_ids.state",
        "commercial_partner_id.einvoice_agreement_ids.ordered_at",
        "commercial_partner_id.einvoice_agreement_ids.channel_id.environment",
        "commercial_partner_id.einvoice_agreement_ids.channel_id.active",
    )
    def _compute_einvoice_agreement_id(self):
        for company, moves in self.grouped("company_id").items():
            active = self.env["einvoice.agreement"]._get_active(
                moves.commercial_partner_id, company
            )
            for move in moves:
                move.einvoice_agreement_id = active.get(move.commercial_partner_id.id)

    @api.depends(
        "einvoice_document_ids.due_date",
        "einvoice_document_ids.state",
        "commercial_partner_id.einvoice_agreement_ids.service",
        "commercial_partner_id.einvoice_agreement_ids.state",
    )
    @api.depends_context("lang")
    def _compute_einvoice_notice(self):
        for move in self:
            agreement = move.einvoice_agreement_id
            kind, days = agreement._is_live() and agreement.service, []
            if there := move._get_einvoices().filtered(
                lambda d: (
                    d.environment == "prod"
                    and d.state in UNDER_WAY
                    and d.type != "cancellation"
                )
            ):
                kind, days = there[0].type, there.mapped("due_date")
            if move.move_type != "out_invoice" or not kind:
                move.einvoice_notice = False
            elif kind == "direct_payment":
                move.einvoice_notice = move.env._(
                    "Direct payment: your bank pays this invoice from your account on "
                    "%s. You need not pay it yourself.",
                    ", ".join(
                        format_date(move.env, day)
                        for day in sorted(days or move._get_due_dates())
                    ),
                )
            else:
                move.einvoice_notice = move.env._(
                    "This invoice is in your netbank as an e-invoice. Pay it there, "
                    "and only once."
                )

    def _get_due_dates(self):
        """Return the days on which parts of the invoice fall due, or its only one."""
        self.ensure_one()
        terms = self.line_ids.filtered(lambda r: r.display_type == "payment_term")
        days = set(terms.mapped("date_maturity")) - {False}
        return sorted(days or {self.invoice_date_due} - {False})

    def _get_einvoice_paper_notice(self):
        """What a paper says when the bank has the invoice: it asks for no money."""
        self.ensure_one()
        return self._einvoice_is_at_bank(UNDER_WAY) and self.einvoice_notice

    def _einvoice_is_asked_by_bank(self):
        """Whether the customer's bank asks for the money or pays it, so that no e-mail
        asks for it."""
        return self._einvoice_is_at_bank(UNDER_WAY)

    def _einvoice_is_at_bank(self, states):
        """Whether the e-invoice is in one of the states, and no test."""
        return any(
            document.environment == "prod"
            and document.state in states
            and not document._cancels_own()
            for document in self._get_einvoices()
        )

    def _get_einvoices(self):
        """Return the e-invoices that count, one of each part of each invoice: a test's
        only while there is no real one."""
        latest = self.sudo().einvoice_document_ids.filtered(
            lambda d: d.direction == "out" and d.is_latest
        )
        real = latest.filtered(lambda d: d.environment == "prod")
        moves = real.move_id
        return real | latest.filtered(lambda d: d.move_id not in moves)

    def _get_einvoice(self):
        """Return the e-invoice that counts: the last one that was made, and of several
        parts the one that needs somebody most. How far the bank is with cancelling a
        paid invoice says nothing about the invoice, unless it needs somebody."""

        def rank(document):
            is_aside = document._cancels_own() and document.state not in FIRST[:2]
            return is_aside, FIRST.index(document.state)

        return self._get_einvoices().sorted(rank)[:1]

    def _einvoice_was_tried(self):
        """Whether the invoice was meant for the netbank."""
        self.ensure_one()
        return bool(self.sudo().einvoice_document_ids)

    # === ACTIONS === #

    def action_einvoice_handled(self):
        """Put a refusal aside: a person has seen to it."""
        self.check_access("write")
        self._get_einvoices()._set_over(handled_by(self.env.user))
        return True

    def action_view_einvoice_documents(self):
        self.ensure_one()
        return self.einvoice_document_ids._get_records_action(
            name=self.env._("E-invoice messages")
        )

    def action_einvoice_send_again(self):
        """Open the Send dialog for an invoice whose e-invoice did not arrive."""
        self.ensure_one()
        if self.einvoice_state in UNDER_WAY:
            raise UserError(self.env._(self._einvoice_problem_sent().message))
        if self._get_einvoice().type == "cancellation":
            return self.action_einvoice_cancel()
        return self.action_send_and_print()
