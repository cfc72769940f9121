"""The signature of Kravia's webhook calls.

Contract: developer.kravia.ai, *Configure webhooks*. The body is ``{"header":
{"algorithm": "MD5"}, "data": {…}, "signature": "<hex>"}``; the signature is the MD5 of
``data`` written as JSON without spaces, and the shared secret. Whether the secret
stands before or behind it could not be read, so both are taken: nobody makes either
without the secret.

``data`` says which case has changed and nothing of it, and in which second. An old call
that is repeated only has the case asked for once more; so there is no limit to its age.
"""

from __future__ import annotations

import hashlib
import hmac

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.errors import FormatError

from .kravia_reader import Node, Values
from .signature import SignatureError

ALGORITHM = "MD5"


def read_signed(secret: str, body: bytes) -> Values:
    """The event of a webhook's call, once it proved to be Kravia's.

    :raises SignatureError: ``no_secret``, ``missing``, ``malformed`` or ``mismatch``
    :raises FormatError: the call is signed, and not as documented
    """
    if not secret:
        raise SignatureError("no_secret")
    try:
        content = strict_json.read_object(body)
        node = Node(content)
        signature = node.text("signature")
        algorithm = node.child("header").text("algorithm")
        data = node.child("data")
    except FormatError as error:
        raise SignatureError("malformed") from error
    if not signature:
        raise SignatureError("missing")
    if algorithm != ALGORITHM or not signature.isascii():
        raise SignatureError("malformed")
    signed = strict_json.write(content["data"])
    key = secret.encode()
    matches = [
        hmac.compare_digest(
            hashlib.md5(message, usedforsecurity=False).hexdigest(), signature.lower()
        )
        for message in (signed + key, key + signed)
    ]
    if not any(matches):
        raise SignatureError("mismatch")
    case_id, stamp = data.identifier("claimId"), data.identifier("timestamp")
    return {
        "event_id": f"{stamp}-{case_id}",
        "type": data.required("eventType"),
        "case_id": case_id,
    }
