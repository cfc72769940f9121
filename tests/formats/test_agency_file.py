"""Files between creditor and agency: what docs/agency_files.md says and what is not."""

import dataclasses
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from collection_formats import agency_file as layout
from hypothesis import given
from hypothesis import strategies as st

PAGE = Path(__file__).resolve().parents[2] / "docs" / "agency_files.md"
EXAMPLES = re.findall(r"```\n(COLLECTION;.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
TO, FROM = (text.encode() for text in EXAMPLES)
CASE = "8f14e45fceea4c0d8a2b"

texts = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), max_size=20
)
keys = st.text("abcåöЖ;\"'-/ 0", min_size=1, max_size=20).filter(str.strip)
amounts = st.decimals(-(10**9), 10**9, places=2)
days = st.dates(date(1900, 1, 1), date(2999, 1, 1))
KINDS = {
    "Key": keys,
    "Word": keys,
    "Text": texts,
    "Long": texts,
    "Decimal": amounts,
    "date": days,
    "date | None": st.none() | days,
    "datetime": st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
}


def made(kind: type) -> st.SearchStrategy:
    """Any record of a kind."""
    return st.builds(
        kind,
        **{
            field.name: st.sampled_from(layout._WORDS[field.name])
            if field.name in layout._WORDS
            else KINDS[field.type]
            for field in dataclasses.fields(kind)
        },
    )


def spaced(record: object) -> object:
    """As it is read again: runs of spaces are one."""
    changes = {
        name: " ".join(value.split())
        for name, value in dataclasses.asdict(record).items()
        if isinstance(value, str)
    }
    return dataclasses.replace(record, **changes)


outgoing = st.lists(st.one_of(*map(made, layout.OUTGOING)), min_size=1, max_size=4)
incoming = st.lists(st.one_of(*map(made, layout.INCOMING)), min_size=1, max_size=4)


def test_every_record_has_an_example():
    shown = {line.partition(";")[0] for text in EXAMPLES for line in text.splitlines()}
    kinds = {kind.code for kind in (*layout.OUTGOING, *layout.INCOMING)}
    assert shown == kinds | {layout.MARK, layout.END}


def test_the_example_to_the_agency():
    header, records = layout.read(TO, layout.TO_AGENCY)
    assert header.number == CASE
    case, fee, direct, removed, credit, request = records
    assert (case.debtor_name, case.letter) == ("Åsa Öberg", "Snow clearing; January")
    assert (case.capital, case.due_date) == (Decimal(1200), date(2026, 2, 14))
    assert (fee.kind, fee.claimed) == ("reminder", Decimal(5))
    assert (direct.payment, direct.paid) == (removed.payment, Decimal(200))
    assert (credit.number, credit.credited) == ("RINV/2026/00002", Decimal(100))
    assert (request.action, request.until) == ("pause", date(2026, 3, 31))
    assert layout.write(header, records, layout.TO_AGENCY) == TO


def test_the_example_from_the_agency():
    header, records = layout.read(FROM, layout.FROM_AGENCY)
    accepted, refused, status, payment = records
    assert (accepted.result, accepted.reference) == ("accepted", "1000017")
    assert (refused.record, refused.text) == (
        "REQUEST",
        "The case is before the court.",
    )
    assert status.at == datetime(2026, 3, 10, 6)
    assert (status.status, status.capital) == ("Brevinkasso", Decimal(1200))
    parts = payment.capital + payment.interest + payment.fees
    assert payment.net == parts - payment.commission - payment.vat
    assert layout.write(header, records, layout.FROM_AGENCY) == FROM


def test_a_file_of_windows_is_read():
    assert layout.read(FROM.replace(b"\n", b"\r\n"), layout.FROM_AGENCY)


@pytest.mark.parametrize(
    ("spoil", "code", "field"),
    [
        (lambda data: b"", "not_ours", "line 1"),
        (lambda data: b"<html>", "not_ours", "line 1"),
        (lambda data: b"\xef\xbb\xbf" + data, "not_ours", "line 1"),
        (lambda data: data.decode().encode("utf-16"), "not_text", ""),
        (lambda data: data.replace(b"2026-0042", b"\xe5"), "not_text", ""),
        (lambda data: data.replace(b"2026-0042", b"\0"), "charset", ""),
        (lambda data: data.replace(b";1;", b";2;", 1), "not_ours", "line 1"),
        (lambda data: data.rpartition(b"END")[0], "cut", ""),
        (lambda data: data + data, "record", "line 6"),
        (lambda data: data.replace(b"ACK", b"NAK", 1), "record", "line 2"),
        (lambda data: data.replace(b"INT-100017", b'"INT', 1), "record", "line 2"),
        (lambda data: data.replace(b";1000017;", b";", 1), "columns", "line 2"),
        (lambda data: data.replace(b"1200.00", b"1200.01", 1), "totals", "line 6"),
        (lambda data: data.replace(b"END;4", b"END;5"), "totals", "line 6"),
        (
            lambda data: data.replace(b"1200.00", b"1.200,00", 1),
            "pattern",
            "line 4, capital",
        ),
        (
            lambda data: data.replace(b"2026-03-12", b"12.3.2026"),
            "pattern",
            "line 5, paid_on",
        ),
        (
            lambda data: data.replace(b"accepted", b"perhaps"),
            "pattern",
            "line 2, result",
        ),
        (lambda data: data.replace(b"P-9001", b" "), "missing", "line 5, payment"),
        (
            lambda data: data.replace(b"P-9001", b"9" * 65),
            "too_long",
            "line 5, payment",
        ),
    ],
)
def test_what_is_wrong_is_said(spoil, code, field):
    with pytest.raises(layout.FileError) as caught:
        layout.read(spoil(FROM), layout.FROM_AGENCY)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert str(caught.value)


def test_a_file_for_the_other_side():
    with pytest.raises(layout.FileError) as caught:
        layout.read(TO, layout.FROM_AGENCY)
    assert caught.value.code == "direction"


@given(outgoing, keys)
def test_what_is_written_is_read(records, number):
    header = layout.Header(number)
    data = layout.write(header, records, layout.TO_AGENCY)
    read = layout.read(data, layout.TO_AGENCY)
    assert read == (spaced(header), [spaced(record) for record in records])


@given(incoming, st.data())
def test_a_broken_file_is_refused_or_read_right(records, data):
    whole = layout.write(layout.Header("1"), records, layout.FROM_AGENCY)
    _header, expected = layout.read(whole, layout.FROM_AGENCY)
    lines = whole.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(0, len(lines) - 1))
    broken = {
        "cut": whole[: data.draw(st.integers(0, len(whole) - 2))],
        "lost": b"".join(lines[:at] + lines[at + 1 :]),
        "doubled": b"".join(lines[:at] + [lines[at]] + lines[at:]),
        "swapped": b"".join(swapped(lines, at, other)),
        "charset": whole.decode().encode("utf-16-le"),
    }[data.draw(st.sampled_from(("cut", "lost", "doubled", "swapped", "charset")))]
    try:
        _header, read = layout.read(broken, layout.FROM_AGENCY)
    except layout.FileError as error:
        assert str(error)
    else:
        assert sorted(map(repr, read)) == sorted(map(repr, expected))


def swapped(lines: list[bytes], at: int, other: int) -> list[bytes]:
    """Two lines change places."""
    mixed = list(lines)
    mixed[at], mixed[other] = lines[other], lines[at]
    return mixed


@given(st.binary(max_size=300))
def test_rubbish_is_refused(data):
    with pytest.raises(layout.FileError):
        layout.read(data, layout.FROM_AGENCY)


@given(st.integers(0, len(FROM) - 1), st.integers(0, 255))
def test_one_byte_that_differs(place, byte):
    broken = FROM[:place] + bytes([byte]) + FROM[place + 1 :]
    try:
        layout.read(broken, layout.FROM_AGENCY)
    except layout.FileError as error:
        assert str(error)


def test_what_cannot_be_written_is_named():
    case = layout.Removed(case="C1", payment="")
    for record, code, field in (
        (case, "missing", "payment"),
        (dataclasses.replace(case, payment="x" * 65), "too_long", "payment"),
        (dataclasses.replace(case, payment="x\ud800"), "charset", "payment"),
        (layout.Direct("C", "P", None, Decimal(1), "SEK", ""), "missing", "date"),
    ):
        with pytest.raises(layout.FormatError) as caught:
            layout.write(layout.Header("1"), [record], layout.TO_AGENCY)
        assert (caught.value.code, caught.value.field) == (code, field)
