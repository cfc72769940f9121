from datetime import datetime, timezone
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import LazyTranslate, format_date, formatLang

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

# The bank pays, or is about to be asked to.
UNDER_WAY = ("waiting", "claimed")
MANDATE_ENDED = _lt(
    "The customer took the mandate back, and the bank pays nothing: ask the customer "
    "to pay."
)


class EinvoiceAvtalegiroClaim(models.Model):
    """What a bank is asked to pay from a customer's account, on one day."""

    _name = "einvoice.avtalegiro.claim"
    _inherit = ["receivables.facts", "receivables.state"]
    _description = "AvtaleGiro claim"
    _order = "due_date desc, id desc"
    _rec_name = "move_id"
    _check_company_auto = True

    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
    )
    mandate_id = fields.Many2one(
        "einvoice.avtalegiro.mandate",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
    )
    channel_id = fields.Many2one(related="mandate_id.channel_id", store=True)
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        related="mandate_id.partner_id", string="Customer", store=True
    )
    environment = fields.Selection(
        [("test", "Test"), ("prod", "Production")], required=True, readonly=True
    )
    state = fields.Selection(
        [
            ("waiting", "For the next file"),
            ("claimed", "Claimed"),
            ("to_cancel", "To be cancelled"),
            ("cancelled", "Cancelled"),
            ("paid", "Paid"),
            ("unpaid", "Not paid"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    kid = fields.Char("KID", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    due_date = fields.Date("Due date", required=True, readonly=True)
    is_told_by_bank = fields.Boolean(
        "Told by the bank",
        readonly=True,
        help="The bank tells the payer of the claim: the payer wants that, and gets no "
        "eFaktura.",
    )
    notice = fields.Text(readonly=True, help="What the bank tells the payer.")
    reason_stored = fields.Json("Stored reason", readonly=True)
    reason = fields.Char(compute="_compute_reason", help="Why it was not paid.")
    document_id = fields.Many2one(
        "einvoice.document",
        "Claimed by",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        help="The file that asked the bank to pay.",
    )
    cancel_document_id = fields.Many2one(
        "einvoice.document",
        "Cancelled by",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        help="The file that asked the bank not to pay.",
    )

    # Two users who press Send at once: one demand.
    _under_way_unique = models.UniqueIndex(
        "(move_id, environment, due_date) WHERE state IN ('waiting', 'claimed')",
        "The bank is asked to pay the invoice already.",
    )

    _TRANSITIONS = {
        "waiting": ("claimed", "cancelled", "unpaid"),
        # cancelled: of a test; waiting: the bank did not take the file
        "claimed": ("to_cancel", "paid", "unpaid", "waiting", "cancelled"),
        "to_cancel": ("cancelled", "claimed", "paid"),
        "cancelled": ("to_cancel",),
        "paid": (),
        "unpaid": ("paid",),
    }

    @api.depends("reason_stored")
    @api.depends_context("lang")
    def _compute_reason(self):
        for claim in self:
            claim.reason = Sentence.read(claim.reason_stored, self.env)

    def _get_decimal(self):
        """Return the amount in kroner."""
        return Decimal(str(self.currency_id.round(self.amount)))

    def _get_rail(self):
        return self.channel_id._get_rail()

    def _is_in_time_to_cancel(self):
        last = self._get_rail().get_last_cancel_moment(self.due_date)
        return datetime.now(timezone.utc) < last

    # === IT MUST NOT BE PAID === #

    def _revoke(self, sentence):
        """Have the bank not pay.

        What it was not asked yet is taken back; what it was asked is cancelled by the
        next file, where there is time.

        :return: the claims that it is too late for
        """
        waiting = self.filtered(lambda c: c.state == "waiting")
        waiting._set_state("cancelled", reason_stored=Sentence.store(sentence))
        late = self.browse()
        for claim in self.filtered(lambda c: c.state == "claimed"):
            if claim._is_in_time_to_cancel():
                claim._set_state("to_cancel", reason_stored=Sentence.store(sentence))
            else:
                late |= claim
        if self.filtered(lambda c: c.state == "to_cancel"):
            self.channel_id._wake_claims()
        self.flush_recordset(["state"])  # frees the place for new ones
        self.move_id._einvoice_print_anew()
        for claim in late:
            claim._warn_of_payment()
        return late

    def _warn_of_payment(self):
        """Tell that the bank pays although it should not any more."""
        self._warn(
            _lt(
                "The bank pays %(amount)s of %(invoice)s on %(due)s by AvtaleGiro, and "
                "it is too late to cancel that: pay back what comes too much.",
                amount=formatLang(self.env, self.amount, currency_obj=self.currency_id),
                invoice=self.move_id.name,
                due=format_date(self.env, self.due_date),
            )
        )

    def _on_mandate_ended(self):
        """The bank pays nothing: somebody asks the customer."""
        for claim in self.filtered(lambda c: c.state in UNDER_WAY):
            claim._set_unpaid(MANDATE_ENDED)

    def _set_unpaid(self, sentence):
        """The bank does not pay, and the customer was told that it would."""
        for claim in self._set_state("unpaid", reason_stored=Sentence.store(sentence)):
            claim._warn(sentence)
        self.move_id._einvoice_print_anew()

    def _warn(self, sentence):
        """Tell the one who looks after the invoice."""
        for claim in self.filtered(lambda c: c.environment == "prod"):
            claim.move_id._avtalegiro_warn(sentence)

    def _set_aside(self, sentence):
        """Leave claims of a test behind."""
        self._set_state("cancelled", reason_stored=Sentence.store(sentence))

    # === ACTIONS === #

    def action_cancel(self):
        """Have the bank not pay, because somebody decided so."""
        self.channel_id._check_user()
        by_hand = _lt("Cancelled by %s.", self.env.user.name)
        self.sudo().filtered(lambda c: c.state in UNDER_WAY)._revoke(by_hand)
        return True

    def action_refused_by_bank(self):
        """Note that the bank did not take single claims: customers have to be asked."""
        self.channel_id._check_user()
        refused = _lt(
            "The bank refused the claim, says %s: ask the customer to pay.",
            self.env.user.name,
        )
        self.sudo().filtered(lambda c: c.state == "claimed")._set_unpaid(refused)
        return True

    def action_view_move(self):
        self.ensure_one()
        return self.move_id._get_records_action(name=self.move_id.name)
