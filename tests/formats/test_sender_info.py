"""SenderInfo messages: what opens, changes and ends the service at a bank."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

import pytest
from einvoice_formats.ebxml_frame import Frame, Message, split_messages
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoice_model import Account
from einvoice_formats.finvoice_schema import check
from einvoice_formats.sender_info import (
    MAILBOX,
    ROOT,
    Asked,
    Previous,
    SenderInfo,
    Terms,
    pair_accounts,
    write_message,
    write_sender_info,
)
from einvoice_formats.sender_info_reading import read_sender_info
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

A = Account("FI2112345600000785", "NDEAFIHH")
B = Account("FI5810171000000122", "OKOYFIHH")
C = Account("FI7944052020036082", "ITELFIHH")
NUMBER = Asked(
    type="09",
    labels={"FI": "Asiakasnumero", "SV": "Kundnummer", "EN": "Customer number"},
    min_length=4,
    max_length=20,
)
REFERENCE = Asked(
    type="01",
    labels={"FI": "Viitenumero", "SV": "Referensnummer", "EN": "Reference number"},
    min_length=4,
    max_length=20,
)
TERMS = Terms(
    business_id="1234567-1",
    names={"FI": "Kaamos Energia Oy", "SV": "Kaamos Energi Ab", "EN": "Kaamos Energy"},
    sender_address="003712345671",
    sender_intermediator="NDEAFIHH",
    accounts=(A,),
    payment_subject="KAAMOS-ELECTRICITY",
    topics={"FI": "Sähkölasku", "SV": "Elräkning", "EN": "Electricity"},
    identifiers=(NUMBER, REFERENCE),
    service="01",
    instructions={"FI": "Asiakasnumero on laskun oikeassa yläkulmassa."},
    street="Sähkötie 1",
    town="Helsinki",
    postcode="00180",
    country_code="FI",
    industry_code="35140",
    website_name="Kaamos",
    website="https://www.kaamos.example",
    due_date_accepted=True,
)
ADD = SenderInfo("ADD", "SI-1", date(2026, 11, 29), TERMS)


def change(old, **new):
    """A change from TERMS with the accounts ``old``."""
    before = Previous(TERMS.sender_address, TERMS.sender_intermediator, old)
    terms = replace(TERMS, **new)
    return SenderInfo("CHANGE", "SI-1", date(2026, 11, 29), terms, before)


@lru_cache(maxsize=1)
def official_schema(path):
    return etree.XMLSchema(etree.parse(str(path)))


def accounts_of(document):
    """Each pair of accounts in a message, by the texts of its elements."""
    return [
        tuple(block.findtext(tag) for tag in ("SellerAccountID", "NewSellerAccountID"))
        for block in etree.fromstring(document).iter("SellerAccountDetails")
    ]


def test_an_opening_says_everything_in_the_order_of_the_schema():
    root = etree.fromstring(write_sender_info(ADD))
    assert root.get("Version") == "2.0"
    details = {node.tag: node.text for node in root.find("MessageDetails")}
    assert details == {
        "MessageTypeCode": "SENDERINFO",
        "MessageTypeText": "INVOICER NOTIFICATION",
        "MessageActionCode": "ADD",
        "MessageActionCodeIdentifier": "00",
        "MessageDate": "20261129",
        "SenderInfoIdentifier": "SI-1",
    }
    names = root.findall("SellerPartyDetails/SellerOrganisationNames")
    assert [name.get("LanguageCode") for name in names] == ["FI", "SV", "EN"]
    topics = root.findall("SellerInvoiceDetails/SellerInvoiceTypeDetails")
    assert [topic[0].text for topic in topics] == [
        *("Sähkölasku", "Elräkning", "Electricity")
    ]
    label = topics[1][1]
    assert label.text == "Kundnummer"
    assert dict(label.attrib) == {
        "LanguageCode": "SV",
        "SellerInvoiceIdentifierType": "09",
        "SellerInvoiceIdentifierMinLength": "4",
        "SellerInvoiceIdentifierMaxLength": "20",
        "SellerInvoiceIdentifierSpaces": "false",
        "SellerInvoiceIdentifierHyphens": "false",
    }
    assert root.findtext("SellerInvoiceDetails/SellerServiceCode") == "01"
    assert root.findtext("ProposedDueDateAccepted") == "YES"
    assert root.findtext("ProposedInvoicePeriodAccepted") == "NO"
    assert root.find(".//NewInvoiceSenderAddress") is None
    assert root.find(".//NewSellerAccountID") is None


# The cases of the notification service guidelines, 4.6: old accounts, new accounts,
# and the pairs of SellerAccountID and NewSellerAccountID.
CASES = {
    "only the street": ((A, B), (A, B), [(A, A), (B, B)]),
    "one more": ((A,), (A, B), [(A, A), (A, B)]),
    "two more": ((A, B), (A, B, C), [(A, A), (B, B), (B, C)]),
    "one less": ((A, B), (A,), [(A, A), (B, None)]),
    "another": ((A,), (B,), [(A, B)]),
    "another beside one that stays": ((A, B), (A, C), [(A, A), (B, C)]),
    "two become one": ((A, B), (C,), [(A, C), (B, None)]),
    "one becomes two": ((A,), (B, C), [(A, B), (A, C)]),
    "another bank for it": (
        (A,),
        (replace(A, bic="OKOYFIHH"),),
        [(A, replace(A, bic="OKOYFIHH"))],
    ),
}


@pytest.mark.parametrize(("old", "new", "pairs"), CASES.values(), ids=list(CASES))
def test_a_change_names_old_and_new_accounts(old, new, pairs):
    document = write_sender_info(change(old, accounts=new, street="Uusikatu 2"))
    assert accounts_of(document) == [
        (before.iban, after and after.iban) for before, after in pairs
    ]
    assert read_sender_info(document).previous.accounts == old
    assert set(read_sender_info(document).terms.accounts) == set(new)


ACCOUNTS = st.lists(st.sampled_from([A, B, C]), min_size=1, unique=True).map(tuple)


@given(ACCOUNTS, ACCOUNTS)
def test_whatever_changes_the_bank_finds_its_list_and_ours(old, new):
    pairs = list(pair_accounts(old, new))
    assert {before for before, _after in pairs} == set(old)
    assert {after for _before, after in pairs if after} == set(new)
    assert len(pairs) <= max(len(old), len(new)) + 1


def test_a_change_of_bank_goes_from_the_old_address_and_names_the_new_one():
    info = change((A,), sender_address="FI5810171000000122")
    info = replace(info, terms=replace(info.terms, sender_intermediator="OKOYFIHH"))
    sender = etree.fromstring(write_sender_info(info)).find(
        "InvoiceSenderInformationDetails"
    )
    assert [node.text for node in sender][2:] == [
        *("003712345671", "NDEAFIHH", "FI5810171000000122", "OKOYFIHH")
    ]
    assert read_sender_info(write_sender_info(info)) == info


def test_a_message_goes_from_our_address_to_the_mailbox_of_the_bank():
    frame = Frame(
        *("003712345671", "NDEAFIHH", MAILBOX, "OKOYFIHH"),
        message_id="MSG-1",
        timestamp=datetime(2026, 11, 29, 12, 0, tzinfo=timezone(timedelta(hours=2))),
    )
    [message] = split_messages(write_message(ADD, frame))
    assert isinstance(message, Message)
    assert (message.frame, message.root) == (frame, ROOT)
    assert b'eb:id="FinvoiceSenderInfo"' in message.raw


TEXTS = st.text(alphabet="abcÅÄÖåäö 123-", min_size=4, max_size=35).map(
    lambda text: "x" + " ".join(text.split()) + "xxx"
)


@st.composite
def sender_infos(draw):
    """Messages of every kind, in one, two or three languages."""
    languages = ["FI", *draw(st.lists(st.sampled_from(["SV", "EN"]), unique=True))]
    languages.sort(key=("FI", "SV", "EN").index)

    def texts(size=35):
        return {language: draw(TEXTS)[:size] for language in languages}

    shortest = draw(st.integers(1, 35))
    asked = [
        Asked(
            type=draw(st.sampled_from(["01", "02", "03", "07", "09", "99"])),
            labels=texts(),
            min_length=shortest,
            max_length=draw(st.integers(shortest, 35)),
            spaces=draw(st.booleans()),
            hyphens=draw(st.booleans()),
        )
        for _number in range(draw(st.integers(1, 2)))
    ]
    terms = replace(
        TERMS,
        names=texts(),
        topics=texts(),
        instructions=texts() if draw(st.booleans()) else {},
        accounts=draw(ACCOUNTS),
        identifiers=tuple(asked),
        service=draw(st.sampled_from(["00", "01", "02"])),
        street=draw(st.sampled_from(["Sähkötie 1", "Uusikatu 2"])),
        industry_code=draw(st.sampled_from(["", "35140"])),
        period_accepted=draw(st.booleans()),
    )
    info = replace(ADD, action=draw(st.sampled_from(["ADD", "DELETE"])), terms=terms)
    if draw(st.booleans()):
        before = Previous("003712345671", "NDEAFIHH", draw(ACCOUNTS))
        info = replace(info, action="CHANGE", previous=before)
    return info


@given(sender_infos())
def test_what_is_written_is_valid_and_is_what_is_read(official, info):
    document = write_sender_info(info)
    schema = official_schema(official("finvoice", "xsd", "FinvoiceSenderInfo.xsd"))
    root = etree.fromstring(document)
    assert schema.validate(root), schema.error_log
    known = read_sender_info(document)
    if info.action == "CHANGE":  # the order is that of the pairs
        assert set(known.terms.accounts) == set(info.terms.accounts)
        assert set(known.previous.accounts) == set(info.previous.accounts)
        terms = replace(known.terms, accounts=info.terms.accounts)
        before = replace(known.previous, accounts=info.previous.accounts)
        known = replace(known, terms=terms, previous=before)
    assert known == info


@st.composite
def mutants(draw):
    """A good document with a few things removed, repeated, moved or rewritten."""
    root = etree.fromstring(write_sender_info(draw(sender_infos())))
    for _ in range(draw(st.integers(1, 3))):
        elements = list(root.iter())
        element = elements[draw(st.integers(1, len(elements) - 1))]
        match draw(st.integers(0, 4)):
            case 0:
                element.getparent().remove(element)
            case 1:
                element.addnext(etree.fromstring(etree.tostring(element)))
            case 2 if not len(element):
                element.text = draw(
                    st.sampled_from(["", " ", "x" * 36, "x" * 71, "YES", "03", "å"])
                )
            case 3 if element.attrib:
                key = draw(st.sampled_from(sorted(element.attrib)))
                element.set(key, draw(st.sampled_from(["", "SE", "10", "0", "true"])))
            case 4:
                element.tag = elements[draw(st.integers(1, len(elements) - 1))].tag
    return root


@given(mutants())
def test_what_passes_ours_passes_the_official_schema(official, root):
    schema = official_schema(official("finvoice", "xsd", "FinvoiceSenderInfo.xsd"))
    read = etree.fromstring(etree.tostring(root, encoding="ISO-8859-15"))
    try:
        check(read, ROOT)
    except FormatError as error:
        assert error.code == "schema"
    else:
        assert schema.validate(read), schema.error_log


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".//SellerOrganisationName", " Kaamos "),
        (".//PaymentInstructionIdentifier", " "),
        (".//SellerInvoiceTypeText", ""),
        (".//InvoiceSenderAddress", ""),
        (".//MessageDate", "20261399"),
    ],
)
def test_ours_is_stricter(official, path, text):
    schema = official_schema(official("finvoice", "xsd", "FinvoiceSenderInfo.xsd"))
    root = etree.fromstring(write_sender_info(ADD))
    root.find(path).text = text
    assert schema.validate(root), schema.error_log
    with pytest.raises(FormatError):
        check(root, ROOT)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"names": {"SV": "Kaamos Energi Ab"}}, "missing", "names.FI"),
        ({"topics": {}}, "missing", "topics.FI"),
        ({"topics": {"FI": "x" * 36}}, "missing", "topics.SV"),
        ({"accounts": ()}, "missing", "accounts"),
        ({"accounts": (Account(A.iban, ""),)}, "missing", "payment.account.bic"),
        (
            {"accounts": (Account("FI2112345600000786", "NDEAFIHH"),)},
            *("checksum", "payment.account.iban"),
        ),
        ({"identifiers": ()}, "missing", "identifiers"),
        (
            {"identifiers": (replace(NUMBER, min_length=21),)},
            *("pattern", "identifiers[0].length"),
        ),
        (
            {"identifiers": (replace(NUMBER, labels={"FI": "Asiakasnumero"}),)},
            *("missing", "identifiers[0].labels.SV"),
        ),
        (
            {"identifiers": (replace(NUMBER, labels={**NUMBER.labels, "EN": "No."}),)},
            *("too_short", "identifiers[0].labels.EN"),
        ),
        ({"instructions": {"FI": "x" * 421}}, "too_long", "instructions.FI"),
        ({"payment_subject": "x" * 36}, "too_long", "payment.instruction_id"),
        ({"street": "K"}, "too_short", "seller.street"),
        (
            {"sender_intermediator": "003721291126"},
            *("too_long", "transmission.sender_intermediator"),
        ),
    ],
)
def test_what_does_not_fit_names_its_place(wrong, code, field):
    with pytest.raises(FormatError) as caught:
        write_sender_info(replace(ADD, terms=replace(TERMS, **wrong)))
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_change_needs_what_the_bank_has():
    with pytest.raises(FormatError) as caught:
        write_sender_info(replace(ADD, action="CHANGE"))
    assert caught.value.field == "previous"
    with pytest.raises(FormatError) as caught:
        write_sender_info(change(()))
    assert caught.value.field == "previous.accounts"


def test_what_others_wrote_is_read():
    """Banks' programs leave out what has a default, and write SE for Swedish."""
    root = etree.fromstring(write_sender_info(ADD))
    for node in root.iter("SellerInvoiceIdentifierText"):
        language = node.get("LanguageCode")
        node.attrib.clear()
        node.set("LanguageCode", "SE" if language == "SV" else language)
    for tag in ("ProposedDueDateAccepted", "ProposedInvoicePeriodAccepted"):
        root.remove(root.find(tag))
    known = read_sender_info(etree.tostring(root))
    assert known.terms.identifiers[0] == Asked("99", NUMBER.labels, 1, 35)
    assert known.terms.due_date_accepted is False


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (".//MessageActionCode", "PATCH", "pattern"),
        (".//MessageDate", "29.11.2026", "pattern"),
        (".//InvoiceSenderAddress", "", "missing"),
        (".//SenderInfoIdentifier", "", "missing"),
    ],
)
def test_what_cannot_be_read_is_refused(path, text, code):
    root = etree.fromstring(write_sender_info(ADD))
    root.find(path).text = text
    with pytest.raises(FormatError) as caught:
        read_sender_info(etree.tostring(root))
    assert caught.value.code == code


def test_another_message_is_no_sender_info():
    with pytest.raises(FormatError):
        read_sender_info(b"<Finvoice/>")
