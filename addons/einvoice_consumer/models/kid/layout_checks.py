import re

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import LazyTranslate

from ...adapters.rail import Problem
from ...formats import kid
from .layout import get_digits

_lt = LazyTranslate(__name__)


class EinvoiceKidLayout(models.Model):
    """What is wrong with a layout, by itself and beside the agreement with the bank."""

    _inherit = "einvoice.kid.layout"

    def _get_agreed_lengths(self):
        return {
            int(number) for number in re.findall(r"[0-9]+", self.agreed_lengths or "")
        }

    def _get_problems(self):
        """Say what is wrong with the layout, or does not agree with the bank.

        :return: list of ``Problem``; with one of level danger no journal uses it
        """
        self.ensure_one()
        problems = []
        layout = self._get_layout()
        customer, invoice = layout.find(kid.CUSTOMER), layout.find(kid.INVOICE)
        if not customer and not invoice:
            message = _lt(
                "A KID must tell the customer or the invoice: add digits for one of "
                "them."
            )
            return [Problem("nothing", "danger", False, message)]
        if not kid.SHORTEST <= layout.length <= kid.LONGEST:
            message = _lt(
                "It makes KIDs of %s digits; there are such of 2 to 25.", layout.length
            )
            problems.append(Problem("length", "danger", False, message))
        problems += self._compare_with_agreement(layout)
        if not invoice:
            message = _lt(
                "The KID does not tell the invoice: of a customer with several, a "
                "person finds out what was paid."
            )
            problems.append(Problem("no_invoice", "warning", False, message))
        if not customer:
            message = _lt(
                "The KID does not tell the customer: AvtaleGiro needs that, ordinary "
                "payments do not."
            )
            problems.append(Problem("no_customer", "warning", False, message))
        if self.method == kid.MOD11:
            message = _lt(
                "One of eleven KIDs ends with a minus sign, and AvtaleGiro takes "
                "digits alone: those invoices are not claimed by it."
            )
            problems.append(Problem("minus", "warning", False, message))
        return problems + self._compare_with_journals(invoice)

    def _compare_with_agreement(self, layout):
        problems = []
        lengths = self._get_agreed_lengths()
        if lengths and layout.length not in lengths:
            message = _lt(
                "It makes KIDs of %(ours)s digits, and the bank takes those of "
                "%(theirs)s.",
                ours=layout.length,
                theirs=", ".join(str(length) for length in sorted(lengths)),
            )
            problems.append(Problem("agreed_length", "danger", False, message))
        if self.agreed_method and self.agreed_method != self.method:
            methods = dict(self._fields["method"].selection)
            message = _lt(
                "Its check digit is of %(ours)s, and the bank's is of %(theirs)s.",
                ours=methods[self.method],
                theirs=methods[self.agreed_method],
            )
            problems.append(Problem("agreed_method", "danger", False, message))
        start, length = self.agreed_payer_start, self.agreed_payer_length
        found = layout.find(kid.CUSTOMER)
        if start and length and found != (start, start + length - 1):
            message = _lt(
                "The bank reads the payer from the digits %(first)s to %(last)s, and "
                "here the customer is elsewhere: AvtaleGiro would find the wrong "
                "payer, or none.",
                first=start,
                last=start + length - 1,
            )
            problems.append(Problem("agreed_payer", "danger", False, message))
        if not lengths or not self.agreed_method:
            message = _lt(
                "Enter what the agreement with the bank says, so that the layout is "
                "compared with it."
            )
            problems.append(Problem("no_agreement", "info", False, message))
        return problems

    def _compare_with_journals(self, place):
        """Find journals whose numbers have more digits than there is place for."""
        if not place:
            return []
        problems = []
        room = place[1] - place[0] + 1
        for journal in self.journal_ids._origin:
            name = (
                self.env["account.move"]
                .search(
                    [
                        ("journal_id", "=", journal.id),
                        ("state", "=", "posted"),
                        ("move_type", "=", "out_invoice"),
                    ],
                    order="id desc",
                    limit=1,
                )
                .name
            )
            if len(get_digits(name)) > room:
                message = _lt(
                    "%(journal)s numbers invoices as %(number)s, which has more digits "
                    "than the %(room)s of the invoice.",
                    journal=journal.display_name,
                    number=name,
                    room=room,
                )
                problems.append(
                    Problem(f"room_{journal.id}", "warning", False, message)
                )
        return problems

    @api.constrains(
        "active",
        "method",
        "part_ids",
        "agreed_lengths",
        "agreed_method",
        "agreed_payer_start",
        "agreed_payer_length",
    )
    def _check_used(self):
        """Refuse what would have the bank refuse the payments of invoices."""
        for layout in self.sudo().filtered("journal_ids"):
            layout._check_usable()

    def _check_usable(self):
        self.ensure_one()
        dangers = [
            self.env._(problem.message)
            for problem in self._get_problems()
            if problem.level == "danger"
        ]
        if dangers:
            raise ValidationError(
                self.env._(
                    "Invoices cannot get KIDs of the layout %(layout)s.\n- %(why)s",
                    layout=self.name,
                    why="\n- ".join(dangers),
                )
            )
