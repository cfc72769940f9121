"""Two companies of one database whose customers pay in networks of the same kind.

The networks count their payments alike and the companies number their customers alike,
so that nothing but the address called tells whose money it is.
"""

from typing import Any

import odoorpc
import pytest

from support.cashier import Cashier
from support.kiosk import KioskInstance
from support.line import Line
from support.system import OdooInstance

LOGINS = {"kz": "cashierkz", "is": "cashieris"}
MODELS = (
    "payment.terminal.network",
    "payment.terminal.address",
    "payment.terminal.account",
    "payment.terminal.transaction",
    "payment.terminal.request",
)
# both demo companies have it from their earlier systems
NUMBER = "0010442"
AMOUNTS = {"kz": "2500.50", "is": "2500"}


@pytest.fixture(scope="module")
def lines(
    odoo_server: OdooInstance,
    cashier: Cashier,
    icelandic_cashier: Cashier,
    kiosk: KioskInstance,
) -> dict[str, Line]:
    """A network of the same kind in both, and a person who works in one alone."""
    odoo_server.expected.append(
        r"odoo\.http: Uh-oh! (Looks like|You’ve got some company)"
    )
    cashiers = {"kz": cashier, "is": icelandic_cashier}
    for country, each in cashiers.items():
        each.hire(LOGINS[country], "payment_terminal.payment_terminal_group_user")
    return {
        country: Line.open(f"{country}_qiwi", "osmp", each, kiosk)
        for country, each in cashiers.items()
    }


@pytest.fixture(scope="module")
def people(odoo_server: OdooInstance, lines: dict[str, Line]) -> dict[str, Cashier]:
    """Who works in one of the companies."""
    return {key: Cashier(odoo_server, key, login) for key, login in LOGINS.items()}


def refused() -> Any:
    """Odoo refuses what belongs to another company."""
    return pytest.raises(odoorpc.error.RPCError, match="[Aa]ccess|company|not allowed")


def paid_in_both(lines: dict[str, Line], account: str, txn_id: str) -> dict[str, Any]:
    """The same number of the same payment in both networks; what the companies have."""
    for country, line in lines.items():
        payment = line.pay(account, AMOUNTS[country], txn_id=txn_id)
        assert payment["state"] == "confirmed", payment
    return {country: line.arrived(txn_id) for country, line in lines.items()}


def test_same_numbers_are_two_customers_and_two_payments(
    lines: dict[str, Line],
) -> None:
    before = {
        country: line.cashier.owed(line.cashier.customer("imported"))
        for country, line in lines.items()
    }
    names = {
        country: str(line.lookup(NUMBER)["shown"]) for country, line in lines.items()
    }
    assert "С**** А*******" in names["kz"] and "S****** N*******" in names["is"]

    booked = paid_in_both(lines, NUMBER, "555000111")
    for country, line in lines.items():
        cashier, payment = line.cashier, booked[country]
        assert payment["partner_id"][0] == cashier.customer("imported")
        assert payment["amount"] == float(AMOUNTS[country])
        paid = before[country] - cashier.owed(cashier.customer("imported"))
        assert round(paid, 2) == float(AMOUNTS[country])
        entry = cashier.read(
            "account.move", payment["move_id"][0], "company_id", "currency_id"
        )
        assert entry["company_id"][0] == cashier.company
        line.agree()
    companies_answers = {
        line.find("555000111")["provider_id"] for line in lines.values()
    }
    assert len(companies_answers) == 2


def test_cancellation_in_one_leaves_the_other(lines: dict[str, Line]) -> None:
    paid_in_both(lines, NUMBER, "555000222")
    lines["is"].cancel("555000222")
    lines["is"].arrived("555000222", "reversed")
    assert lines["kz"].arrived("555000222")["state"] == "booked"
    for line in lines.values():
        line.agree()


def test_customer_of_both_has_a_number_in_each(lines: dict[str, Line]) -> None:
    kazakh, icelandic = (lines[country].cashier for country in ("kz", "is"))
    shared = kazakh.register("Norðurljós Trade", company_id=False)
    icelandic.call("payment.terminal.account", "create", {"partner_id": shared})
    numbers = {key: line.cashier.number(shared) for key, line in lines.items()}
    assert numbers["kz"] != numbers["is"]
    moves = {key: line.cashier.bill(shared, 3000) for key, line in lines.items()}

    for country, line in lines.items():
        assert "3000" in str(line.lookup(numbers[country])["shown"])
    assert lines["is"].lookup(numbers["kz"])["code"] == "5"
    txn_id = lines["kz"].pay(numbers["kz"], "3500")["txn_id"]
    lines["kz"].arrived(txn_id)
    assert kazakh.residuals(moves["kz"]) == [0.0]
    assert kazakh.owed(shared) == -500.0
    # a credit in tenge is nothing in Iceland
    icelandic.book()
    assert icelandic.residuals(moves["is"]) == [3000.0]
    assert icelandic.owed(shared) == 3000.0
    assert "3000" in str(lines["is"].lookup(numbers["is"])["shown"])
    # nor is the number of one company of use in the other
    lost = lines["is"].pay(numbers["kz"], "100", check=False)["txn_id"]
    lines["is"].arrived(lost, "suspense")


def test_customer_of_one_gets_no_number_in_the_other(lines: dict[str, Line]) -> None:
    kazakh, icelandic = (lines[country].cashier for country in ("kz", "is"))
    own = kazakh.register("Только здесь")
    with refused():
        icelandic.call("payment.terminal.account", "create", {"partner_id": own})
    numbers = "payment.terminal.account"
    assert not icelandic.find(numbers, [("partner_id", "=", own)], "number")


def test_users_see_only_their_company(
    lines: dict[str, Line], people: dict[str, Cashier]
) -> None:
    paid_in_both(lines, NUMBER, "555000333")
    for country, person in people.items():
        other = lines["is" if country == "kz" else "kz"].cashier
        for model in MODELS:
            domain: list[Any] = []
            if model == "payment.terminal.address":
                domain = [("network_id.company_id", "=", other.company)]
                assert not person.call(model, "search_count", domain)
            else:
                found = person.find(model, domain, "company_id")
                assert {row["company_id"][0] for row in found} == {person.company}
            [foreign] = other.call(model, "search", [], limit=1)
            with refused():
                person.call(model, "read", [foreign], ["display_name"])
        # by what they can see, there is one payment of this number
        mine = person.find(
            "payment.terminal.transaction", [("txn_id", "=", "555000333")], "amount"
        )
        assert [row["amount"] for row in mine] == [float(AMOUNTS[country])]
        named = person.find("res.partner", [("terminal_number", "=", NUMBER)], "name")
        assert [row["id"] for row in named] == [person.customer("imported")]


def test_books_of_one_are_not_used_by_the_network_of_the_other(
    lines: dict[str, Line],
) -> None:
    kazakh, icelandic = lines["kz"], lines["is"]
    terms = icelandic.cashier.terms(
        icelandic.network, "journal_id", "clearing_account_id", "suspense_account_id"
    )
    for name in ("journal_id", "clearing_account_id", "suspense_account_id"):
        with refused():
            kazakh.cashier.change(kazakh.network, **{name: terms[name][0]})
