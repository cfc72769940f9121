"""The invoicer notification between Odoo's words and those of Finvoice.

Terms are a plain dict, see ``einvoice.notification``; the languages are codes of the
notification service (FI, SV, EN).
"""

import uuid
from datetime import datetime

from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from ..formats import ebxml_frame, sender_info
from ..formats.ebxml_frame import Frame
from ..formats.errors import FormatError
from ..formats.finvoice_model import Account
from ..formats.sender_info import Asked, Previous, SenderInfo, Terms
from ..formats.sender_info_reading import read_sender_info
from ..formats.text import address
from ..formats.values import FINLAND
from .finvoice_errors import explain, explain_incoming

_lt = LazyTranslate(__name__)

ACTIONS = {"add": "ADD", "change": "CHANGE", "delete": "DELETE"}
SERVICES = {
    "einvoice": sender_info.EINVOICE,
    "direct_payment": sender_info.DIRECT_PAYMENT,
    "no_new_direct_payment": sender_info.NO_NEW_DIRECT_PAYMENT,
}
IDENTIFIER_TYPES = {
    "national_reference": "01",
    "rf_reference": "02",
    "personal_code": "03",
    "business_id": "04",
    "phone": "05",
    "phone_international": "06",
    "iban_check": "07",
    "number": "08",
    "text": "09",
    "other": "99",
}
# Terms that are called the same here and there.
_PLAIN = (
    *("business_id", "names", "sender_address", "sender_intermediator"),
    *("payment_subject", "topics", "instructions", "street", "town", "postcode"),
    *("country_code", "industry_code", "website_name", "website"),
    *("due_date_accepted", "period_accepted"),
)


def render(channel, bank, action, identifier, terms, known):
    """See ``Rail.render_notification``."""
    previous = _previous(known) if action == "change" else None
    sent = previous or to_terms(terms)
    now = datetime.now(FINLAND)
    frame = Frame(
        sender=sent.sender_address,
        sender_intermediator=sent.sender_intermediator,
        receiver=sender_info.MAILBOX,
        receiver_intermediator=bank,
        message_id=uuid.uuid4().hex,
        timestamp=now.replace(microsecond=0),
    )
    info = SenderInfo(
        action=ACTIONS[action],
        identifier=identifier,
        message_date=channel._get_today(),
        terms=to_terms(terms),
        previous=previous,
    )
    try:
        content = sender_info.write_message(info, frame)
    except FormatError as error:
        raise UserError(channel.env._(explain_terms(error))) from error
    return {
        "content": content,
        "message_id": frame.message_id,
        "message_timestamp": frame.timestamp.isoformat(),
        "filename": f"senderinfo_{frame.message_id}.xml",
    }


def read(data):
    """See ``Rail.read_notifications``."""
    found = []
    for message in ebxml_frame.split_messages(data):
        if isinstance(message, ebxml_frame.BrokenPart):
            raise UserError(explain_incoming(message.error))
        if message.root != sender_info.ROOT:
            continue
        try:
            info = read_sender_info(message.payload)
        except FormatError as error:
            raise UserError(explain_incoming(error)) from error
        found.append(
            {
                "bank": message.frame.receiver_intermediator if message.frame else "",
                "action": info.action.lower(),
                "identifier": info.identifier,
                "terms": _words(info.terms),
            }
        )
    return found


def to_terms(words):
    """What a bank knows, as the format has it."""
    return Terms(
        accounts=_accounts(words),
        identifiers=tuple(
            Asked(**{**asked, "type": IDENTIFIER_TYPES[asked["type"]]})
            for asked in words["identifiers"]
        ),
        service=SERVICES[words["service"]],
        **{name: words[name] for name in _PLAIN},
    )


def _previous(known):
    return Previous(
        known["sender_address"], known["sender_intermediator"], _accounts(known)
    )


def _accounts(words):
    return tuple(
        Account(address(iban), address(bic)) for iban, bic in words["accounts"]
    )


def _words(terms):
    types = {code: word for word, code in IDENTIFIER_TYPES.items()}
    services = {code: word for word, code in SERVICES.items()}
    return {
        "accounts": [[account.iban, account.bic] for account in terms.accounts],
        "identifiers": [
            {
                "type": types.get(asked.type, "other"),
                "labels": dict(asked.labels),
                "min_length": asked.min_length,
                "max_length": asked.max_length,
                "spaces": asked.spaces,
                "hyphens": asked.hyphens,
            }
            for asked in terms.identifiers
        ],
        "service": services.get(terms.service, "einvoice"),
        **{name: getattr(terms, name) for name in _PLAIN},
    }


def explain_terms(error):
    """Say what does not fit in the words of the wizard."""
    if error.field == "transmission.sender_intermediator":
        return _lt(
            "Banks know who carries your messages by a BIC of 8 or 11 characters. Ask "
            "your operator which one it uses in invoicer notifications, and list it "
            "under Banks and Operators."
        )
    part, _dot, rest = error.field.partition(".")
    language = rest.rpartition(".")[2]
    names = {
        "FI": _lt("Finnish"),
        "SV": _lt("Swedish"),
        "EN": _lt("English"),
    }
    asked = part.startswith("identifiers[")
    if asked and language == "length":
        return _lt(
            "What consumers are asked for is %s characters long: at least 1, at most "
            "35, and the shortest not longer than the longest.",
            error.params.get("value", ""),
        )
    places = {
        "names": _lt("The name in %s", names.get(language, language)),
        "topics": _lt("What the invoices are about, in %s", names.get(language, "")),
        "instructions": _lt("The advice in %s", names.get(language, "")),
        "accounts": _lt("The list of accounts"),
        "identifiers": _lt("What consumers are asked for"),
        "website": _lt("The web address"),
        "website_name": _lt("The name of the website"),
        "industry_code": _lt("The industry code"),
        "identifier": _lt("The identifier of the notification"),
    }
    if asked:
        place = _lt("What consumers are asked for, in %s", names.get(language, ""))
    elif error.field == "payment.instruction_id":
        place = _lt("The payment subject")
    else:
        place = places.get(part)
    return explain(error, place)
