"""The customers and products of the two companies whose customers pay at kiosks.

Imported, not run. Everybody here is invented. Both companies have customers of the same
kinds; the customer numbers are written down in the documentation, so they never change.
"""

from typing import NamedTuple


class Product(NamedTuple):
    """What is sold."""

    name: str
    local_name: str
    price: float
    """Without VAT."""


class Customer(NamedTuple):
    """Who has a customer number."""

    name: str
    street: str
    place: str
    """Postcode, a space, city."""
    phone: str
    number: str


class Country(NamedTuple):
    """One of the companies."""

    key: str
    """Begins the external identifiers: `demo.partner_kz_…`."""
    company: str
    language: str
    time_zone: str
    limits: tuple[int, int]
    """The smallest and the largest payment."""
    how_to_pay: tuple[str, str]
    """In English and in the company's language."""
    returned: str
    """Why a router came back."""
    accounts: tuple[tuple[str, str], ...]
    """Code and name: money on its way, then payments of nobody we know."""
    products: dict[str, Product]
    customers: dict[str, Customer]


KAZAKHSTAN = Country(
    key="kz",
    company="demo.company_kazakhstan",
    language="ru_RU",
    time_zone="Asia/Almaty",
    limits=(100, 500_000),
    how_to_pay=(
        "At QIWI kiosks and in the Kaspi app",
        "В терминалах QIWI и в приложении Kaspi",
    ),
    returned="Роутер возвращён",
    accounts=(
        ("1024", "QIWI: деньги в пути"),
        ("1025", "Kaspi: деньги в пути"),
        ("3521", "Платежи неизвестных абонентов"),
    ),
    products={
        "internet": Product(
            "Internet 200 Mbit/s, a month", "Интернет 200 Мбит/с, месяц", 7500.00
        ),
        "office": Product(
            "Internet for offices, a month", "Интернет для офиса, месяц", 34250.50
        ),
        "router": Product("Router TS-6", "Роутер TS-6", 18990.00),
    },
    customers={
        "one": Customer(
            *("Айгерим Самалова", "ул. Тюльпанная, 3, кв. 14", "050099 Алматы"),
            *("+7 700 555 01 01", "4543301230"),
        ),
        "several": Customer(
            *("Данияр Жусанов", "ул. Полынная, 27", "050099 Алматы"),
            *("+7 700 555 01 02", "4253082953"),
        ),
        "partly": Customer(
            *("Ольга Облакова", "пер. Ветреный, 8, кв. 2", "010099 Астана"),
            *("+7 700 555 01 03", "4662403941"),
        ),
        "overdue": Customer(
            *("Руслан Степной", "ул. Ковыльная, 41", "100099 Караганда"),
            *("+7 700 555 01 04", "4081011161"),
        ),
        "paid": Customer(
            *("Марат Шалкаров", "ул. Озёрная, 5", "160099 Шымкент"),
            *("+7 700 555 01 05", "4121527964"),
        ),
        "credited": Customer(
            *("Светлана Радугина", "ул. Яблочная, 19, кв. 7", "050099 Алматы"),
            *("+7 700 555 01 06", "4899060855"),
        ),
        "business": Customer(
            *("ТОО «Кафе Тёплый Ветер»", "пр. Снежный, 100", "010099 Астана"),
            *("+7 717 255 50 07", "4157924013"),
        ),
        "foreign": Customer(
            *("ТОО «Каспийский Парус»", "наб. Морская, 12", "130099 Актау"),
            *("+7 729 255 50 08", "4613524186"),
        ),
        "nothing": Customer(
            *("Бауыржан Тауов", "ул. Горная, 77", "040099 Талгар"),
            *("+7 700 555 01 09", "4977756082"),
        ),
        "renewed": Customer(
            *("Динара Булакова", "ул. Родниковая, 6", "050099 Алматы"),
            *("+7 700 555 01 10", "4097306094"),
        ),
        "blocked": Customer(
            *("Виктор Орлиный", "ул. Вершинная, 31, кв. 90", "070099 Усть-Каменогорск"),
            *("+7 700 555 01 11", "4851335885"),
        ),
        "imported": Customer(
            *("Сауле Айкунова", "ул. Лунная, 15", "030099 Актобе"),
            *("+7 700 555 01 12", "0010442"),
        ),
        "archived": Customer(
            *("Галина Туманова", "ул. Осенняя, 2, кв. 33", "050099 Алматы"),
            *("+7 700 555 01 13", "4360203739"),
        ),
    },
)

ICELAND = Country(
    key="is",
    company="demo.company_iceland",
    language="is_IS",
    time_zone="Atlantic/Reykjavik",
    limits=(100, 1_000_000),
    how_to_pay=(
        "At the terminals and in the app of Hraunbanki",
        "Í sjálfsölum og appi Hraunbanka",
    ),
    returned="Beini skilað",
    accounts=(
        ("101405", "Hraunbanki: fé á leiðinni"),
        ("251500", "Óþekktar greiðslur"),
    ),
    products={
        "internet": Product(
            "Fibre 500 Mbit/s, a month", "Ljósleiðari 500 Mb/s, mánuður", 8790
        ),
        "office": Product(
            "Fibre for offices, a month",
            "Ljósleiðari fyrir skrifstofur, mánuður",
            24950,
        ),
        "router": Product("Router TL-6", "Beinir TL-6", 17900),
    },
    customers={
        "one": Customer(
            *("Sólveig Mánadóttir", "Kvöldgata 3", "101 Reykjavík"),
            *("+354 555 0101", "7727536720"),
        ),
        "several": Customer(
            *("Dagur Stormsson", "Vindheimar 27", "600 Akureyri"),
            *("+354 555 0102", "7701576416"),
        ),
        "partly": Customer(
            *("Birta Vorsdóttir", "Lækjarbrekka 8", "220 Hafnarfjörður"),
            *("+354 555 0103", "7117197976"),
        ),
        "overdue": Customer(
            *("Úlfur Klettsson", "Hamraborg 141", "200 Kópavogur"),
            *("+354 555 0104", "7403765561"),
        ),
        "paid": Customer(
            *("Brynja Fossdal", "Fossgata 5", "700 Egilsstaðir"),
            *("+354 555 0105", "7152191114"),
        ),
        "credited": Customer(
            *("Ísold Regndal", "Skúravegur 19", "800 Selfoss"),
            *("+354 555 0106", "7924503853"),
        ),
        "business": Customer(
            *("Þokukaffi ehf.", "Strandvegur 100", "900 Vestmannaeyjar"),
            *("+354 555 0107", "7712225076"),
        ),
        "foreign": Customer(
            *("Hafgola hf.", "Bryggjugata 12", "400 Ísafjörður"),
            *("+354 555 0108", "7099170914"),
        ),
        "nothing": Customer(
            *("Kári Snæfells", "Jökulbrún 77", "780 Höfn"),
            *("+354 555 0109", "7948673828"),
        ),
        "renewed": Customer(
            *("Lilja Lindardóttir", "Lindargil 6", "603 Akureyri"),
            *("+354 555 0110", "7207705281"),
        ),
        "blocked": Customer(
            *("Örn Tindsson", "Tindagata 31", "340 Stykkishólmur"),
            *("+354 555 0111", "7374532865"),
        ),
        "imported": Customer(
            *("Stjarna Næturdal", "Norðurljósavegur 15", "640 Húsavík"),
            *("+354 555 0112", "0010442"),
        ),
        "archived": Customer(
            *("Haukur Þokuson", "Haustgata 2", "101 Reykjavík"),
            *("+354 555 0113", "7978106441"),
        ),
    },
)

COUNTRIES = (KAZAKHSTAN, ICELAND)
COMPANIES = ("business", "foreign")
