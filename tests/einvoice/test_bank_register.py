"""The demo bank's register: what invoicers announce, change and end (SenderInfo).

Messages are written here from the official schema; no addon has a hand in them.
"""

from pathlib import Path

import pytest

from support.played_bank import (
    ACCOUNT,
    CHARSET,
    FRAME,
    NORTH,
    SENDER,
    SENDER_BANK,
    SOUTH,
    SUBJECT,
    TODAY,
    PlayedBank,
    Row,
    official,
)

pytestmark = official
OTHERS_SUBJECT = "WATER"
# Two accounts of the bank in the north, whose accounts begin with 1.
FIRST, SECOND = ACCOUNT, "FI4819503000000010"
# And one of the bank in the south, whose accounts begin with 5.
SOUTHERN = "FI9757800750155448"
MESSAGE = """<?xml version="1.0" encoding="ISO-8859-15"?>
<FinvoiceSenderInfo Version="2.0"><MessageDetails>
<MessageTypeCode>SENDERINFO</MessageTypeCode>
<MessageTypeText>INVOICER NOTIFICATION</MessageTypeText>
<MessageActionCode>{action}</MessageActionCode>
<MessageDate Format="CCYYMMDD">20260302</MessageDate>
<SenderInfoIdentifier>SI-9</SenderInfoIdentifier></MessageDetails>
<SellerPartyDetails><SellerPartyIdentifier>1234567-1</SellerPartyIdentifier>
<SellerOrganisationNames LanguageCode="{language}">
<SellerOrganisationName>Pohjolan Vesi Oy</SellerOrganisationName>
</SellerOrganisationNames></SellerPartyDetails>
<InvoiceSenderInformationDetails>
<InvoiceSenderAddress>{sender}</InvoiceSenderAddress>
<InvoiceSenderIntermediatorAddress>{sender_bank}</InvoiceSenderIntermediatorAddress>
{new}</InvoiceSenderInformationDetails>{accounts}<SellerInvoiceDetails>
<PaymentInstructionIdentifier>{subject}</PaymentInstructionIdentifier>
<SellerInvoiceTypeDetails>
<SellerInvoiceTypeText LanguageCode="{language}">Vesilasku</SellerInvoiceTypeText>
<SellerInvoiceIdentifierText LanguageCode="{language}" SellerInvoiceIdentifierType="09"
 SellerInvoiceIdentifierMinLength="4" SellerInvoiceIdentifierMaxLength="12"
>Asiakasnumero</SellerInvoiceIdentifierText></SellerInvoiceTypeDetails>
<SellerServiceCode>01</SellerServiceCode></SellerInvoiceDetails></FinvoiceSenderInfo>
"""


class Invoicer:
    """Somebody who announces water invoices to a bank."""

    def __init__(self, folder: Path) -> None:
        self.bank = PlayedBank(folder)
        self.number = 0

    def say(
        self,
        action: str = "ADD",
        accounts: tuple[tuple[str, str], ...] = ((FIRST, ""),),
        bank: str = NORTH,
        **given: str,
    ) -> Row:
        """Send a message; what the bank says of it."""
        self.number += 1
        values = {
            "sender": SENDER,
            "sender_bank": SENDER_BANK,
            "subject": OTHERS_SUBJECT,
            "language": "FI",
            "new": "",
            **given,
        }
        body = MESSAGE.format(
            action=action, accounts="".join(map(_accounts, accounts)), **values
        )
        frame = FRAME.format(
            sender=SENDER,
            sender_bank=SENDER_BANK,
            receiver="SENDERINFO",
            receiver_bank=bank,
            message_id=f"SI-{self.number}",
            stamp=f"{TODAY}T10:00:00+02:00",
        )
        [message] = self.bank.exchange((frame + body).encode(CHARSET))
        return message

    def known(self, bank: str = NORTH, subject: str = OTHERS_SUBJECT) -> list[Row]:
        """What a bank has of a subject."""
        return [
            row
            for row in self.bank.state()["notifications"]
            if (row["bank"], row["payment_subject"]) == (bank, subject)
        ]


def _accounts(pair: tuple[str, str]) -> str:
    """One account, and the one that stands beside it."""
    old, new = pair
    text = _account("", old) + (_account("New", new) if new else "")
    return f"<SellerAccountDetails>{text}</SellerAccountDetails>"


def _account(prefix: str, iban: str) -> str:
    bic = SOUTH if iban == SOUTHERN else NORTH
    return (
        f'<{prefix}SellerAccountID IdentificationSchemeName="IBAN">{iban}'
        f"</{prefix}SellerAccountID>"
        f'<{prefix}SellerBic IdentificationSchemeName="BIC">{bic}</{prefix}SellerBic>'
    )


@pytest.fixture
def invoicer(tmp_path: Path) -> Invoicer:
    """An invoicer that no bank knows by its water invoices."""
    return Invoicer(tmp_path)


def refusal(message: Row) -> tuple[int, str]:
    """Code and words of the first fault."""
    assert message["verdict"] == "refused"
    first = message["findings"][0]
    return first["code"], first["text"]


def test_who_announces_is_offered_at_that_bank_only(invoicer: Invoicer) -> None:
    assert invoicer.say()["findings"] == []
    [row] = invoicer.known()
    assert (row["name"], row["status"]) == ("Pohjolan Vesi Oy", "announced")
    assert not invoicer.known(SOUTH)
    offered = "Order e-invoices from Pohjolan Vesi Oy"
    aino = f"/customer/{invoicer.bank.aino}?bank="
    assert offered in invoicer.bank.pages.get(aino + NORTH).text
    assert offered not in invoicer.bank.pages.get(aino + SOUTH).text
    assert "Pohjolan Vesi Oy" in invoicer.bank.pages.get("/operations").text
    order = invoicer.bank.order(invoicer=OTHERS_SUBJECT, identifiers=["CUST77"])
    assert order["status"] == "active"


def test_what_is_there_is_not_added_again(invoicer: Invoicer) -> None:
    """Nor what a bank knows from before."""
    assert invoicer.say()["verdict"] == "accepted"
    assert refusal(invoicer.say()) == (803, "This SenderInfo exists already")
    assert refusal(invoicer.say(subject=SUBJECT))[0] == 803


@pytest.mark.parametrize(
    ("accounts", "left"),
    [
        (((FIRST, FIRST), (FIRST, SECOND)), {FIRST, SECOND}),
        (((FIRST, SECOND),), {SECOND}),
        (((FIRST, SOUTHERN),), {SOUTHERN}),
    ],
)
def test_a_change_replaces_what_the_bank_had(
    invoicer: Invoicer, accounts: tuple[tuple[str, str], ...], left: set[str]
) -> None:
    invoicer.say()
    assert invoicer.say("CHANGE", accounts)["findings"] == []
    [row] = invoicer.known()
    assert {account["iban"] for account in row["accounts"]} == left


def test_a_change_moves_the_invoicer_to_another_bank(invoicer: Invoicer) -> None:
    invoicer.say()
    new = (
        f"<NewInvoiceSenderAddress>{SOUTHERN}</NewInvoiceSenderAddress>"
        f"<NewInvoiceSenderIntermediatorAddress>{SOUTH}"
        "</NewInvoiceSenderIntermediatorAddress>"
    )
    assert invoicer.say("CHANGE", ((FIRST, FIRST),), new=new)["findings"] == []
    [row] = invoicer.known()
    moved = (row["sender_address"], row["sender_intermediator"])
    assert moved == (SOUTHERN, SOUTH)
    assert refusal(invoicer.say("DELETE"))[0] == 804, "found by the new address now"


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        (((SECOND, SECOND),), "Old accounts"),
        (((FIRST, FIRST), (SECOND, SECOND)), "Old accounts"),
        (((FIRST, ""),), "The change leaves no account"),
        (((FIRST, FIRST), (FIRST, "FI4819503000000011")), "not an account number"),
        (((FIRST, "FI5810171000000123"),), "not an account number"),
        (((FIRST, "FI7944052020036082"),), "is not known at NDEAFIHH"),
    ],
)
def test_a_change_with_wrong_accounts_is_refused(
    invoicer: Invoicer, accounts: tuple[tuple[str, str], ...], words: str
) -> None:
    invoicer.say()
    code, text = refusal(invoicer.say("CHANGE", accounts))
    assert code == 6
    assert words in text
    [row] = invoicer.known()
    assert [account["iban"] for account in row["accounts"]] == [FIRST]


@pytest.mark.parametrize("action", ["CHANGE", "DELETE"])
def test_what_is_not_there_cannot_be_changed_or_ended(
    invoicer: Invoicer, action: str
) -> None:
    assert refusal(invoicer.say(action, ((FIRST, FIRST),)))[0] == 804


def test_the_end_ends_every_order_and_no_bank_tells(invoicer: Invoicer) -> None:
    invoicer.say()
    order = invoicer.bank.order(invoicer=OTHERS_SUBJECT, identifiers=["CUST77"])
    told = len(invoicer.bank.inbox())
    assert invoicer.say("DELETE")["findings"] == []
    [after] = [
        row for row in invoicer.bank.state()["orders"] if row["id"] == order["id"]
    ]
    assert after["status"] == "stopped"
    assert len(invoicer.bank.inbox()) == told
    again = invoicer.bank.post(
        "order",
        customer=invoicer.bank.aino,
        bank=NORTH,
        invoicer=OTHERS_SUBJECT,
        identifiers=["CUST77"],
    )
    assert again["status_code"] == 422
    assert invoicer.say()["verdict"] == "accepted", "it may begin anew"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sender": "003723456780"}, "The frame is from"),
        ({"language": "EN"}, "Finnish is missing"),
    ],
)
def test_what_a_bank_cannot_use_is_refused(
    invoicer: Invoicer, given: dict[str, str], words: str
) -> None:
    code, text = refusal(invoicer.say(**given))
    assert (code, words in text) == (6, True)


def test_another_message_in_the_mailbox_is_refused(invoicer: Invoicer) -> None:
    wrong = invoicer.bank.verdict(invoicer.bank.order(), receiver="SENDERINFO")
    words = "The message is Finvoice, not FinvoiceSenderInfo"
    assert (wrong["findings"][0]["code"], wrong["findings"][0]["text"]) == (7, words)
