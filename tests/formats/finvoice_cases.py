"""Invoices for the tests: one ordinary one, and generators of every other kind."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from einvoice_formats.ebxml_frame import Frame
from einvoice_formats.finvoice_model import (
    Account,
    Invoice,
    Note,
    Party,
    Payment,
    Row,
    VatSpecification,
)
from hypothesis import strategies as st

CENT = Decimal("0.01")
ACCOUNT = Account("FI7944052020036082", "ITELFIHH")
SELLER = Party(
    name="Esimerkki Oy",
    street="Mannerheimintie 1 A 2",
    town="Helsinki",
    postcode="00100",
    country_code="FI",
    country_name="Suomi",
    identifier="1234567-1",
    vat_number="FI12345671",
    phone="+358 9 123456",
    email="laskutus@esimerkki.fi",
    website="www.esimerkki.fi",
    vat_registration_text="Alv.Rek",
)
BUYER = Party(
    name="Päivi Mäkinen",
    street="Kotikatu 5 B 12",
    town="Hyvinkää",
    postcode="05800",
    country_code="FI",
    country_name="Suomi",
)
ROW = Row(
    name="Sähköenergia",
    article_id="E-1",
    texts=("Tammikuu",),
    quantity=Decimal("2.5"),
    unit="kpl",
    unit_price=Decimal("40.00"),
    unit_price_vat_included=Decimal("50.20"),
    discount_percent=Decimal("7.5"),
    vat_rate=Decimal("25.5"),
    vat_code="S",
    vat_amount=Decimal("25.50"),
    net=Decimal("100.00"),
    gross=Decimal("125.50"),
)
INVOICE = Invoice(
    number="2026/0001",
    invoice_date=date(2026, 2, 1),
    due_date=date(2026, 2, 20),
    seller=SELLER,
    buyer=BUYER,
    rows=(ROW,),
    total_net=Decimal("100.00"),
    total_vat=Decimal("25.50"),
    total_gross=Decimal("125.50"),
    vat=(VatSpecification(Decimal("100.00"), Decimal("25.5"), "S", Decimal("25.50")),),
    payment=Payment(
        account=ACCOUNT,
        payee="Esimerkki Oy",
        instruction_id="SAHKO1",
        reference="1232",
        amount=Decimal("125.50"),
    ),
    transmission=Frame(
        sender="003712345671",
        sender_intermediator="ITELFIHH",
        receiver="FI2112345600000785",
        receiver_intermediator="NDEAFIHH",
        message_id="MSG-1",
        timestamp=datetime(2026, 2, 1, 12, 0, tzinfo=timezone(timedelta(hours=2))),
    ),
    type_text="LASKU",
)

# What people type: Finnish, signs ISO-8859-15 has and has not, other scripts,
# emoji, marks that compose, what editors leave behind.
TYPED = st.one_of(
    st.text(alphabet="abc åäöÅÄÖ €žŠœ 123 -/.,&<>\"'", max_size=60),
    st.text(max_size=40),
    st.text(
        alphabet="Жлд 漢字 😀👍🏽 \u0308a\u200b\t\n\r\x00\x85\xa0\xad–’…", max_size=40
    ),
    st.text(alphabet="ab \ud800\udfff\ue000]]>", max_size=10),
    st.sampled_from(
        [
            "",
            " ",
            "x" * 35,
            "x" * 36,
            "y" * 71,
            "sana " * 1000,
            "z" * 5000,
            "ä" * 513,
            "a\n" * 300,
        ]
    ),
)
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
CODES = st.sampled_from(["S", "AE", "E", "Z", "O", "K", "G"])
RATES = st.sampled_from([Decimal(rate) for rate in ("25.5", "24", "14", "13.5", "10")])
REFERENCES = st.sampled_from(["1232", "91901000011", "RF111232", "RF18539007547034"])


def cents(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda value: value * CENT)


@st.composite
def money_rows(draw, sign: int, typed):
    rate = draw(RATES)
    code = draw(CODES)
    if code != "S":
        rate = Decimal(0)
    net = sign * draw(cents(0, 10**8))
    vat = (net * rate / 100).quantize(CENT)
    return Row(
        name=draw(typed),
        texts=tuple(draw(st.lists(typed, max_size=2))),
        quantity=draw(st.none() | st.decimals(-(10**6), 10**6, places=3)),
        unit=draw(st.sampled_from(["", "kpl", "kk"]) | typed),
        unit_price=draw(st.none() | st.decimals(0, 10**6, places=5)),
        discount_percent=draw(st.none() | st.decimals(0, 100, places=2)),
        vat_rate=rate,
        vat_code=code,
        vat_amount=vat,
        net=net,
        gross=net + vat,
    )


@st.composite
def invoices(draw, typed, names):
    """Invoices with consistent sums, at least one of money."""
    credit = draw(st.booleans())
    sign = -1 if credit else 1
    rows = draw(
        st.lists(
            st.one_of(
                money_rows(sign, typed),
                st.builds(Note, texts=st.tuples(typed)),
            ),
            max_size=6,
        )
    )
    rows.insert(draw(st.integers(0, len(rows))), draw(money_rows(sign, typed)))
    lines: dict[tuple[str, Decimal], list[Decimal]] = {}
    for row in rows:
        if isinstance(row, Row):
            line = lines.setdefault((row.vat_code, row.vat_rate), [Decimal(0)] * 2)
            line[0] += row.net
            line[1] += row.vat_amount
    vat = tuple(
        VatSpecification(base, rate, code, charged, draw(st.just("") | typed))
        for (code, rate), (base, charged) in lines.items()
    )
    net = sum((line.base for line in vat), Decimal(0))
    tax = sum((line.amount for line in vat), Decimal(0))
    gross = net + tax
    paid = draw(
        st.none() | st.integers(0, 100).map(lambda p: (gross * p / 100).quantize(CENT))
    )
    due = draw(DAYS)
    text = st.just("") | typed
    party = replace(
        BUYER,
        name=draw(names),
        street=draw(st.just("Kotikatu 1") | typed),
        town=draw(st.just("Espoo") | typed),
        phone=draw(text),
        email=draw(text),
        country_name=draw(text),
    )
    return replace(
        INVOICE,
        number=draw(st.just("INV/1") | typed),
        invoice_date=draw(DAYS),
        seller=replace(SELLER, website=draw(text)),
        buyer=party,
        rows=tuple(rows),
        vat=vat,
        total_net=net,
        total_vat=tax,
        total_gross=gross,
        paid=paid,
        type_code="INV02" if credit else "INV01",
        type_text=draw(st.just("LASKU") | typed),
        original_number="2025/77" if credit else "",
        original_date=date(2025, 12, 1) if credit else None,
        due_date=due,
        customer_number=draw(text),
        order_reference=draw(text),
        delivery=draw(st.none() | st.just(party)),
        texts=tuple(draw(st.lists(typed, max_size=2))),
        payment=replace(
            INVOICE.payment,
            payee=draw(st.just("Esimerkki Oy") | typed),
            instruction_id=draw(st.just("SUBJECT") | typed),
            reference=draw(REFERENCES),
            amount=gross - (paid or 0),
        ),
    )


@lru_cache(maxsize=1)
def plain_invoices() -> st.SearchStrategy[Invoice]:
    """Invoices that can always be written."""
    words = st.sampled_from(["Sopimus 12", "Öljy ja € Š", "Mäki"])
    return invoices(typed=words, names=words)


TEXT_FIELDS = [
    *(
        ("invoice", name)
        for name in (
            "number",
            "type_text",
            "original_number",
            "customer_number",
            "order_reference",
            "buyer_reference",
        )
    ),
    *(
        (party, field.name)
        for party in ("seller", "buyer", "delivery")
        for field in fields(Party)
        if field.name != "country_code"
    ),
    *(("payment", name) for name in ("payee", "instruction_id", "reference")),
    *(("transmission", name) for name in ("sender", "receiver", "message_id")),
    ("vat", "text"),
]


@st.composite
def typed_invoices(draw):
    """Invoices in which one to three fields hold whatever a user may have typed."""
    invoice = draw(plain_invoices())
    invoice = replace(
        invoice,
        delivery=invoice.delivery or BUYER,
        texts=draw(st.just(()) | st.tuples(TYPED)),
    )
    for where, name in draw(
        st.lists(st.sampled_from(TEXT_FIELDS), min_size=1, max_size=3)
    ):
        text = draw(TYPED)
        if where == "invoice":
            invoice = replace(invoice, **{name: text})
            continue
        held = getattr(invoice, where)
        if isinstance(held, tuple):
            held = tuple(replace(one, **{name: text}) for one in held)
        else:
            held = replace(held, **{name: text})
        invoice = replace(invoice, **{where: held})
    name = draw(st.sampled_from(["name", "article_id", "unit"]))
    rows = [
        replace(row, **{name: draw(TYPED)}) if isinstance(row, Row) else row
        for row in invoice.rows
    ]
    return replace(invoice, rows=tuple(rows))
