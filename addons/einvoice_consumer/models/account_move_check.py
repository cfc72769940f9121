from odoo import models
from odoo.tools import LazyTranslate

from ..adapters.rail import Problem
from .account_move import UNDER_WAY

_lt = LazyTranslate(__name__)


def get_refusals(problems):
    """Return the sentences about what stops an invoice."""
    return [problem.message for problem in problems if problem.level == "danger"]


class AccountMove(models.Model):
    """What the bank would refuse, or would ask for twice, is found before anything is
    sent."""

    _inherit = "account.move"

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
                stopped = get_refusals(problems)
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
            "The channel %s is in test: the message goes to the test of the bank or "
            "operator, and the consumer gets nothing of it.",
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
