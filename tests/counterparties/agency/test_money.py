"""Payments, credit notes, plans and payouts: what is owed always adds up."""

from typing import Any

from counterparties.agency.driver import AgencyProcess, Client, said

FEE = {"type": "reminder", "date": "2026-01-10", "amount": "60", "currency": "SEK"}


def payment(amount: str, name: str = "PAY/1", **more: Any) -> dict:
    given = {"external_id": name, "date": "2026-03-02", "amount": amount}
    return {**given, "currency": "SEK", **more}


def demanded(agency: AgencyProcess, erp: Client) -> str:
    """A case whose demand is out: 240.00 of fees beside 1250.00 of capital."""
    case = erp.transfer("INV/1")["id"]
    agency.advance(case, 3)
    return case


def remaining(erp: Client, case: str) -> list[str]:
    balance = erp.get(f"/cases/{case}")["balance"]
    names = ("capital", "interest", "fees", "court_fees")
    return [balance[name]["remaining"] for name in names]


def test_a_direct_payment_covers_capital_only(
    agency: AgencyProcess, erp: Client
) -> None:
    case = demanded(agency, erp)
    told = []
    for number, amount in enumerate(("500.00", "800.00", "1.00")):
        given = payment(amount, f"PAY/{number}")
        answer = erp.post(f"/cases/{case}/payments", **given).json()
        told.append((answer["applied_amount"], answer["status"]))
    assert told == [("500.00", "completed"), ("750.00", "warning"), ("0.00", "error")]
    # the capital is paid, the agency's fees are not: the case stays open for them
    assert remaining(erp, case) == ["0.00", "0.00", "240.00", "0.00"]
    answer = erp.post(f"/cases/{case}/payments", **given)
    assert said(answer) == (409, "duplicate_reference")
    assert "payment.received" not in agency.types()


def test_a_removed_payment_is_owed_again(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.advance(case)
    erp.post(f"/cases/{case}/payments", **payment("1250.00", "PAY/17"))
    assert erp.get(f"/cases/{case}")["outcome"] == "paid"
    path = f"/cases/{case}/payments/PAY%2F17"
    answer = erp.call("DELETE", path, "k1").json()
    assert answer["reversed_amount"] == "1250.00"
    assert erp.call("DELETE", path, "k1").json() == answer
    assert erp.get(f"/cases/{case}")["state"] == "registered"
    assert remaining(erp, case)[0] == "1250.00"
    assert said(erp.call("DELETE", path)) == (409, "action_not_available")
    assert erp.call("DELETE", f"/cases/{case}/payments/NONE").status_code == 404


def test_one_payment_over_several_cases(agency: AgencyProcess, erp: Client) -> None:
    other = Client(agency, "other")
    other.onboard()
    theirs = other.transfer("INV/1")["id"]
    first, second, closed = (erp.transfer(f"INV/{n}")["id"] for n in range(3))
    erp.act(closed, "withdraw")

    def send(amount: str, *rows: tuple[str, str]) -> Any:
        allocations = [{"case_id": case, "amount": amount} for case, amount in rows]
        return erp.post("/payments", **payment(amount, allocations=allocations))

    assert send("10.00", (first, "5.00"), (theirs, "5.00")).status_code == 404
    assert send("10.00", (first, "5.00"), (first, "5.00")).status_code == 400
    assert send("10.00", (first, "10.01")).status_code == 400
    assert send("10.00").status_code == 400
    assert remaining(erp, first)[0] == "1250.00"
    rows = (first, "1250.00"), (second, "1300.00"), (closed, "100.00")
    answer = send("2700.00", *rows).json()
    told = answer["applied_amount"], answer["ignored_amount"], answer["status"]
    assert told == ("2500.00", "200.00", "warning")
    told = [each["status"] for each in answer["allocations"]]
    assert told == ["completed", "warning", "error"]
    assert erp.get(f"/cases/{first}")["outcome"] == "paid"


def test_credit_notes(agency: AgencyProcess, erp: Client) -> None:
    case = demanded(agency, erp)
    path = f"/cases/{case}/credit-notes"
    answer = erp.post(path, **payment("250.00", number="R1"))
    assert (answer.status_code, answer.json()["status"]) == (201, "completed")
    answer = erp.post(path, **payment("1000.01", "R2", number="R2"))
    assert said(answer) == (422, "amount_exceeds_capital")
    assert answer.json()["details"] == {"remaining_capital": "1000.00"}
    erp.post(path, **payment("1000.00", "R3", number="R3"))
    assert erp.get(f"/cases/{case}")["outcome"] == "credited"
    assert remaining(erp, case) == ["0.00"] * 4


def test_costs_first_then_interest_then_capital(
    agency: AgencyProcess, erp: Client
) -> None:
    claimed = {"claim__interest": "10.00", "claim__fees_already_claimed": [FEE]}
    case = erp.transfer("INV/1", first_action="demand", **claimed)["id"]
    agency.advance(case, 2)
    pays = f"cases/{case}/debtor-pays"
    assert agency.sandbox(pays, amount="255.00")["payment"]["applied"] == {
        "capital": "5.00",
        "interest": "10.00",
        "fees": "240.00",
        "court_fees": "0.00",
    }
    assert agency.types()[-2:] == ["case.updated", "payment.received"]
    refused = agency.control(f"cases/{case}/close", outcome="paid")
    assert said(refused) == (409, "action_not_available")
    assert agency.sandbox(pays, amount="1300")["payment"]["ignored_amount"] == "55.00"
    assert agency.types()[-2:] == ["case.closed", "payment.received"]
    agency.sandbox(f"cases/{case}/reverse-payment")
    assert agency.types()[-2:] == ["case.updated", "payment.reversed"]
    assert remaining(erp, case)[0] == "1245.00"


def test_what_the_creditor_charges_later_is_collected_too(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")["id"]
    assert erp.post(f"/cases/{case}/fees", **FEE).status_code == 201
    assert remaining(erp, case)[2] == "60.00"
    refused = erp.post(f"/cases/{case}/fees", **{**FEE, "currency": "EUR"})
    assert said(refused) == (422, "currency_not_supported")
    erp.post(f"/cases/{case}/actions", type="withdraw", reason="Paid")
    refused = erp.post(f"/cases/{case}/fees", **FEE)
    assert said(refused) == (409, "case_closed")


def test_a_payment_plan(agency: AgencyProcess, erp: Client) -> None:
    case = demanded(agency, erp)
    shown = agency.sandbox(f"cases/{case}/payment-plan", instalments=3)
    rows = shown["payment_plan"]["instalments"]
    assert [row["amount"] for row in rows] == ["496.67", "496.67", "496.66"]
    agency.sandbox(f"cases/{case}/debtor-pays", amount="400.00")
    erp.post(f"/cases/{case}/payments", **payment("96.67"))
    rows = erp.get(f"/cases/{case}")["payment_plan"]["instalments"]
    assert [row["paid"] for row in rows] == [True, False, False]
    for days, state in ((40, "payment_plan"), (30, "demand")):
        agency.sandbox("clock", advance_days=days)
        erp.login()
        assert erp.get(f"/cases/{case}")["state"] == state
    codes = [each["code"] for each in erp.get(f"/cases/{case}")["history"]]
    assert "payment_plan_broken" in codes


# Payouts


def test_a_payment_is_paid_out_by_itself(agency: AgencyProcess, erp: Client) -> None:
    claimed = {"first_action": "demand", "claim__fees_already_claimed": [FEE]}
    case = erp.transfer("INV/1", **claimed)["id"]
    agency.advance(case, 2)
    agency.sandbox(f"cases/{case}/debtor-pays")
    assert erp.get("/settlements")["settlements"] == []
    agency.sandbox("clock", advance_days=1)
    erp.login()
    [settlement] = erp.get("/settlements")["settlements"]
    [line] = settlement["lines"]
    # 5 % of 1250.00; 25 % VAT on it and on the agency's demand fee of 180.00
    expected = {
        "capital": "1250.00",
        "interest": "0.00",
        "fees": "60.00",
        "agency_fees": "180.00",
        "court_fees": "0.00",
        "commission": "62.50",
        "vat": "60.63",
        "net": "1186.87",
    }
    assert {name: line[name] for name in expected} == expected
    assert settlement["bank_reference"] == line["invoice_number"] == "INV/1"
    assert agency.state()["events"][-1]["object_id"] == settlement["id"]
    assert erp.get(f"/settlements/{settlement['id']}") == settlement
    pdf = erp.call("GET", settlement["pdf_url"].removeprefix(f"{agency.address}/v1"))
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert b"1186.87" in pdf.content

    path = f"/settlements/{settlement['id']}/bookkeep?internal_accounting_id="
    answer = erp.call("PATCH", f"{path}MISC/1")
    assert answer.json()["status"] == "bookkept"
    assert erp.call("PATCH", f"{path}MISC/1").json() == answer.json()
    assert said(erp.call("PATCH", f"{path}MISC/2")) == (409, "action_not_available")
    assert erp.get("/settlements")["settlements"] == []
    assert erp.get("/settlements?status=bookkept")["settlements"] == [answer.json()]


def test_a_payment_taken_back_after_its_payout(
    agency: AgencyProcess, erp: Client
) -> None:
    first, second = (erp.transfer(f"INV/{number}")["id"] for number in (1, 2))
    agency.sandbox(f"cases/{first}/debtor-pays", amount="100.00")
    agency.sandbox("settlements")
    agency.sandbox(f"cases/{first}/reverse-payment")
    # nothing to pay out: carried over
    assert agency.sandbox("settlements")["settlements"] == []
    agency.sandbox(f"cases/{second}/debtor-pays", amount="300.00")
    [settlement] = agency.sandbox("settlements")["settlements"]
    # 5 % commission and 25 % VAT on it: 6.25 % stay with the agency
    assert [line["net"] for line in settlement["lines"]] == ["281.25", "-93.75"]
    assert settlement["total"] == "187.50"
    assert agency.sandbox("settlements")["settlements"] == []
