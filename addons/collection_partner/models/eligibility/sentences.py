from odoo import fields
from odoo.tools import LazyTranslate, format_date

from odoo.addons.receivables_base.tools import reason

from ...tools import join
from .judge import FIXES

_lt = LazyTranslate(__name__)

MISSING = {
    "street": _lt("street"),
    "zip": _lt("postcode"),
    "city": _lt("city"),
    "country_id": _lt("country"),
}
SENTENCES = {
    "no_agency": _lt("No collection partner is chosen in the settings."),
    "agency_not_active": _lt(
        "The collection partner has not opened the service yet, or has suspended it."
    ),
    "not_customer_invoice": _lt("Only customer invoices can be collected."),
    "not_posted": _lt("Only posted invoices can be collected."),
    "non_positive_amount": _lt("Only positive amounts can be collected."),
    "paid": _lt("Nothing is left to pay."),
    "blocked": _lt("Its payment is blocked. Unblock it first."),
    "org_number_missing": _lt(
        "The customer is a company without an organisation number."
    ),
    "banned": _lt("The customer has a collection ban."),
    "at_agency": _lt("It is at the collection partner already."),
    "at_other_agency": _lt("It is at another agency; no debtor is pursued twice."),
    "collected": _lt(
        "An agency has collected it, or a part, and has not paid that out yet. Ask the "
        "agency for the money."
    ),
    "undecided": _lt(
        "An agency has closed its case. Decide first what becomes of the invoice."
    ),
    "elsewhere": _lt("It is marked as collected elsewhere."),
    "routed_elsewhere": _lt("The company's rules send it to %(agency)s."),
    "not_reminded": _lt(
        "A reminder must have been sent before it can go. Enter the reminder "
        "on the invoice."
    ),
    "automatic_off": _lt("Automatic transfer is switched off."),
    "amount_too_small": _lt(
        "Its amount is not above the lowest amount for automatic transfer."
    ),
    "rest_too_small": _lt(
        "What is open on it is less than the lowest open amount for automatic transfer."
    ),
    "unmatched": _lt(
        "The customer has a payment or a credit note that is not matched yet. Match it "
        "first."
    ),
    "not_sent": _lt("It is neither sent nor partly paid; only such go by themselves."),
    "not_delivered": _lt(
        "It has not reached the customer. See to its delivery first: nothing is "
        "demanded that the customer has not got."
    ),
    "delivery_open": _lt(
        "Whether it reached the customer is not known before %(date)s, when silence "
        "counts as delivery."
    ),
    "financed": _lt("It is financed; it goes only when you send it yourself."),
    "reminded": _lt(
        "It was reminded from here; it goes only when you send it yourself."
    ),
    "partner_excluded": _lt(
        "One of the customer's tags is excluded from automatic transfer."
    ),
    "debtor_flagged": _lt(
        "The customer is marked as insolvent, deceased or abroad; decide yourself."
    ),
    "taken_back": _lt(
        "It was at the agency before, or its transfer was undone; it goes only "
        "when you send it yourself."
    ),
    "overdue_at_start": _lt(
        "It was overdue when automatic transfer began, and such were left out."
    ),
    "address_incomplete": _lt(
        "The customer's address is incomplete: %(missing)s. Letters go by post."
    ),
    "not_overdue": _lt("It is not overdue; it will be on %(date)s."),
    "partly_overdue": _lt(
        "It is paid in instalments of which some are not overdue; it can go as a whole "
        "from %(date)s."
    ),
    "too_early": _lt("The waiting time is not over; it can go from %(date)s."),
    "too_old": _lt("It is more than %(years)s years old and can no longer go."),
    "reminder_required": _lt(
        "The law asks for a reminder %(days)s days before a demand. Enter the reminder "
        "that was sent on the invoice."
    ),
    "reminder_running": _lt(
        "The reminder's %(days)s days are not over; it can go from %(date)s."
    ),
}


class Sentences:
    """Why an invoice cannot go, in sentences that a bookkeeper understands."""

    def __init__(self, env):
        self.env = env

    def describe(self, verdicts):
        """Say why, in sentences that a bookkeeper understands.

        :param dict verdicts: as :meth:`Eligibility.evaluate` returns them
        :return: ``{move id: text}``, one reason a line; empty text where it may go
        """
        return {
            move_id: "\n".join(map(self._say, reasons))
            for move_id, reasons in verdicts.items()
        }

    def get_reasons(self, reasons, level="danger"):
        """Return reasons as plain values for programs and dialogs.

        :return: list of ``{code, message, level, fix, earliest_date}``;
            ``earliest_date`` is an ISO date or False, ``fix`` a word of ``FIXES`` or
            False
        """
        return [
            reason(
                each.code,
                self._say(each),
                level,
                fix=FIXES.get(each.code, False),
                earliest_date=fields.Date.to_string(each.earliest),
            )
            for each in reasons
        ]

    def store(self, reasons):
        """Return reasons as one sentence that a record keeps for readers of any
        language."""
        return join(
            [
                {
                    "source": SENTENCES[each.code]._source,
                    "module": SENTENCES[each.code]._module,
                    "args": self._get_arguments(each, str(each.earliest)),
                }
                for each in reasons
            ]
        )

    def _say(self, reason):
        date = format_date(self.env, reason.earliest)
        sentence = self.env._(SENTENCES[reason.code])
        return sentence % self._get_arguments(reason, date)

    def _get_arguments(self, reason, date):
        env, detail = self.env, reason.detail
        missing = [
            env._(MISSING[name]) for name in detail.split(",") if name in MISSING
        ]
        return {
            "date": date,
            "days": detail,
            "years": detail,
            "agency": detail,
            "missing": ", ".join(missing) or env._("customer"),
        }
