import base64
from datetime import timedelta
from io import BytesIO

from odoo import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

SENDER = "003723456780"
SUBJECT = "KAAMOS-1"
IBAN = "FI7944052020036082"
# Routing addresses in IBAN form, with valid check digits.
NORTH = ("FI4950009420028730", "NDEAFIHH")
SOUTH = ("FI5810171000000122", "OKOYFIHH")


def frame(sender, receiver, message_id, timestamp, root, ref=""):
    """A transmission frame as a bank writes it (Finvoice guidelines, 20)."""

    def parties(tag, role, party):
        return "".join(
            f"<eb:{tag}><eb:PartyId>{identifier}</eb:PartyId>"
            f"<eb:Role>{name}</eb:Role></eb:{tag}>"
            for identifier, name in zip(party, (role, "Intermediator"), strict=True)
        )

    ref = f"<eb:RefToMessageId>{ref}</eb:RefToMessageId>" if ref else ""
    return (
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:eb="http://www.oasis-open.org'
        '/committees/ebxml-msg/schema/msg-header-2_0.xsd"><SOAP-ENV:Header>'
        '<eb:MessageHeader SOAP-ENV:mustUnderstand="1" eb:version="2.0">'
        f"{parties('From', 'Sender', sender)}{parties('To', 'Receiver', receiver)}"
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
    language="FI",
    wishes="",
    origin="00",
    conversion="",
):
    """A receiver info as a bank writes it (FinvoiceReceiverInfo 2.0)."""
    given = "".join(
        f'<SellerInvoiceIdentifier SellerInvoiceIdentifierType="{kind}">{value}'
        "</SellerInvoiceIdentifier>"
        for kind, value in identifiers
    )
    if conversion:
        conversion = (
            f"<ConversionDetails><ConversionID>{conversion}</ConversionID>"
            "</ConversionDetails>"
        )
    paid = f"<EpiRemittanceIdentifier>{paid}</EpiRemittanceIdentifier>" if paid else ""
    payload = (
        '<?xml version="1.0" encoding="ISO-8859-15"?>'
        '<FinvoiceReceiverInfo Version="2.0"><MessageDetails>'
        "<MessageTypeCode>RECEIVERINFO</MessageTypeCode>"
        "<MessageTypeText>RECEIVER NOTIFICATION</MessageTypeText>"
        f"<MessageActionCode>{action}</MessageActionCode>"
        f"<MessageActionCodeIdentifier>{origin}</MessageActionCodeIdentifier>"
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
        f"<InvoiceRecipientLanguageCode>{language}</InvoiceRecipientLanguageCode>"
        f"</InvoiceRecipientDetails>{wishes}<BuyerServiceCode>{service}</BuyerServiceCode>"
        f"{conversion}</FinvoiceReceiverInfo>"
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


def acknowledgement(
    document, code="2", text="Receiver not found", message_id="ACK-1", severities=()
):
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
        + "".join(
            f"<Error><Code>9</Code><Text>Detail</Text><Severity>{severity}</Severity>"
            "</Error>"
            for severity in severities
        )
        + "</Finvoiceack>"
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


def print_nothing(self, report_ref, res_ids=None, data=None):
    """Papers without anything on them: making a report's styles takes seconds."""
    return {number: {"stream": BytesIO(b"%PDF-1.4")} for number in res_ids}, "pdf"


class InvoicesCommon(TransactionCase):
    """Invoices of a company that has a ``channel``, a ``journal``, an ``account`` and a
    ``tax``, to its ``customer``; nothing is printed."""

    sold = "Electricity, November"
    # What the first ``make_invoice()`` of each test returns is posted once for all of a
    # class; not where tests look at all invoices that there are, or change how they are
    # made.
    has_invoice_ready = True
    invoice_ready = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reports = cls.registry["ir.actions.report"]
        cls.classPatch(reports, "_pre_render_qweb_pdf", print_nothing)

    def setUp(self):
        kind = type(self)
        if self.has_invoice_ready and "invoice_ready" not in vars(kind):
            # before what the test does, which is undone after it
            kind.invoice_ready = kind.make_move()
        super().setUp()
        self.addCleanup(setattr, kind, "invoice_ready", self.invoice_ready)

    @classmethod
    def make_invoice(cls, partner=None, **values):
        """An invoice as :meth:`make_move` makes it, which may be ready."""
        ready = cls.invoice_ready
        if not ready or partner or values:
            return cls.make_move(partner, **values)
        cls.invoice_ready = None
        return ready

    @classmethod
    def make_move(cls, partner=None, days=30, price=100.0, post=True, **values):
        """A posted invoice that falls due in ``days`` days."""
        today = cls.channel._get_today()
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "journal_id": cls.journal.id,
                "partner_id": (partner or cls.customer).id,
                "invoice_date": today,
                "invoice_payment_term_id": False,
                "invoice_date_due": today + timedelta(days=days),
                "partner_bank_id": cls.account.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": cls.sold,
                            "quantity": 1,
                            "price_unit": price,
                            "tax_ids": [Command.set(cls.tax.ids)],
                        }
                    )
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move


@tagged("post_install", "-at_install")
class EinvoiceCommon(InvoicesCommon):
    """A Finnish company with an open channel and one customer, Kerttu."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._get_company()
        cls.bookkeeper = new_test_user(
            cls.env,
            "bookkeeper",
            groups="base.group_system,account.group_account_manager,"
            "einvoice_consumer.einvoice_consumer_group_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.env = cls.env(
            user=cls.bookkeeper, context={**cls.env.context, **DISABLED_MAIL_CONTEXT}
        )
        cls.company = cls.env.company
        cls.company.write(
            {
                "name": "Revontuli Sähkö Oy",
                "vat": "FI23456780",
                "company_registry": False,
                "street": "Sähkötie 1",
                "zip": "00180",
                "city": "Helsinki",
            }
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
        cls.journal = cls.env["account.journal"].create(
            {
                "name": "Electricity",
                "type": "sale",
                "code": "ELEC",
                "default_account_id": cls.get_account("income").id,
                "invoice_reference_model": "fi",
            }
        )
        cls.tax = cls.company.account_sale_tax_id
        channels = cls.env["einvoice.channel"]
        channels.sudo().search([]).environment = "disabled"
        cls.address = cls.make_address(SENDER)
        cls.channel = channels.create(
            {
                "name": "Netbanks",
                "company_id": cls.company.id,
                "address_id": cls.address.id,
                "payment_subject": SUBJECT,
                "bank_account_ids": cls.account.ids,
                "asked_identifiers": "customer",
                "environment": "prod",
            }
        )
        cls.customer = cls.kerttu = cls.env["res.partner"].create(
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

    @classmethod
    def _get_company(cls):
        """A company with the Finnish chart: the database's, for loading one takes
        seconds in each class."""
        companies = cls.env["res.company"]
        company = companies.search([("chart_template", "=", "fi")], limit=1)
        if not company:
            finland = cls.env.ref("base.fi")
            company = companies.create({"name": "Kaamos", "country_id": finland.id})
            cls.env["account.chart.template"].try_loading("fi", company)
        return company

    @classmethod
    def make_address(cls, address, bank="ndeafihh", **values):
        """An e-invoice address of the company's own."""
        name = f"einvoice_consumer.einvoice_intermediator_{bank}"
        return cls.env["einvoice.address"].create(
            {
                "company_id": cls.company.id,
                "address": address,
                "intermediator_id": cls.env.ref(name).id,
                **values,
            }
        )

    @classmethod
    def get_account(cls, kind):
        domain = [("company_ids", "=", cls.company.id), ("account_type", "=", kind)]
        return cls.env["account.account"].search(domain, limit=1)

    @classmethod
    def order(cls, channel=None, **values):
        """Let the bank deliver an order; return the agreement it is about."""
        [result] = cls.take_in(receiver_info(**values), channel)
        return cls.env["einvoice.agreement"].browse(result["agreement_id"] or [])

    @classmethod
    def order_later(cls, number, **values):
        """The next order of a story: each comes an hour after the one before."""
        stamp = f"2026-11-21T{8 + number:02}:00:00+02:00"
        return cls.order(message_id=f"RI-{number}", timestamp=stamp, **values)

    @classmethod
    def take_in(cls, data, channel=None):
        """Import a file as a program would."""
        return (channel or cls.channel).import_message(
            "from_bank.xml", base64.b64encode(data).decode()
        )

    @classmethod
    def send(cls, moves):
        """Send as the Send dialog does, without printing paper."""
        confirmed = moves.with_context(einvoice_confirmed=True)
        rendered = [
            item
            for _move, items, _problems in confirmed._einvoice_render()
            for item in items
        ]
        return cls.env["einvoice.document"]._create_outgoing(rendered)

    @classmethod
    def send_by_hand(cls, move):
        """Send, and tell that a person carried it to the bank."""
        document = cls.send(move)
        cls.channel.confirm_outgoing(document.ids)
        return document
