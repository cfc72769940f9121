"""A network reads answers strictly: what is wrong with one is written down."""

import json
from collections.abc import Callable, Iterator

import pytest
from kiosk_company import Company
from kiosk_company_answers import Said, signed
from kiosk_driver import KioskProcess

NAMES = ("osmp", "kaspi_json", "kaspi_xml", "sber_eps", "privatbank_debt", "payme")


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    opened = Company()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def running(company: Company) -> Iterator[KioskProcess]:
    process = KioskProcess([company.network(each) for each in (*NAMES, "signed_json")])
    yield process
    process.stop()


@pytest.fixture
def kiosk(running: KioskProcess, company: Company) -> KioskProcess:
    company.forget()
    running.post("reset")
    return running


def put(old: str, new: str, kind: str | None = None) -> Callable[[Said], Said]:
    """Other words in the answer, or another content type."""

    def change(said: Said) -> Said:
        body = said.body.replace(old.encode(), new.encode())
        assert not old or body != said.body, (old, said.body)
        return Said(said.status, kind or said.kind, body, said.headers)

    return change


def resigned(**members: object) -> Callable[[Said], Said]:
    """Other members of a payment or answer, signed as they should be."""

    def change(said: Said) -> Said:
        content = json.loads(said.body)
        for name, value in members.items():
            place = content["payment"] if name in content["payment"] else content
            place[name] = value
        body = json.dumps(content).encode()
        stamp = said.headers["X-Timestamp"]
        headers = {**said.headers, "X-Signature": signed(stamp, body)}
        return Said(said.status, said.kind, body, headers)

    return change


# protocol, what is wrong in the answer to pay, the complaint, is it still an answer
WRONG = [
    ("osmp", put("", "", "text/html"), "content_type", True),
    ("osmp", put("", "", "text/xml; charset=koi8-r"), "charset", True),
    ("osmp", put("<osmp_txn_id>", "<osmp_txn_id>9"), "txn_id_not_echoed", False),
    ("osmp", put("<sum>150.00", "<sum>15.00"), "sum_differs", True),
    ("osmp", put("<sum>150.00</sum>", ""), "sum_differs", True),
    ("osmp", put("<prv_txn>1</prv_txn>", ""), "no_provider_id", True),
    ("osmp", put("<result>0", "<result>OK"), "no_result", False),
    ("osmp", put("<result>0", "<result>1234"), "unknown_code", True),
    ("osmp", put("<response>", "<!DOCTYPE response><response>"), "unreadable", False),
    ("osmp", put("</response>", ""), "unreadable", False),
    ("osmp", put("UTF-8", "windows-1251"), "unreadable", False),
    ("osmp", put("<result>0", "<result>0</result><result>0"), "unreadable", False),
    ("kaspi_json", put("", "", "text/html"), "content_type", True),
    ("kaspi_json", put('"txn_id": "', '"txn_id": "8'), "txn_id_not_echoed", False),
    ("kaspi_json", put("150.00", "1.00"), "sum_differs", True),
    ("kaspi_json", put('"result": 0', '"result": 77'), "unknown_code", True),
    ("kaspi_json", put("{", "["), "unreadable", False),
    ("kaspi_xml", put("", "", "application/json"), "content_type", True),
    ("kaspi_xml", put("<txn_id>", "<txn_id>8"), "txn_id_not_echoed", False),
    ("kaspi_xml", put("<prv_txn_id>1</prv_txn_id>", ""), "no_provider_id", True),
    ("sber_eps", put("150.00", "150.01"), "sum_differs", True),
    ("sber_eps", put("16.11.2026_14", "2026-11-16 14"), "reg_date", True),
    ("sber_eps", put("<EXT_ID>1</EXT_ID>", ""), "no_provider_id", True),
    ("sber_eps", put("<CODE>0", "<CODE>55"), "unknown_code", True),
    (
        "privatbank_debt",
        put('action="Pay"', 'action="Check"'),
        "action_not_echoed",
        False,
    ),
    ("privatbank_debt", put('reference="1"', ""), "no_provider_id", True),
    ("privatbank_debt", put("ua/Transfer", "ua/Debt"), "namespace", True),
    ("payme", put('"jsonrpc": "2.0", "id": ', '"id": 9'), "id_not_echoed", False),
    ("payme", put('"state": 2', '"state": 1'), "state", False),
    ("payme", put('"transaction": "1"', '"transaction": 1'), "no_provider_id", True),
    ("payme", put('"perform_time": 17', '"perform_time": 1'), "time", True),
    ("payme", lambda said: Said(201, said.kind, said.body), "http_status", False),
    ("signed_json", put("ok", "OK"), "signature", False),
    ("signed_json", resigned(amount="15.00"), "sum_differs", True),
    ("signed_json", resigned(amount="150"), "money", True),
    ("signed_json", resigned(currency="USD"), "currency_differs", True),
    ("signed_json", resigned(state="cancelled"), "state", True),
    ("signed_json", resigned(id="other"), "txn_id_not_echoed", False),
    ("signed_json", resigned(number="1"), "no_provider_id", True),
    ("signed_json", resigned(paid_at="2026-11-30T14:35:00+05:00"), "time", True),
    ("signed_json", resigned(result="fine"), "unknown_code", True),
    ("signed_json", resigned(result="conflict"), "status_differs", True),
    ("signed_json", resigned(retry=True), "retry_differs", False),
]


@pytest.mark.parametrize(("protocol", "change", "code", "counts"), WRONG)
def test_a_wrong_answer_is_a_complaint(
    kiosk: KioskProcess,
    company: Company,
    protocol: str,
    change: Callable[[Said], Said],
    code: str,
    counts: bool,
) -> None:
    company.spoil("pay", change)
    payment = kiosk.pay(protocol, "4821", "150.00")
    assert code in kiosk.complaints(protocol)
    (found, *_) = kiosk.get("complaints")["complaints"]
    assert found["txn_id"] == payment["txn_id"]
    assert found["operation"] == "pay"
    assert found["reason"].endswith((".", "'")) or ":" in found["reason"]
    times = [each["operation"] for each in payment["log"]].count("pay")
    # what is no answer is asked for again
    assert times == (1 if counts else 2)
    if not counts:
        assert payment["state"] == "confirmed"


def test_another_answer_to_a_repeat(kiosk: KioskProcess, company: Company) -> None:
    paid = kiosk.pay("osmp", "4821", "150.00")
    company.spoil("pay", put("<prv_txn>1<", "<prv_txn>2<"))
    kiosk.post("repeat", txn_id=paid["txn_id"])
    assert kiosk.complaints() == ["repeat_differs"]
    assert kiosk.get("payment", txn_id=paid["txn_id"])["state"] == "confirmed"


def test_a_lost_answer_counts_for_comparing(
    kiosk: KioskProcess, company: Company
) -> None:
    kiosk.post("faults", kind="lose_answer")
    company.spoil("pay", put("<prv_txn>1<", "<prv_txn>2<"))
    kiosk.pay("osmp", "4821", "150.00")
    assert kiosk.complaints() == ["repeat_differs"]


def test_sber_must_repeat_what_it_registered_first(
    kiosk: KioskProcess, company: Company
) -> None:
    paid = kiosk.pay("sber_eps", "4821", "150.00")
    kiosk.post("repeat", txn_id=paid["txn_id"])
    assert kiosk.complaints() == []
    company.spoil("pay", put("_14:02:10", "_14:02:11"))
    kiosk.post("repeat", txn_id=paid["txn_id"])
    assert kiosk.complaints() == ["repeat_differs"]


def test_the_sandbox_finds_a_time_that_moves(
    kiosk: KioskProcess, company: Company
) -> None:
    kiosk.post("networks", **company.network("payme", name="twice", sandbox=True))
    company.spoil("pay", lambda said: said)
    company.spoil("pay", put('"perform_time": 1790', '"perform_time": 1791'))
    assert kiosk.pay("twice", "4821", "150.00")["state"] == "confirmed"
    assert kiosk.complaints() == ["repeat_differs"]


def test_a_conflict_is_no_complaint(kiosk: KioskProcess, company: Company) -> None:
    paid = kiosk.pay("signed_json", "4821", "150.00")
    txn_id = paid["txn_id"]
    (other,) = kiosk.post("repeat", txn_id=txn_id, amount="200.00")["answers"]
    assert (other["verdict"], other["code"]) == ("refused", "conflict")
    assert kiosk.get("payment", txn_id=txn_id)["amount"] == "150.00"
    assert kiosk.complaints() == []
    assert company.total() == 150


def test_a_payment_accepted_after_its_cancellation(
    kiosk: KioskProcess, company: Company
) -> None:
    answer = b'<?xml version="1.0"?><response><osmp_txn_id>31</osmp_txn_id>'
    answer += b"<prv_txn>1</prv_txn><sum>150.00</sum><result>0</result></response>"
    company.spoil("pay", lambda said: Said(200, said.kind, answer))
    kiosk.post("cancel", network="osmp", txn_id="31", wait=10)
    late = kiosk.pay("osmp", "4821", "150.00", txn_id="31", check=False)
    assert late["state"] == "cancelled"
    assert kiosk.complaints() == ["accepted_after_cancel"]


def test_an_old_payment_must_not_be_refused(
    kiosk: KioskProcess, company: Company
) -> None:
    kiosk.pay("osmp", "4821", "150.00")
    kiosk.post("faults", kind="old_repeat")
    company.spoil("pay", put("<result>0", "<result>300"))
    kiosk.pay("osmp", "4821", "70.00")
    assert set(kiosk.complaints()) == {"repeat_differs", "repeat_refused"}


def test_private_data_on_the_screen(kiosk: KioskProcess, company: Company) -> None:
    company.spoil("lookup", put("</Fio>", "</Fio><Phone>+7 701</Phone>"))
    kiosk.post("lookup", network="privatbank_debt", account="4821")
    assert kiosk.complaints() == ["personal_data"]
