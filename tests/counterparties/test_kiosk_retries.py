"""When a network sends the same again, and when it stops: its protocol decides."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from kiosk_company import Company
from kiosk_company_answers import XML, Said
from kiosk_driver import KioskProcess

# a unit so long that only the clock of the program brings the next attempt
SLOW_UNIT = 1000.0


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    opened = Company()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def running(company: Company) -> Iterator[KioskProcess]:
    names = ("osmp", "kaspi_json", "sber_eps", "privatbank_debt", "payme")
    networks = [company.network(name) for name in (*names, "signed_json")]
    process = KioskProcess(networks, retry_unit=0.02)
    yield process
    process.stop()


@pytest.fixture(scope="module")
def patient(company: Company) -> Iterator[KioskProcess]:
    """Whose time passes only when it is told to."""
    names = ("osmp", "payme", "signed_json")
    networks = [company.network(name) for name in names]
    process = KioskProcess(networks, retry_unit=SLOW_UNIT)
    yield process
    process.stop()


@pytest.fixture
def kiosk(running: KioskProcess, company: Company) -> KioskProcess:
    company.forget()
    running.post("reset")
    return running


@pytest.fixture
def slow(patient: KioskProcess, company: Company) -> KioskProcess:
    company.forget()
    patient.post("reset")
    return patient


def osmp(result: int) -> Callable[[Said], Said]:
    """An answer that says this result."""

    def change(said: Said) -> Said:
        start, _, rest = said.body.partition(b"<result>")
        _, end, rest = rest.partition(b"</result>")
        body = start + b"<result>%d" % result + end + rest
        return Said(said.status, said.kind, body)

    return change


def of(
    status: int, kind: str = "text/plain", body: bytes = b""
) -> Callable[[Said], Said]:
    return lambda said: Said(status, kind, body)


def pays(payment: dict) -> list[dict]:
    return [each for each in payment["log"] if each["operation"] == "pay"]


@pytest.mark.parametrize("code", (4, 5, 7, 8, 31, 32, 79, 241, 242, 243, 300))
def test_osmp_stops_on_a_fatal_code(
    kiosk: KioskProcess, company: Company, code: int
) -> None:
    company.spoil("pay", osmp(code))
    payment = kiosk.pay("osmp", "4821", "150.00")
    assert (payment["state"], payment["code"]) == ("refused", str(code))
    assert payment["money_taken"]
    assert len(pays(payment)) == 1


@pytest.mark.parametrize("code", (1, 90))
def test_osmp_repeats_on_a_code_that_is_not_fatal(
    kiosk: KioskProcess, company: Company, code: int
) -> None:
    company.spoil("pay", osmp(code), times=4)
    payment = kiosk.pay("osmp", "4821", "150.00")
    assert payment["state"] == "confirmed"
    assert [each["code"] for each in pays(payment)] == [str(code)] * 4 + ["0"]
    assert len({each["request"]["url"] for each in pays(payment)}) == 1
    assert company.total() == Decimal("150.00")


def test_osmp_also_repeats_the_check(kiosk: KioskProcess, company: Company) -> None:
    company.spoil("check", osmp(1), times=5)
    payment = kiosk.pay("osmp", "4821", "150.00")
    assert payment["state"] == "confirmed"
    assert payment["attempts"] == 7


def test_the_gap_grows_and_after_a_day_it_stops(
    slow: KioskProcess, company: Company
) -> None:
    company.faulty["pay"] = 1000
    payment = slow.post("pay", network="osmp", account="4821", amount="150.00")
    slow.post("wait")
    moments = []
    for _ in range(200):
        payment = slow.get("payment", txn_id=payment["txn_id"])
        if payment["settled"]:
            break
        assert payment["state"] == "retrying"
        moments.append(payment["next_attempt_at"])
        slow.post("clock", seconds=SLOW_UNIT)
    assert payment["state"] == "refused"
    assert payment["code"] == "expired"
    stamps = [time.mktime(time.strptime(m, "%Y-%m-%dT%H:%M:%SZ")) for m in moments]
    marks = sorted(set(stamps))
    gaps = [round((b - a) / SLOW_UNIT) for a, b in zip(marks, marks[1:], strict=False)]
    assert gaps[:4] == [2, 4, 8, 16]
    assert company.count("pay") == len(pays(payment)) == len(marks) + 1
    assert not company.paid


def test_time_jumps_over_the_end(slow: KioskProcess, company: Company) -> None:
    company.faulty["pay"] = 1
    slow.post("pay", network="osmp", account="4821", amount="150.00", txn_id="5")
    slow.post("wait")
    assert slow.post("clock", hours=30)["idle"]
    # the attempt that was due is still made
    assert slow.get("payment", txn_id="5")["state"] == "confirmed"


def test_kaspi_takes_http_errors_for_a_broken_line(
    kiosk: KioskProcess, company: Company
) -> None:
    for status in (403, 429, 500, 503):
        company.spoil("pay", of(status))
    company.spoil("pay", lambda said: None)
    payment = kiosk.pay("kaspi_json", "4821", "150.00")
    assert payment["state"] == "confirmed"
    statuses = [each["answer"] and each["answer"]["status"] for each in pays(payment)]
    assert statuses == [403, 429, 500, 503, None, 200]
    assert kiosk.complaints() == []


def kaspi(code: int) -> Callable[[Said], Said]:
    return lambda said: Said(
        200, said.kind, said.body.replace(b'"result": 0', b'"result": %d' % code)
    )


def test_kaspi_waits_while_it_is_in_progress(
    kiosk: KioskProcess, company: Company
) -> None:
    company.spoil("pay", kaspi(4), times=2)
    assert kiosk.pay("kaspi_json", "4821", "150.00")["state"] == "confirmed"
    for code in (1, 2, 3, 5):
        company.spoil("pay", kaspi(code))
        payment = kiosk.pay("kaspi_json", "4821", "150.00")
        assert (payment["state"], payment["code"]) == ("refused", str(code))


def test_an_answer_after_the_limit_is_none(
    kiosk: KioskProcess, company: Company
) -> None:
    network = company.network("kaspi_json", name="quick", limit_seconds=0.4)
    kiosk.post("networks", **network)

    def late(said: Said) -> Said:
        time.sleep(0.8)
        return said

    company.spoil("pay", late)
    payment = kiosk.pay("quick", "4821", "150.00")
    assert payment["state"] == "confirmed"
    first, second = pays(payment)
    assert first["silence"] == "no answer in time"
    assert first["answer"] is None
    assert second["verdict"] == "done"
    # the line may be the slow one, and then the work was done
    kiosk.post("faults", kind="delay", network="quick", seconds=2)
    first, second = pays(kiosk.pay("quick", "4821", "70.00"))
    assert (first["silence"], first["lost"]) == ("no answer in time", True)
    kiosk.post("faults", kind="delay", network="quick", seconds=0.1)
    assert len(pays(kiosk.pay("quick", "4821", "30.00"))) == 1
    assert company.total() == Decimal("250.00")


def test_sber_repeats_on_one_and_takes_eight_for_success(
    kiosk: KioskProcess, company: Company
) -> None:
    company.faulty["pay"] = 2
    kiosk.post("faults", kind="lose_answer", operation="pay", times=3)
    payment = kiosk.pay("sber_eps", "4821", "150.00")
    assert payment["state"] == "confirmed"
    assert payment["code"] == "8"
    assert payment["provider_id"] == "1"
    assert len(pays(payment)) == 4
    assert company.total() == Decimal("150.00")
    assert kiosk.complaints() == []


@pytest.mark.parametrize("code", (7, 8))
def test_privatbank_never_sends_that_record_again(
    kiosk: KioskProcess, company: Company, code: int
) -> None:
    answer = (
        '<Transfer xmlns="http://debt.privatbank.ua/Transfer" interface="Debt"'
        ' action="Pay"><Data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:type="ErrorInfo" code="{code}"><Message>No</Message></Data></Transfer>'
    )
    company.faulty["pay"] = 2
    company.spoil("pay", lambda said: said, times=2)
    company.spoil("pay", of(200, XML, answer.encode()))
    payment = kiosk.pay("privatbank_debt", "4821", "150.00")
    assert (payment["state"], payment["code"]) == ("refused", str(code))
    assert len(pays(payment)) == 3
    bodies = {each["request"]["body"]["text"] for each in pays(payment)}
    assert len(bodies) == 1
    assert kiosk.complaints() == []


def test_payme_repeats_on_its_internal_error_and_on_other_statuses(
    kiosk: KioskProcess, company: Company
) -> None:
    company.faulty["pay"] = 2
    company.faulty["reserve"] = 1
    company.spoil("pay", lambda said: said, times=2)
    company.spoil("pay", of(500))
    payment = kiosk.pay("payme", "4821", "150.00")
    assert payment["state"] == "confirmed"
    assert len(pays(payment)) == 4
    assert kiosk.complaints() == ["http_status"]


def test_payme_gives_up_after_twelve_hours_and_cancels(
    slow: KioskProcess, company: Company
) -> None:
    company.faulty["pay"] = 1000
    given = {"network": "payme", "account": "4821", "amount": "150.00"}
    txn_id = slow.post("pay", **given)["txn_id"]
    slow.post("wait")
    for _ in range(14):
        slow.post("clock", hours=1)
    payment = slow.get("payment", txn_id=txn_id)
    assert payment["state"] == "cancelled"
    assert payment["code"] == "expired"
    assert '"reason": 4' in payment["log"][-1]["request"]["body"]["text"]
    assert company.total() == 0


def test_terminal_json_repeats_what_says_retry(
    kiosk: KioskProcess, company: Company
) -> None:
    company.faulty["pay"] = 2
    company.spoil("pay", lambda said: said, times=2)
    company.spoil("pay", of(502, "text/html", b"<h1>Bad gateway</h1>"))
    company.spoil("pay", of(403, "application/json", b'{"result":"forbidden"}'))
    payment = kiosk.pay("signed_json", "4821", "150.00")
    assert payment["state"] == "confirmed"
    assert len(pays(payment)) == 5
    assert kiosk.complaints() == ["unsigned", "forbidden"]
    bodies = {each["request"]["body"]["text"] for each in pays(payment)}
    assert len(bodies) == 1


def test_terminal_json_asks_a_waiting_customer_only_twice(
    kiosk: KioskProcess, company: Company
) -> None:
    company.faulty["check"] = 5
    payment = kiosk.pay("signed_json", "4821", "150.00")
    assert (payment["state"], payment["code"]) == ("refused", "fault")
    assert not payment["money_taken"]
    assert company.count("check") == 2


def test_a_cancellation_is_repeated_too(kiosk: KioskProcess, company: Company) -> None:
    paid = kiosk.pay("signed_json", "4821", "150.00")
    company.faulty["cancel"] = 3
    kiosk.post("faults", kind="lose_answer", operation="cancel")
    back = kiosk.post("cancel", txn_id=paid["txn_id"], wait=10)
    assert back["state"] == "cancelled"
    assert back["cancel"]["attempts"] == 4
    assert company.total() == 0


def test_a_cancellation_ends_the_repeating(
    slow: KioskProcess, company: Company
) -> None:
    company.faulty["pay"] = 1000
    slow.post("pay", network="osmp", account="4821", amount="150.00", txn_id="77")
    slow.post("wait")
    back = slow.post("cancel", txn_id="77", wait=10)
    assert back["state"] == "cancelled"
    assert slow.post("clock", hours=48)["idle"]
    assert company.count("pay") == 1


def test_a_refused_cancellation_leaves_the_payment(
    kiosk: KioskProcess, company: Company
) -> None:
    paid = kiosk.pay("osmp", "4821", "150.00")
    company.spoil("cancel", osmp(7))
    back = kiosk.post("cancel", txn_id=paid["txn_id"], wait=10)
    assert back["state"] == "confirmed"
    assert (back["cancel"]["state"], back["cancel"]["code"]) == ("refused", "7")
    assert kiosk.post("cancel", txn_id=paid["txn_id"], wait=10)["state"] == "cancelled"
