"""ReceiverProposal messages: e-invoices proposed to a consumer through a bank."""

from dataclasses import replace
from datetime import date, datetime, timezone

import pytest
from einvoice_formats.ebxml_frame import Frame, Message, split_messages
from einvoice_formats.errors import FormatError
from einvoice_formats.receiver_info import Identifier
from einvoice_formats.receiver_proposal import (
    MAILBOX,
    ROOT,
    Proposal,
    write_file,
    write_proposal,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from test_sender_info import TERMS, official_schema

AINO = Proposal(
    identifier="SI-1",
    message_date=date(2026, 11, 29),
    terms=TERMS,
    name="Aino Mäkinen",
    address="FI5810171000000122",
    bank="OKOYFIHH",
    identifiers=(Identifier("09", "10014"),),
    street="Koivukuja 3",
    town="Jyväskylä",
    postcode="40100",
    country_code="FI",
    free_text="Saat laskut jatkossa verkkopankkiisi.",
)


def frame(number):
    """The frame of the official sample, of our own parties."""
    return Frame(
        sender=TERMS.sender_address,
        sender_intermediator=TERMS.sender_intermediator,
        receiver=MAILBOX,
        receiver_intermediator="OKOYFIHH",
        message_id=f"RP_20261129/{number}",
        timestamp=datetime(2026, 11, 29, 12, tzinfo=timezone.utc),
    )


def test_it_says_who_asks_and_who_is_asked():
    root = etree.fromstring(write_proposal(AINO))
    assert (root.tag, root.get("Version")) == (ROOT, "1.0")
    details = {node.tag: node.text for node in root.find("MessageDetails")}
    assert details["MessageTypeCode"] == "RECEIVERPROPOSAL"
    assert details["MessageActionCode"] == "ADD"
    assert details["SenderInfoIdentifier"] == "SI-1"
    assert root.find(".//IndustryCode") is None
    assert root.find(".//SellerServiceCode") is None
    subject = "SellerInvoiceDetails/PaymentInstructionIdentifier"
    assert root.findtext(subject) == "KAAMOS-ELECTRICITY"
    recipient = {node.tag: node.text for node in root.find("InvoiceRecipientDetails")}
    assert recipient == {
        "InvoiceRecipientAddress": "FI5810171000000122",
        "InvoiceRecipientIntermediatorAddress": "OKOYFIHH",
        "SellerInvoiceIdentifier": "10014",
    }
    assert root.findtext("BuyerPartyDetails/BuyerOrganisationName") == "Aino Mäkinen"
    assert root.findtext("RPFreeText") == "Saat laskut jatkossa verkkopankkiisi."


@pytest.mark.parametrize(
    "proposal",
    [
        AINO,
        replace(AINO, street="", free_text="", identifiers=()),
        replace(AINO, identifiers=(Identifier("09", "1"), Identifier("01", "1232"))),
    ],
)
def test_it_is_valid_in_the_official_schema(proposal, official):
    schema = official_schema(official("finvoice", "xsd", "ReceiverProposal.xsd"))
    root = etree.fromstring(write_proposal(proposal))
    assert schema.validate(root), schema.error_log


@given(
    name=st.text(st.characters(codec="iso-8859-15", categories=["L"]), max_size=80),
    street=st.text(max_size=40),
    free_text=st.text(max_size=500),
)
@settings(max_examples=60)
def test_whatever_is_written_is_valid(name, street, free_text, official):
    schema = official_schema(official("finvoice", "xsd", "ReceiverProposal.xsd"))
    proposal = replace(AINO, name=name, street=street, free_text=free_text)
    try:
        root = etree.fromstring(write_proposal(proposal))
    except FormatError:
        return
    assert schema.validate(root), schema.error_log


def test_a_file_holds_many_each_with_a_frame():
    others = [replace(AINO, name=f"Asiakas {number}") for number in range(3)]
    data = write_file((each, frame(n)) for n, each in enumerate(others))
    messages = list(split_messages(data))
    assert all(isinstance(each, Message) for each in messages)
    assert [each.frame.message_id for each in messages] == [
        f"RP_20261129/{number}" for number in range(3)
    ]
    assert {each.frame.receiver for each in messages} == {"PROPOSAL"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": ""}, "transmission.receiver"),
        ({"name": "A"}, "buyer.name"),
        ({"identifier": ""}, "identifier"),
        ({"identifiers": (Identifier("09", "x" * 36),)}, "identifiers[0].value"),
    ],
)
def test_what_does_not_fit_is_refused(change, field):
    with pytest.raises(FormatError) as caught:
        write_proposal(replace(AINO, **change))
    assert caught.value.field == field
