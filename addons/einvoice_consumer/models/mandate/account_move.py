from datetime import datetime, timezone
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, format_date, formatLang

from odoo.addons.receivables_base.tools import READERS

from ...adapters.rail import Problem
from .claim import UNDER_WAY

_lt = LazyTranslate(__name__)

ATTENTION = "einvoice_consumer.mail_activity_type_avtalegiro"
CURRENCY = "NOK"
CHANGED = _lt("The invoice was changed, credited or paid.")
RESET = _lt("The invoice was reset to draft.")


class Plan(NamedTuple):
    """What the bank of a customer is asked to pay of an invoice: ``demands`` are pairs
    of due date and amount; or the ``problem`` because of which it is not asked."""

    mandate: models.BaseModel
    demands: tuple
    problem: Problem | None = None


class AccountMove(models.Model):
    """Claims on what customers with a mandate owe: one for each due date, and never
    beside another demand for the same money."""

    _inherit = "account.move"

    avtalegiro_claim_ids = fields.One2many(
        "einvoice.avtalegiro.claim", "move_id", "AvtaleGiro claims", groups=READERS
    )
    avtalegiro_summary = fields.Text(
        "AvtaleGiro", compute="_compute_avtalegiro_summary", groups=READERS
    )

    @api.depends("avtalegiro_claim_ids.state", "avtalegiro_claim_ids.reason_stored")
    @api.depends_context("lang")
    def _compute_avtalegiro_summary(self):
        states = self.env["einvoice.avtalegiro.claim"]._fields["state"]
        names = dict(states._description_selection(self.env))
        for move in self:
            move.avtalegiro_summary = "\n".join(
                self.env._(
                    "%(amount)s on %(due)s: %(state)s.",
                    amount=formatLang(
                        self.env, claim.amount, currency_obj=claim.currency_id
                    ),
                    due=format_date(self.env, claim.due_date),
                    state=" – ".join(filter(None, (names[claim.state], claim.reason))),
                )
                for claim in move.sudo().avtalegiro_claim_ids.sorted("id")
            )

    # === WHAT IS CLAIMED === #

    def _avtalegiro_get_plans(self):
        """Return what is claimed of invoices to customers with a mandate, if they are
        sent now; nothing of the others.

        :rtype: dict[int, Plan]
        """
        plans = {}
        invoices = self.sudo().filtered(
            lambda m: m.move_type == "out_invoice" and m.state == "posted"
        )
        for company, moves in invoices.grouped("company_id").items():
            mandates = self.env["einvoice.avtalegiro.mandate"].sudo()
            mandates = mandates.search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "in", moves.commercial_partner_id.ids),
                    ("state", "=", "active"),
                    ("channel_id.environment", "!=", "disabled"),
                    ("channel_id.active", "=", True),
                ]
            )
            mandates = mandates.filtered("channel_id.has_mandates")
            by_partner = {  # the real one counts, where a test has another
                mandate.partner_id: mandate
                for mandate in mandates.sorted(lambda m: m._is_live())
            }
            for move in moves:
                if mandate := by_partner.get(move.commercial_partner_id):
                    plans[move.id] = move._avtalegiro_plan(mandate)
        return plans

    def _avtalegiro_plan(self, mandate):
        self.ensure_one()
        open_claims = self._avtalegiro_get_open(mandate.channel_id.environment)
        if open_claims:
            return Plan(mandate, ())
        demands = self._avtalegiro_get_demands()
        problem = self._avtalegiro_find_problem(mandate.channel_id, demands)
        return Plan(mandate, () if problem else demands, problem)

    def _avtalegiro_get_open(self, environment="prod"):
        """Return the claims by which a bank pays, or is about to be asked to."""
        return self.sudo().avtalegiro_claim_ids.filtered(
            lambda c: c.state in UNDER_WAY and c.environment == environment
        )

    def _avtalegiro_get_demands(self):
        """Return what is open of the invoice: pairs of due date and amount."""
        self.ensure_one()
        open_amounts = {}
        for line in self.line_ids:
            if line.display_type == "payment_term" and line.date_maturity:
                due = line.date_maturity
                amount = open_amounts.get(due, 0) + line.amount_residual_currency
                open_amounts[due] = self.currency_id.round(amount)
        return tuple(
            (due, amount) for due, amount in sorted(open_amounts.items()) if amount > 0
        )

    def _avtalegiro_find_problem(self, channel, demands):
        """Find why the bank cannot be asked."""
        if self.is_move_sent and channel.environment == "prod":
            message = _lt(
                "%s was sent before, and asks the customer to pay: the bank is not "
                "asked for the same money.",
                self.name,
            )
            return Problem("avtalegiro_sent", "info", "move", message)
        if self.currency_id.name != CURRENCY or not demands:
            message = _lt(
                "AvtaleGiro claims what is open in Norwegian kroner: the customer pays "
                "%s another way.",
                self.name,
            )
            return Problem("avtalegiro_currency", "warning", "move", message)
        reference = self.payment_reference or ""
        layouts = self.env["einvoice.kid.layout"]
        customers = layouts._find_customers(self.company_id, reference)
        digits = reference.isascii() and reference.isdigit()
        if not digits or customers != self.commercial_partner_id.sudo():
            message = _lt(
                "%(reference)s is no KID of digits that tells %(customer)s alone: the "
                "bank would pay nothing, or from the wrong account.",
                reference=reference or _lt("An empty field"),
                customer=self.commercial_partner_id.display_name,
            )
            return Problem("avtalegiro_kid", "warning", "journal", message)
        if (
            self.partner_bank_id
            and self.partner_bank_id not in channel.bank_account_ids
        ):
            message = _lt(
                "%(invoice)s asks for payment to %(account)s, which is not the account "
                "of AvtaleGiro.",
                invoice=self.name,
                account=self.partner_bank_id.acc_number,
            )
            return Problem("avtalegiro_account", "warning", "move", message)
        return self._avtalegiro_check_dates(channel, demands)

    def _avtalegiro_check_dates(self, channel, demands):
        rail = channel._get_rail()
        earliest, latest = rail.get_claim_deadlines(datetime.now(timezone.utc))
        if all(earliest <= due <= latest for due, _amount in demands):
            return None
        message = _lt(
            "AvtaleGiro takes what falls due between %(earliest)s and %(latest)s: the "
            "customer pays %(invoice)s another way.",
            earliest=format_date(self.env, earliest),
            latest=format_date(self.env, latest),
            invoice=self.name,
        )
        return Problem("avtalegiro_due_date", "warning", "move", message)

    def _avtalegiro_get_paid(self):
        """Return the invoices that their customers' banks pay, or are asked to when
        they are sent now: nobody else asks for the money then."""
        claimed = self._avtalegiro_get_open().move_id
        asked = [
            number
            for number, plan in (self - claimed)._avtalegiro_get_plans().items()
            if plan.demands and plan.mandate._is_live()
        ]
        return self.filtered(lambda m: m in claimed or m.id in asked)

    def _avtalegiro_claim(self, mandate, demands, by_efaktura):
        """Have the bank pay; the next file asks it.

        :param demands: pairs of due date and amount
        :param bool by_efaktura: whether the payer gets the invoice as eFaktura, which
            then is the notice (transaction type 02)
        """
        self.ensure_one()
        is_told = mandate.wants_notice and not by_efaktura
        return (
            self.env["einvoice.avtalegiro.claim"]
            .sudo()
            .create(
                [
                    {
                        "move_id": self.id,
                        "mandate_id": mandate.id,
                        "environment": mandate.channel_id.environment,
                        "kid": self.payment_reference,
                        "amount": amount,
                        "due_date": due,
                        "is_told_by_bank": is_told,
                        "notice": is_told and self._avtalegiro_get_notice(due, amount),
                    }
                    for due, amount in demands
                ]
            )
        )

    def _avtalegiro_get_notice(self, due, amount):
        """Return what the bank tells the payer, in the payer's language."""
        move = self.with_context(lang=self.partner_id.lang or self.env.lang)
        env = move.env

        def money(number):
            return formatLang(env, number, currency_obj=move.currency_id)

        lines = [
            env._(
                "%(company)s: invoice %(number)s of %(date)s",
                company=move.company_id.name,
                number=move.name,
                date=format_date(env, move.invoice_date),
            )
        ]
        lines += [
            f"{line.name}  {money(line.price_total)}"
            for line in move.invoice_line_ids
            if line.display_type == "product"
        ][:38]
        lines.append(
            env._(
                "To be paid on %(due)s: %(amount)s",
                due=format_date(env, due),
                amount=money(amount),
            )
        )
        return "\n".join(" ".join(line.split()) for line in lines)

    # === WHAT CHANGES === #

    def _avtalegiro_align(self):
        """Have banks pay what is open by now, and nothing else.

        A claim that no longer fits is cancelled, and what is open claimed anew, as far
        as there is time.
        """
        claims = self.env["einvoice.avtalegiro.claim"].sudo()
        claims = claims.search(
            [("move_id", "in", self.ids), ("state", "in", UNDER_WAY)]
        ).filtered("channel_id.has_mandates")
        for (move, _environment), there in claims.grouped(
            lambda c: (c.move_id, c.environment)
        ).items():
            demands = dict(move._avtalegiro_get_demands())
            stale = there.filtered(
                lambda c, demands=demands: (
                    c.currency_id.compare_amounts(demands.get(c.due_date, 0), c.amount)
                    or c.kid != c.move_id.payment_reference
                )
            )
            paid = stale.filtered(
                lambda c, demands=demands: (
                    c.state == "claimed"
                    and c.due_date not in demands
                    and c.due_date <= c.channel_id._get_today()
                )
            )
            paid._set_state("paid")
            stale -= paid
            late = stale._revoke(CHANGED)
            settled = (there - stale | late).mapped("due_date")
            rest = [each for each in demands.items() if each[0] not in settled]
            if rest and stale - late:
                move._avtalegiro_claim_anew(stale[0], rest)

    def _avtalegiro_claim_anew(self, before, demands):
        """Claim what is open by now, as ``before``, or tell that nobody does."""
        self.ensure_one()
        mandate = before.mandate_id
        problem = self._avtalegiro_check_dates(mandate.channel_id, demands)
        if problem:
            before._warn(problem.message)
        elif mandate.state == "active":
            self._avtalegiro_claim(mandate, demands, not before.is_told_by_bank)

    def _avtalegiro_warn(self, sentence):
        """Tell the one who looks after an invoice what became of its claim."""
        for move in self.sudo():
            reader = move._in_language_of(move._get_responsible())
            move._message_log(body=reader.env._(sentence))
            move._remind(ATTENTION, sentence, renew=True)

    def _einvoice_on_settled(self):
        result = super()._einvoice_on_settled()
        self._settle(ATTENTION)
        self._avtalegiro_align()
        return result

    def _einvoice_on_part_paid(self):
        result = super()._einvoice_on_part_paid()
        self._avtalegiro_align()
        return result

    def write(self, vals):
        result = super().write(vals)
        if {"invoice_date_due", "payment_reference"} & vals.keys():
            self._avtalegiro_align()
        return result

    def _check_draftable(self):
        # EXTENDS 'account'
        result = super()._check_draftable()
        claims = self.sudo().avtalegiro_claim_ids
        if claimed := claims.filtered(
            lambda c: c.environment == "prod" and c.state == "claimed"
        ):
            raise UserError(
                self.env._(
                    "The bank was asked to pay %s: cancel the claim first, or make a "
                    "credit note.",
                    claimed[0].move_id.name,
                )
            )
        claims.filtered(lambda c: c.state in UNDER_WAY)._revoke(RESET)
        return result

    # === WHAT THE CUSTOMER IS TOLD === #

    def _einvoice_is_asked_by_bank(self):
        # EXTENDS 'einvoice_consumer'
        return super()._einvoice_is_asked_by_bank() or bool(self._avtalegiro_get_paid())

    @api.depends("avtalegiro_claim_ids.state", "avtalegiro_claim_ids.due_date")
    def _compute_einvoice_notice(self):
        # EXTENDS 'einvoice_consumer'
        result = super()._compute_einvoice_notice()
        plans = self._avtalegiro_get_plans()
        for move in self.filtered(lambda m: m.id in plans):
            days = move._avtalegiro_get_open().mapped("due_date")
            plan = plans[move.id]
            if not days and plan.mandate._is_live():
                days = [due for due, _amount in plan.demands]
            if days:
                move.einvoice_notice = move.env._(
                    "AvtaleGiro: your bank pays this invoice from your account on %s. "
                    "You need not pay it yourself.",
                    ", ".join(format_date(move.env, day) for day in sorted(days)),
                )
        return result

    def _get_einvoice_paper_notice(self):
        # EXTENDS 'einvoice_consumer'
        if self._avtalegiro_get_open():
            return self.einvoice_notice
        return super()._get_einvoice_paper_notice()

    # === ACTIONS === #

    def action_view_avtalegiro_claims(self):
        self.ensure_one()
        return self.avtalegiro_claim_ids._get_records_action(
            name=self.env._("AvtaleGiro claims")
        )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        result = super().write(vals)
        if "date_maturity" in vals:
            self.move_id._avtalegiro_align()
        return result
