"""What the Norwegian rail must know of a private person before it looks them up."""

from odoo.tools import LazyTranslate

from ..formats import mobile
from .rail import Problem

_lt = LazyTranslate(__name__)


def check(partner):
    """See ``Rail.check_consumer``."""
    problems = []
    if partner.commercial_partner_id.is_company:
        message = _lt(
            "An eFaktura goes to private persons, and this is a company or a contact "
            "of one: choose Person as the kind of contact and no company, or send the "
            "invoices another way."
        )
        problems.append(Problem("consumer_company", "danger", "partner", message))
    number = partner.phone or ""
    corrected = mobile.correct(number)
    if not number:
        message = _lt(
            "The mobile number is missing: write it as +47 and eight digits, without "
            "spaces."
        )
        problems.append(Problem("consumer_phone", "danger", "partner", message))
    elif not corrected:
        message = _lt(
            "%s is no Norwegian mobile number: write one as +47 and eight digits, "
            "without spaces.",
            number,
        )
        problems.append(Problem("consumer_phone", "danger", "partner", message))
    elif corrected != number:
        message = _lt(
            "The mobile number %(number)s must be written as %(corrected)s.",
            number=number,
            corrected=corrected,
        )
        problems.append(Problem("consumer_phone", "danger", "partner", message))
    if not partner.email:
        message = _lt(
            "There is no e-mail address: if the customer does not approve, invoices "
            "have to be posted."
        )
        problems.append(Problem("consumer_email", "warning", "partner", message))
    return problems


def get_consent_request(partner):
    """See ``Rail.get_consent_request``."""
    return {
        "mobile": partner.phone or "",
        "email": partner.email_normalized or "",
        "name": partner.name or "",
    }


def get_lookup(partner):
    """See ``Rail.get_lookup``."""
    return {
        **get_consent_request(partner),
        "street": partner.street or "",
        "postcode": partner.zip or "",
        "city": partner.city or "",
        "birth_date": partner.einvoice_birth_date or None,
    }
