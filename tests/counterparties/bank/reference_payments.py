"""A file of reference payments, as Finnish banks send it: 90 characters a record."""

from __future__ import annotations

from datetime import datetime

from counterparties.bank.values import Row, parse_amount


def reference_payments(
    invoice: Row, payer: str, moment: datetime, number: int, *, taken_back: bool
) -> bytes:
    """A batch with the payment of an invoice, or with what takes it back.

    :param number: of the batch; also the last part of the archive identifier
    """
    day = f"{moment:%y%m%d}"
    cents = int((parse_amount(invoice["amount"]) or 0) * 100)
    account = invoice["account"].replace(" ", "")[4:18]
    reference = "".join(invoice["reference"].split())
    if reference.startswith("RF"):
        reference = reference[4:]
    archive = f"{moment:%Y%m%d}{number:08d}"
    payment = (
        f"3{account:<14}{day}{day}{archive}{reference:>020}{payer[:12]:<12}1A"
        f"{cents:010d}{int(taken_back)}A "
    )
    paid, corrected = ((0, 0), (1, cents)) if taken_back else ((1, cents), (0, 0))
    lines = (
        f"0{day}{moment:%H%M}11{number:09d}1",
        payment,
        f"9{paid[0]:06d}{paid[1]:011d}{corrected[0]:06d}{corrected[1]:011d}",
    )
    return "".join(f"{line:<90}\r\n" for line in lines).encode(
        "iso-8859-1", errors="replace"
    )
