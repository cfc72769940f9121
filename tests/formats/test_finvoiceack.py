"""Acknowledgements, written here from the official schema."""

import pytest
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoiceack import AckError, read_acknowledgement
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

FULL = """<?xml version="1.0" encoding="ISO-8859-15"?>
<Finvoiceack xmlns="http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd"
 xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
 Version="2.0">
 <Acknowledgement>
  <eb:From><eb:PartyId>003712345671</eb:PartyId><eb:Role>Sender</eb:Role></eb:From>
  <eb:From><eb:PartyId>OKOYFIHH</eb:PartyId><eb:Role>Intermediator</eb:Role></eb:From>
  <eb:To><eb:PartyId>FI2112345600000785</eb:PartyId><eb:Role>Receiver</eb:Role></eb:To>
  <eb:To><eb:PartyId>NDEAFIHH</eb:PartyId><eb:Role>Intermediator</eb:Role></eb:To>
  <MessageData>
   <eb:MessageId>MSG-1</eb:MessageId>
   <eb:Timestamp>2026-02-01T12:00:00+02:00</eb:Timestamp>
  </MessageData>
  <Reason>
   <Code>2</Code>
   <Text>Vastaanottajaa ei löydy</Text>
   <Text>Receiver not found</Text>
  </Reason>
 </Acknowledgement>
 <RefToCounterpartMessage>BANK-9</RefToCounterpartMessage>
 <Error>
  <Code>7</Code><Text>Virhe</Text><Severity>ERROR</Severity>
  <Location>EpiAccountID</Location>
 </Error>
 <Error><Code>X1</Code><Text>Muu</Text></Error>
</Finvoiceack>"""


def data(text=FULL):
    return text.encode("iso8859-15")


def test_the_message_here_is_valid_in_the_official_schema(official):
    path = official("finvoice", "xsd", "Finvoiceack.xsd")
    schema = etree.XMLSchema(etree.parse(str(path)))
    assert schema.validate(etree.fromstring(data())), schema.error_log


NAMESPACES = [
    ("oasis-open.org", "oasisopen.org"),
    (' xmlns="http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd"', ""),
    ("eb:", "ns1:"),
    ("\n", " "),
]


@pytest.mark.parametrize("change", NAMESPACES)
def test_every_part_is_read_whatever_the_namespaces(change):
    text = FULL.replace("xmlns:eb", "xmlns:ns1") if change[0] == "eb:" else FULL
    ack = read_acknowledgement(data(text.replace(*change)))
    assert ack.message_id == "MSG-1"
    assert ack.code == "2"
    assert ack.texts == ("Vastaanottajaa ei löydy", "Receiver not found")
    assert ack.errors == (
        AckError("7", ("Virhe",), "EpiAccountID", "ERROR"),
        AckError("X1", ("Muu",)),
    )


def test_an_unknown_reason_is_kept_as_it_came():
    ack = read_acknowledgement(data(FULL.replace("<Code>2<", "<Code>E-77<")))
    assert ack.code == "E-77"


def test_no_reason_is_another_reason():
    ack = read_acknowledgement(data(FULL.replace("<Code>2</Code>", "")))
    assert ack.code == "6"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"<Finvoice/>", "pattern"),
        (b"<Finvoiceack/>", "missing"),
        (b"<Finvoiceack><Acknowledgement/></Finvoiceack>", "missing"),
        (b"not xml", "not_xml"),
        (b"<!DOCTYPE a><Finvoiceack/>", "doctype"),
    ],
)
def test_what_is_no_acknowledgement_is_refused(document, code):
    with pytest.raises(FormatError) as caught:
        read_acknowledgement(document)
    assert caught.value.code == code


@given(st.integers(0, len(FULL)), st.integers(0, len(FULL)), st.binary(max_size=9))
def test_damage_is_a_format_error_or_harmless(begin, end, junk):
    try:
        read_acknowledgement(data()[:begin] + junk + data()[end:])
    except FormatError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("WARNING", "WARNING", True),
        ("WARNING", "ERROR", False),
        ("ERROR", "", False),
        ("WARNING", "", False),  # what has no severity may be an error
    ],
)
def test_nothing_but_warnings_is_a_notice(first, second, expected):
    text = FULL.replace(">ERROR<", f">{first}<")
    if second:
        severity = f"<Text>Muu</Text><Severity>{second}</Severity>"
        text = text.replace("<Text>Muu</Text>", severity)
    assert read_acknowledgement(data(text)).is_notice is expected


def test_a_refusal_without_details_is_no_notice():
    text = FULL[: FULL.index(" <Error>")] + "</Finvoiceack>"
    assert not read_acknowledgement(data(text)).is_notice
