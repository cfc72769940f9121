import base64
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

SENDER = "003723456780"
SUBJECT = "KAAMOS-1"
IBAN = "FI2112345600000785"
# Routing addresses in IBAN form, with valid check digits.
NORTH = ("FI4950009420028730", "NDEAFIHH")
SOUTH = ("FI5810171000000122", "OKOYFIHH")


def frame(sender, receiver, message_id, timestamp, root, ref=""):
    """A transmission frame as a bank writes it (Finvoice guidelines, 20)."""

    def parties(tag, party):
        return "".join(
            f"<eb:{tag}><eb:PartyId>{identifier}</eb:PartyId>"
            f"<eb:Role>{role}</eb:Role></eb:{tag}>"
            for identifier, role in zip(
                party,
                (
                    "{}".format("Sender" if tag == "From" else "Receiver"),
                    "Intermediator",
                ),
                strict=True,
            )
        )

    ref = f"<eb:RefToMessageId>{ref}</eb:RefToMessageId>" if ref else ""
    return (
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:eb="http://www.oasis-open.org'
        '/committees/ebxml-msg/schema/msg-header-2_0.xsd"><SOAP-ENV:Header>'
        '<eb:MessageHeader SOAP-ENV:mustUnderstand="1" eb:version="2.0">'
        f"{parties('From', sender)}{parties('To', receiver)}"
        "<eb:CPAId>yoursandmycpa</eb:CPAId><eb:Service>Routing</eb:Service>"
        "<eb:Action>ProcessInvoice</eb:Action><eb:MessageData>"
        f"<eb:MessageId>{message_id}</eb:MessageId>"
        f"<eb:Timestamp>{timestamp}</eb:Timestamp>{ref}</eb:MessageData>"
        "</eb:MessageHeader></SOAP-ENV:Header><SOAP-ENV:Body>"
        '<eb:Manifest eb:id="Manifest" eb:version="2.0">'
        f'<eb:Reference eb:id="{root}" xlink:href="{message_id}">'
        '<eb:Schema eb:location="x.xsd" eb:version="2.0"/></eb:Reference></eb:Manifest>'
        "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )


def receiver_info(
    action="ADD",
    name="Kerttu Talvela",
    street="Talvikuja 5 A 12",
    postcode="00100",
    town="Helsinki",
    address=NORTH,
    identifiers=(("09", "70014"),),
    timestamp="2026-11-20T10:00:00+02:00",
    message_id="RI-1",
    subject=SUBJECT,
    service="00",
    ref="",
    paid="",
):
    """A receiver info as a bank writes it (FinvoiceReceiverInfo 2.0)."""
    given = "".join(
        f'<SellerInvoiceIdentifier SellerInvoiceIdentifierType="{kind}">{value}'
        "</SellerInvoiceIdentifier>"
        for kind, value in identifiers
    )
    paid = f"<EpiRemittanceIdentifier>{paid}</EpiRemittanceIdentifier>" if paid else ""
    payload = (
        '<?xml version="1.0" encoding="ISO-8859-15"?>'
        '<FinvoiceReceiverInfo Version="2.0"><MessageDetails>'
        "<MessageTypeCode>RECEIVERINFO</MessageTypeCode>"
        "<MessageTypeText>RECEIVER NOTIFICATION</MessageTypeText>"
        f"<MessageActionCode>{action}</MessageActionCode>"
        "<MessageDate>20261120</MessageDate>"
        "<SenderInfoIdentifier>SI-1</SenderInfoIdentifier></MessageDetails>"
        "<SellerPartyDetails><SellerPartyIdentifier>2345678-0</SellerPartyIdentifier>"
        '<SellerOrganisationNames LanguageCode="FI"><SellerOrganisationName>Kaamos'
        "</SellerOrganisationName></SellerOrganisationNames></SellerPartyDetails>"
        "<InvoiceSenderInformationDetails>"
        f"<InvoiceSenderAddress>{SENDER}</InvoiceSenderAddress>"
        "<InvoiceSenderIntermediatorAddress>NDEAFIHH</InvoiceSenderIntermediatorAddress>"
        "</InvoiceSenderInformationDetails><SellerInvoiceDetails>"
        f"<PaymentInstructionIdentifier>{subject}</PaymentInstructionIdentifier>"
        "<SellerInvoiceTypeDetails><SellerInvoiceIdentifierText LanguageCode='FI'>"
        "Asiakasnumero</SellerInvoiceIdentifierText></SellerInvoiceTypeDetails>"
        "</SellerInvoiceDetails>"
        f"<ReceiverInfoTimeStamp>{timestamp[:19]}</ReceiverInfoTimeStamp>"
        f"<BuyerPartyDetails><BuyerOrganisationName>{name}</BuyerOrganisationName>"
        f"<BuyerPostalAddressDetails><BuyerStreetName>{street}</BuyerStreetName>"
        f"<BuyerTownName>{town}</BuyerTownName>"
        f"<BuyerPostCodeIdentifier>{postcode}</BuyerPostCodeIdentifier>"
        "</BuyerPostalAddressDetails></BuyerPartyDetails><InvoiceRecipientDetails>"
        f"<InvoiceRecipientAddress>{address[0]}</InvoiceRecipientAddress>"
        f"<InvoiceRecipientIntermediatorAddress>{address[1]}"
        f"</InvoiceRecipientIntermediatorAddress>{given}{paid}"
        "<InvoiceRecipientLanguageCode>FI</InvoiceRecipientLanguageCode>"
        f"</InvoiceRecipientDetails><BuyerServiceCode>{service}</BuyerServiceCode>"
        "</FinvoiceReceiverInfo>"
    )
    envelope = frame(
        address,
        (SENDER, "NDEAFIHH"),
        message_id,
        timestamp,
        "FinvoiceReceiverInfo",
        ref,
    )
    return (envelope + payload).encode("iso-8859-15")


def acknowledgement(document, code="2", text="Receiver not found", message_id="ACK-1"):
    """A negative acknowledgement of ``document`` (Finvoiceack 2.0)."""
    payload = (
        '<?xml version="1.0" encoding="ISO-8859-15"?><Finvoiceack Version="2.0" xmlns='
        '"http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd" xmlns:eb='
        '"http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">'
        f"<Acknowledgement><eb:From><eb:PartyId>{SENDER}</eb:PartyId>"
        "<eb:Role>Sender</eb:Role></eb:From><eb:From><eb:PartyId>NDEAFIHH</eb:PartyId>"
        "<eb:Role>Intermediator</eb:Role></eb:From><eb:To><eb:PartyId>"
        f"{document.recipient_address}</eb:PartyId><eb:Role>Receiver</eb:Role></eb:To>"
        "<eb:To><eb:PartyId>NDEAFIHH</eb:PartyId><eb:Role>Intermediator</eb:Role></eb:To>"
        f"<MessageData><eb:MessageId>{document.message_id}</eb:MessageId>"
        f"<eb:Timestamp>{document.message_timestamp}</eb:Timestamp></MessageData>"
        f"<Reason><Code>{code}</Code><Text>{text}</Text></Reason></Acknowledgement>"
        "</Finvoiceack>"
    )
    envelope = frame(
        NORTH,
        (SENDER, "NDEAFIHH"),
        message_id,
        "2026-11-21T08:00:00+02:00",
        "Finvoiceack",
        document.message_id,
    )
    return (envelope + payload).encode("iso-8859-15")


@tagged("post_install", "-at_install")
class EinvoiceCommon(AccountTestInvoicingCommon):
    """A Finnish company with an open channel and one customer, Kerttu."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fi")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company.write(
            {
                "name": "Revontuli Sähkö Oy",
                "vat": "FI23456780",
                "street": "Sähkötie 1",
                "zip": "00180",
                "city": "Helsinki",
            }
        )
        cls.env.user.group_ids += cls.env.ref(
            "einvoice_consumer.einvoice_consumer_group_manager"
        )
        cls.bank = cls.env["res.bank"].create({"name": "North", "bic": "NDEAFIHH"})
        cls.account = cls.env["res.partner.bank"].create(
            {
                "acc_number": IBAN,
                "partner_id": cls.company.partner_id.id,
                "bank_id": cls.bank.id,
                "allow_out_payment": True,
            }
        )
        cls.journal = cls.company_data["default_journal_sale"]
        cls.journal.invoice_reference_model = "fi"
        cls.channel = cls.env["einvoice.channel"].create(
            {
                "name": "Netbanks",
                "company_id": cls.company.id,
                "sender_address": SENDER,
                "sender_intermediator_id": cls.env.ref(
                    "einvoice_consumer.einvoice_intermediator_ndeafihh"
                ).id,
                "payment_subject": SUBJECT,
                "bank_account_ids": cls.account.ids,
                "asked_identifiers": "customer",
                "environment": "prod",
            }
        )
        cls.kerttu = cls.env["res.partner"].create(
            {
                "name": "Kerttu Talvela",
                "ref": "70014",
                "street": "Talvikuja 5 A 12",
                "zip": "00100",
                "city": "Helsinki",
                "country_id": cls.env.ref("base.fi").id,
                "email": "kerttu@example.com",
            }
        )

    def order(self, channel=None, **values):
        """Let the bank deliver an order; return the agreement it is about."""
        [result] = self.take_in(receiver_info(**values), channel)
        return self.env["einvoice.agreement"].browse(result["agreement_id"] or [])

    def take_in(self, data, channel=None):
        """Import a file as a program would."""
        return (channel or self.channel).import_message(
            "from_bank.xml", base64.b64encode(data).decode()
        )

    def make_invoice(self, partner=None, days=30, price=100.0, post=True, **values):
        """A posted invoice that falls due in ``days`` days."""
        today = fields.Date.today()
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.kerttu).id,
                "invoice_date": today,
                "invoice_payment_term_id": False,
                "invoice_date_due": today + timedelta(days=days),
                "partner_bank_id": self.account.id,
                "invoice_line_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Electricity, November",
                            "quantity": 1,
                            "price_unit": price,
                            "tax_ids": [
                                (6, 0, self.company_data["default_tax_sale"].ids)
                            ],
                        },
                    )
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    def send(self, moves):
        """Send as the Send dialog does, without printing paper."""
        rendered = [item for _move, item, _p in moves._einvoice_render() if item]
        return self.env["einvoice.document"]._create_outgoing(rendered)
