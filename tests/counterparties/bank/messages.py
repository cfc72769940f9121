"""The messages a bank sends: framed ReceiverInfo 2.0 and Finvoiceack 2.0.

Element names and order from FinvoiceReceiverInfo.xsd and Finvoiceack.xsd, use of
them from the notification service guidelines (ReceiverInfo) and from chapter 21
of the implementation guidelines (Finvoiceack, only ever sent on failure).
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree
from lxml.builder import ElementMaker

from counterparties.bank.frame import (
    CHARSET,
    CONSTANTS,
    EB_NS,
    ROLES,
    SOAP_NS,
    XLINK_NS,
    Finding,
    Frame,
)
from counterparties.bank.values import Row

ACK_NS = "http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd"
_SCHEMA_PLACE = "http://www.pankkiyhdistys.fi/verkkolasku/finvoice/{}.xsd"

CODE_TEXTS = {
    1: "Received",
    2: "Receiver not found",
    3: "Service agreement missing",
    4: "Intermediator not found",
    5: "MessageId and timestamp already used",
    6: "Other error",
    7: "Schema error",
    800: "Other notification",
    801: "SenderInfo not found",
}

_soap = ElementMaker(
    namespace=SOAP_NS, nsmap={"SOAP-ENV": SOAP_NS, "eb": EB_NS, "xlink": XLINK_NS}
)
_eb = ElementMaker(namespace=EB_NS, nsmap={"eb": EB_NS})
_ack = ElementMaker(namespace=ACK_NS, nsmap={None: ACK_NS, "eb": EB_NS})
_plain = ElementMaker()


def _is(name: str, value: str) -> dict[str, str]:
    """An attribute in the namespace of the frame's own elements."""
    return {f"{{{EB_NS}}}{name}": value}


def _parties(frame: Frame) -> list[etree._Element]:
    """Two From and two To, in the order the guidelines fix."""
    return [
        _eb(side, _eb.PartyId(party), _eb.Role(role))
        for (side, role), party in zip(ROLES, frame.parties, strict=True)
    ]


def framed(frame: Frame, payload: etree._Element) -> bytes:
    """The frame with the payload directly behind it, as one file's bytes."""
    name = etree.QName(payload).localname
    about = [_eb.RefToMessageId(frame.ref_to)] if frame.ref_to else []
    header = _eb.MessageHeader(
        {f"{{{SOAP_NS}}}mustUnderstand": "1"},
        _is("version", "2.0"),
        *_parties(frame),
        *(_eb(constant, value) for constant, value in CONSTANTS.items()),
        _eb.MessageData(
            _eb.MessageId(frame.message_id), _eb.Timestamp(frame.timestamp), *about
        ),
    )
    schema = _eb.Schema(
        _is("location", _SCHEMA_PLACE.format(name)), _is("version", "2.0")
    )
    reference = _eb.Reference(
        _is("id", name), {f"{{{XLINK_NS}}}href": frame.message_id}, schema
    )
    manifest = _eb.Manifest(_is("id", "Manifest"), _is("version", "2.0"), reference)
    envelope = _soap.Envelope(_soap.Header(header), _soap.Body(manifest))
    etree.indent(envelope)
    etree.indent(payload)
    head = etree.tostring(envelope, encoding=CHARSET, xml_declaration=False)
    body = etree.tostring(payload, encoding=CHARSET, xml_declaration=True)
    return head + b"\n" + body + b"\n"


def acknowledgement(original: Frame, findings: Iterable[Finding]) -> etree._Element:
    """Finvoiceack 2.0 naming the original message and everything wrong with it."""
    found = list(findings)
    code = found[0].code
    return _ack.Finvoiceack(
        _ack.Acknowledgement(
            *_parties(original),
            _ack.MessageData(
                _eb.MessageId(original.message_id), _eb.Timestamp(original.timestamp)
            ),
            _ack.Reason(_ack.Code(str(code)), _ack.Text(code_text(code))),
        ),
        *(
            _ack.Error(
                _ack.Code(str(finding.code)),
                _ack.Text(finding.text),
                _ack.Severity("ERROR"),
                *([_ack.Location(finding.location)] if finding.location else []),
            )
            for finding in found
        ),
        Version="2.0",
    )


def code_text(code: int) -> str:
    """What a code means; of one that nobody knows, that something is wrong."""
    return CODE_TEXTS.get(code, CODE_TEXTS[6])


def receiver_info(action: str, order: Row, invoicer: Row, stamp: str) -> etree._Element:
    """ReceiverInfo 2.0: the announcement echoed, then the consumer's order."""
    p = _plain
    return p.FinvoiceReceiverInfo(
        p.MessageDetails(
            p.MessageTypeCode("RECEIVERINFO"),
            p.MessageTypeText("RECEIVER NOTIFICATION"),
            p.MessageActionCode(action),
            p.MessageActionCodeIdentifier("00"),
            p.MessageDate(stamp[:10].replace("-", ""), Format="CCYYMMDD"),
            p.SenderInfoIdentifier(invoicer["sender_info_id"]),
        ),
        p.SellerPartyDetails(
            p.SellerPartyIdentifier(invoicer["business_id"]),
            *(
                p.SellerOrganisationNames(
                    p.SellerOrganisationName(invoicer["name"]), LanguageCode=language
                )
                for language in invoicer["languages"]
            ),
        ),
        p.InvoiceSenderInformationDetails(
            p.InvoiceSenderAddress(invoicer["sender_address"]),
            p.InvoiceSenderIntermediatorAddress(invoicer["sender_intermediator"]),
        ),
        *(
            p.SellerAccountDetails(
                p.SellerAccountID(account["iban"], IdentificationSchemeName="IBAN"),
                p.SellerBic(account["bic"], IdentificationSchemeName="BIC"),
            )
            for account in invoicer["accounts"]
        ),
        p.SellerInvoiceDetails(
            p.PaymentInstructionIdentifier(invoicer["payment_subject"]),
            *(_invoice_type(invoicer, language) for language in invoicer["languages"]),
        ),
        p.ReceiverInfoTimeStamp(stamp[:19]),
        _buyer(order),
        _recipient(order, invoicer),
        p.BuyerServiceCode(order["service"]),
        Version="2.0",
    )


def _invoice_type(invoicer: Row, language: str) -> etree._Element:
    """What the invoicer asks, in one language."""
    return _plain.SellerInvoiceTypeDetails(
        _plain.SellerInvoiceTypeText(invoicer["invoice_type"], LanguageCode=language),
        *(
            _plain.SellerInvoiceIdentifierText(
                asked["label"],
                LanguageCode=language,
                SellerInvoiceIdentifierType=asked["type"],
                SellerInvoiceIdentifierMinLength=str(asked["min"]),
                SellerInvoiceIdentifierMaxLength=str(asked["max"]),
                SellerInvoiceIdentifierSpaces=str(asked["spaces"]).lower(),
                SellerInvoiceIdentifierHyphens=str(asked["hyphens"]).lower(),
            )
            for asked in invoicer["identifiers"]
        ),
    )


def _buyer(order: Row) -> etree._Element:
    buyer = _plain.BuyerPartyDetails(_plain.BuyerOrganisationName(order["name"]))
    if order["street"]:
        buyer.append(
            _plain.BuyerPostalAddressDetails(
                _plain.BuyerStreetName(order["street"]),
                _plain.BuyerTownName(order["town"]),
                _plain.BuyerPostCodeIdentifier(order["postcode"]),
                _plain.CountryCode("FI"),
            )
        )
    return buyer


def _recipient(order: Row, invoicer: Row) -> etree._Element:
    typed = zip(order["identifiers"], invoicer["identifiers"], strict=True)
    reference = [order["reference"]] if order["reference"] else []
    return _plain.InvoiceRecipientDetails(
        _plain.InvoiceRecipientAddress(order["address"]),
        _plain.InvoiceRecipientIntermediatorAddress(order["bank"]),
        *(
            _plain.SellerInvoiceIdentifier(
                value, SellerInvoiceIdentifierType=asked["type"]
            )
            for value, asked in typed
        ),
        *(_plain.EpiRemittanceIdentifier(text) for text in reference),
        _plain.InvoiceRecipientLanguageCode(order["language"]),
    )
