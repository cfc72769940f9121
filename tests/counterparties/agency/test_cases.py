"""A creditor's agreement, the transfer of invoices, and the course of their cases."""

import datetime as dt

import pytest

from counterparties.agency.driver import (
    APPLICATION,
    COMPANY,
    AgencyProcess,
    Client,
    invoice,
    said,
)

# The agreement


def test_from_application_to_agreement(agency: AgencyProcess) -> None:
    erp = Client(agency, "erp")
    assert said(erp.call("GET", "/creditors/current")) == (404, "not_found")
    given = {"external_id": "c1", "accounting_system": "Odoo"}
    answer = erp.post("/creditors", **given, terms_version="2019")
    assert said(answer) == (422, "terms_outdated")
    creditor = erp.post("/creditors", **given).json()
    path = f"/creditors/{creditor['id']}"
    refused = erp.post(f"{path}/activate")
    assert said(refused) == (422, "onboarding_incomplete")
    lacking = ["company", "contact", "bank_accounts", "terms_accepted"]
    assert [each["field"] for each in refused.json()["field_errors"]] == lacking

    accounts = [*APPLICATION["bank_accounts"], {"account_number": "1234-5"}]
    company = {**COMPANY, "street": ""}
    patch = {**APPLICATION, "company": company, "bank_accounts": accounts}
    shown = erp.call("PATCH", path, json=patch).json()
    assert shown["missing"] == ["company.street", "bank_accounts[1].bic"]
    assert shown["bank_accounts"][0]["iban"] == "SE4550000000058398257466"
    assert erp.call("PATCH", path, json=APPLICATION).json()["missing"] == []
    assert erp.post(f"{path}/activate").json()["state"] == "pending_signature"
    assert said(erp.post("/cases")) == (403, "creditor_not_active")
    agency.sandbox("creditors/erp/activate")
    shown = erp.get("/creditors/current")
    assert (shown["state"], shown["agreement_number"]) == ("active", "A-1001")
    assert agency.types() == ["creditor.activated"]
    [mail] = agency.state()["mails"]
    assert mail["to"] == "kim@exempel.example"
    assert shown["portal_url"] in mail["body"]

    agency.sandbox("creditors/erp/suspend")
    assert said(erp.post("/cases")) == (403, "creditor_not_active")
    agency.sandbox("creditors/erp/activate")
    assert erp.post(f"{path}/terminate").json()["state"] == "terminated"
    assert said(erp.post(f"{path}/activate")) == (409, "action_not_available")
    assert erp.post(f"{path}/reactivate").json()["state"] == "active"
    assert erp.post(f"{path}/reactivate").status_code == 409
    assert said(erp.post("/creditors", **given)) == (409, "duplicate_reference")


# The transfer


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        ({"invoice__open_amount": 12.5}, "type", ["invoice.open_amount"]),
        ({"invoice__open_amount": "12.505"}, "format", ["invoice.open_amount"]),
        ({"invoice__due_date": "2020-01-01"}, "value", ["invoice.due_date"]),
        ({"debtor__co_debtors": [{}]}, "required", ["debtor.co_debtors[0].name"]),
        ({"invoice__currency": "KZT"}, "currency_not_supported", ["invoice.currency"]),
        ({"claim__capital": "-5.00"}, "non_positive_amount", ["claim.capital"]),
        ({"debtor__id_number": ""}, "org_number_missing", ["debtor.id_number"]),
        ({"invoice__due_date": "2999-01-01"}, "too_early", ["invoice.due_date"]),
        (
            {"debtor__address": {"street": "Storgatan 1", "country": "SE"}},
            "address_incomplete",
            ["debtor.address.zip", "debtor.address.city"],
        ),
    ],
)
def test_what_is_not_taken(
    agency: AgencyProcess, erp: Client, changes: dict, code: str, fields: list[str]
) -> None:
    answer = erp.post("/cases", **invoice("INV/1", **changes))
    assert said(answer) in {(400, "validation_failed"), (422, code)}
    faults = answer.json()["field_errors"]
    told = [each["field"] for each in faults if each["code"] == code]
    assert told[: len(fields)] == fields
    assert not agency.state()["cases"]


def test_duplicates(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")
    for changes, code in (
        ({"invoice__number": "OTHER"}, "duplicate_reference"),
        ({"external_id": "x", "invoice__number": " inv/1 "}, "duplicate_invoice"),
    ):
        answer = erp.post("/cases", **invoice("INV/1", **changes))
        assert said(answer) == (409, code)
        assert answer.json()["details"]["case_number"] == case["case_number"]
    erp.act(case["id"], "withdraw")
    erp.transfer("INV/1", external_id="x")


# The course


def test_the_main_course(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    seen = [agency.advance(case) for _ in range(4)]
    assert seen == ["registered", "reminder", "demand", "awaiting_approval_legal"]
    shown = erp.get(f"/cases/{case}")
    assert shown["action_required"]
    assert {"approve_legal", "reject_legal"} <= set(shown["available_actions"])
    assert agency.types()[-1] == "case.action_required"
    assert shown["portal_url"] in agency.state()["mails"][-1]["body"]

    # neither time nor an employee goes past the creditor's approval
    agency.sandbox("clock", advance_days=400)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "awaiting_approval_legal"
    assert said(agency.control(f"cases/{case}/advance")) == (
        409,
        "action_not_available",
    )
    court = {"code": "court", "label": "District court", "state": "legal"}
    assert agency.control(f"cases/{case}/status", **court).status_code == 409
    answer = erp.act(case, "approve_legal", reason="Go on").json()
    assert answer["case"]["balance"]["court_fees"]["original"] == "680.00"
    assert said(erp.act(case, "approve_legal")) == (409, "action_not_available")
    assert agency.advance(case, 2) == "monitoring"


def test_time_alone_moves_a_case_with_its_costs(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1", invoice__due_date=agency.day(-4))
    agency.sandbox("clock", advance_days=40)
    erp.login()
    shown = erp.get(f"/cases/{case['id']}")
    days = [dt.date.fromisoformat(each["at"][:10]) for each in shown["history"]]
    waited = [(b - a).days for a, b in zip(days, days[1:], strict=False)]
    assert waited == [1, 1, 14, 21]
    assert shown["balance"]["fees"]["original"] == "240.00"
    # 10 % a year on 1250.00: 2 days, 14 days and 21 days, each rounded
    assert shown["balance"]["interest"]["original"] == "12.66"
    assert shown["withdrawal_fee"] == {"amount": "150.00", "currency": "SEK"}


def test_cases_of_one_matter_cost_once(agency: AgencyProcess, erp: Client) -> None:
    matter = {"matter": "M1"}
    first, second = (erp.transfer(f"INV/{number}", **matter)["id"] for number in "12")
    stranger = erp.transfer("INV/3", **matter, debtor__number="C-2")
    assert stranger["matter"] is None
    agency.sandbox("rules", join_cases=False)
    assert erp.transfer("INV/4", **matter)["matter"] is None
    for case in (first, second, stranger["id"]):
        agency.advance(case, 3)
    fees = [
        erp.get(f"/cases/{case}")["balance"]["fees"]["original"]
        for case in (first, second, stranger["id"])
    ]
    assert fees == ["240.00", "0.00", "240.00"]


def test_the_list_goes_by_the_last_change(agency: AgencyProcess, erp: Client) -> None:
    cases = [erp.transfer(f"INV/{number}")["id"] for number in range(5)]
    agency.sandbox("clock", advance_seconds=60)
    since = agency.state()["clock"]["now"]
    agency.advance(cases[1])
    agency.advance(cases[0])
    seen, cursor = [], "0"
    while cursor:
        page = erp.get(f"/cases?limit=2&cursor={cursor}")
        seen += [each["id"] for each in page["cases"]]
        cursor = page["next_cursor"]
    assert seen == [*cases[2:], cases[1], cases[0]]
    changed = erp.get(f"/cases?updated_since={since}&state=registered")["cases"]
    assert [each["id"] for each in changed] == seen[-2:]
    [found] = erp.get("/cases?external_id=INV/3")["cases"]
    assert found["id"] == cases[3]
    for wrong in ("limit=0", "limit=101", "cursor=x", "updated_since=yesterday"):
        assert erp.call("GET", f"/cases?{wrong}").status_code == 400, wrong


def test_an_agency_that_needs_time(agency: AgencyProcess, erp: Client) -> None:
    agency.sandbox("rules", asynchronous=True)
    answer = erp.post("/cases", **invoice("INV/1"))
    case = answer.json()["id"]
    answers = [answer, erp.act(case, "pause")]
    assert [each.status_code for each in answers] == [202, 202]
    assert answers[1].json()["case"]["state"] == "received"
    agency.sandbox("clock", advance_seconds=1)
    assert erp.get(f"/cases/{case}")["state"] == "paused"
