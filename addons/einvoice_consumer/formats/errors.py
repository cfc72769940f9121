"""What else can be wrong in a message of consumer e-invoicing."""

from odoo.addons.receivables_base.formats.errors import FormatError

__all__ = ["FormatError"]

FormatError.sentences |= {
    "checksum": "the check digits of {value!r} are wrong: correct it",
    "sign": "{value} must be {expected} in {type_code}: correct it",
    "sums_differ": "{value} differs from {expected} ({compared}): recompute it",
    "truncated": "the message ends in the middle: ask for it again",
    "no_payload": "a frame without a message after it: ask for the message again",
    "schema": "{reason}",
    "not_schema": "this is no XML schema ({reason}): load the right file",
}
