from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import LazyTranslate, format_date

from odoo.addons.receivables_base.tools import READERS, Sentence

from ...adapters.rail import Problem
from ..account_move import UNDER_WAY
from .channel import CONSENT_JOB

_lt = LazyTranslate(__name__)

# Until when on its last day an invoice waits, in UTC: it must still be sent that day.
EVENING = time(20)
# So long at least, for the answer of the operator.
SHORTEST = timedelta(hours=1)


class AccountMove(models.Model):
    """A first invoice, which waits until its consumer was looked up or has approved."""

    _inherit = "account.move"

    einvoice_state = fields.Selection(
        selection_add=[("waits", "Waits for the customer"), ("to_send",)]
    )
    einvoice_consent_id = fields.Many2one(
        "einvoice.agreement",
        "Waits or waited for",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=READERS,
        help="The request for consent that the invoice waits for, or waited for.",
    )
    einvoice_waits_until = fields.Datetime(
        "Waits for the customer until",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=READERS,
        help="Then the invoice goes by e-mail, or by post where there is no e-mail "
        "address.",
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        facts = ("einvoice_consent_id", "einvoice_waits_until")
        return field.name in facts or super()._is_fact(field)

    @api.depends("einvoice_waits_until")
    def _compute_einvoice_state(self):
        result = super()._compute_einvoice_state()
        for move in self:
            if move.einvoice_waits_until:
                move.einvoice_state = "waits"
        return result

    def _einvoice_get_asking(self):
        """Map the channels on which customers must be asked first, or are being asked,
        to their invoices; without those that need not wait, or have waited."""
        asking = {}
        first = self.filtered(lambda m: m._einvoice_may_ask())
        for (company, point), moves in first.grouped(
            lambda m: (m.company_id, m._einvoice_get_customer().einvoice_access_point)
        ).items():
            channel = self.env["einvoice.channel"]._get_looking_up(company, point)
            partners = moves.sudo().commercial_partner_id
            last = channel.agreement_ids._get_last_of(channel, partners)
            decided = partners.filtered(
                lambda p, last=last: p in last and not last[p]._is_waiting()
            )
            moves = moves.filtered(
                lambda m, decided=decided: m.sudo().commercial_partner_id not in decided
            )
            if channel and moves:
                asking[channel] = asking.get(channel, self.browse()) | moves
        return asking

    def _einvoice_get_customer(self):
        """Return who gets the invoice, as the invoice's company knows them."""
        return self.sudo().commercial_partner_id.with_company(self.company_id)

    def _einvoice_may_ask(self):
        """Whether the invoice is one before which a customer is asked, if none was."""
        self.ensure_one()
        move, partner = self.sudo(), self._einvoice_get_customer()
        return (
            move.move_type == "out_invoice"
            and partner.einvoice_receives
            and not move.einvoice_agreement_id
            and (not move.einvoice_consent_id or move.einvoice_waits_until)
            and all(p.level != "danger" for p in partner._get_einvoice_obstacles())
        )

    def _einvoice_render(self):
        asking = self._einvoice_get_asking()
        rest = self - self.browse().union(*asking.values())
        return super(AccountMove, rest)._einvoice_render() + [
            (move, [], move._einvoice_get_asking_problems(channel))
            for channel, moves in asking.items()
            for move in moves
        ]

    def _einvoice_get_asking_problems(self, channel):
        """Say that the customer is asked first, and what would stop the invoice even
        then."""
        self.ensure_one()
        if until := self.sudo().einvoice_waits_until:
            message = _lt(
                "It waits for the customer until %s already: then it goes by e-mail "
                "or post by itself.",
                format_date(self.env, until),
            )
            return [Problem("consent", "info", "partner", message)]
        message = _lt(
            "Before it goes to the netbank the customer is looked up, and asked where "
            "they have to approve. It waits until %s at the latest.",
            format_date(self.env, self._einvoice_get_latest(channel)),
        )
        nobody = self.env["einvoice.agreement"]
        rail = channel._get_rail()
        [(_move, _items, problems)] = rail.render_invoices(channel, [(self, nobody)])
        return [
            *self._einvoice_find_repeat(channel, False),
            *(problem for problem in problems if problem.code != "recipient"),
            Problem("consent", "info", "partner", message),
        ]

    def _einvoice_get_latest(self, channel):
        """Return until when the invoice can wait: as long as customers are given, and
        not beyond the day on which it could no longer go to the netbank."""
        now = fields.Datetime.now()
        wait = now + timedelta(days=channel.consent_days)
        if not self.invoice_date_due:
            return wait
        last = self.invoice_date_due - timedelta(days=channel.min_days_to_due)
        return min(wait, max(datetime.combine(last, EVENING), now + SHORTEST))

    def action_view_einvoice_documents(self):
        # what an invoice waits for is a message about its customer
        if self.sudo().einvoice_waits_until:
            messages = self.sudo().einvoice_consent_id.document_ids
            return messages.with_env(self.env)._get_records_action(
                name=self.env._("E-invoice messages")
            )
        return super().action_view_einvoice_documents()

    # === WAITING === #

    def _einvoice_wait(self):
        """Hold first invoices until their customers were looked up or have approved,
        and have those asked who were not."""
        for channel, moves in self._einvoice_get_asking().items():
            agreements = self.env["einvoice.agreement"].sudo()
            partners = moves.commercial_partner_id
            last = agreements._get_last_of(channel, partners)
            new = partners.filtered(lambda p, last=last: p not in last)
            last |= dict(zip(new, agreements._ask(channel, new), strict=True))
            for move in moves:
                move._einvoice_wait_for(last[move.commercial_partner_id])
                move._message_log(
                    body=move.env._(
                        "It waits for the customer until %s: then it goes by e-mail "
                        "or post.",
                        format_date(move.env, move.sudo().einvoice_waits_until),
                    )
                )

    def _einvoice_wait_for(self, agreement):
        """Wait for the answer to ``agreement``, as long as each invoice can."""
        for move in self.sudo():
            until = min(
                agreement.consent_until,
                move._einvoice_get_latest(agreement.channel_id),
            )
            move.write(
                {"einvoice_consent_id": agreement.id, "einvoice_waits_until": until}
            )
            self.env["einvoice.document"]._wake(CONSENT_JOB, at=until)

    def _einvoice_go_on(self):
        """Send to the netbank what waited for the customer's consent."""
        self.sudo().einvoice_waits_until = False
        self._einvoice_render_and_queue()
        gone = self.filtered(lambda m: m._einvoice_is_at_bank(UNDER_WAY))
        gone.is_move_sent = True

    def _einvoice_wait_no_longer(self, sentence):
        """Send another way what waited in vain, and say why; nothing of a test.

        :param sentence: as ``Sentence.store`` takes it
        """
        self.sudo().einvoice_waits_until = False
        live = self.filtered(lambda m: m.sudo().einvoice_consent_id._is_live())
        stored = Sentence.store(sentence)
        for move in self:
            reader = move._in_language_of(move._get_responsible()).env
            said = Sentence.read(stored, reader)
            if move in live:
                said = reader._("%s The invoice goes by e-mail or post.", said)
            move._message_log(body=said)
        live._einvoice_send_otherwise()

    def _einvoice_stop_waiting(self):
        """Nothing is to be sent any more by itself: a person or a payment was first."""
        self.sudo().filtered("einvoice_waits_until").einvoice_waits_until = False

    def _einvoice_was_tried(self):
        return super()._einvoice_was_tried() or bool(self.sudo().einvoice_consent_id)

    def _einvoice_on_sent_otherwise(self):
        self._einvoice_stop_waiting()
        return super()._einvoice_on_sent_otherwise()

    def _einvoice_on_settled(self):
        self._einvoice_stop_waiting()
        return super()._einvoice_on_settled()

    def _check_draftable(self):
        # EXTENDS 'account'
        result = super()._check_draftable()
        self._einvoice_stop_waiting()
        self.sudo().filtered("einvoice_consent_id").einvoice_consent_id = False
        return result
