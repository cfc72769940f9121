"""Every protocol on its good days, and what the line does on bad ones."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from kiosk_company import Company
from kiosk_driver import KioskProcess

PROTOCOLS = (
    "osmp",
    "kaspi_json",
    "kaspi_xml",
    "sber_eps",
    "privatbank_debt",
    "payme",
    "signed_json",
)
WITH_CANCEL = ("osmp", "privatbank_debt", "payme", "signed_json")
WITH_STATUS = ("osmp", "payme", "signed_json")


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    opened = Company()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def running(company: Company) -> Iterator[KioskProcess]:
    process = KioskProcess([company.network(name) for name in PROTOCOLS])
    yield process
    process.stop()


@pytest.fixture
def kiosk(running: KioskProcess, company: Company) -> KioskProcess:
    running.post("reset")
    company.forget()
    return running


def operations(payment: dict) -> list[str]:
    return [each["operation"] for each in payment["log"]]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_customer_looks_and_pays(
    kiosk: KioskProcess, company: Company, protocol: str
) -> None:
    found = kiosk.post("lookup", network=protocol, account="4821")
    assert found["verdict"] == "done"
    assert not found["complaints"]
    assert "A*** B****" in str(found["shown"])
    if protocol != "payme":
        assert Decimal(found["shown"]["debt"]) == Decimal("1250.00")
    payment = kiosk.pay(protocol, "4821", "150.00")
    assert payment["state"] == "confirmed"
    assert payment["money_taken"]
    assert payment["provider_id"] == "1"
    steps = ["check", "reserve", "pay"] if protocol == "payme" else ["check", "pay"]
    assert operations(payment) == steps
    assert company.total() == Decimal("150.00")
    assert kiosk.complaints() == []
    (day,) = kiosk.get("ledger", network=protocol)["days"]
    assert day["confirmed"] == {"count": 1, "sum": "150.00"}
    without = kiosk.pay(protocol, "4821", "1.00", check=False)
    assert operations(without) == steps[1:]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_number_nobody_has_is_refused(
    kiosk: KioskProcess, company: Company, protocol: str
) -> None:
    assert kiosk.post("lookup", network=protocol, account="1")["verdict"] == "refused"
    payment = kiosk.pay(protocol, "1", "150.00")
    assert payment["state"] == "refused"
    assert not payment["money_taken"]
    assert operations(payment) == ["check"]
    assert company.paid == {}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "kind", ("lose_answer", "cut_before", "cut_middle", "cut_after", "corrupt")
)
def test_a_bad_line_never_pays_twice(
    kiosk: KioskProcess, company: Company, protocol: str, kind: str
) -> None:
    kiosk.post("faults", kind=kind, network=protocol, operation="pay", times=2)
    payment = kiosk.pay(protocol, "4821", "150.00")
    assert payment["state"] == "confirmed"
    pays = [each for each in payment["log"] if each["operation"] == "pay"]
    assert [each["fault"] for each in pays] == [kind, kind, ""]
    assert [each["verdict"] for each in pays] == ["again", "again", "done"]
    assert company.total() == Decimal("150.00")
    assert len(company.paid) == 1
    if kind in ("cut_before", "cut_middle"):
        assert company.count("pay") == 1
    # a spoilt or lost answer is not the company's fault; Sber's 8 is as it should be
    assert kiosk.complaints() == []
    assert kiosk.get("faults")["faults"] == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_equal_requests_at_the_same_instant(
    kiosk: KioskProcess, company: Company, protocol: str
) -> None:
    kiosk.post("faults", kind="duplicate", operation="pay", count=8)
    payment = kiosk.pay(protocol, "4821", "150.00")
    assert payment["state"] == "confirmed"
    assert operations(payment).count("pay") == 8
    assert company.total() == Decimal("150.00")
    assert kiosk.complaints() == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_payment_of_before_is_sent_again(
    kiosk: KioskProcess, company: Company, protocol: str
) -> None:
    first = kiosk.pay(protocol, "4821", "150.00")
    kiosk.post("faults", kind="old_repeat")
    kiosk.pay(protocol, "4821", "70.00")
    log = kiosk.get("payment", txn_id=first["txn_id"])["log"]
    assert [each["fault"] for each in log][-1] == "old_repeat"
    repeated = kiosk.post("repeat", txn_id=first["txn_id"], count=3)["answers"]
    assert {each["verdict"] for each in repeated} == {"done"}
    assert company.total() == Decimal("220.00")
    assert kiosk.complaints() == []


@pytest.mark.parametrize("protocol", WITH_CANCEL)
def test_a_payment_is_taken_back(
    kiosk: KioskProcess, company: Company, protocol: str
) -> None:
    paid = kiosk.pay(protocol, "4821", "150.00")
    back = kiosk.post("cancel", txn_id=paid["txn_id"], reason="A mistake", wait=10)
    assert back["state"] == "cancelled"
    assert back["cancel"]["state"] == "done"
    assert company.total() == 0
    again = kiosk.post("repeat", txn_id=paid["txn_id"], operation="cancel")
    assert again["answers"][0]["verdict"] == "done"
    assert kiosk.complaints() == []
    (day,) = kiosk.get("ledger", network=protocol)["days"]
    assert day["cancelled"]["count"] == 1
    assert day["confirmed"]["count"] == 0


@pytest.mark.parametrize("protocol", ("osmp", "privatbank_debt", "signed_json"))
def test_a_cancellation_overtakes_the_payment(
    kiosk: KioskProcess, company: Company, protocol: str
) -> None:
    kiosk.post("faults", kind="cancel_first")
    payment = kiosk.pay(protocol, "4821", "150.00")
    assert operations(payment) == ["check", "cancel", "pay"]
    assert payment["state"] == "cancelled"
    assert payment["log"][-1]["verdict"] == "refused"
    assert company.total() == 0
    assert kiosk.complaints() == []


def test_a_payment_comes_after_its_cancellation(
    kiosk: KioskProcess, company: Company
) -> None:
    back = kiosk.post("cancel", network="signed_json", txn_id="late-1", wait=10)
    assert back["state"] == "cancelled"
    assert back["amount"] is None
    late = kiosk.pay("signed_json", "4821", "150.00", txn_id="late-1", check=False)
    assert late["state"] == "cancelled"
    assert late["code"] == "cancelled"
    assert company.total() == 0


@pytest.mark.parametrize("protocol", WITH_STATUS)
def test_the_company_is_asked_what_became_of_it(
    kiosk: KioskProcess, company: Company, protocol: str
) -> None:
    paid = kiosk.pay(protocol, "4821", "150.00")
    assert kiosk.post("status", txn_id=paid["txn_id"])["verdict"] == "done"
    unknown = kiosk.post("status", network=protocol, txn_id="99", account="4821")
    assert unknown["verdict"] == "refused"
    assert len(company.paid) == 1
    assert kiosk.complaints() == []


@pytest.mark.parametrize("protocol", ("payme", "signed_json"))
def test_a_statement(kiosk: KioskProcess, protocol: str) -> None:
    paid = kiosk.pay(protocol, "4821", "150.00")
    given = {"network": protocol, "day": paid["day"]}
    (row,) = kiosk.post("statement", **given)["data"]["payments"]
    assert row["id"] == paid["txn_id"]
    assert str(row["amount"]) in ("15000", "150.00")
    assert kiosk.complaints() == []


def test_what_a_protocol_lacks_is_refused(kiosk: KioskProcess) -> None:
    paid = kiosk.pay("kaspi_json", "4821", "1.00")
    assert kiosk.refused("cancel", txn_id=paid["txn_id"]).status == 409
    assert kiosk.refused("status", txn_id=paid["txn_id"]).status == 409
    assert kiosk.refused("statement", network="osmp", day="2026-01-01").status == 409


def test_osmp_cancels_under_an_id_of_its_own(
    kiosk: KioskProcess, company: Company
) -> None:
    network = company.network("osmp", options={"cancel": "own_id"})
    kiosk.post("networks", **{**network, "name": "own"})
    paid = kiosk.pay("own", "4821", "150.00")
    back = kiosk.post("cancel", txn_id=paid["txn_id"], wait=10)
    assert back["state"] == "cancelled"
    assert f"cancel_txn_id={paid['txn_id']}" in back["log"][-1]["request"]["url"]
    assert company.total() == 0


def test_the_sandbox_of_payme_sends_everything_twice(
    kiosk: KioskProcess, company: Company
) -> None:
    kiosk.post("networks", **company.network("payme", name="twice", sandbox=True))
    paid = kiosk.pay("twice", "4821", "150.00")
    twice = ["check", "reserve", "reserve", "pay", "pay"]
    assert operations(paid) == twice
    back = kiosk.post("cancel", txn_id=paid["txn_id"], wait=10)
    assert operations(back) == [*twice, "cancel", "cancel"]
    assert kiosk.complaints() == []


def test_wire_formats(kiosk: KioskProcess) -> None:
    """What stands in the requests is what the protocols say."""
    at = "2026-03-02T23:59:58"
    osmp = kiosk.pay("osmp", "4821", "150.50", at=at, invoice="INV/1")["log"][-1]
    url = osmp["request"]["url"]
    assert "command=pay&txn_id=7" in url
    assert "sum=150.50&txn_date=20260302235958&data2=INV%2F1" in url
    sber = kiosk.pay("sber_eps", "4821", "150.50", at=at)["log"][-1]["request"]["url"]
    assert "ACTION=payment&ACCOUNT=4821&AMOUNT=150.50&PAY_ID=00000" in sber
    assert "PAY_DATE=02.03.2026_23%3A59%3A58" in sber
    payme = kiosk.pay("payme", "4821", "150.50", at=at)["log"][1]["request"]
    assert '"amount": 15050' in payme["body"]["text"]
    assert '"time": 1772477998000' in payme["body"]["text"]
    private = kiosk.pay("privatbank_debt", "4821", "150.50")["log"][-1]["request"]
    assert "<CheckReference>77</CheckReference>" in private["body"]["text"]
    assert "<TotalSum>150.50</TotalSum>" in private["body"]["text"]


def test_proof_of_who_asks(kiosk: KioskProcess, company: Company) -> None:
    basic = {"kind": "basic", "login": "bank", "password": "pass"}
    secret = {"kind": "secret", "value": "agreed"}
    seal = {"kind": "certificate", "header": "X-Cert", "value": "ab12"}
    for name, protocol, auth in (
        ("p1", "osmp", basic),
        ("p2", "kaspi_json", secret),
        ("p3", "osmp", seal),
    ):
        network = company.network(protocol, name=name, auth=auth)
        kiosk.post("networks", **network, headers={"X-Real-IP": "79.142.16.4"})
    asked = kiosk.pay("p1", "4821", "1.00")["log"][-1]["request"]
    assert asked["headers"]["Authorization"] == "***"
    assert asked["headers"]["X-Real-IP"] == "79.142.16.4"
    asked = kiosk.pay("p2", "4821", "1.00")["log"][-1]["request"]
    assert asked["url"].endswith("data1=agreed")
    asked = kiosk.pay("p3", "4821", "1.00")["log"][-1]["request"]
    assert asked["headers"]["X-Cert"] == "ab12"
    assert "agreed" not in str(kiosk.get("networks"))


def test_many_at_once(kiosk: KioskProcess, company: Company) -> None:
    def one(number: int) -> str:
        name = PROTOCOLS[number % len(PROTOCOLS)]
        return kiosk.pay(name, "4821", "10.00")["state"]

    with ThreadPoolExecutor(15) as crowd:
        states = list(crowd.map(one, range(60)))
    assert set(states) == {"confirmed"}
    assert company.total() == Decimal("600.00")
    assert kiosk.complaints() == []
