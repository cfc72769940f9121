from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import LazyTranslate, format_date

from odoo.addons.receivables_base.tools import (
    READERS,
    reason,
    remote_call,
    split_usable,
)

from ..adapters.rail import Problem

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
# What a consumer's bank pays by.
KEPT = {"invoice_date_due", "partner_bank_id", "payment_reference"}
# What tells how an invoice was sent, and the context in which core does not compare the
# rows of each with its totals because of that.
SENDING = {"einvoice_way", "is_move_sent", "sending_data"}
NO_ROWS = {"skip_invoice_sync": True, "check_move_validity": False}
# What a person who sends one invoice is asked about; otherwise it is not sent.
CONFIRMED = ("sent_otherwise",)
REFUSED = "einvoice_consumer.mail_activity_type_refused"
PART_PAID = _lt("A part of it was paid: it is sent anew, with what is still open.")
RESET = _lt("The invoice was reset to draft.")
SENT_OTHERWISE = _lt("The invoice was sent another way.")
SETTLED = _lt("The invoice has been paid or credited.")


def handled_by(user):
    """Say who has seen to it."""
    return _lt("Handled by %s.", user.name)


class AccountMove(models.Model):
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

    def _einvoice_is_at_bank(self, states):
        """Whether the e-invoice is in one of the states, and no test."""
        return any(
            document.environment == "prod"
            and document.state in states
            and not document._cancels_own()
            for document in self._get_einvoices()
        )

    def _compute_show_reset_to_draft_button(self):
        # EXTENDS 'account'
        result = super()._compute_show_reset_to_draft_button()
        for move in self.sudo():
            if move._einvoice_is_at_bank(IN_NETBANK):
                move.show_reset_to_draft_button = False
        return result

    def _check_draftable(self):
        # EXTENDS 'account'
        result = super()._check_draftable()
        for move in self.sudo():
            if move._einvoice_is_at_bank(IN_NETBANK):
                raise UserError(
                    self.env._(
                        "The consumer has %s in the netbank: make a credit note "
                        "instead of changing it.",
                        move.name,
                    )
                )
        einvoices = self._get_einvoices()
        for document in einvoices._may_have_left():
            raise UserError(
                self.env._(
                    "%s is on its way to the bank, which may have it already. Wait "
                    "until it is sent, and make a credit note then. If you know that "
                    "it never left, press “Take back” on the message.",
                    document.move_id.name,
                )
            )
        einvoices._take_back(RESET)
        return result

    def _einvoice_on_settled(self):
        """What was paid or credited in full is not asked for any more; whether the bank
        has cancelled it, is another matter."""
        einvoices = self._get_einvoices().filtered(lambda d: d.type != "cancellation")
        einvoices._set_over(SETTLED)
        asking = einvoices.filtered(lambda d: d.move_id.move_type == "out_invoice")
        asking._take_back(SETTLED)._unmark_sent()
        asking.move_id._einvoice_ask_to_cancel()

    def _einvoice_on_sent_otherwise(self):
        """What did not arrive at the bank reached the customer another way."""
        self._get_einvoices().filtered(lambda d: d.type != "cancellation")._set_over(
            SENT_OTHERWISE
        )

    def _einvoice_on_part_paid(self):
        """What waits is made anew, so that no more is asked for than is open."""
        waiting = self._get_einvoices().filtered(
            lambda d: (
                d.state == "to_send"
                and d.move_id.move_type == "out_invoice"
                and d.type != "cancellation"
            )
        )
        stale = waiting._take_back(PART_PAID)
        stale.move_id._einvoice_queue()

    def write(self, vals):
        if vals.keys() <= SENDING:
            return super(AccountMove, self.with_context(**NO_ROWS)).write(vals)
        for name in KEPT & vals.keys():
            field = self._fields[name]
            self.filtered(
                lambda m, name=name, field=field: (
                    field.convert_to_cache(m[name], m)
                    != field.convert_to_cache(vals[name], m)
                )
            )._einvoice_check_kept()
        return super().write(vals)

    def _einvoice_check_kept(self):
        """Refuse to change what the consumer pays by: the netbank still shows it."""
        for move in self.sudo():
            if move._einvoice_is_at_bank(UNDER_WAY):
                raise UserError(
                    self.env._(
                        "The consumer's bank has %s as it was sent, with its due date, "
                        "reference and account. Make a credit note and a new invoice "
                        "instead.",
                        move.name,
                    )
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

    # === REMOTE API === #

    @remote_call()
    def send_einvoice(self):
        """Send posted invoices to their consumers' netbanks.

        The same path as the Send dialog: the invoice is checked, printed where it goes
        by e-mail or post as well, the message written to the outbox; the job hands it
        to the bank. An invoice that cannot go is left as it was and its reasons say
        why; one that is on its way already stays there, and a repeated call gets the
        same answer.

        :return: one dict an invoice: ``{move_id, state, document_id, message,
            reasons}``; ``state`` is as in ``einvoice_state``, or False where nothing
            was made; ``reasons`` are dicts ``{code, message, level, fix, ...}``, of
            which those of level ``danger`` stopped it; ``message`` is their sentences
        :rtype: list[dict]
        """
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only who may send invoices can send them."))
        self.browse().check_access("write")
        moves, unknown = split_usable(self, "write")
        reasons = {number: [refusal] for number, refusal in unknown.items()}
        found, there = moves._einvoice_get_reasons()
        reasons.update(found)
        stopped = {
            number
            for number, found in reasons.items()
            if any(each["level"] == "danger" for each in found)
        }
        sendable = moves.filtered(lambda m: m.id not in stopped and m not in there)
        for company, ready in sendable.grouped("company_id").items():
            self.env["account.move.send"].with_company(
                company
            )._generate_and_send_invoices(ready, sending_methods=[METHOD])
        documents = {move.id: move._get_einvoice() for move in moves}
        states = {move.id: move.einvoice_state for move in moves}
        nothing = self.env["einvoice.document"]
        return [
            {
                "move_id": number,
                "state": states.get(number, False),
                "document_id": documents.get(number, nothing).id,
                "message": "\n".join(
                    each["message"]
                    for each in reasons[number]
                    if each["level"] == "danger"
                ),
                "reasons": reasons[number],
            }
            for number in self.ids
        ]

    def _einvoice_get_reasons(self):
        """Return what stops invoices, or what their sender should know.

        What is on its way already is not stopped any more.

        :return: ``{id: reasons}``, see ``receivables_base.tools.reason``, and the
            invoices that are on their way
        """
        reasons, fit, there = {}, self.browse(), self.browse()
        for move in self:
            constraints = self.env["account.move.send"]._get_move_constraints(move)
            reasons[move.id] = [
                reason(code, message, fix="move")
                for code, message in constraints.items()
            ]
            if not constraints:
                fit += move
        for move, problems in fit._einvoice_check().items():
            if any(problem.code == "sent" for problem in problems):
                there += move
            reasons[move.id] = [
                reason(
                    problem.code,
                    self.env._(problem.message),
                    problem.level,
                    problem.fix,
                    **problem.more,
                )
                for problem in problems
                if move not in there or problem.level != "danger"
            ]
        return reasons, there

    # === SENDING === #

    def _einvoice_check(self):
        """Find what the bank would refuse, before anything is sent.

        :return: ``{move: [Problem]}``
        """
        return {move: problems for move, _item, problems in self._einvoice_render()}

    def _einvoice_render(self):
        """Check invoices and make their messages, many in a few queries.

        :return: list of ``(move, rendered, problems)``; ``rendered`` is what
            ``einvoice.document._create_outgoing`` takes, nothing where a problem stops
            it
        """
        self.fetch(["commercial_partner_id", "company_id", "einvoice_state"])
        results, by_channel = [], {}
        for move, with_agreement in zip(self, self.sudo(), strict=True):
            agreement = with_agreement.einvoice_agreement_id
            if agreement and not agreement._takes(move):
                problem = move._einvoice_problem_credit_note(agreement)
                results.append((move, [], [problem]))
            elif agreement:
                pairs = by_channel.setdefault(agreement.channel_id, [])
                pairs.append((move, agreement))
            else:
                results.append((move, [], [move._einvoice_problem_no_agreement()]))
        for channel, pairs in by_channel.items():
            for move, rendered, problems in channel._get_rail().render_invoices(
                channel, pairs
            ):
                there = move._einvoice_get_parts_under_way(channel)
                rest = [item for item in rendered if item["part"] not in there]
                repeats = move._einvoice_find_repeat(channel, there and not rest)
                problems = [*repeats, *problems]
                stopped = _get_refusals(problems)
                results.append((move, [] if stopped else rest, problems))
        return results

    def _einvoice_problem_no_agreement(self):
        message = _lt(
            "%s has not ordered e-invoices in the netbank, or the order has not been "
            "allocated yet.",
            self.commercial_partner_id.display_name,
        )
        return Problem("no_agreement", "danger", "partner", message)

    def _einvoice_problem_sent(self):
        message = _lt(
            "%s is on its way to the netbank already. Sending it again would ask the "
            "consumer for the money twice.",
            self.name,
        )
        return Problem("sent", "danger", "document", message)

    def _einvoice_problem_sent_otherwise(self):
        message = _lt(
            "%s was sent or printed before, and asks to be paid. With the e-invoice "
            "the consumer is asked for the money twice.",
            self.name,
        )
        return Problem("sent_otherwise", "danger", "move", message)

    def _einvoice_problem_test(self, channel):
        message = _lt(
            "The channel %s is in test: the message goes to the bank's test, and the "
            "consumer gets nothing of it.",
            channel.name,
        )
        return Problem("test", "warning", "channel", message)

    def _einvoice_problem_credit_note(self, agreement):
        name = self.commercial_partner_id.display_name
        if agreement._is_direct():
            message = _lt(
                "%s pays by direct payment: the bank takes invoices to pay, and the "
                "credit note goes to the customer by e-mail or post.",
                name,
            )
            return Problem("direct_credit", "danger", "partner", message)
        message = _lt(
            "The netbank of %s takes invoices to pay, and the credit note goes to the "
            "customer by e-mail or post.",
            name,
        )
        return Problem("credit_note", "danger", "partner", message)

    def _einvoice_get_parts_under_way(self, channel):
        """Return the parts that a bank has, in the world of ``channel``."""
        self.ensure_one()
        return {
            document.part
            for document in self.sudo().einvoice_document_ids
            if document.direction == "out"
            and document.type != "cancellation"
            and document.is_latest
            and document.environment == channel.environment
            and document.state in UNDER_WAY
        }

    def _einvoice_find_repeat(self, channel, is_there):
        """Find what would ask a consumer for the same money once more.

        :param is_there: whether the bank has all of it
        """
        self.ensure_one()
        problems = [self._einvoice_problem_sent()] if is_there else []
        if channel.environment == "test":
            return [*problems, self._einvoice_problem_test(channel)]
        if (
            not self.env.context.get("einvoice_confirmed")
            and self._einvoice_asks_else()
        ):
            problems.append(self._einvoice_problem_sent_otherwise())
        return problems

    def _einvoice_was_tried(self):
        """Whether the invoice was meant for the netbank."""
        self.ensure_one()
        return bool(self.sudo().einvoice_document_ids)

    def _einvoice_asks_else(self):
        """Whether the consumer was asked for the money by e-mail or on paper."""
        self.ensure_one()
        counts = self._get_einvoice().state not in (False, "handled")
        return self.is_move_sent and self.move_type == "out_invoice" and not counts

    def _einvoice_lacks_own(self):
        """Whether the bank is to pay by direct payment what the consumer was not sent:
        a copy is the bank's, the invoice itself goes by e-mail or post (Finvoice
        guidelines, 4)."""
        self.ensure_one()
        agreement = self.sudo().einvoice_agreement_id
        if self.move_type != "out_invoice" or not agreement._is_direct():
            return False
        if not agreement._is_live():
            return False
        return not any(
            document.type == "direct_payment"
            and document.state not in ("cancelled", "handled")
            for document in self._get_einvoices()
        )

    def _einvoice_print_anew(self):
        """Put printed invoices aside: how the bank asks for the money has changed."""
        printed = self.filtered("invoice_pdf_report_id")
        if printed:
            printed._detach_attachments()
            printed.invalidate_recordset(
                ["invoice_pdf_report_id", "invoice_pdf_report_file"]
            )

    def _einvoice_render_and_queue(self):
        """Make messages for invoices and put them in the outbox.

        What the consumer must get by e-mail or post as well goes through Odoo's own
        queue, which sends both.

        :return: ``{move: sentences}`` of those that could not be made
        """
        both = self.filtered(lambda move: move._einvoice_lacks_own())
        both._einvoice_send_otherwise()
        return (self - both)._einvoice_queue()

    def _einvoice_queue(self):
        """Put messages in the outbox; tell somebody about those that cannot be made.

        :return: as :meth:`_einvoice_render_and_queue`
        """
        rendered, failed = [], {}
        for move, items, problems in self._einvoice_render():
            rendered += items
            if not items:
                failed[move] = _get_refusals(problems)
        if rendered:
            self.env["einvoice.document"]._create_outgoing(rendered)
        for move, sentences in failed.items():
            move._einvoice_warn(sentences)
        return failed

    def _einvoice_send_otherwise(self):
        """Put invoices in Odoo's own sending queue, for the customer's other way."""
        if not self:
            return
        self.sending_data = {
            "author_user_id": self.env.user.id,
            "author_partner_id": self.env.user.partner_id.id,
        }
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()

    # === ACTIVITIES === #

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        channel = self.sudo().einvoice_agreement_id.channel_id
        return super()._get_candidates() + channel.user_id

    def _einvoice_warn(self, sentences=(), document=None):
        """Tell the person responsible, once, that an e-invoice needs attention.

        :param sentences: what is wrong; what happened to ``document`` follows
        """
        for move in self:
            user = move._get_responsible()
            message = _join(move._in_language_of(user).env, sentences)
            if document:
                told = document._in_language_of(user).summary
                message = "\n".join(filter(None, (message, told)))
            move._message_log(body=message)
            move._remind(REFUSED, message)

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


def _get_refusals(problems):
    """Return the sentences about what stops an invoice."""
    return [problem.message for problem in problems if problem.level == "danger"]


def _join(env, sentences):
    """Return lazy sentences as one text, in the language of ``env``."""
    return "\n".join(env._(sentence) for sentence in sentences)
