from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import LazyTranslate, format_date
from odoo.tools.translate import LazyGettext

from odoo.addons.receivables_base.tools import READERS

from .account_move import IN_NETBANK, UNDER_WAY

_lt = LazyTranslate(__name__)

DOUBLE = "einvoice_consumer.mail_activity_type_double"


class Verdict(NamedTuple):
    """What of an invoice its bank can still cancel, and a sentence about it: until
    when, or why not and what to do instead."""

    documents: models.BaseModel
    sentence: LazyGettext | str


class AccountMove(models.Model):
    """Asking the bank to cancel what was credited in full, or what it would pay beside
    another payment (Finvoice guidelines, 10.14).

    A credit note alone changes nothing at the bank, which pays a direct payment on its
    due date all the same.
    """

    _inherit = "account.move"

    einvoice_cancel_notice = fields.Text(
        "Notice about cancelling at the bank",
        compute="_compute_einvoice_cancel_notice",
        compute_sudo=True,
        groups=READERS,
        help="Until when the bank cancels what was credited or paid, or why it no "
        "longer does.",
    )
    einvoice_can_cancel = fields.Boolean(
        "Can be cancelled at the bank",
        compute="_compute_einvoice_cancel_notice",
        compute_sudo=True,
        groups=READERS,
    )

    @api.depends(
        "state",
        "amount_total",
        "payment_state",
        "einvoice_document_ids.state",
        "reversed_entry_id.payment_state",
        "reversed_entry_id.einvoice_document_ids.state",
        "reversal_move_ids.state",
        "reversal_move_ids.einvoice_document_ids.state",
    )
    @api.depends_context("lang")
    def _compute_einvoice_cancel_notice(self):
        for move in self:
            verdict = move._einvoice_judge_cancellation()
            move.einvoice_cancel_notice = self.env._(verdict.sentence)
            move.einvoice_can_cancel = bool(verdict.documents)

    def _einvoice_get_credit_note(self):
        """Return the credit note itself, or an invoice's posted one: the largest."""
        self.ensure_one()
        if self.move_type == "out_refund":
            return self.filtered(lambda m: m.state == "posted")
        posted = self.reversal_move_ids.filtered(lambda m: m.state == "posted")
        return posted.sorted("amount_total", reverse=True)[:1]

    def _einvoice_judge_cancellation(self):
        """Find what the bank can still cancel of a credit note's invoice, or of one
        that was paid another way.

        :rtype: Verdict
        """
        credit_note = self._einvoice_get_credit_note()
        invoice = credit_note.reversed_entry_id or (self - credit_note)
        nothing = self.env["einvoice.document"]
        asking = invoice._get_einvoices().filtered(
            lambda d: d.state in IN_NETBANK and d.type != "cancellation"
        )
        is_paid = invoice.payment_state in ("paid", "in_payment")
        if is_paid and (paying := invoice._einvoice_get_paying(asking)):
            return invoice._einvoice_judge_paid(paying)
        if not (asking and credit_note) or invoice.move_type != "out_invoice":
            return Verdict(nothing, "")
        words = {"invoice": invoice.name, "credit_note": credit_note.name}
        open_documents = asking - invoice._einvoice_get_asked().original_id
        if not open_documents:
            sentence = _lt("The bank was asked to cancel %(invoice)s.", **words)
            return Verdict(nothing, sentence)
        if not credit_note._einvoice_credits_all(invoice):
            sentence = _lt(
                "A bank cancels all of an invoice or nothing, and %(credit_note)s is "
                "about a part of %(invoice)s. The bank goes on asking for all of it: "
                "send the customer the credit note, and pay back what comes in too "
                "much.",
                **words,
            )
            return Verdict(nothing, sentence)
        if is_paid:
            sentence = _lt(
                "%(invoice)s has been paid, so there is nothing to cancel at the bank: "
                "pay the money back.",
                **words,
            )
            return Verdict(nothing, sentence)
        last_days = {each: each._get_last_cancel_day() for each in open_documents}
        in_time = open_documents.filtered(
            lambda d: last_days[d] >= d.channel_id._get_today()
        )
        if in_time:
            last = min(last_days[each] for each in in_time)
            sentence = _lt(
                "The bank still asks for %(invoice)s. It can be cancelled there until "
                "%(day)s.",
                **words,
                day=format_date(self.env, last),
            )
            return Verdict(in_time, sentence)
        late = max(open_documents, key=lambda d: last_days[d])
        sentence = _lt(
            "The bank no longer cancels %(invoice)s, which falls due on %(due)s: "
            "%(day)s was the last day. Send the customer the credit note, and pay the "
            "money back if it comes.",
            **words,
            due=format_date(self.env, late.due_date),
            day=format_date(self.env, last_days[late]),
        )
        return Verdict(nothing, sentence)

    def _einvoice_credits_all(self, invoice):
        return self.currency_id == invoice.currency_id and not (
            invoice.currency_id.compare_amounts(self.amount_total, invoice.amount_total)
        )

    def _einvoice_get_asked(self):
        """Return what was sent to have the bank cancel an invoice."""
        return (
            (self | self.reversal_move_ids)
            ._get_einvoices()
            .filtered(lambda d: d.type == "cancellation" and d.state in UNDER_WAY)
        )

    def _einvoice_get_paying(self, asking):
        """Return the direct payments that are still to come: from their due date on,
        what has paid the invoice may be the bank's payment."""
        return asking.filtered(
            lambda d: (
                d.type == "direct_payment"
                and d.environment == "prod"
                and d.move_id.move_type == "out_invoice"
                and d.due_date > d.channel_id._get_today()
            )
        )

    def _einvoice_judge_paid(self, paying):
        """Judge an invoice that was paid, and that its bank pays once more.

        :rtype: Verdict
        """
        nothing = paying.browse()
        open_documents = paying - self._einvoice_get_asked().original_id
        if not open_documents:
            sentence = _lt(
                "The bank was asked to cancel %(invoice)s.", invoice=self.name
            )
            return Verdict(nothing, sentence)
        last_days = {each: each._get_last_cancel_day() for each in open_documents}
        in_time = open_documents.filtered(
            lambda d: last_days[d] >= d.channel_id._get_today()
        )
        first = min(in_time or open_documents, key=lambda d: d.due_date)
        words = {
            "invoice": self.name,
            "due": format_date(self.env, first.due_date),
            "day": format_date(self.env, last_days[first]),
        }
        if in_time:
            sentence = _lt(
                "%(invoice)s has been paid, and the consumer's bank pays it once more "
                "on %(due)s, by direct payment. It can be cancelled there until "
                "%(day)s.",
                **words,
            )
            return Verdict(in_time, sentence)
        sentence = _lt(
            "%(invoice)s has been paid, and the consumer's bank pays it once more on "
            "%(due)s, by direct payment: %(day)s was the last day to cancel it. Pay "
            "back what comes.",
            **words,
        )
        return Verdict(nothing, sentence)

    def _einvoice_ask_to_cancel(self):
        """Tell somebody about what was paid, and will be paid once more."""
        for move in self.filtered(lambda m: m.payment_state != "reversed"):
            sentence = move._einvoice_judge_cancellation().sentence
            if sentence:
                move._remind(DOUBLE, sentence, renew=True)

    def action_einvoice_cancel(self):
        """Ask the bank to cancel what was credited or paid; the job sends it."""
        self.ensure_one()
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only who may send invoices can cancel them."))
        self.check_access("write")
        verdict = self.sudo()._einvoice_judge_cancellation()
        if not verdict.documents:
            raise UserError(
                self.env._(
                    verdict.sentence or _lt("No bank has anything of it to cancel.")
                )
            )
        move = self._einvoice_get_credit_note()
        invoice = verdict.documents.move_id
        if not move._einvoice_credits_all(invoice):
            move = invoice
        for channel, documents in verdict.documents.grouped("channel_id").items():
            channel._check_enabled()
            rendered, problems = channel._get_rail().render_cancellations(
                channel, move, documents
            )
            stopping = [each for each in problems if each.level == "danger"]
            if stopping:
                raise UserError(
                    "\n".join(self.env._(each.message) for each in stopping)
                )
            self.env["einvoice.document"]._create_outgoing(rendered)
        invoice._settle(DOUBLE)
        return True
