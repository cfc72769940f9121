"""The messages a bank sends: framed ReceiverInfo 2.0 and Finvoiceack 2.0.

Element names and order from FinvoiceReceiverInfo.xsd and Finvoiceack.xsd, use of
them from the notification service guidelines (ReceiverInfo) and from chapter 21
of the implementation guidelines (Finvoiceack, only ever sent on failure).
"""

from __future__ import annotations

from collections.abc import Iterable

from bank_frame import CHARSET, EB_NS, SOAP_NS, XLINK_NS, Finding, Frame
from lxml import etree
from lxml.builder import ElementMaker

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


def _parties(frame: Frame) -> list[etree._Element]:
    """Two From and two To, in the order the guidelines fix."""
    rows = (
        ("From", frame.sender, "Sender"),
        ("From", frame.sender_intermediator, "Intermediator"),
        ("To", frame.receiver, "Receiver"),
        ("To", frame.receiver_intermediator, "Intermediator"),
    )
    return [_eb(side, _eb.PartyId(who), _eb.Role(role)) for side, who, role in rows]


def framed(frame: Frame, payload: etree._Element) -> bytes:
    """The frame with the payload directly behind it, as one file's bytes."""
    root_name = etree.QName(payload).localname
    data = _eb.MessageData(
        _eb.MessageId(frame.message_id), _eb.Timestamp(frame.timestamp)
    )
    if frame.ref_to:
        data.append(_eb.RefToMessageId(frame.ref_to))
    header = _eb.MessageHeader(
        *_parties(frame),
        _eb.CPAId("yoursandmycpa"),
        _eb.Service("Routing"),
        _eb.Action("ProcessInvoice"),
        data,
    )
    header.set(f"{{{SOAP_NS}}}mustUnderstand", "1")
    header.set(f"{{{EB_NS}}}version", "2.0")
    schema = _eb.Schema()
    schema.set(f"{{{EB_NS}}}location", _SCHEMA_PLACE.format(root_name))
    schema.set(f"{{{EB_NS}}}version", "2.0")
    reference = _eb.Reference(schema)
    reference.set(f"{{{EB_NS}}}id", root_name)
    reference.set(f"{{{XLINK_NS}}}href", frame.message_id)
    manifest = _eb.Manifest(reference)
    manifest.set(f"{{{EB_NS}}}id", "Manifest")
    manifest.set(f"{{{EB_NS}}}version", "2.0")
    envelope = _soap.Envelope(_soap.Header(header), _soap.Body(manifest))
    parts: list[bytes] = []
    for element, declared in ((envelope, False), (payload, True)):
        etree.indent(element)
        parts.append(
            etree.tostring(element, encoding=CHARSET, xml_declaration=declared)
        )
    return b"\n".join(parts) + b"\n"


def acknowledgement(original: Frame, findings: Iterable[Finding]) -> etree._Element:
    """Finvoiceack 2.0 naming the original message and everything wrong with it."""
    found = list(findings)
    code = found[0].code
    root = _ack.Finvoiceack(
        _ack.Acknowledgement(
            *_parties(original),
            _ack.MessageData(
                _eb.MessageId(original.message_id), _eb.Timestamp(original.timestamp)
            ),
            _ack.Reason(
                _ack.Code(str(code)),
                _ack.Text(CODE_TEXTS.get(code, CODE_TEXTS[6])),
            ),
        ),
        Version="2.0",
    )
    for finding in found:
        error = _ack.Error(
            _ack.Code(str(finding.code)),
            _ack.Text(finding.text),
            _ack.Severity("ERROR"),
        )
        if finding.location:
            error.append(_ack.Location(finding.location))
        root.append(error)
    return root


def receiver_info(
    action: str, order: dict, invoicer: dict, stamp: str
) -> etree._Element:
    """ReceiverInfo 2.0: the announcement echoed, then the consumer's order."""
    root = _plain.FinvoiceReceiverInfo(
        _message_details(action, invoicer, stamp),
        _seller(invoicer),
        _sender_information(invoicer),
        *(_account(account) for account in invoicer["accounts"]),
        _seller_invoice(invoicer),
        _plain.ReceiverInfoTimeStamp(stamp[:19]),
        _buyer(order),
        _recipient(order, invoicer),
        Version="2.0",
    )
    for name, key in (
        ("ProposedDueDate", "due_day"),
        ("ProposedInvoicePeriod", "times_a_year"),
    ):
        if order.get(key):
            root.append(_plain(name, str(order[key])))
    root.append(_plain.BuyerServiceCode(order["service"]))
    return root


def _message_details(action: str, invoicer: dict, stamp: str) -> etree._Element:
    return _plain.MessageDetails(
        _plain.MessageTypeCode("RECEIVERINFO"),
        _plain.MessageTypeText("RECEIVER NOTIFICATION"),
        _plain.MessageActionCode(action),
        _plain.MessageActionCodeIdentifier("00"),
        _plain.MessageDate(stamp[:10].replace("-", ""), Format="CCYYMMDD"),
        _plain.SenderInfoIdentifier(invoicer["sender_info_id"]),
    )


def _seller(invoicer: dict) -> etree._Element:
    return _plain.SellerPartyDetails(
        _plain.SellerPartyIdentifier(invoicer["business_id"]),
        *(
            _plain.SellerOrganisationNames(
                _plain.SellerOrganisationName(invoicer["name"]), LanguageCode=language
            )
            for language in invoicer["languages"]
        ),
    )


def _sender_information(invoicer: dict) -> etree._Element:
    return _plain.InvoiceSenderInformationDetails(
        _plain.InvoiceSenderAddress(invoicer["sender_address"]),
        _plain.InvoiceSenderIntermediatorAddress(invoicer["sender_intermediator"]),
    )


def _account(account: dict) -> etree._Element:
    return _plain.SellerAccountDetails(
        _plain.SellerAccountID(account["iban"], IdentificationSchemeName="IBAN"),
        _plain.SellerBic(account["bic"], IdentificationSchemeName="BIC"),
    )


def _seller_invoice(invoicer: dict) -> etree._Element:
    details = _plain.SellerInvoiceDetails(
        _plain.PaymentInstructionIdentifier(invoicer["payment_subject"])
    )
    for language in invoicer["languages"]:
        kind = _plain.SellerInvoiceTypeDetails(
            _plain.SellerInvoiceTypeText(
                invoicer["invoice_type"], LanguageCode=language
            )
        )
        for asked in invoicer["identifiers"]:
            kind.append(
                _plain.SellerInvoiceIdentifierText(
                    asked["label"],
                    LanguageCode=language,
                    SellerInvoiceIdentifierType=asked["type"],
                    SellerInvoiceIdentifierMinLength=str(asked["min"]),
                    SellerInvoiceIdentifierMaxLength=str(asked["max"]),
                    SellerInvoiceIdentifierSpaces=str(asked["spaces"]).lower(),
                    SellerInvoiceIdentifierHyphens=str(asked["hyphens"]).lower(),
                )
            )
        details.append(kind)
    return details


def _buyer(order: dict) -> etree._Element:
    buyer = _plain.BuyerPartyDetails(_plain.BuyerOrganisationName(order["name"]))
    if all(order[key] for key in ("street", "town", "postcode")):
        buyer.append(
            _plain.BuyerPostalAddressDetails(
                _plain.BuyerStreetName(order["street"]),
                _plain.BuyerTownName(order["town"]),
                _plain.BuyerPostCodeIdentifier(order["postcode"]),
                _plain.CountryCode("FI"),
            )
        )
    return buyer


def _recipient(order: dict, invoicer: dict) -> etree._Element:
    recipient = _plain.InvoiceRecipientDetails(
        _plain.InvoiceRecipientAddress(order["address"]),
        _plain.InvoiceRecipientIntermediatorAddress(order["bank"]),
    )
    for value, asked in zip(order["identifiers"], invoicer["identifiers"], strict=True):
        recipient.append(
            _plain.SellerInvoiceIdentifier(
                value, SellerInvoiceIdentifierType=asked["type"]
            )
        )
    if order["reference"]:
        recipient.append(_plain.EpiRemittanceIdentifier(order["reference"]))
    recipient.append(_plain.InvoiceRecipientLanguageCode(order["language"]))
    return recipient
