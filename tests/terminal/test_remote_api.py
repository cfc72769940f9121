"""What other programs do over the remote API with numbers, payments and networks."""

import functools
from collections.abc import Callable
from typing import Any

import pytest

from support.cashier import Cashier
from support.clerk import Row
from support.kiosk import KioskInstance
from support.programs import PROGRAMS, Program, refused
from support.system import OdooInstance

USER = "terminaluser"
MANAGER = "terminalmanager"
INVOICER = "terminalinvoicer"
AUDITOR = "terminalauditor"
EMPLOYEE = "terminalemployee"
ADMINISTRATOR = "admin"
GROUPS = {
    USER: "payment_terminal.payment_terminal_group_user",
    MANAGER: "payment_terminal.payment_terminal_group_manager",
    INVOICER: "account.group_account_invoice",
    AUDITOR: "account.group_account_readonly",
    EMPLOYEE: "base.group_user",
}
NETWORK = "payment.terminal.network"
PAYMENT = "payment.terminal.transaction"
ACCOUNT = "payment.terminal.account"
SECRETS = ("token", "endpoint_url", "basic_login", "basic_password", "secret")
NOBODY = "4000000001"
# Odoo logs what it refuses to programs; these stories provoke no other refusal.
REFUSALS = (
    "You are not allowed",
    "You do not have",
    "You cannot",
    "Access Denied",
    "This customer number is taken",
    "The customer has an active number",
    ".* cannot be a customer number",
    "A number stays with its customer",
    "Customer numbers are kept",
    "Payments are kept",
    "What was asked and answered is kept",
    ".* has been asked already",
    "The smallest amount is larger",
    "The operation cannot be completed",
)
# how Odoo begins what only the database can refuse
DATABASE_REFUSES = "The operation cannot be completed: "
# what PostgreSQL says of numbers that are taken
TAKEN = "payment_terminal_account_(number|active)_unique"


@pytest.fixture(scope="module")
def users(odoo_server: OdooInstance, cashier: Cashier) -> OdooInstance:
    """Somebody of each group in the Kazakh company."""
    odoo_server.expected.append(rf"odoo\.http: ({'|'.join(REFUSALS)})")
    odoo_server.expected.append(rf"duplicate key value violates unique .*{TAKEN}")
    for login, group in GROUPS.items():
        cashier.hire(login, group)
    return odoo_server


class Robot:
    """A program that does somebody's work."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.call, self.create = program.call, program.create

    def read(self, model: str, record: int, *fields: str) -> Row:
        """Fields that programs read."""
        [row] = self.call(model, "read", [record], fields=list(fields))
        return row

    def find(self, model: str, domain: list[Any], *fields: str) -> list[Row]:
        """Fields of the records that fit."""
        return self.call(
            model, "search_read", None, domain=domain, fields=list(fields), order="id"
        )

    def write(self, model: str, record: int, **values: Any) -> Any:
        """Change one record."""
        return self.call(model, "write", [record], vals=values)


@pytest.fixture(params=PROGRAMS, scope="module")
def way(request: pytest.FixtureRequest) -> str:
    """Each of the ways to call Odoo."""
    return request.param


@pytest.fixture(scope="module")
def of(users: OdooInstance, way: str) -> Callable[[str], Robot]:
    """`of(login)`: the program of somebody; logging in takes seconds, so once."""
    return functools.cache(lambda login: Robot(PROGRAMS[way](users, login)))


@pytest.fixture
def robot(of: Callable[[str], Robot]) -> Robot:
    """A program of a user of payment terminals."""
    return of(USER)


@pytest.fixture
def auditor(of: Callable[[str], Robot]) -> Robot:
    """A program that may read the books and nothing else."""
    return of(AUDITOR)


@pytest.fixture
def invoicer(of: Callable[[str], Robot]) -> Robot:
    """A program that makes invoices."""
    return of(INVOICER)


@pytest.fixture
def employee(of: Callable[[str], Robot]) -> Robot:
    """A program of somebody who does other work."""
    return of(EMPLOYEE)


# Numbers


def test_program_reads_and_finds_customers_by_number(
    robot: Robot, invoicer: Robot, auditor: Robot, cashier: Cashier
) -> None:
    customer = cashier.register("Мадина Рекова")
    number = cashier.number(customer)
    contact = cashier.call(
        "res.partner", "create", {"name": "Бухгалтерия", "parent_id": customer}
    )
    for program in (robot, invoicer, auditor):
        for partner in (customer, contact):
            read = program.read("res.partner", partner, "terminal_number")
            assert read["terminal_number"] == number
        by_number = [("terminal_number", "=", number), ("parent_id", "=", False)]
        [found] = program.find("res.partner", by_number, "name")
        assert found["name"] == "Мадина Рекова"

    [old] = cashier.find(ACCOUNT, [("number", "=", number)], "state")
    robot.call(ACCOUNT, "action_replace", [old["id"]])
    newer = robot.read("res.partner", customer, "terminal_number")["terminal_number"]
    assert newer != number
    # whoever has the old invoice in hand is found as well
    [found] = robot.find("res.partner", by_number, "terminal_number")
    assert found == {"id": customer, "terminal_number": newer}
    assert not robot.find("res.partner", [("terminal_number", "=", NOBODY)], "id")


def test_program_issues_numbers(robot: Robot, cashier: Cashier) -> None:
    partner = cashier.call("res.partner", "create", {"name": "Арман Поляков"})
    made = robot.create(ACCOUNT, partner_id=partner)
    issued = robot.read(ACCOUNT, made, "number", "state", "origin", "spaced_number")
    number = issued["number"]
    assert number.isdecimal() and number[0] != "0" and int(number) % 97 == 1
    assert (issued["state"], issued["origin"]) == ("active", "issued")
    assert issued["spaced_number"].replace(" ", "") == number


def test_program_imports_numbers_of_an_earlier_system(
    robot: Robot, cashier: Cashier, way: str
) -> None:
    partners = cashier.call(
        "res.partner",
        "create",
        [{"name": f"Импорт {place} {way}"} for place in range(3)],
    )
    place = list(PROGRAMS).index(way)
    rows = [
        [str(partners[0]), f"00{place}77"],
        [str(partners[1]), f"ab-{place} 12"],
        [str(partners[2]), ""],
    ]
    fields = ["partner_id/.id", "number"]
    answer = robot.call(ACCOUNT, "load", None, fields=fields, data=rows)
    assert not answer["messages"], answer
    taken = robot.find(ACCOUNT, [("id", "in", answer["ids"])], "number", "origin")
    assert [row["origin"] for row in taken] == ["imported", "imported", "issued"]
    # leading zeros stay; what only separates goes
    assert [row["number"] for row in taken[:2]] == [f"00{place}77", f"AB{place}12"]

    again = robot.call(ACCOUNT, "load", None, fields=fields, data=rows[:1])
    assert not again["ids"]
    assert [message["type"] for message in again["messages"]] == ["error"]


def test_wrong_numbers_are_refused_with_a_sentence(
    robot: Robot, cashier: Cashier
) -> None:
    customer, other = cashier.register(), cashier.register()
    number = cashier.number(customer)
    [account] = robot.find(ACCOUNT, [("number", "=", number)], "number")
    fresh = cashier.call("res.partner", "create", {"name": "Новичок"})
    given: dict[str, Callable[[], Any]] = {
        "taken": lambda: robot.create(ACCOUNT, partner_id=fresh, number=number),
        "second": lambda: robot.create(ACCOUNT, partner_id=customer),
        "impossible": lambda: robot.create(ACCOUNT, partner_id=fresh, number="12"),
        "moved": lambda: robot.write(ACCOUNT, account["id"], partner_id=other),
        "changed": lambda: robot.write(ACCOUNT, account["id"], number="123456"),
    }
    told = {name: refused(call) for name, call in given.items()}
    stays = (
        "A number stays with its customer: customers have it on paper. Replace it, and "
        "block it if strangers know it."
    )
    assert told == {
        "taken": f"{DATABASE_REFUSES}This customer number is taken.",
        "second": f"{DATABASE_REFUSES}The customer has an active number: replace it "
        "instead.",
        "impossible": "12 cannot be a customer number: 3 to 40 letters and digits "
        "without spaces.",
        "moved": stays,
        "changed": stays,
    }
    assert "not allowed to delete" in refused(
        lambda: robot.call(ACCOUNT, "unlink", [account["id"]])
    )


# Payments


def test_program_follows_payments(
    robot: Robot, auditor: Robot, cashier: Cashier, kiosk: KioskInstance
) -> None:
    network = cashier.network("kz_qiwi")
    customer = cashier.register()
    invoice = cashier.bill(customer, 1500)
    paid = kiosk.pay("kz_qiwi", cashier.number(customer), "1000.50")["txn_id"]
    lost = kiosk.pay("kz_qiwi", NOBODY, "700", check=False)["txn_id"]
    by_number = [("txn_id", "=", paid), ("network_id", "=", network)]
    [fresh] = robot.find(PAYMENT, by_number, "state", "amount", "txn_id")
    assert (fresh["amount"], fresh["txn_id"]) == (1000.5, paid)
    cashier.arrived(network, paid)
    cashier.arrived(network, lost, "suspense")

    for program in (robot, auditor):
        fields = ("state", "amount", "txn_id", "move_id", "partner_id", "invoice_ids")
        [row] = program.find(PAYMENT, by_number, *fields)
        assert (row["state"], row["amount"]) == ("booked", 1000.5)
        assert row["partner_id"][0] == customer
        assert row["invoice_ids"] == [invoice]
        entry = program.read("account.move", row["move_id"][0], "state", "move_type")
        assert (entry["state"], entry["move_type"]) == ("posted", "entry")
        [waiting] = program.find(PAYMENT, [("txn_id", "=", lost)], *fields)
        assert (waiting["state"], waiting["partner_id"]) == ("suspense", False)
        read = program.read("account.move", invoice, "terminal_transaction_ids")
        assert read["terminal_transaction_ids"] == [row["id"]]
    kiosk.cancel("kz_qiwi", paid)
    cashier.arrived(network, paid, "reversed")
    assert robot.find(PAYMENT, by_number, "state")[0]["state"] == "reversed"


def test_payments_come_from_networks_alone(
    of: Callable[[str], Robot], cashier: Cashier, kiosk: KioskInstance
) -> None:
    network = cashier.network("kz_qiwi")
    customer = cashier.register()
    txn_id = kiosk.pay("kz_qiwi", cashier.number(customer), "900")["txn_id"]
    payment = cashier.payment(network, txn_id)["id"]
    [request] = cashier.requests(
        network, ("txn_id", "=", txn_id), ("operation", "=", "pay")
    )
    currency = cashier.terms(network, "currency_id")["currency_id"][0]
    for login in (USER, MANAGER, AUDITOR):
        program = of(login)
        for call, told in (
            (
                lambda program=program: program.write(PAYMENT, payment, amount=1),
                "not allowed to modify",
            ),
            (
                lambda program=program: program.create(
                    PAYMENT,
                    network_id=network,
                    company_id=cashier.company,
                    currency_id=currency,
                    txn_id="1",
                ),
                "not allowed to create",
            ),
            (
                lambda program=program: program.call(PAYMENT, "unlink", [payment]),
                "not allowed to delete",
            ),
            (
                lambda program=program: program.call(
                    "payment.terminal.request", "unlink", [request["id"]]
                ),
                "not allowed to delete",
            ),
        ):
            assert told in refused(call)


# Networks


def test_address_of_a_network_is_for_administrators(
    users: OdooInstance, of: Callable[[str], Robot], cashier: Cashier
) -> None:
    network = cashier.network("kz_qiwi")
    administrator = of(ADMINISTRATOR)
    [told] = administrator.call(
        NETWORK,
        "read",
        [network],
        fields=["endpoint_url"],
        context={"allowed_company_ids": [cashier.company]},
    )
    assert told["endpoint_url"].startswith(f"{users.url}/payment_terminal/")
    for login in (MANAGER, USER, INVOICER, AUDITOR):
        program = of(login)
        assert program.read(NETWORK, network, "name")["name"] == "QIWI"
        for secret in SECRETS:
            refused(
                lambda program=program, secret=secret: program.read(
                    NETWORK, network, secret
                )
            )


def test_manager_changes_networks_and_nobody_else(
    of: Callable[[str], Robot], cashier: Cashier
) -> None:
    network = cashier.network("kz_kaspi")
    manager = of(MANAGER)
    manager.write(NETWORK, network, maximum_amount=400_000)
    assert cashier.terms(network, "maximum_amount")["maximum_amount"] == 400_000
    manager.write(NETWORK, network, maximum_amount=500_000)
    told = refused(lambda: manager.write(NETWORK, network, maximum_amount=50))
    assert told == "The smallest amount is larger than the largest."
    for login in (USER, INVOICER, AUDITOR):
        program = of(login)
        told = refused(
            lambda program=program: program.write(NETWORK, network, show_name=False)
        )
        assert "not allowed to modify" in told


# Others


def test_invoicer_and_auditor_read_and_do_not_touch(
    invoicer: Robot, auditor: Robot, cashier: Cashier
) -> None:
    [account] = cashier.find(
        ACCOUNT, [("partner_id", "=", cashier.customer("one"))], "number"
    )
    for program in (invoicer, auditor):
        row = program.read(ACCOUNT, account["id"], "number", "state")
        assert row == {**account, "state": "active"}
        for method in ("action_replace", "action_block"):
            told = refused(
                lambda program=program, method=method: program.call(
                    ACCOUNT, method, [account["id"]]
                )
            )
            assert "not allowed" in told
        fresh = cashier.call("res.partner", "create", {"name": "Без номера"})
        told = refused(
            lambda program=program, fresh=fresh: program.create(
                ACCOUNT, partner_id=fresh
            )
        )
        assert "not allowed to create" in told


def test_employee_of_another_trade_sees_nothing(
    employee: Robot, cashier: Cashier
) -> None:
    for model in (NETWORK, PAYMENT, ACCOUNT, "payment.terminal.request"):
        assert "not allowed to access" in refused(
            lambda model=model: employee.find(model, [], "display_name")
        )
    # the customers themselves they do see
    row = employee.read("res.partner", cashier.customer("one"), "name")
    assert row["name"] == "Айгерим Самалова"
