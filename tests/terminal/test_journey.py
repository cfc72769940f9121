"""The whole way of a customer's money: from the invoice on paper over a kiosk's screen
into the books, in the words of every network.

Tulip Telecom's customers pay in tenge and read Russian, Þokuljós's pay in krónur,
which have no decimals.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from support.browser import Browser, expect, open_page, picture
from support.cashier import Cashier
from support.kiosk import KioskInstance
from support.line import NETWORKS, Line
from support.screen import Screen, plain
from support.waiting import eventually

# the job that books runs every minute
A_MINUTE = 75
NOBODY = "4000000001"


class Story(NamedTuple):
    """What a customer of a country is called, owes and pays."""

    name: str
    masked: str
    owes: str
    part: str
    rest: str
    over: str
    """The rest, and a little more."""
    credit: float
    next: float
    """The next invoice."""


STORIES = {
    "kz": Story(
        *("Асель Жаворонкова", "А**** Ж**********"),
        *("12500.50", "5000.25", "7500.25", "8000.25", 500.0, 1200.0),
    ),
    "is": Story(
        *("Fífa Hraunsdóttir", "F*** H***********"),
        *("12500", "5000", "7500", "8000", 500.0, 1200.0),
    ),
}
# how a kiosk says that nobody has a number; Payme has words of its own, which it
# shows in English
UNKNOWN = {
    "kz": "Лицевой счёт не найден",
    "is": "Þetta viðskiptanúmer finnst ekki",
    "payme": "Account not found",
}


@pytest.fixture(scope="module")
def lines(
    cashier: Cashier, icelandic_cashier: Cashier, kiosk: KioskInstance
) -> dict[str, Line]:
    """A network of every dialect."""
    cashiers = {"kz": cashier, "is": icelandic_cashier}
    return {
        dialect: Line.open(name, dialect, cashiers[name[:2]], kiosk)
        for dialect, name in NETWORKS.items()
    }


@pytest.fixture(scope="module")
def screen(browser: Browser, kiosk: KioskInstance) -> Iterator[Screen]:
    """A kiosk of any network, at which one customer follows another."""
    with open_page(browser) as page:
        yield Screen(page, kiosk)


@pytest.mark.parametrize("dialect", NETWORKS)
def test_invoice_is_paid_in_parts_at_a_kiosk(
    screen: Screen, lines: dict[str, Line], dialect: str
) -> None:
    line, cashier = lines[dialect], lines[dialect].cashier
    story = STORIES[cashier.country]
    customer = cashier.register(story.name)
    invoice = cashier.bill(customer, float(story.owes))
    number = cashier.printed_number(invoice)
    assert plain(number) == cashier.number(customer)

    # the debt, and a part of it
    screen.choose(line.name)
    screen.type_number(number)
    told = screen.reads()
    if dialect == "osmp":
        picture(screen.page, "11_kiosk")
    assert plain(story.masked) in told and story.owes in told
    assert story.name.split()[1] not in told
    part = screen.pay(story.part)
    if dialect == "osmp":
        picture(screen.page, "12_receipt")
    assert plain(screen.receipt("amount")).startswith(story.part)
    assert screen.receipt("provider")
    line.arrived(part)
    assert cashier.residuals(invoice) == [float(story.rest)]
    assert cashier.paid_state(invoice) == "partial"

    # the rest, and a little more
    screen.choose(line.name)
    screen.type_number(number)
    told = screen.reads()
    assert story.rest in told and story.owes not in told
    rest = screen.pay(story.over)
    assert rest != part
    line.arrived(rest)
    assert cashier.residuals(invoice) == [0.0]
    assert cashier.paid_state(invoice) == "paid"
    assert cashier.owed(customer) == -story.credit

    # nothing is owed, and the next invoice is less
    shown = line.lookup(plain(number))
    assert float(shown["shown"].get("debt") or 0) == 0
    later = cashier.bill(customer, story.next)
    due = story.next - story.credit
    assert f"{due:g}" in str(line.lookup(plain(number))["shown"])
    cashier.book()
    assert cashier.residuals(later) == [due]
    assert cashier.paid_state(later) == "partial"
    line.agree()


@pytest.mark.parametrize("dialect", NETWORKS)
def test_number_that_nobody_has_is_refused_in_the_customers_language(
    screen: Screen, lines: dict[str, Line], dialect: str
) -> None:
    line = lines[dialect]
    screen.choose(line.name)
    screen.type_number(NOBODY)
    words = UNKNOWN.get(dialect) or UNKNOWN[line.cashier.country]
    expect(screen.refusal).to_have_text(re.compile(words))
    assert not line.complaints()


def test_job_books_within_a_minute_and_credit_pays_the_next_invoice(
    screen: Screen, lines: dict[str, Line]
) -> None:
    line, cashier = lines["osmp"], lines["osmp"].cashier
    customer = cashier.register("Тимур Просторов")
    invoice = cashier.bill(customer, 3000)
    screen.choose(line.name)
    screen.type_number(cashier.number(customer))
    receipt = screen.pay("3500")
    # paid at the kiosks at once, in the books within a minute
    assert "3000" not in str(line.lookup(cashier.number(customer))["shown"])
    eventually(
        lambda: cashier.payment(line.network, receipt)["state"] == "booked",
        A_MINUTE,
        "the job has booked the payment",
    )
    assert cashier.residuals(invoice) == [0.0]
    later = cashier.bill(customer, 800)
    eventually(
        lambda: cashier.residuals(later) == [300.0],
        A_MINUTE,
        "the job has paid the next invoice from the credit",
    )


def test_chosen_invoice_is_paid_before_the_older_one(
    screen: Screen, lines: dict[str, Line]
) -> None:
    line, cashier = lines["signed_json"], lines["signed_json"].cashier
    customer = cashier.register("Hrafn Skýjason")
    older = cashier.bill(customer, 9000, days=5)
    newer = cashier.bill(customer, 4000, days=25)
    reference = cashier.read("account.move", newer, "payment_reference")
    screen.choose(line.name)
    screen.type_number(cashier.number(customer))
    screen.page.select_option("#invoice", reference["payment_reference"])
    line.arrived(screen.pay("4500"))
    assert cashier.residuals(newer, older) == [0.0, 8500.0]


def test_second_detail_is_asked_before_anything_is_shown(
    screen: Screen, lines: dict[str, Line]
) -> None:
    line, cashier = lines["osmp"], lines["osmp"].cashier
    customer = cashier.register("Ержан Ковылин", zip="050099")
    cashier.bill(customer, 4321)
    cashier.change(line.network, second_factor="zip")
    line.tell()
    try:
        screen.choose(line.name)
        screen.type_number(cashier.number(customer), factor="050098")
        expect(screen.refusal).to_be_visible()
        assert "4321" not in screen.reads() and "К******" not in screen.reads()
        screen.choose(line.name)
        screen.type_number(cashier.number(customer), factor="050 099")
        assert "4321.00" in screen.reads()
        line.arrived(screen.pay("4321"))
    finally:
        cashier.change(line.network, second_factor="none")
        line.tell()
    assert cashier.owed(customer) == 0
