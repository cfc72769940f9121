"""Proposals to consumers between Odoo's words and those of Finvoice."""

import uuid
from datetime import datetime

from odoo.tools import LazyTranslate

from ..formats import receiver_proposal
from ..formats.ebxml_frame import Frame
from ..formats.errors import FormatError
from ..formats.receiver_info import Identifier
from ..formats.receiver_proposal import Proposal
from ..formats.values import FINLAND
from .finvoice_errors import explain
from .finvoice_notices import IDENTIFIER_TYPES, to_terms

_lt = LazyTranslate(__name__)

# What a customer number is asked for as.
NUMBERS = ("iban_check", "number", "text", "other")


def render(notification, partners, numbers, free_text):
    """See ``Rail.render_proposals``."""
    channel, words = notification.channel_id, notification.terms
    bank, terms = notification.intermediator_id.code, to_terms(words)
    now = datetime.now(FINLAND).replace(microsecond=0)
    asked = [each["type"] for each in words["identifiers"] if each["type"] in NUMBERS]
    contents, messages = [], []
    for partner, number in zip(partners, numbers, strict=True):
        frame = Frame(
            sender=terms.sender_address,
            sender_intermediator=terms.sender_intermediator,
            receiver=receiver_proposal.MAILBOX,
            receiver_intermediator=bank,
            message_id=uuid.uuid4().hex,
            timestamp=now,
        )
        known = asked[:1] if partner.ref else ()
        proposal = Proposal(
            identifier=notification.identifier,
            message_date=channel._get_today(),
            terms=terms,
            name=partner.name or "",
            address=number,
            bank=bank,
            identifiers=tuple(
                Identifier(IDENTIFIER_TYPES[kind], partner.ref) for kind in known
            ),
            street=" ".join(filter(None, [partner.street, partner.street2])),
            town=partner.city or "",
            postcode=partner.zip or "",
            country_code=partner.country_id.code or "",
            free_text=free_text or "",
        )
        try:
            contents.append(receiver_proposal.write_message(proposal, frame))
        except FormatError as error:
            messages.append((frame.message_id, explain(error, _get_place(error))))
        else:
            messages.append((frame.message_id, None))
    return {
        "content": b"\n".join(contents),
        "filename": f"proposals_{bank}_{uuid.uuid4().hex}.xml",
        "message_timestamp": now.isoformat(),
        "messages": messages,
    }


def _get_place(error):
    """Say which value does not fit, where it is not one of an invoice."""
    if error.field == "free_text":
        return _lt("The text")
    if error.field.startswith("identifiers["):
        return _lt("The customer number")
    return None
