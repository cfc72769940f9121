"""Payments, credit notes, plans and payouts: what is owed always adds up."""

from collections.abc import Iterator

import pytest
from agency_driver import AgencyProcess, Client


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgencyProcess]:
    process = AgencyProcess(tmp_path_factory.mktemp("agency"))
    yield process
    process.stop()


@pytest.fixture
def agency(running: AgencyProcess) -> AgencyProcess:
    running.sandbox("reset")
    return running


@pytest.fixture
def erp(agency: AgencyProcess) -> Client:
    client = agency.client("erp")
    client.onboard()
    return client


def payment(amount: str, name: str = "PAY/1", /, **changes: object) -> dict:
    given = {
        "external_id": name,
        "date": "2026-03-02",
        "amount": amount,
        "currency": "SEK",
    }
    return {**given, **changes}


def demanded(agency: AgencyProcess, erp: Client, number: str = "INV/1") -> str:
    """A case whose demand is out: 240.00 of fees beside 1250.00 of capital."""
    case = erp.transfer(number)["id"]
    agency.advance(case, 3)
    return case


def remaining(erp: Client, case: str) -> list[str]:
    balance = erp.get(f"/cases/{case}")["balance"]
    names = ("capital", "interest", "fees", "court_fees")
    return [balance[name]["remaining"] for name in names]


# Direct payments


def test_a_direct_payment_covers_capital_only(
    agency: AgencyProcess, erp: Client
) -> None:
    case = demanded(agency, erp)
    answer = erp.post(f"/cases/{case}/payments", payment("500.00"))
    assert answer.status == 201
    assert (answer["applied_amount"], answer["ignored_amount"]) == ("500.00", "0.00")
    assert answer["status"] == "completed"
    answer = erp.post(f"/cases/{case}/payments", payment("800.00", "PAY/2"))
    assert (answer["applied_amount"], answer["ignored_amount"]) == ("750.00", "50.00")
    assert answer["status"] == "warning"
    # the capital is paid, the agency's fees are not: the case stays open for them
    assert remaining(erp, case) == ["0.00", "0.00", "240.00", "0.00"]
    assert erp.get(f"/cases/{case}")["state"] == "demand"
    answer = erp.post(f"/cases/{case}/payments", payment("1.00", "PAY/3"))
    assert (answer.status, answer["status"]) == (201, "error")
    listed = erp.get(f"/cases/{case}/payments")["payments"]
    assert [each["applied"]["capital"] for each in listed] == [
        "500.00",
        "750.00",
        "0.00",
    ]
    # the creditor knows its own payments
    assert "payment.received" not in agency.types()


def test_when_nothing_remains_the_case_is_paid(erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    erp.post(f"/cases/{case}/payments", payment("1250.00"))
    shown = erp.get(f"/cases/{case}")
    assert (shown["state"], shown["outcome"]) == ("closed", "paid")
    answer = erp.post(f"/cases/{case}/payments", payment("1.00", "PAY/2"))
    assert (answer.status, answer["code"]) == (409, "case_closed")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "0.00"}, 422, "non_positive_amount"),
        ({"amount": "-1.00"}, 422, "non_positive_amount"),
        ({"currency": "EUR"}, 422, "currency_not_supported"),
        ({"amount": 5}, 400, "validation_failed"),
        ({"date": None}, 400, "validation_failed"),
        ({"kind": "barter"}, 400, "validation_failed"),
    ],
)
def test_wrong_payments(erp: Client, changes: dict, status: int, code: str) -> None:
    case = erp.transfer("INV/1")["id"]
    answer = erp.post(f"/cases/{case}/payments", payment("5.00", **changes))
    assert (answer.status, answer["code"]) == (status, code)
    assert erp.get(f"/cases/{case}/payments")["payments"] == []


def test_a_payment_is_known_by_its_reference(erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    first = erp.post(f"/cases/{case}/payments", payment("5.00"))
    answer = erp.post(f"/cases/{case}/payments", payment("5.00"))
    assert (answer.status, answer["code"]) == (409, "duplicate_reference")
    assert answer["details"] == {"existing_payment_id": first["id"]}
    assert remaining(erp, case)[0] == "1245.00"


def test_a_removed_payment_is_owed_again(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox(f"cases/{case}/advance")
    erp.post(f"/cases/{case}/payments", payment("1250.00", "PAY/17"))
    path = f"/cases/{case}/payments/PAY%2F17"
    answer = erp.call("DELETE", path, key="k1")
    assert (answer.status, answer["reversed_amount"]) == (200, "1250.00")
    assert erp.call("DELETE", path, key="k1").body == answer.body
    shown = erp.get(f"/cases/{case}")
    assert (shown["state"], shown["outcome"]) == ("registered", None)
    assert remaining(erp, case)[0] == "1250.00"
    assert erp.call("DELETE", path)["code"] == "action_not_available"
    assert erp.call("DELETE", f"/cases/{case}/payments/NONE").status == 404
    erp.post(f"/cases/{case}/payments", payment("5.00"))
    erp.act(case, "withdraw")
    answer = erp.call("DELETE", f"/cases/{case}/payments/PAY%2F1")
    assert (answer.status, answer["code"]) == (409, "case_closed")


def test_one_payment_over_several_cases(erp: Client) -> None:
    first, second, closed = (erp.transfer(f"INV/{n}")["id"] for n in range(3))
    erp.act(closed, "withdraw")
    rows = [(first, "1250.00"), (second, "1300.00"), (closed, "100.00")]
    allocations = [{"case_id": case, "amount": amount} for case, amount in rows]
    given = payment("2700.00", allocations=allocations)
    answer = erp.post("/payments", given)
    assert answer.status == 201
    assert (answer["applied_amount"], answer["ignored_amount"]) == (
        "2500.00",
        "200.00",
    )
    assert answer["status"] == "warning"
    assert [each["status"] for each in answer["allocations"]] == [
        "completed",
        "warning",
        "error",
    ]
    assert erp.get(f"/cases/{first}")["outcome"] == "paid"
    path = f"/cases/{second}/payments/PAY%2F1"
    assert erp.call("DELETE", path)["reversed_amount"] == "1250.00"


def test_of_a_wrong_allocation_nothing_is_done(
    agency: AgencyProcess, erp: Client
) -> None:
    other = agency.client("other")
    other.onboard()
    own, theirs = erp.transfer("INV/1")["id"], other.transfer("INV/1")["id"]

    def send(*rows: tuple[str, str]) -> int:
        allocations = [{"case_id": case, "amount": amount} for case, amount in rows]
        given = payment("10.00", allocations=allocations)
        return erp.post("/payments", given).status

    assert send((own, "5.00"), (theirs, "5.00")) == 404
    assert send((own, "5.00"), (own, "5.00")) == 400
    assert send((own, "10.01")) == 400
    assert send() == 400
    assert remaining(erp, own)[0] == "1250.00"


# Credit notes


def note(amount: str, name: str = "RINV/1") -> dict:
    return payment(amount, name, number=name)


def test_a_credit_note_reduces_the_capital(erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    answer = erp.post(f"/cases/{case}/credit-notes", note("250.00"))
    assert (answer.status, answer["status"]) == (201, "completed")
    capital = erp.get(f"/cases/{case}")["balance"]["capital"]
    assert capital == {"original": "1000.00", "paid": "0.00", "remaining": "1000.00"}
    answer = erp.post(f"/cases/{case}/credit-notes", note("1000.01", "RINV/2"))
    assert (answer.status, answer["code"]) == (422, "amount_exceeds_capital")
    assert answer["details"] == {"remaining_capital": "1000.00"}
    answer = erp.post(f"/cases/{case}/credit-notes", note("1.00"))
    assert answer["code"] == "duplicate_reference"


def test_a_full_credit_closes_the_case_and_its_costs(
    agency: AgencyProcess, erp: Client
) -> None:
    case = demanded(agency, erp)
    erp.post(f"/cases/{case}/credit-notes", note("1250.00"))
    shown = erp.get(f"/cases/{case}")
    assert (shown["state"], shown["outcome"]) == ("closed", "credited")
    assert remaining(erp, case) == ["0.00"] * 4


def test_a_credit_of_the_rest_leaves_the_fees(
    agency: AgencyProcess, erp: Client
) -> None:
    case = demanded(agency, erp)
    erp.post(f"/cases/{case}/payments", payment("1000.00"))
    erp.post(f"/cases/{case}/credit-notes", note("250.00"))
    assert erp.get(f"/cases/{case}")["state"] == "demand"
    assert remaining(erp, case) == ["0.00", "0.00", "240.00", "0.00"]


# The debtor pays the agency


def test_costs_first_then_interest_then_capital(
    agency: AgencyProcess, erp: Client
) -> None:
    fees = [
        {"type": "reminder", "date": "2026-01-10", "amount": "60", "currency": "SEK"}
    ]
    case = erp.transfer(
        "INV/1",
        first_action="demand",
        claim__interest="10.00",
        claim__fees_already_claimed=fees,
    )["id"]
    agency.advance(case, 2)
    paid = agency.sandbox(f"cases/{case}/debtor-pays", amount="255.00")["payment"]
    assert paid["applied"] == {
        "capital": "5.00",
        "interest": "10.00",
        "fees": "240.00",
        "court_fees": "0.00",
    }
    assert agency.types()[-2:] == ["case.updated", "payment.received"]
    agency.sandbox(f"cases/{case}/debtor-pays")
    shown = erp.get(f"/cases/{case}")
    assert (shown["outcome"], remaining(erp, case)) == ("paid", ["0.00"] * 4)
    assert agency.types()[-2:] == ["case.closed", "payment.received"]
    first, second = erp.get(f"/cases/{case}/payments")["payments"]
    assert (first["kind"], first["external_id"]) == ("agency", None)
    assert second["amount"] == "1245.00"


def test_what_the_debtor_pays_too_much(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    paid = agency.sandbox(f"cases/{case}/debtor-pays", amount="2000.00")["payment"]
    assert paid["ignored_amount"] == "750.00"
    assert agency.refused(f"cases/{case}/debtor-pays", amount="1.00").status == 409


def test_only_what_is_paid_is_closed_as_paid(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox(f"cases/{case}/debtor-pays", amount="1249.99")
    answer = agency.refused(f"cases/{case}/close", outcome="paid")
    assert (answer.status, answer["code"]) == (409, "action_not_available")
    agency.sandbox(f"cases/{case}/close", outcome="partially_paid")
    assert erp.get(f"/cases/{case}")["outcome"] == "partially_paid"


def test_a_payment_that_bounces(agency: AgencyProcess, erp: Client) -> None:
    case = demanded(agency, erp)
    agency.sandbox(f"cases/{case}/debtor-pays")
    agency.sandbox(f"cases/{case}/reverse-payment")
    assert agency.types()[-2:] == ["case.updated", "payment.reversed"]
    shown = erp.get(f"/cases/{case}")
    assert (shown["state"], shown["outcome"]) == ("demand", None)
    assert remaining(erp, case) == ["1250.00", "0.00", "240.00", "0.00"]
    assert agency.refused(f"cases/{case}/reverse-payment").status == 404


def test_a_payment_plan_that_is_kept(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    shown = agency.sandbox(f"cases/{case}/payment-plan", instalments=3)
    rows = shown["payment_plan"]["instalments"]
    assert [row["amount"] for row in rows] == ["416.67", "416.67", "416.66"]
    for row in rows:
        agency.sandbox(f"cases/{case}/debtor-pays", amount=row["amount"])
    shown = erp.get(f"/cases/{case}")
    assert shown["outcome"] == "paid"
    assert all(row["paid"] for row in shown["payment_plan"]["instalments"])


def test_every_payment_counts_for_the_plan(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox(f"cases/{case}/payment-plan", instalments=5)

    def paid() -> int:
        rows = erp.get(f"/cases/{case}")["payment_plan"]["instalments"]
        return sum(row["paid"] for row in rows)

    erp.post(f"/cases/{case}/payments", payment("500.00"))
    assert paid() == 2
    agency.sandbox(f"cases/{case}/debtor-pays", amount="250.00")
    assert paid() == 3
    erp.post(f"/cases/{case}/credit-notes", note("250.00"))
    assert paid() == 4
    erp.call("DELETE", f"/cases/{case}/payments/PAY%2F1")
    assert paid() == 2
    agency.sandbox(f"cases/{case}/reverse-payment")
    assert paid() == 1


def test_a_payment_plan_that_is_broken(agency: AgencyProcess, erp: Client) -> None:
    case = demanded(agency, erp)
    agency.sandbox(f"cases/{case}/payment-plan", instalments=2)
    agency.sandbox(f"cases/{case}/debtor-pays", amount="745.00")
    agency.sandbox("clock", advance_days=40)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "payment_plan"
    agency.sandbox("clock", advance_days=30)
    erp.login()
    shown = erp.get(f"/cases/{case}").json
    assert (shown["state"], shown["payment_plan"]) == ("demand", None)
    assert "payment_plan_broken" in [each["code"] for each in shown["history"]]
