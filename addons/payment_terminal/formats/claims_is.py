"""Iceland's claims ("kröfur"): batches that create, alter and cancel them.

To ÍST TS 315, IOBWS Domestic Claims 3.1 (OpenAPI, Staðlaráð Íslands, CC BY 4.0): the
bodies of ``POST /v1/batches`` and the answers of it and of ``GET
/v1/batches/{batchId}``. A claim is known by the claimant's kennitala, an account of
branch, ledger 66 and claim number, and its due date.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from stdnum.is_ import kennitala

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.strict_json import LONG, Node

from .debts import CHANGED, GONE, NEW, Debt

PATH = "/v1/batches"
LEDGER = "66"
_CLAIM_NUMBERS = 1_000_000
_KEY = re.compile(r"([0-9]{4}66[0-9]{6})\+([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_BATCH_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_NUMBER_LENGTH, _REFERENCE_LENGTH, _BILL_LENGTH = 16, 16, 7


@dataclass(frozen=True, slots=True)
class Claimant:
    """Whose claims they are, and under which template of the bank."""

    kennitala: str
    template: str  # three digits or upper-case letters


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What became of a batch so far."""

    batch_id: str
    success: int
    failed: int
    pending: int
    refused: tuple[tuple[str, str, str], ...]  # key of the claim, code, message


def make_key(branch: str, number: int, due_date: date) -> str:
    """Return what a claim is known by to its claimant: ``000166123456+20261231``.

    :param branch: of the bank, four digits
    :param number: of the claim; its last six digits count
    """
    return f"{branch}{LEDGER}{number % _CLAIM_NUMBERS:06d}+{due_date:%Y%m%d}"


def write(debts: Iterable[Debt], claimant: Claimant) -> bytes:
    """Write the batches as a JSON array; each element is one request's body.

    New debts are created, changed ones altered, and those that are gone cancelled:
    whoever has paid elsewhere is not asked by the bank.
    """
    created, altered = [], []
    for debt in debts:
        if debt.change == NEW:
            created.append(_create(debt, claimant))
        elif debt.change in (CHANGED, GONE):
            altered.append(_alter(debt, claimant))
    batches: list[dict[str, Any]] = []
    if created:
        batches.append({"actionType": "create", "createList": created})
    if altered:
        batches.append({"actionType": "alter", "alterList": altered})
    return json.dumps(batches, ensure_ascii=False, indent=1).encode()


def _create(debt: Debt, claimant: Claimant) -> dict[str, Any]:
    key = _claim_key(debt.key, claimant)
    claim = {
        "claimKey": key,
        "payorId": kennitala.compact(debt.tax_id),
        "templateCode": claimant.template,
        "amount": _number(debt.amount),
        "finalDueDate": key["dueDate"],
        "currency": debt.currency,
        "billNumber": debt.invoice[-_BILL_LENGTH:],
        "isPartialPaymentAllowed": True,
        "claimType": "NormalClaim",
    }
    # a reference that was cut would be another one
    if len(debt.number) <= _NUMBER_LENGTH:
        claim["customerNumber"] = debt.number
    if debt.reference and len(debt.reference) <= _REFERENCE_LENGTH:
        claim["reference"] = debt.reference
    return claim


def _alter(debt: Debt, claimant: Claimant) -> dict[str, Any]:
    claim: dict[str, Any] = {"claimKey": _claim_key(debt.key, claimant)}
    if debt.change == GONE:
        return claim | {"claimStatus": "Cancelled"}
    return claim | {"claimStatus": "Unpaid", "amount": _number(debt.amount)}


def _claim_key(key: str, claimant: Claimant) -> dict[str, str]:
    found = _KEY.fullmatch(key)
    if not found:
        raise FormatError("pattern", "claimKey", value=key, expected="account+date")
    account, *day = found.groups()
    return {
        "claimantId": claimant.kennitala,
        "account": account,
        "dueDate": "-".join(day),
    }


def _number(amount: Decimal) -> int | float:
    """A JSON number; krónur have no decimals."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def split(content: bytes) -> list[bytes]:
    """Return the requests' bodies of what :func:`write` has written."""
    return [strict_json.write(batch) for batch in json.loads(content)]


def make_headers(key: str = "", place: int = 0) -> dict[str, str]:
    """Return the headers of a call; a repeat of it has the same idempotency key.

    :param key: of the list; empty for a question, which may be asked again
    :param place: which of its calls
    """
    headers = {"X-Request-ID": str(uuid.uuid4())}
    if key:
        own = uuid.uuid5(uuid.NAMESPACE_OID, f"{key}/{place}")
        headers["X-Idempotency-Key"] = str(own)
    return headers


def read_status(content: bytes) -> BatchStatus:
    """Read the answer to a batch, or to the question what became of it.

    :raises FormatError: it is no ``batchStatus``
    """
    status = Node(strict_json.read_object(content))
    actions = status.child("actions") if status.has("actions") else Node({})
    return BatchStatus(
        batch_id=status.value("batchId", _read_batch_id, "a UUID"),
        success=status.whole("success"),
        failed=status.whole("failed"),
        pending=status.whole("pending"),
        refused=tuple(_read_refusal(error) for error in actions.children("errors")),
    )


def _read_batch_id(text: str) -> str | None:
    return text if _BATCH_ID.fullmatch(text) else None


def _read_refusal(error: Node) -> tuple[str, str, str]:
    key = error.child("claimKey")
    day = key.required("dueDate").replace("-", "")
    return (
        f"{key.required('account')}+{day}",
        error.text("resultCode"),
        error.text("resultMessage", most=LONG),
    )
