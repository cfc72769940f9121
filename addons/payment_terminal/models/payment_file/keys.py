"""By what a payment is known again, in whichever file it comes."""

import hashlib
from collections import Counter


def make_key(*parts):
    """Return a short text that is the same for the same parts."""
    text = "\x1f".join(str(part or "") for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def get_entry_keys(statement):
    """Return ``(entry, payment, entry key, payment key, has id)`` of each payment.

    The bank's identifier counts with its day and amount: banks use identifiers again,
    and give one to several entries. Entries that are alike in all of it are numbered
    in their order.
    """
    rows, seen = [], Counter()
    for entry in statement.entries:
        entry_key = ""
        if entry.bank_id and not statement.is_lump:
            entry_key = _number(
                seen,
                make_key(
                    *("entry", entry.bank_id, entry.booked_on, _plain(entry.amount))
                ),
            )
        for payment in entry.payments():
            facts = (
                payment.bank_id,
                payment.booked_on,
                _plain(payment.amount),
                payment.reference,
            )
            if not payment.bank_id:
                facts += (payment.payer, payment.payer_account, payment.text)
            key = _number(seen, make_key("payment", *facts))
            rows.append((entry, payment, entry_key, key, bool(payment.bank_id)))
    return rows


def _number(seen, key):
    seen[key] += 1
    return f"{key}:{seen[key]}"


def _plain(amount):
    """100, 100.0 and 100.00 are the same money."""
    return f"{amount.normalize():f}"
