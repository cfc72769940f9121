"""ReceiverInfo messages, written here from the official schema."""

import pytest
from einvoice_formats.errors import FormatError
from einvoice_formats.receiver_info import Identifier, read_receiver_info
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

FULL = """<?xml version="1.0" encoding="ISO-8859-15"?>
<FinvoiceReceiverInfo Version="2.0">
 <MessageDetails>
  <MessageTypeCode>RECEIVERINFO</MessageTypeCode>
  <MessageTypeText>VASTAANOTTOILMOITUS</MessageTypeText>
  <MessageActionCode>ADD</MessageActionCode>
  <MessageActionCodeIdentifier>00</MessageActionCodeIdentifier>
  <MessageDate Format="CCYYMMDD">20260110</MessageDate>
  <SenderInfoIdentifier>SI-2026-1</SenderInfoIdentifier>
 </MessageDetails>
 <SellerPartyDetails>
  <SellerPartyIdentifier>1234567-1</SellerPartyIdentifier>
  <SellerOrganisationNames LanguageCode="FI">
   <SellerOrganisationName>Esimerkki Oy</SellerOrganisationName>
  </SellerOrganisationNames>
 </SellerPartyDetails>
 <InvoiceSenderInformationDetails>
  <InvoiceSenderAddress>003712345671</InvoiceSenderAddress>
  <InvoiceSenderIntermediatorAddress>OKOYFIHH</InvoiceSenderIntermediatorAddress>
 </InvoiceSenderInformationDetails>
 <SellerAccountDetails>
  <SellerAccountID IdentificationSchemeName="IBAN">FI7944052020036082</SellerAccountID>
  <SellerBic IdentificationSchemeName="BIC">ITELFIHH</SellerBic>
 </SellerAccountDetails>
 <SellerInvoiceDetails>
  <PaymentInstructionIdentifier>SAHKO1</PaymentInstructionIdentifier>
  <SellerInvoiceTypeDetails>
   <SellerInvoiceTypeText LanguageCode="FI">Sähkölasku</SellerInvoiceTypeText>
   <SellerInvoiceIdentifierText LanguageCode="FI" SellerInvoiceIdentifierType="01"
    >Viitenumero</SellerInvoiceIdentifierText>
   <SellerInvoiceIdentifierText LanguageCode="FI" SellerInvoiceIdentifierType="08"
    >Asiakasnumero</SellerInvoiceIdentifierText>
  </SellerInvoiceTypeDetails>
 </SellerInvoiceDetails>
 <ReceiverInfoTimeStamp>2026-01-10T12:00:00</ReceiverInfoTimeStamp>
 <BuyerPartyDetails>
  <BuyerPartyIdentifier>77</BuyerPartyIdentifier>
  <BuyerOrganisationName>Päivi Mäkinen</BuyerOrganisationName>
  <BuyerPostalAddressDetails>
   <BuyerStreetName>Kotikatu 5</BuyerStreetName>
   <BuyerTownName>Hyvinkää</BuyerTownName>
   <BuyerPostCodeIdentifier>05800</BuyerPostCodeIdentifier>
   <CountryCode>FI</CountryCode>
  </BuyerPostalAddressDetails>
 </BuyerPartyDetails>
 <InvoiceRecipientDetails>
  <InvoiceRecipientAddress>FI2112345600000785</InvoiceRecipientAddress>
  <InvoiceRecipientIntermediatorAddress>NDEAFIHH</InvoiceRecipientIntermediatorAddress>
  <SellerInvoiceIdentifier SellerInvoiceIdentifierType="01"
  >1232</SellerInvoiceIdentifier>
  <SellerInvoiceIdentifier>C-77</SellerInvoiceIdentifier>
  <EpiRemittanceIdentifier>10003</EpiRemittanceIdentifier>
  <InvoiceRecipientLanguageCode>SV</InvoiceRecipientLanguageCode>
 </InvoiceRecipientDetails>
 <ProposedDueDate>15</ProposedDueDate>
 <ProposedInvoicePeriod>4</ProposedInvoicePeriod>
 <BuyerServiceCode>01</BuyerServiceCode>
 <ConversionDetails><ConversionID>K1</ConversionID></ConversionDetails>
</FinvoiceReceiverInfo>"""

OPTIONAL = (
    "MessageActionCodeIdentifier",
    "SellerAccountDetails",
    "BuyerPartyIdentifier",
    "BuyerPostalAddressDetails",
    "InvoiceRecipientAddress",
    "EpiRemittanceIdentifier",
    "ProposedDueDate",
    "ProposedInvoicePeriod",
    "ConversionDetails",
)


def without(*tags, text=FULL):
    root = etree.fromstring(text.encode("iso8859-15"))
    for tag in tags:
        for element in list(root.iter(tag)):
            element.getparent().remove(element)
    return etree.tostring(root, encoding="ISO-8859-15")


@pytest.fixture(name="schema")
def _schema(official):
    path = official("finvoice", "xsd", "FinvoiceReceiverInfo.xsd")
    return etree.XMLSchema(etree.parse(str(path)))


@pytest.mark.parametrize("gone", [(), OPTIONAL, ("SellerInvoiceIdentifier",)])
def test_the_messages_here_are_valid_in_the_official_schema(schema, gone):
    assert schema.validate(etree.fromstring(without(*gone))), schema.error_log


def test_a_full_message():
    info = read_receiver_info(without())
    assert info.action == "ADD"
    assert info.sender_address == "003712345671"
    assert info.payment_subject == "SAHKO1"
    assert info.timestamp == "2026-01-10T12:00:00"
    assert info.buyer_name == "Päivi Mäkinen"
    assert info.buyer_street == "Kotikatu 5"
    assert (info.buyer_postcode, info.buyer_town) == ("05800", "Hyvinkää")
    assert info.recipient_address == "FI2112345600000785"
    assert info.recipient_intermediator == "NDEAFIHH"
    assert info.identifiers == (Identifier("01", "1232"), Identifier("", "C-77"))
    assert info.epi_reference == "10003"
    assert info.language == "SV"
    assert (info.proposed_due_date, info.proposed_period) == (15, 4)
    assert info.service == "01"
    assert (info.origin, info.conversion) == ("00", "K1")


def test_a_message_with_the_least():
    info = read_receiver_info(without(*OPTIONAL, "SellerInvoiceIdentifier"))
    assert (info.identifiers, info.recipient_address) == ((), "")
    assert (info.proposed_due_date, info.proposed_period) == (None, None)
    assert info.buyer_street == ""
    assert (info.origin, info.conversion) == ("", "")


def test_version_1_has_no_service_and_means_einvoice():
    old = FULL.replace('Version="2.0"', 'Version="1.0"')
    info = read_receiver_info(without("BuyerServiceCode", text=old))
    assert info.service == "00"


@pytest.mark.parametrize(
    "tag",
    [
        "MessageActionCode",
        "MessageDate",
        "SenderInfoIdentifier",
        "SellerPartyIdentifier",
        "InvoiceSenderAddress",
        "InvoiceSenderIntermediatorAddress",
        "PaymentInstructionIdentifier",
        "BuyerOrganisationName",
        "InvoiceRecipientIntermediatorAddress",
        "MessageDetails",
        "InvoiceRecipientDetails",
    ],
)
def test_identity_must_be_there(tag):
    with pytest.raises(FormatError) as caught:
        read_receiver_info(without(tag))
    assert caught.value.code == "missing"
    assert tag in caught.value.field


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (">ADD<", ">NEW<", "MessageDetails/MessageActionCode"),
        (
            ">NDEAFIHH<",
            ">NDEA FIHH<",
            "InvoiceRecipientDetails/InvoiceRecipientIntermediatorAddress",
        ),
        (">01</Buyer", ">07</Buyer", "BuyerServiceCode"),
    ],
)
def test_identity_must_be_readable(old, new, field):
    with pytest.raises(FormatError) as caught:
        read_receiver_info(FULL.replace(old, new).encode("iso8859-15"))
    assert (caught.value.code, caught.value.field) == ("pattern", field)


def test_a_wish_that_cannot_be_read_is_no_wish():
    text = FULL.replace(">15<", ">32<").replace(">4<", ">5<")
    info = read_receiver_info(text.encode("iso8859-15"))
    assert (info.proposed_due_date, info.proposed_period) == (None, None)


def test_another_message_is_refused():
    with pytest.raises(FormatError):
        read_receiver_info(b"<FinvoiceSenderInfo/>")


@given(st.integers(0, len(FULL)), st.integers(0, len(FULL)), st.binary(max_size=9))
def test_damage_is_a_format_error_or_harmless(begin, end, junk):
    data = FULL.encode("iso8859-15")
    try:
        read_receiver_info(data[:begin] + junk + data[end:])
    except FormatError as error:
        assert str(error)
