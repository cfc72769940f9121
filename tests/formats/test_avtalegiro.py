"""AvtaleGiro files against Nets' specification, netsgiro and public samples."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import netsgiro
import pytest
from einvoice_formats import avtalegiro
from einvoice_formats.avtalegiro import Claim, Mandate
from einvoice_formats.errors import FormatError
from hypothesis import given
from hypothesis import strategies as st

OSLO = ZoneInfo("Europe/Oslo")
JUNE = date(2026, 6, 17)
TOLD = Claim(
    "8000011688373", Decimal("1.00"), JUNE, "Nordmann", notice="Line 1\nLine 2"
)
PLAIN = Claim("8000021688389", Decimal("250.50"), date(2026, 6, 18))


def write(*claims, cancellations=()):
    return avtalegiro.write("55555555", 1000081, "88888888888", claims, cancellations)


def parse(data):
    return netsgiro.parse(data.decode("iso-8859-1"))


def test_records_as_the_specification_has_them():
    assert write(TOLD, PLAIN, cancellations=[TOLD]).decode("iso-8859-1").split(
        "\r\n"
    ) == [
        "NY00001055555555100008100008080" + "0" * 49,
        "NY213620000000000200016288888888888" + "0" * 45,
        "NY219330"
        "0000001"
        "170626" + " " * 11 + "00000000000000100"
        "            8000011688373"
        "000000",
        "NY2193310000001Nordmann  " + " " * 50 + "00000",
        "NY213688000000010000000400000000000000100170626170626" + "0" * 27,
        "NY210020000000000200016388888888888" + "0" * 45,
        "NY212130"
        "0000001"
        "170626" + " " * 11 + "00000000000000100"
        "            8000011688373"
        "000000",
        "NY2121310000001Nordmann  " + " " * 50 + "00000",
        "NY212149000000140011" + "Line 1".ljust(40) + "0" * 20,
        "NY212149000000140021" + "Line 2".ljust(40) + "0" * 20,
        "NY210230"
        "0000002"
        "180626" + " " * 11 + "00000000000025050"
        "            8000021688389"
        "000000",
        "NY2102310000002" + " " * 60 + "00000",
        "NY210088000000020000000800000000000025150170626180626" + "0" * 27,
        "NY000089000000030000001400000000000025250170626" + "0" * 33,
        "",
    ]


def test_the_sample_of_claims_is_written_record_by_record(official):
    """But for the assignment's number, which is the sender's, and spaces in notices."""
    sample = official("terminal", "norway", "avtalegiro_payment_request.txt")
    expected = sample.read_text("iso-8859-1").splitlines()
    [assignment] = parse(sample.read_bytes()).assignments
    claims = [
        Claim(
            row.kid,
            row.amount,
            row.date,
            row.payer_name,
            notice=row.text if int(row.type) == 21 else None,
        )
        for row in assignment.transactions
    ]
    written = write(*claims).decode("iso-8859-1").splitlines()
    assert len(claims) == 6

    def compared(lines):
        notices = "".join(line[20:60] for line in lines if line[6:8] == "49")
        lines = [line for line in lines if line[6:8] != "49"]
        start = lines[1][:17] + lines[1][24:]
        return [lines[0], start, *lines[2:], "".join(notices.split())]

    assert compared(written) == compared(expected)


@given(
    st.lists(
        st.builds(
            Claim,
            kid=st.text("0123456789", min_size=2, max_size=25),
            amount=st.decimals("0.01", "99999999.99", places=2),
            due_date=st.dates(date(2026, 1, 1), date(2036, 12, 31)),
            name=st.text(max_size=30),
            reference=st.text(max_size=60),
            notice=st.none() | st.text(max_size=5000),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_netsgiro_reads_whatever_is_written(claims):
    data = write(*claims, cancellations=claims)
    assert all(len(line) == 80 for line in data.decode("iso-8859-1").split("\r\n")[:-1])
    cancelled, sent = parse(data).assignments
    for rows in (sent.transactions, cancelled.transactions):
        assert [(row.kid, row.amount, row.date) for row in rows] == [
            (claim.kid, claim.amount, claim.due_date) for claim in claims
        ]
    assert [int(row.type) for row in sent.transactions] == [
        2 if claim.notice is None else 21 for claim in claims
    ]
    assert {int(row.type) for row in cancelled.transactions} == {93}


def test_letters_that_the_bank_lacks_are_replaced_by_the_nearest():
    data = write(Claim("1232", Decimal(1), JUNE, "Łukasz", "Måned 5 – €", notice="Ž €"))
    [claim] = parse(data).assignments[0].transactions
    assert (claim.payer_name, claim.reference) == ("Lukasz", "Måned 5 - EUR")
    assert claim.text.strip() == "Z EUR"


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        (Claim("23-", Decimal(1), JUNE), "kid"),  # no special signs (2.2.2)
        (Claim("1" * 26, Decimal(1), JUNE), "kid"),
        (Claim("1232", Decimal(0), JUNE), "amount"),
        (Claim("1232", Decimal("-5"), JUNE), "amount"),
        (Claim("1232", Decimal("1.005"), JUNE), "amount"),
    ],
)
def test_what_nets_would_refuse_is_not_written(claim, field):
    with pytest.raises(FormatError) as caught:
        write(claim)
    assert caught.value.field == field


def test_a_transmission_of_nothing_is_not_written():
    with pytest.raises(FormatError):
        write()


# === MANDATES === #

CHANGES = "\r\n".join(
    [
        "NY00001000008080109194900010200" + "0" * 49,
        "NY212420000000000000000299991042764" + "0" * 45,
        "NY21947000000011          001050507304505J" + "0" * 38,
        "NY21947000000022          000112000507155N" + "0" * 38,
        "NY2124880000000200000004" + "0" * 56,
        "NY0000890000000200000006" + "0" * 17 + "190426" + "0" * 33,
        "",
    ]
).encode()


def test_the_sample_of_mandates(official):
    data = official("terminal", "norway", "avtalegiro_agreements.txt").read_bytes()
    assert avtalegiro.recognises(data)
    [found] = avtalegiro.read_mandates(data)
    assert (found.account, found.is_complete) == ("99991042764", False)
    assert len(found.mandates) == 16
    assert found.mandates[0] == Mandate("000112000507155", True)
    assert found.mandates[1] == Mandate("001006300507304", False)


def test_all_mandates_that_there_are():
    data = CHANGES.replace(b"00000011 ", b"00000010 ").replace(
        b"00000022 ", b"00000020 "
    )
    [found] = avtalegiro.read_mandates(data)
    assert found.is_complete
    assert [mandate.is_ended for mandate in found.mandates] == [False, False]


def test_changes_since_the_last_file():
    [found] = avtalegiro.read_mandates(CHANGES)
    assert not found.is_complete
    assert found.mandates == (
        Mandate("001050507304505", True),
        Mandate("000112000507155", False, is_ended=True),
    )


@pytest.mark.parametrize(
    "name", ["ocr_giro_transactions.txt", "avtalegiro_payment_request.txt"]
)
def test_payments_and_our_own_claims_are_for_others(official, name):
    data = official("terminal", "norway", name).read_bytes()
    assert not avtalegiro.recognises(data)
    assert avtalegiro.read_mandates(data) == ()


@pytest.mark.parametrize(
    "broken",
    [
        CHANGES.replace(b"J0", b"X0"),
        CHANGES.replace(b"NY219470", b"NY219930", 1),
        CHANGES.replace(b"NY2124880000000200000004", b"NY2124880000000300000004"),
        CHANGES[: CHANGES.index(b"NY212488")],
        CHANGES[: CHANGES.index(b"NY000089")],
    ],
)
def test_a_broken_file_is_refused_whole(broken):
    with pytest.raises(FormatError):
        avtalegiro.read_mandates(broken)


@given(st.binary(max_size=500))
def test_rubbish_is_refused_in_words(rubbish):
    try:
        avtalegiro.read_mandates(b"NY000010" + rubbish)
    except FormatError as error:
        assert str(error)


# === DEADLINES === #

# 2026: Easter from Thursday 2 April to Monday 6 April; 1 May a Friday.


@pytest.mark.parametrize(
    ("now", "earliest"),
    [
        (datetime(2026, 11, 16, 9), date(2026, 11, 20)),  # Monday morning
        (datetime(2026, 11, 16, 14), date(2026, 11, 21)),  # after the closing hour
        (datetime(2026, 11, 20, 15), date(2026, 11, 27)),  # Friday: read on Monday
        (datetime(2026, 11, 21, 9), date(2026, 11, 27)),  # Saturday
        (datetime(2026, 4, 29, 9), date(2026, 5, 4)),  # over the first of May
    ],
)
def test_earliest_due_date(now, earliest):
    assert avtalegiro.get_earliest_due_date(now.replace(tzinfo=OSLO)) == earliest


@pytest.mark.parametrize(
    ("due", "last"),
    [
        (date(2026, 11, 20), datetime(2026, 11, 19, 14)),
        (date(2026, 11, 23), datetime(2026, 11, 20, 14)),  # a Monday: the Friday
        (date(2026, 4, 7), datetime(2026, 4, 1, 14)),  # after Easter
    ],
)
def test_last_moment_to_cancel(due, last):
    assert avtalegiro.get_last_cancel_moment(due) == last.replace(tzinfo=OSLO)


def test_twelve_months_ahead():
    assert avtalegiro.get_latest_due_date(date(2026, 11, 29)) == date(2027, 11, 29)
    assert avtalegiro.get_latest_due_date(date(2028, 2, 29)) == date(2029, 2, 28)


def test_the_bank_pays_on_the_next_banking_day():
    assert avtalegiro.get_payment_day(date(2026, 4, 3)) == date(2026, 4, 7)
    assert avtalegiro.get_payment_day(date(2026, 4, 7)) == date(2026, 4, 7)
