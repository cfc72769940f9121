import re
from datetime import date

from odoo import api, models
from odoo.tools import format_date

from ..exceptions import AgencyError
from ..formats import agency_api as contract
from ..formats.errors import FormatError

# The agency has it already, in another form.
CONFLICTS = ("duplicate_reference", "duplicate_invoice")
# A place in a list: which list, which item from 0 on, which field of it.
LISTED = re.compile(
    r"(bank_accounts|claim\.fees_already_claimed)\[([0-9]{1,4})\]\.(\w+)", re.ASCII
)
RETRY_STATUSES = (408, 429)
# However long an agency asks us to wait, a day later we ask again.
MAX_RETRY_SECONDS = 24 * 60 * 60


class CollectionAdapterAgencyApiErrors(models.AbstractModel):
    """Refusals of the agency (docs/agency_api.md, 1.4) and errors of the format in a
    bookkeeper's words and language, each with what to do."""

    _name = "collection.adapter.agency_api.errors"
    _description = "Agency API: errors"

    @api.model
    def _check_answer(self, answer):
        """Let a successful answer pass.

        :raise AgencyError: the answer is a refusal or a fault, by its kind and code
        """
        status, headers, body = answer
        if 200 <= status < 300:
            return answer
        try:
            error = contract.read_error(body)
        except FormatError:
            error = contract.Error("", "", (), {}, "")
        known = {
            "http_status": status,
            "answer": body,
            "retry_after": self._get_retry_after(headers),
            "details": self._get_details(error),
        }
        if status >= 500 or status in RETRY_STATUSES:
            code = error.code or "internal_error"
            raise AgencyError("retry", code, self._explain_fault(status), **known)
        if status == 401:
            raise AgencyError(
                "final",
                "wrong_credentials",
                self.env._(
                    "The agency does not know the client identifier or its secret. "
                    "Enter them again in the agency's connection."
                ),
                **known,
            )
        if not error.code:
            raise AgencyError(
                "final",
                "invalid_answer",
                self.env._(
                    "Something other than the agency answered (HTTP %s). Check the "
                    "address in the agency's connection.",
                    status,
                ),
                **known,
            )
        kind = "final"
        if error.code == "idempotency_in_flight":
            kind = "retry"
        elif error.code in CONFLICTS:
            kind = "conflict"
        raise AgencyError(kind, error.code, self._explain_refusal(error), **known)

    @api.model
    def _get_retry_after(self, headers):
        text = (headers.get("Retry-After") or "").strip()
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return None
        return min(int(text), MAX_RETRY_SECONDS)

    @api.model
    def _get_details(self, error):
        details = dict(error.details)
        if error.field_errors:
            details["field_errors"] = [
                {"field": one.field, "code": one.code, "message": one.message}
                for one in error.field_errors
            ]
        if error.trace_id:
            details["trace_id"] = error.trace_id
        return details

    @api.model
    def _explain_fault(self, status):
        if status == 429:
            return self.env._("The agency asks for fewer calls. It is tried again.")
        return self.env._(
            "The agency has a fault at the moment (HTTP %s). It is tried again.", status
        )

    @api.model
    def _explain_refusal(self, error):
        """Say a refusal to a bookkeeper: what is wrong, where, and the remedy."""
        sentence = {
            **self._get_form_sentences(error),
            **self._get_contract_sentences(error),
            **self._get_case_sentences(error),
        }.get(error.code)
        if sentence:
            return sentence()
        # A code that is newer than this program is shown as the agency says it.
        return f"{error.code}: {error.message}" if error.message else error.code

    @api.model
    def _get_form_sentences(self, error):
        def misunderstood():
            return self.env._(
                "The agency did not understand the call (%(code)s: %(message)s). Tell "
                "your administrator.",
                code=error.code,
                message=error.message,
            )

        return {
            "validation_failed": lambda: self.env._(
                "The agency cannot use what was sent. Correct it and send it again: %s",
                self._get_field_texts(error) or error.message,
            ),
            "not_found": lambda: self.env._(
                "The agency does not know this. If it was there before, ask the agency."
            ),
            "method_not_allowed": misunderstood,
            "length_required": misunderstood,
            "unsupported_media_type": misunderstood,
            "idempotency_conflict": lambda: self.env._(
                "The agency has got something else under the same key. Look at the "
                "case in its portal before it is sent again."
            ),
            "idempotency_in_flight": lambda: self.env._(
                "The agency is still working on the same call. It is tried again."
            ),
            "version_conflict": lambda: self.env._(
                "It was changed at the agency meanwhile. Fetch what is new and look "
                "whether the change is still wanted."
            ),
            "attachment_too_large": lambda: self.env._(
                "The documents are larger than the agency takes at once. Send the "
                "invoice alone and the rest later or in the agency's portal."
            ),
            "request_too_large": lambda: self.env._(
                "The case is larger than the agency takes. Shorten its texts."
            ),
        }

    @api.model
    def _get_contract_sentences(self, error):
        details = error.details
        return {
            "creditor_not_active": lambda: self.env._(
                "The agency takes no new cases from the company at the moment: the "
                "service is %s. Ask the agency.",
                self._get_state_word(details.get("state")),
            ),
            "onboarding_incomplete": lambda: self.env._(
                "The agency still needs something. Fill it in and open the service "
                "again: %s",
                self._get_field_texts(error) or error.message,
            ),
            "terms_outdated": lambda: self.env._(
                "The agency has new terms (%s). Read and accept them.",
                details.get("version") or "",
            ),
            "service_not_agreed": lambda: self.env._(
                "The agency does not send reminders under this contract. Remind the "
                "customer yourself, or order the reminder service."
            ),
            "agreement_number_unknown": lambda: self.env._(
                "The contract number of the case is not known to the agency; its own "
                "is %s. Fetch what is new and send the case again.",
                details.get("agreement_number") or "?",
            ),
        }

    @api.model
    def _get_case_sentences(self, error):
        details = error.details
        case = details.get("case_number") or details.get("existing_case_id") or ""
        return {
            "duplicate_reference": lambda: self.env._(
                "The agency has this already (%s).",
                case or details.get("existing_creditor_id") or error.message,
            ),
            "duplicate_invoice": lambda: self.env._(
                "The agency has an open case for this invoice number already: %s.", case
            ),
            "action_not_available": lambda: self.env._(
                "The agency does not offer this at the moment. Fetch what is new and "
                "look at what it offers."
            ),
            "case_closed": lambda: self.env._(
                "The agency has closed the case; nothing more can be asked for."
            ),
            "currency_not_supported": lambda: self.env._(
                "The agency does not collect in this currency, only in: %s.",
                ", ".join(map(str, self._get_list(details, "currencies"))),
            ),
            "non_positive_amount": lambda: self.env._(
                "There is nothing to collect: the amount must be above zero."
            ),
            "amount_exceeds_capital": lambda: self.env._(
                "More is claimed than is open on the invoice. Compare the invoice with "
                "the case."
            ),
            "org_number_missing": lambda: self.env._(
                "The customer is a company without a company ID. Enter it in the "
                "customer's Company ID."
            ),
            "address_incomplete": lambda: self.env._(
                "The customer's address is not complete. Fill in street, postcode, "
                "city and country."
            ),
            "too_early": lambda: self.env._(
                "It is too early for the agency. It takes the invoice from %s on.",
                self._get_day(details, "earliest_date"),
            ),
            "too_old": lambda: self.env._(
                "The agency takes no invoices from before %s.",
                self._get_day(details, "oldest_date"),
            ),
            "debtor_excluded": lambda: self.env._(
                "The agency does not collect from this customer. Follow up the invoice "
                "yourself or ask the agency why."
            ),
        }

    @api.model
    def _get_state_word(self, state):
        words = {
            "initialised": self.env._("not open yet"),
            "pending_signature": self.env._("not open yet"),
            "rejected": self.env._("declined"),
            "suspended": self.env._("suspended"),
            "terminated": self.env._("ended"),
        }
        word = str(state or "")
        return words.get(word) or word or self.env._("not active")

    @api.model
    def _get_field_texts(self, error):
        return " ".join(self._get_field_text(one) for one in error.field_errors)

    @api.model
    def _get_field_text(self, wrong):
        place = self._get_place(wrong.field)
        if wrong.code == "required":
            return self.env._("%s is missing.", place)
        if wrong.code == "format":
            return self.env._("%s is not written as it should be.", place)
        return f"{place}: {wrong.message or wrong.code}"

    @api.model
    def _get_list(self, details, name):
        value = details.get(name)
        return value if isinstance(value, list) else []

    @api.model
    def _get_day(self, details, name):
        value = details.get(name)
        try:
            return format_date(self.env, date.fromisoformat(value))
        except (TypeError, ValueError):
            return str(value or "?")

    # === FORMAT === #

    @api.model
    def _explain(self, error):
        """Say a format error of what we wanted to send: the place and the remedy."""
        params = error.params
        place = self._get_place(error.field)
        sentences = {
            "missing": lambda: self.env._(
                "%(place)s is missing: fill it in.", place=place
            ),
            "too_long": lambda: self.env._(
                "%(place)s has %(length)s characters where %(limit)s fit: shorten it.",
                place=place,
                **params,
            ),
            "pattern": lambda: self.env._(
                "%(place)s is %(value)s, which the agency does not take: correct it.",
                place=place,
                value=params.get("value"),
            ),
            "out_of_range": lambda: self.env._(
                "%(place)s is %(value)s, which is too large: correct it.",
                place=place,
                value=params.get("value"),
            ),
        }
        sentence = sentences.get(error.code)
        return sentence() if sentence else str(error)

    @api.model
    def _get_place(self, field):
        """Name the place of an error in the words of Odoo's screens."""
        places = {
            "bank_accounts": self.env._("The bank accounts"),
            "claim.capital": self.env._("The amount to collect"),
            "company.city": self.env._("The company's city"),
            "company.country": self.env._("The company's country"),
            "company.name": self.env._("The company's name"),
            "company.org_number": self.env._("The company's Company ID"),
            "company.street": self.env._("The company's street"),
            "company.zip": self.env._("The company's postcode"),
            "contact.email": self.env._("The contact person's e-mail address"),
            "contact.language": self.env._("The contact person's language"),
            "contact.name": self.env._("The contact person's name"),
            "debtor.address": self.env._("The customer's address"),
            "debtor.address.city": self.env._("The customer's city"),
            "debtor.address.country": self.env._("The customer's country"),
            "debtor.address.street": self.env._("The customer's street"),
            "debtor.address.zip": self.env._("The customer's postcode"),
            "debtor.email": self.env._("The customer's e-mail address"),
            "debtor.id_number": self.env._("The customer's Company ID"),
            "debtor.language": self.env._("The customer's language"),
            "debtor.name": self.env._("The customer's name"),
            "debtor.number": self.env._("The customer's reference"),
            "debtor.phone": self.env._("The customer's telephone number"),
            "invoice.currency": self.env._("The currency"),
            "invoice.date": self.env._("The invoice date"),
            "invoice.description": self.env._("The description on the letter"),
            "invoice.due_date": self.env._("The due date"),
            "invoice.external_number": self.env._("The original invoice number"),
            "invoice.number": self.env._("The invoice number"),
            "invoice.open_amount": self.env._("The open amount"),
            "invoice.original_amount": self.env._("The invoice's total"),
            "letter_text": self.env._("The collection text"),
            "note": self.env._("The note"),
            "reason": self.env._("The reason"),
            "terms_accepted": self.env._("The acceptance of the terms"),
            "terms_accepted.by": self.env._("The person who accepted the terms"),
            "until": self.env._("The date"),
            "url": self.env._("The address for the agency's calls"),
            "webhook.url": self.env._("The address for the agency's calls"),
        }
        if match := LISTED.fullmatch(field):
            return self._get_listed_place(*match.groups())
        return places.get(field, field)

    @api.model
    def _get_listed_place(self, kind, index, part):
        parts = {
            "amount": self.env._("amount"),
            "bic": self.env._("BIC"),
            "date": self.env._("date"),
            "iban": self.env._("account number"),
        }
        values = {"number": int(index) + 1, "part": parts.get(part, part)}
        if kind == "bank_accounts":
            return self.env._("Bank account %(number)s (%(part)s)", **values)
        return self.env._("Reminder %(number)s (%(part)s)", **values)
