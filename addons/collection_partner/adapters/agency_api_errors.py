"""Refusals of the agency (docs/agency_api.yaml) and errors of the format in a
bookkeeper's words, each with what to do; translated when they are read."""

import re

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats.errors import FormatError

from ..exceptions import AgencyError
from ..formats.agency_api_reader import read_error
from ..tools import join

_lt = LazyTranslate(__name__)

# The agency has it already, in another form.
CONFLICTS = ("duplicate_reference", "duplicate_invoice")
# A place in a list: which list, which item from 0 on, which field of it.
LISTED = re.compile(
    r"(bank_accounts|claim\.fees_already_claimed)\[([0-9]{1,4})\]\.(\w+)", re.ASCII
)
RETRY_STATUSES = (408, 429)
# However long an agency asks us to wait, a day later we ask again.
MAX_RETRY_SECONDS = 24 * 60 * 60


def check_answer(answer):
    """Let a successful answer pass.

    :raise AgencyError: the answer is a refusal or a fault, by its kind and code
    """
    status = answer.status
    if 200 <= status < 300:
        return answer
    error, fault = {"code": "", "details": {}}, None
    try:
        error = read_error(answer.body)
    except FormatError as caught:
        fault = caught
    code, kind = error["code"], "final"
    if status >= 500 or status in RETRY_STATUSES:
        kind, code, sentence = "retry", code or "internal_error", explain_fault(status)
    elif fault and fault.code != "not_json":
        raise misread(fault)
    elif fault:
        code = "invalid_answer"
        sentence = _lt(
            "Something other than the agency answered (HTTP %s). Check the address in "
            "the agency's connection.",
            status,
        )
    else:
        sentence = _explain_refusal(error)
        if code == "idempotency_in_flight":
            kind = "retry"
        elif code in CONFLICTS:
            kind = "conflict"
    raise AgencyError(
        kind,
        code,
        sentence,
        details=error["details"],
        retry_after=get_retry_after(answer.headers),
    )


def read_answer(read, body):
    """Read an answer.

    :raise AgencyError: it is not as agreed
    """
    try:
        return read(body)
    except FormatError as error:
        raise misread(error) from error


def render_call(render, *values):
    """Make the body of a call.

    :raise AgencyError: something that the agency requires is missing or too long
    """
    try:
        return render(*values)
    except FormatError as error:
        raise AgencyError("final", error.code, explain(error)) from error


def misread(error):
    """Return the error of an answer that is not as docs/agency_api.yaml says."""
    return AgencyError(
        "final",
        "invalid_answer",
        _lt("The agency's answer is not as agreed (%s). Tell the agency.", str(error)),
    )


def get_retry_after(headers):
    """Return the seconds that an answer asks to wait."""
    text = (headers.get("Retry-After") or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return 0
    return min(int(text), MAX_RETRY_SECONDS)


def explain_fault(status):
    """Say a passing fault of the agency's server."""
    if status == 429:
        return _lt("The agency asks for fewer calls. It is tried again.")
    return _lt(
        "The agency has a fault at the moment (HTTP %s). It is tried again.", status
    )


def _explain_refusal(error):
    """Say a refusal to a bookkeeper: what is wrong, where, and the remedy."""
    code, message = error["code"], error["message"]
    sentences = {
        **_get_form_sentences(error),
        **_get_agreement_sentences(error),
        **_get_case_sentences(error["details"], message),
    }
    # A code that is newer than this program is shown as the agency says it.
    return sentences.get(code) or (f"{code}: {message}" if message else code)


def _get_form_sentences(error):
    misunderstood = _lt(
        "The agency did not understand the call (%(code)s: %(message)s). Tell your "
        "administrator.",
        code=error["code"],
        message=error["message"],
    )
    return {
        "validation_failed": _lt(
            "The agency cannot use what was sent. Correct it and send it again: %s",
            _get_field_texts(error),
        ),
        "not_found": _lt(
            "The agency does not know this. If it was there before, ask the agency."
        ),
        "method_not_allowed": misunderstood,
        "length_required": misunderstood,
        "unsupported_media_type": misunderstood,
        "idempotency_conflict": _lt(
            "The agency has got something else under the same key. Look at the "
            "case in its portal before it is sent again."
        ),
        "idempotency_in_flight": _lt(
            "The agency is still working on the same call. It is tried again."
        ),
        "version_conflict": _lt(
            "It was changed at the agency meanwhile. Fetch what is new and look "
            "whether the change is still wanted."
        ),
        "attachment_too_large": _lt(
            "The documents are larger than the agency takes at once. Send the "
            "invoice alone and the rest later or in the agency's portal."
        ),
        "request_too_large": _lt(
            "The case is larger than the agency takes. Shorten its texts."
        ),
    }


def _get_agreement_sentences(error):
    details = error["details"]
    return {
        "creditor_not_active": _lt(
            "The agency takes no new cases from the company at the moment: the "
            "service is %s. Ask the agency.",
            _get_state_word(details.get("state")),
        ),
        "onboarding_incomplete": _lt(
            "The agency still needs something. Fill it in and open the service "
            "again: %s",
            _get_field_texts(error),
        ),
        "terms_outdated": _lt(
            "The agency has new terms (%s). Read and accept them.",
            details.get("version") or "",
        ),
        "service_not_agreed": _lt(
            "The agency does not send reminders under this agreement. Remind the "
            "customer yourself, or order the reminder service."
        ),
        "agreement_number_unknown": _lt(
            "The agreement number of the case is not known to the agency; its own "
            "is %s. Fetch what is new and send the case again.",
            details.get("agreement_number") or "?",
        ),
    }


def _get_case_sentences(details, message):
    case = details.get("case_number") or details.get("existing_case_id") or ""
    return {
        "duplicate_reference": _lt(
            "The agency has this already (%s).",
            case or details.get("existing_creditor_id") or message,
        ),
        "duplicate_invoice": _lt(
            "The agency has an open case for this invoice number already: %s.", case
        ),
        "action_not_available": _lt(
            "The agency does not offer this at the moment. Fetch what is new and "
            "look at what it offers."
        ),
        "case_closed": _lt(
            "The agency has closed the case; nothing more can be asked for."
        ),
        "currency_not_supported": _lt(
            "The agency does not collect in this currency, only in: %s.",
            details.get("currencies") or "?",
        ),
        "non_positive_amount": _lt(
            "There is nothing to collect: the amount must be above zero."
        ),
        "amount_exceeds_capital": _lt(
            "More is claimed than is open on the invoice. Compare the invoice with "
            "the case."
        ),
        "org_number_missing": _lt(
            "The customer is a company without a company ID. Enter it in the "
            "customer's Company ID."
        ),
        "address_incomplete": _lt(
            "The customer's address is not complete. Fill in street, postcode, "
            "city and country."
        ),
        "too_early": _lt(
            "It is too early for the agency. It takes the invoice from %s on.",
            details.get("earliest_date") or "?",
        ),
        "too_old": _lt(
            "The agency takes no invoices from before %s.",
            details.get("oldest_date") or "?",
        ),
        "debtor_excluded": _lt(
            "The agency does not collect from this customer. Follow up the invoice "
            "yourself or ask the agency why."
        ),
    }


def _get_state_word(state):
    words = {
        "initialised": _lt("not open yet"),
        "pending_signature": _lt("not open yet"),
        "rejected": _lt("declined"),
        "suspended": _lt("suspended"),
        "terminated": _lt("ended"),
    }
    return words.get(state) or state or _lt("not active")


def _get_field_texts(error):
    texts = [_get_field_text(**wrong) for wrong in error["field_errors"]]
    return join(texts) or error["message"]


def _get_field_text(field, code, message):
    place = _get_place(field)
    if code == "required":
        return _lt("%s is missing.", place)
    if code == "format":
        return _lt("%s is not written as it should be.", place)
    return _lt("%(place)s: %(what)s", place=place, what=message or code)


def explain(error):
    """Say a format error of what we wanted to send: the place and the remedy."""
    values = {"place": _get_place(error.field), **error.params}
    sentences = {
        "missing": _lt("%(place)s is missing: fill it in.", **values),
        "too_long": _lt(
            "%(place)s has %(length)s characters where %(limit)s fit: shorten it.",
            **values,
        ),
        "pattern": _lt(
            "%(place)s is %(value)s, which the agency does not take: correct it.",
            **values,
        ),
        "out_of_range": _lt(
            "%(place)s is %(value)s, which is too large: correct it.", **values
        ),
    }
    return sentences.get(error.code) or str(error)


def _get_place(field):
    """Name the place of an error in the words of Odoo's screens."""
    places = {
        "agreement_number": _lt("The agreement number"),
        "bank_accounts": _lt("The bank accounts"),
        "claim.capital": _lt("The amount to collect"),
        "company.city": _lt("The company's city"),
        "company.country": _lt("The company's country"),
        "company.name": _lt("The company's name"),
        "company.org_number": _lt("The company's Company ID"),
        "company.street": _lt("The company's street"),
        "company.zip": _lt("The company's postcode"),
        "contact.email": _lt("The contact person's e-mail address"),
        "contact.language": _lt("The contact person's language"),
        "contact.name": _lt("The contact person's name"),
        "debtor.address": _lt("The customer's address"),
        "debtor.address.city": _lt("The customer's city"),
        "debtor.address.country": _lt("The customer's country"),
        "debtor.address.street": _lt("The customer's street"),
        "debtor.address.zip": _lt("The customer's postcode"),
        "debtor.email": _lt("The customer's e-mail address"),
        "debtor.id_number": _lt("The customer's Company ID"),
        "debtor.language": _lt("The customer's language"),
        "debtor.name": _lt("The customer's name"),
        "debtor.number": _lt("The customer's reference"),
        "debtor.phone": _lt("The customer's telephone number"),
        "invoice.currency": _lt("The currency"),
        "invoice.date": _lt("The invoice date"),
        "invoice.description": _lt("The description on the letter"),
        "invoice.due_date": _lt("The due date"),
        "invoice.external_number": _lt("The original invoice number"),
        "invoice.number": _lt("The invoice number"),
        "invoice.open_amount": _lt("The open amount"),
        "invoice.original_amount": _lt("The invoice's total"),
        "letter_text": _lt("The collection text"),
        "note": _lt("The note"),
        "reason": _lt("The reason"),
        "terms_accepted": _lt("The acceptance of the terms"),
        "terms_accepted.by": _lt("The person who accepted the terms"),
        "until": _lt("The date"),
        "url": _lt("The address for the agency's calls"),
        "webhook.url": _lt("The address for the agency's calls"),
    }
    if match := LISTED.fullmatch(field):
        return _get_listed_place(*match.groups())
    return places.get(field, field)


def _get_listed_place(kind, index, part):
    parts = {
        "amount": _lt("amount"),
        "bic": _lt("BIC"),
        "date": _lt("date"),
        "iban": _lt("account number"),
    }
    values = {"number": int(index) + 1, "part": parts.get(part, part)}
    if kind == "bank_accounts":
        return _lt("Bank account %(number)s (%(part)s)", **values)
    return _lt("Reminder %(number)s (%(part)s)", **values)
