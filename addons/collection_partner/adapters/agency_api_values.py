from dataclasses import asdict, fields, is_dataclass
from datetime import datetime, timezone

from ..formats import agency_api as wire

UTC = timezone.utc
# Our word for who owes, and the contract's.
DEBTOR_TYPES = {"company": "company", "consumer": "person"}


def build(kind, values):
    """Make a dataclass of texts; what is not given becomes ``""``."""
    return kind(**{field.name: values.get(field.name) or "" for field in fields(kind)})


def to_plain(value):
    """Return dictionaries and lists for dataclasses and tuples, naive UTC times."""

    def plain(pairs):
        return {name: to_plain(one) for name, one in pairs}

    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, (list, tuple)):
        return [to_plain(one) for one in value]
    return asdict(value, dict_factory=plain) if is_dataclass(value) else value


def make_transfer(values):
    """Make the contract's transfer of a case's ``_prepare_transfer()``."""
    invoice, claim, debtor = values["invoice"], values["claim"], values["debtor"]
    return wire.Transfer(
        external_id=values["external_id"] or "",
        agreement_number=values["agreement_number"] or "",
        claim_type=values["claim_type"],
        first_action=values["first_action"],
        invoice=wire.Invoice(
            number=invoice["number"] or "",
            external_number=invoice["external_number"] or "",
            date=invoice["date"] or None,
            due_date=invoice["due_date"] or None,
            currency=invoice["currency"] or "",
            original_amount=invoice["original_amount"],
            open_amount=invoice["open_amount"],
            delivered_as=invoice["delivered_as"],
            description=invoice["description"] or "",
        ),
        letter_text=invoice["letter_text"] or "",
        claim=wire.Claim(
            capital=claim["capital"],
            interest=claim["interest"],
            fees_already_claimed=tuple(
                wire.Fee(**fee) for fee in claim["fees_already_claimed"]
            ),
        ),
        debtor=wire.Debtor(
            type=DEBTOR_TYPES[debtor["type"]],
            name=debtor["name"] or "",
            address=build(wire.Address, debtor),
            number=debtor["number"] or "",
            id_number=debtor["id_number"] or "",
            language=debtor["language"] or "",
            email=debtor["email"] or "",
            phone=debtor["phone"] or "",
            contact=wire.Contact(debtor["contact"]) if debtor["contact"] else None,
        ),
        note=values["note"] or "",
    )
