from odoo import fields
from odoo.tools import format_date

from .judge import FIXES


class Sentences:
    """Why an invoice cannot go, in sentences that a bookkeeper understands."""

    def __init__(self, env):
        self.env = env

    def describe(self, verdicts):
        """Say why, in sentences that a bookkeeper understands.

        :param dict verdicts: as :meth:`Eligibility.evaluate` returns them
        :return: ``{move id: text}``, one reason a line; empty text where it may go
        """
        sentences = self._get_sentences()
        return {
            move_id: "\n".join(sentences[reason.code](reason) for reason in reasons)
            for move_id, reasons in verdicts.items()
        }

    def get_reasons(self, reasons):
        """Return reasons as plain values for programs and dialogs.

        :return: list of ``{code, message, earliest_date, fix}``; ``earliest_date`` is
            an ISO date or False, ``fix`` a word of ``FIXES`` or False
        """
        sentences = self._get_sentences()
        return [
            {
                "code": reason.code,
                "message": sentences[reason.code](reason),
                "earliest_date": fields.Date.to_string(reason.earliest),
                "fix": FIXES.get(reason.code, False),
            }
            for reason in reasons
        ]

    def _get_sentences(self):
        """Map each code to a function that makes its sentence."""
        env = self.env
        missing = {
            "street": env._("street"),
            "zip": env._("postcode"),
            "city": env._("city"),
            "country_id": env._("country"),
        }

        def address(reason):
            names = [missing[name] for name in reason.detail.split(",") if name]
            return env._(
                "The customer's address is incomplete: %s. Letters go by post.",
                ", ".join(names) or env._("customer"),
            )

        def date_text(reason):
            return format_date(env, reason.earliest)

        plain = {
            "no_agency": env._("No collection partner is chosen in the settings."),
            "agency_not_active": env._(
                "The collection partner has not opened the service yet, or has "
                "suspended it."
            ),
            "not_customer_invoice": env._("Only customer invoices can be collected."),
            "not_posted": env._("Only posted invoices can be collected."),
            "non_positive_amount": env._("Only positive amounts can be collected."),
            "paid": env._("Nothing is left to pay."),
            "blocked": env._("Its payment is blocked. Unblock it first."),
            "org_number_missing": env._(
                "The customer is a company without an organisation number."
            ),
            "banned": env._("The customer has a collection ban."),
            "at_agency": env._("It is at the collection partner already."),
            "at_other_agency": env._(
                "It is at another agency; no debtor is pursued twice."
            ),
            "elsewhere": env._("It is marked as collected elsewhere."),
            "not_reminded": env._(
                "A reminder must have been sent before it can go. Enter the reminder "
                "on the invoice."
            ),
            "automatic_off": env._("Automatic transfer is switched off."),
            "amount_too_small": env._(
                "Its amount is not above the lowest amount for automatic transfer."
            ),
            "not_sent": env._(
                "It is neither sent nor partly paid; only such go by themselves."
            ),
            "financed": env._(
                "It is financed; it goes only when you send it yourself."
            ),
            "reminded": env._(
                "It was reminded from here; it goes only when you send it yourself."
            ),
            "partner_excluded": env._(
                "One of the customer's tags is excluded from automatic transfer."
            ),
            "debtor_flagged": env._(
                "The customer is marked as insolvent, deceased or abroad; decide "
                "yourself."
            ),
            "taken_back": env._(
                "It was at the agency before, or its transfer was undone; it goes only "
                "when you send it yourself."
            ),
            "overdue_at_start": env._(
                "It was overdue when automatic transfer began, and such were left out."
            ),
        }
        sentences = {
            code: (lambda _reason, text=text: text) for code, text in plain.items()
        }
        sentences.update(
            address_incomplete=address,
            not_overdue=lambda reason: env._(
                "It is not overdue; it will be on %s.", date_text(reason)
            ),
            too_early=lambda reason: env._(
                "The waiting time is not over; it can go from %s.", date_text(reason)
            ),
            too_old=lambda reason: env._(
                "It is more than %s years old and can no longer go.", reason.detail
            ),
            reminder_required=lambda reason: env._(
                "The law asks for a reminder %s days before a demand. Enter the "
                "reminder that was sent on the invoice.",
                reason.detail,
            ),
            reminder_running=lambda reason: env._(
                "The reminder's %(days)s days are not over; it can go from %(date)s.",
                days=reason.detail,
                date=date_text(reason),
            ),
        )
        return sentences
