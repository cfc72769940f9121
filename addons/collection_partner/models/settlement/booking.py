from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from .settlement import TO_CHECK, UNBOOKED

_lt = LazyTranslate(__name__)

SHOWN = 3


class CollectionSettlement(models.Model):
    """When a settlement is booked, and why it is not."""

    _inherit = "collection.settlement"

    rounding = fields.Monetary(
        compute="_compute_rounding",
        help="A difference small enough to be booked as rounding.",
    )

    @api.depends("difference", "agency_id.rounding_limit")
    def _compute_rounding(self):
        for settlement in self:
            limit, difference = (
                settlement.agency_id.rounding_limit,
                settlement.difference,
            )
            currency = settlement.currency_id
            is_small = (
                currency and currency.compare_amounts(abs(difference), limit) <= 0
            )
            settlement.rounding = difference if is_small else 0

    @api.model
    def _get_to_book_domain(self):
        """Return the domain of what the job books: told by an agency that lets it."""
        return (
            self._get_due_domain()
            & Domain("state", "=", "to_review")
            & Domain("origin", "=", "agency")
            & Domain("agency_id.book_by_itself", "=", True)
        )

    def _book_by_itself(self):
        """Book one in which everything fits, or leave it to a person."""
        agency = self.agency_id._for_api_user()
        settlement = self.with_env(agency.env)
        obstacle = settlement._get_obstacle()
        if obstacle:
            settlement._park_for_person(obstacle)
        else:
            settlement._book()

    def action_book(self):
        """Book settlements, once everything in them fits."""
        self._check_user()
        for settlement in self.sudo():
            settlement = settlement.with_company(settlement.company_id)
            if settlement.state not in UNBOOKED:
                continue
            obstacle = settlement._get_obstacle()
            if obstacle:
                raise UserError(Sentence.read(Sentence.store(obstacle), self.env))
            settlement._book()
        return True

    def _check_unbooked(self):
        if any(settlement.state not in UNBOOKED for settlement in self):
            raise UserError(self.env._("It is booked. Undo the booking first."))

    def _get_obstacle(self):
        """Return why a settlement cannot be booked, as a lazy translation, or an empty
        text."""
        self.ensure_one()
        if self.has_conflict:
            return _lt(
                "The agency has told settlement %s in two ways. Decide which of them "
                "holds.",
                self.name,
            )
        if not self.line_ids:
            return _lt("Settlement %s has no lines.", self.name)
        return (
            self.agency_id._get_account_obstacle(self)
            or self._get_sum_obstacle()
            or self._get_line_obstacle()
            or self._get_repeat_obstacle()
            or self._get_typed_obstacle()
            or self._get_date_obstacle()
        )

    def _get_sum_obstacle(self):
        if self.difference and not self.rounding:
            return _lt(
                "%(paid)s are paid out, and the lines of settlement %(number)s make "
                "%(sum)s: %(difference)s apart. Ask the agency what the difference is.",
                paid=self._format(self.total),
                number=self.name,
                sum=self._format(self.line_total),
                difference=self._format(self.difference),
            )
        return ""

    def _get_line_obstacle(self):
        problems = [line.problem for line in self.line_ids if line.problem]
        if not problems:
            return ""
        return _lt(
            "%(count)s of %(total)s lines cannot be booked: %(problems)s",
            count=len(problems),
            total=len(self.line_ids),
            problems=" ".join(dict.fromkeys(problems[:SHOWN])),
        )

    def _get_repeat_obstacle(self):
        """A payment is paid out once, and taken back once."""
        references = [ref for ref in self.line_ids.mapped("payment_ref") if ref]
        others = self.env["collection.settlement.line"].search(
            [
                ("agency_id", "=", self.agency_id.id),
                ("settlement_id", "!=", self.id),
                ("state", "in", ("booked", "matched")),
                ("payment_ref", "in", references),
            ]
        )
        signs = {(line.payment_ref, line.capital < 0): line for line in others}
        for line in self.line_ids:
            other = signs.get((line.payment_ref, line.capital < 0))
            if other:
                return _lt(
                    "Payment %(payment)s of %(case)s was booked with settlement "
                    "%(other)s already.",
                    payment=line.payment_ref,
                    case=line.case_id.display_name,
                    other=other.settlement_id.name,
                )
        return ""

    def _get_typed_obstacle(self):
        """What a person has entered as the agency's payment is not booked once more."""
        for case, lines in self.line_ids.grouped("case_id").items():
            typed = case._get_typed_payouts()
            due = float(case._get_collected() - case._get_paid_out()) if typed else 0
            capital = sum(lines.mapped("capital"))
            if typed and self.currency_id.compare_amounts(capital, due) > 0:
                return _lt(
                    "%(number)s was entered as the agency's payment of %(invoice)s "
                    "already. Take it off the invoice and book the settlement, or set "
                    "the settlement aside.",
                    number=", ".join(typed.credit_move_id.move_id.mapped("name")),
                    invoice=case.move_id.name,
                )
        return ""

    def _get_date_obstacle(self):
        if not self._get_accounting_date():
            return _lt(
                "The books are locked up to today and beyond. Settlement %s can be "
                "booked on the first open day.",
                self.name,
            )
        return ""

    def _get_accounting_date(self, day=None):
        company = self.company_id
        return company._get_open_date(
            day or self.date,
            company._get_collection_today(),
            self.agency_id.settlement_journal_id,
            has_tax=bool(self.vat and self.agency_id.commission_tax_id),
        )

    def _after_booking(self, over, unknown):
        """Tell cases, agency and people what was booked.

        :param dict over: case -> how much more was paid out than was open
        :param dict unknown: case -> how much was taken back that was not paid out here
        """
        agency = self.agency_id
        self.env["collection.event"].create(
            [
                line.case_id._prepare_event(
                    "settled",
                    _lt(
                        "%(agency)s has paid out %(capital)s: settlement %(number)s.",
                        agency=agency.name,
                        capital=self._format(line.capital),
                        number=self.name,
                    ),
                    "agency",
                )
                for line in self.line_ids
            ]
        )
        for case, amount in over.items():
            case._tell(
                _lt(
                    "%(agency)s has paid out %(amount)s more than was open on "
                    "%(invoice)s. It stands to the customer's credit: pay it back, or "
                    "match it with another invoice.",
                    agency=agency.name,
                    amount=self._format(amount),
                    invoice=case.move_id.name,
                ),
                "mail_activity_type_check",
            )
        for case, amount in unknown.items():
            case._tell(
                _lt(
                    "%(agency)s has taken back %(amount)s of %(invoice)s, which no "
                    "settlement here has paid out (settlement %(number)s). The "
                    "customer owes it again, as an open item of its own: take what "
                    "had paid the invoice off it, and match that with the item.",
                    agency=agency.name,
                    amount=self._format(amount),
                    invoice=case.move_id.name,
                    number=self.name,
                ),
                "mail_activity_type_check",
                renew=True,
            )
        self._settle(TO_CHECK)
        if self.origin == "agency":
            self.env["collection.message"]._queue(
                agency,
                "settlement_booked",
                settlement_id=self.id,
                values={"entry": self.move_id.name},
            )
        self._find_bank_line()

    def action_undo_booking(self):
        """Reverse the entry: the invoices are open as before, and the settlement waits
        for a person to book it anew or to set it aside."""
        self._check_user()
        for settlement in self.sudo().filtered("move_id"):
            settlement = settlement.with_company(settlement.company_id)
            today = settlement.company_id._get_collection_today()
            date = settlement._get_accounting_date(today)
            if not date:
                raise UserError(self.env._("The books are locked up to today."))
            settlement._check_not_taken_back()
            freed = settlement._get_freed_items()
            entry = settlement.move_id.with_context(collection_undo_booking=True)
            reversal = entry._reverse_moves(
                [{"date": max(date, entry.date), "ref": entry.ref}], cancel=True
            )
            settlement.line_ids.entry_line_id = False
            settlement._match_items(
                [
                    items + case._get_owed_items(items.account_id)
                    for case, items in freed.items()
                ]
            )
            settlement._set_state("parked", move_id=False)
            settlement.reason = Sentence.store(
                _lt(
                    "%(person)s has taken the booking back (%(entry)s).",
                    person=self.env.user.name,
                    entry=reversal.name,
                )
            )
        return True

    def _check_not_taken_back(self):
        """What a later settlement takes back is undone first."""
        items = self.line_ids.entry_line_id
        later = items.matched_debit_ids.debit_move_id.move_id.collection_settlement_id
        if later := later.filtered("move_id") - self:
            raise UserError(
                self.env._(
                    "Settlement %(other)s takes back what %(number)s has paid out. "
                    "Undo its booking first.",
                    other=later[0].name,
                    number=self.name,
                )
            )

    def _get_freed_items(self):
        """Return what was paid out earlier and this settlement takes back, by case."""
        return {
            case: lines.entry_line_id.matched_credit_ids.credit_move_id
            for case, lines in self.line_ids.filtered(lambda line: line.capital < 0)
            .grouped("case_id")
            .items()
        }
