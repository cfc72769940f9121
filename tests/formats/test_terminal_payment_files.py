"""Files of payments: Finnish reference payments, camt.053 and camt.054."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal_formats import camt, ktl, payment_files
from terminal_formats.statement import FileError, disagreements

from conftest import official

# A batch as the banks describe it: 100.00 and 25.50 came, 25.50 was taken back.
HEADER = "0" + "261128" + "1530" + "11" + "012345678" + "1" + " " * 67
FIRST = (
    "3"
    + "12345600000785"
    + "261127"
    + "261126"
    + "2588123456789012"
    + "00000000000000001232"
    + "MEIKÄLÄINEN "
    + "1"
    + "A"
    + "0000010000"
    + "0"
    + "A"
    + " "
)
SECOND = FIRST.replace("0000010000", "0000002550").replace("1232", "1245")
CORRECTED = SECOND.replace("00000025500", "00000025501")
TRAILER = "9" + "000002" + "00000012550" + "000001" + "00000002550" + " " * 55
LINES = (HEADER, FIRST, SECOND, CORRECTED, TRAILER)


def write(*lines, end="\r\n"):
    return "".join(line + end for line in lines).encode("iso-8859-1")


def refusal(data, reader=payment_files):
    with pytest.raises(FileError) as caught:
        reader.read(data)
    assert str(caught.value)
    return caught.value.code, caught.value.field


# --- Finnish reference payments ----------------------------------------------------


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_reference_payments(end):
    [batch] = payment_files.read(write(*LINES, end=end))
    assert (batch.format, batch.currency, batch.number) == ("ktl", "EUR", "012345678")
    assert batch.made_on == date(2026, 11, 28)
    assert [entry.amount for entry in batch.entries] == [
        Decimal("100.00"),
        Decimal("25.50"),
        Decimal("-25.50"),
    ]
    first = batch.entries[0]
    assert (first.booked_on, first.paid_on) == (date(2026, 11, 27), date(2026, 11, 26))
    assert (first.reference, first.payer) == ("1232", "MEIKÄLÄINEN")
    assert (first.bank_id, first.place) == ("2588123456789012", "2")
    assert [entry.is_correction for entry in batch.entries] == [False, False, True]
    assert disagreements(batch) == []


def test_several_batches_in_one_file():
    assert len(payment_files.read(write(*LINES, *LINES))) == 2
    empty = write(HEADER, "9" + "0" * 34)
    assert payment_files.read(empty)[0].entries == ()


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ((HEADER, FIRST, SECOND, TRAILER), "4:19"),
        ((HEADER, FIRST, CORRECTED, TRAILER), "4:2"),
        ((*LINES[:-1], TRAILER.replace("12550", "12551")), "5:8"),
    ],
)
def test_totals_that_do_not_agree_are_told(changed, place):
    [batch] = payment_files.read(write(*changed))
    found = disagreements(batch)
    assert (found[0].code, found[0].field) == ("totals", place)
    assert "ask for it again" in str(found[0])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((HEADER, FIRST), ("missing", "9")),
        ((HEADER, HEADER), ("pattern", "2:1")),
        ((HEADER, FIRST.replace("261127", "261131"), TRAILER), ("pattern", "2:16")),
        (
            (HEADER, FIRST.replace("0000010000", "00000100,0"), TRAILER),
            ("pattern", "2:78"),
        ),
        ((HEADER, FIRST[:87] + "7 ", TRAILER), ("pattern", "2:88")),
        ((HEADER, FIRST[:75] + "2" + FIRST[76:], TRAILER), ("pattern", "2:76")),
        ((HEADER, "7" + FIRST[1:], TRAILER), ("pattern", "2:1")),
    ],
)
def test_lines_that_cannot_be_read(lines, expected):
    assert refusal(write(*lines)) == expected


# --- ISO 20022 ---------------------------------------------------------------------


def sample(name):
    return official("terminal", "camt", name).read_bytes()


@pytest.mark.parametrize("name", ["camt053.v2.minimal.xml", "camt053.v4.xml"])
def test_statements_of_an_account(name):
    """One entry of 8.85; the balances of the samples are in several currencies and
    signs, so that they cannot agree: 18.15 and 8.85 are 27.00, not 27.00 owed."""
    [statement] = payment_files.read(sample(name))
    assert statement.account == "NL26VAYB8060476890"
    assert statement.number == "253EURNL26VAYB8060476890"
    [entry] = statement.entries
    assert (entry.amount, entry.currency) == (Decimal("8.85"), "EUR")
    assert (entry.booked_on, entry.paid_on) == (date(2014, 12, 31), date(2015, 1, 2))
    [told] = disagreements(statement)
    assert told.params == {"said": "-27.00", "found": "27.00"}


def test_the_reference_and_the_payer():
    [statement] = payment_files.read(sample("camt053.v4.xml"))
    [payment] = statement.payments()
    assert (payment.reference, payment.payer) == ("4654654654654654", "NAME NAME")
    assert payment.payer_account == "NL56AGDH9619008421"
    assert payment.bank_id == "AAAASESS-FP-CN_98765/01"


@pytest.mark.parametrize("name", ["camt054.v2.xml", "camt054.v4.xml"])
def test_a_batch_in_another_currency_stands_alone(name):
    """200,000 kronor went; their parts are francs and do not add up to them."""
    [notification] = payment_files.read(sample(name))
    assert notification.account == "CH2801234000123456789"
    entry = notification.entries[0]
    assert (entry.amount, entry.currency) == (Decimal("-200000"), "SEK")
    assert entry.details == ()


DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}">
 <BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>7</Id>
  <CreDtTm>2026-11-28T06:00:00</CreDtTm>
  <Acct><Id><IBAN>FI21 1234 5600 0007 85</IBAN></Id><Ccy>EUR</Ccy></Acct>
  <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt>
   <CdtDbtInd>CRDT</CdtDbtInd></Bal>
  <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt>
   <CdtDbtInd>CRDT</CdtDbtInd></Bal>
  <TxsSummry><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>{credits}</Sum>
  </TtlCdtNtries></TxsSummry>
  <Ntry><Amt Ccy="EUR">150.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{booked}
   <BookgDt><DtTm>2026-11-27T12:00:00</DtTm></BookgDt>
   <AcctSvcrRef>A1</AcctSvcrRef>
   <NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>
    <TxDtls><Refs><AcctSvcrRef>A1-1</AcctSvcrRef></Refs><Amt Ccy="EUR">100.00</Amt>
     <CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr>{payer}</Dbtr></RltdPties>
     <RmtInf><Strd><CdtrRefInf><Ref>RF111232</Ref></CdtrRefInf></Strd></RmtInf>
    </TxDtls>
    <TxDtls><Amt Ccy="EUR">50.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
     <RmtInf><Ustrd>Invoice</Ustrd><Ustrd>17</Ustrd></RmtInf></TxDtls></NtryDtls>
  </Ntry>
  <Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>
   {booked}<BookgDt><Dt>2026-11-27</Dt></BookgDt></Ntry>
  <Ntry><Amt Ccy="EUR">99.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{pending}</Ntry>
 </Stmt></BkToCstmrStmt></Document>"""


def document(version=2, closing="130.00", credits="150.00"):
    status = "<Sts>{0}</Sts>" if version < 8 else "<Sts><Cd>{0}</Cd></Sts>"
    name = "<Nm>Matti</Nm>"
    return DOCUMENT.format(
        version=version,
        closing=closing,
        credits=credits,
        booked=status.format("BOOK"),
        pending=status.format("PDNG"),
        payer=name if version < 8 else f"<Pty>{name}</Pty>",
    ).encode()


def notification():
    """The same as single payments, without balances, with the sum of both sides."""
    data = document().replace(b"camt.053", b"camt.054")
    data = data.replace(b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn")
    data = data.replace(b"Stmt>", b"Ntfctn>").replace(
        b"</TxsSummry>",
        b"<TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>30.00</Sum></TtlDbtNtries>"
        b"</TxsSummry>",
    )
    start, _bal, rest = data.partition(b"<Bal>")
    return start + rest[rest.rindex(b"</Bal>") + 6 :]


@pytest.mark.parametrize("version", range(2, 9))
def test_every_version(version):
    """10.00 + 150.00 - 30.00 = 130.00; what is pending is no money."""
    [statement] = payment_files.read(document(version))
    assert statement.account == "FI2112345600000785"
    assert [entry.amount for entry in statement.entries] == [150, -30]
    assert [entry.is_correction for entry in statement.entries] == [False, True]
    first, second, taken_back = statement.payments()
    assert (first.amount, first.reference) == (Decimal("100.00"), "RF111232")
    assert (first.payer, first.bank_id) == ("Matti", "A1-1")
    assert (second.amount, second.text, second.bank_id) == (50, "Invoice 17", "A1")
    assert taken_back.booked_on == date(2026, 11, 27)
    assert disagreements(statement) == []


def test_a_large_statement():
    """25 MB are read, as connections bring up to 50."""
    more = b"<AddtlStmtInf>" + b"x" * 1_000_000 + b"</AddtlStmtInf>"
    [statement] = payment_files.read(
        document().replace(b"</Stmt>", more * 25 + b"</Stmt>")
    )
    assert sum(entry.amount for entry in statement.entries) == Decimal("120.00")


def test_balances_and_sums_that_do_not_agree_are_told():
    [statement] = payment_files.read(document(closing="131.00", credits="149.00"))
    assert [told.field for told in disagreements(statement)] == [
        "Stmt[1]/Bal",
        "Stmt[1]/TxsSummry/TtlCdtNtries",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b">150.00</Amt>", b">150,00</Amt>", ("pattern", "Stmt[1]/Ntry[1]/Amt")),
        (b">150.00</Amt>", b">-150.00</Amt>", ("pattern", "Stmt[1]/Ntry[1]/Amt")),
        (b"2026-11-27T12", b"2026-11-31T12", ("pattern", "Stmt[1]/Ntry[1]/BookgDt")),
        (
            b">150.00</Amt><CdtDbtInd>CRDT",
            b">150.00</Amt><CdtDbtInd>X",
            ("pattern", "Stmt[1]/Ntry[1]/CdtDbtInd"),
        ),
        (b"</Document>", b"", ("not_xml", "")),
        (b"camt.053.001.02", b"camt.053.001.99", ("unknown", "Document")),
        (b"camt.053.001.02", b"pain.001.001.02", ("unknown", "")),
        (b"<Document", b"<!DOCTYPE x><Document", ("doctype", "")),
    ],
)
def test_documents_that_cannot_be_read(before, after, expected):
    assert refusal(document().replace(before, after, 1)) == expected


# --- whatever happens to a file: a refusal or the right sum ------------------------


FILES = {
    "ktl": (write(*LINES), "iso-8859-1", "100.00"),
    "camt.053": (document(), "utf-8", "120.00"),
    "camt.054": (notification(), "utf-8", "120.00"),
}


@pytest.mark.parametrize("name", FILES)
@given(st.data())
def test_a_damaged_file_never_gives_a_wrong_sum(name, draw):
    """Cut, doubled, swapped: what is read and agrees with its totals has its sum."""
    data, _charset, right = FILES[name]
    place = draw.draw(st.integers(0, len(data) - 1))
    length = draw.draw(st.integers(1, 40))
    piece = data[place : place + length]
    damaged = draw.draw(
        st.sampled_from(
            [
                data[:place],
                data[:place] + data[place + length :],
                data[:place] + piece + data[place:],
                data[:place] + piece[::-1] + data[place + length :],
            ]
        )
    )
    check_refused_or_right(damaged, right)


@pytest.mark.parametrize("charset", ["utf-8", "cp1251", "cp037", "utf-16"])
@pytest.mark.parametrize("name", FILES)
def test_a_wrong_charset_never_gives_a_wrong_sum(name, charset):
    data, own, right = FILES[name]
    text = data.decode(own).replace("Matti", "Määttä")
    check_refused_or_right(text.encode(charset, "replace"), right)


def check_refused_or_right(data, right):
    try:
        statements = payment_files.read(data)
    except FileError as error:
        assert str(error)
        return
    for statement in statements:
        if statement.entries and not disagreements(statement):
            total = sum(entry.amount for entry in statement.entries)
            assert total == Decimal(right)


@given(st.binary(max_size=300))
def test_rubbish_is_refused(data):
    assert not camt.recognises(data) and not ktl.recognises(data)
    assert refusal(data)
