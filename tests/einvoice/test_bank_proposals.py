"""The demo bank's answers to proposals (ReceiverProposal).

Messages are written here from the official schema; no addon has a hand in them.
"""

from pathlib import Path

import pytest

from support.played_bank import (
    ACK,
    CHARSET,
    EB,
    FRAME,
    NORTH,
    SENDER,
    SENDER_BANK,
    SUBJECT,
    TODAY,
    PlayedBank,
    Row,
    halves,
    official,
    valid,
)

pytestmark = official
NOTIFICATION = f"SI-1234567-1-{SUBJECT}"
MESSAGE = """<?xml version="1.0" encoding="ISO-8859-15"?>
<ReceiverProposal Version="1.0"><MessageDetails>
<MessageTypeCode>RECEIVERPROPOSAL</MessageTypeCode>
<MessageTypeText>RECEIVER PROPOSAL</MessageTypeText>
<MessageActionCode>ADD</MessageActionCode>
<MessageDate Format="CCYYMMDD">20260302</MessageDate>
<SenderInfoIdentifier>{notification}</SenderInfoIdentifier></MessageDetails>
<SellerPartyDetails><SellerPartyIdentifier>1234567-1</SellerPartyIdentifier>
<SellerOrganisationNames LanguageCode="FI">
<SellerOrganisationName>Pohjolan Sähkö Oy</SellerOrganisationName>
</SellerOrganisationNames></SellerPartyDetails>
<InvoiceSenderInformationDetails>
<InvoiceSenderAddress>{sender}</InvoiceSenderAddress>
<InvoiceSenderIntermediatorAddress>{sender_bank}</InvoiceSenderIntermediatorAddress>
</InvoiceSenderInformationDetails><SellerInvoiceDetails>
<PaymentInstructionIdentifier>{subject}</PaymentInstructionIdentifier>
<SellerInvoiceTypeDetails>
<SellerInvoiceIdentifierText LanguageCode="FI">Asiakasnumero
</SellerInvoiceIdentifierText></SellerInvoiceTypeDetails></SellerInvoiceDetails>
<BuyerPartyDetails><BuyerOrganisationName>{name}</BuyerOrganisationName>
</BuyerPartyDetails><InvoiceRecipientDetails>
<InvoiceRecipientAddress>{address}</InvoiceRecipientAddress>
<InvoiceRecipientIntermediatorAddress>{bank}</InvoiceRecipientIntermediatorAddress>
<SellerInvoiceIdentifier>CUST77</SellerInvoiceIdentifier>
<SellerInvoiceIdentifier>1232</SellerInvoiceIdentifier>
</InvoiceRecipientDetails><RPFreeText>Ei paperia.</RPFreeText></ReceiverProposal>
"""


class Proposer:
    """An invoicer that asks Aino, a customer of the bank."""

    def __init__(self, folder: Path) -> None:
        self.bank = PlayedBank(folder)
        [aino] = self.bank.state()["customers"]
        self.given = {
            "notification": NOTIFICATION,
            "sender": SENDER,
            "sender_bank": SENDER_BANK,
            "subject": SUBJECT,
            "name": aino["name"],
            "address": aino["ibans"][NORTH],
            "bank": NORTH,
        }

    def ask(self, *changes: dict[str, str]) -> list[Row]:
        """Send proposals in one file; what the bank says of each."""
        data = b"".join(
            self._message(number, {**self.given, **change})
            for number, change in enumerate(changes, 1)
        )
        return self.bank.exchange(data)

    def _message(self, number: int, given: dict[str, str]) -> bytes:
        frame = FRAME.format(
            sender=SENDER,
            sender_bank=SENDER_BANK,
            receiver="PROPOSAL",
            receiver_bank=NORTH,
            message_id=f"RP-{number}",
            stamp=f"{TODAY}T10:00:00+02:00",
        )
        return (frame + MESSAGE.format(**given)).encode(CHARSET)

    def open(self) -> Row:
        """The proposal that Aino has not answered."""
        [proposal] = [
            each for each in self.bank.state()["proposals"] if each["status"] == "open"
        ]
        return proposal


@pytest.fixture
def proposer(tmp_path: Path) -> Proposer:
    """An invoicer that the bank knows."""
    return Proposer(tmp_path)


def test_who_accepts_orders_and_the_bank_names_the_proposal(proposer: Proposer) -> None:
    [told] = proposer.ask({})
    assert (told["verdict"], told["findings"]) == ("accepted", [])
    page = proposer.bank.pages.get(f"/customer/{proposer.bank.aino}?bank={NORTH}")
    assert "Ei paperia." in page.text
    number = proposer.open()["id"]
    proposer.bank.pages.post(f"/proposal/{number}/accept")
    [file] = proposer.bank.inbox("receiverinfo")
    frame, payload = halves(file.read_bytes())
    valid(payload, "FinvoiceReceiverInfo.xsd")
    assert frame.findtext(f".//{EB}RefToMessageId") == "RP-1"
    assert payload.findtext(".//MessageActionCode") == "ADD"
    given = [node.text for node in payload.iter("SellerInvoiceIdentifier")]
    assert given == ["CUST77", "1232"]
    again = proposer.bank.post("accept", proposal=number)
    assert again["status_code"] == 409


def test_who_declines_is_told_with_806(proposer: Proposer) -> None:
    proposer.ask({})
    proposer.bank.pages.post(f"/proposal/{proposer.open()['id']}/decline")
    [file] = proposer.bank.inbox("finvoiceack")
    frame, payload = halves(file.read_bytes())
    assert frame.findtext(f".//{EB}RefToMessageId") == "RP-1"
    assert payload.findtext(f".//{ACK}Code") == "806"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"notification": "SI-9"}, 801),
        ({"subject": "OTHER"}, 801),
        ({"name": "Onni Virta"}, 807),
        ({"address": "FI5810171000000122"}, 807),
        ({"name": "A"}, 7),
    ],
)
def test_what_a_bank_cannot_show_is_refused(
    proposer: Proposer, change: dict[str, str], code: int
) -> None:
    good, bad = proposer.ask({}, change)
    assert good["verdict"] == "accepted"
    assert (bad["verdict"], bad["findings"][0]["code"]) == ("refused", code)
