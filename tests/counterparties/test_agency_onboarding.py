"""A creditor's way to an agreement, its settings, and the end of it."""

import json
from collections.abc import Iterator

import pytest
from agency_driver import (
    ACCEPTED,
    ACCOUNTS,
    COMPANY,
    CONTACT,
    SECRET,
    AgencyProcess,
    Client,
    invoice,
)


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
    return agency.client("erp")


# Access


def test_a_wrong_secret_gets_no_token(agency: AgencyProcess) -> None:
    for given in (
        {"client_id": "erp", "client_secret": "guess"},
        {"client_id": "nobody", "client_secret": "erp-secret"},
    ):
        answer = agency.fetch(
            "POST",
            "/v1/auth/token",
            json.dumps(given).encode(),
            {"Content-Type": "application/json"},
        )
        assert (answer.status, answer["code"]) == (401, "invalid_client")


def test_a_token_lasts_an_hour(agency: AgencyProcess, erp: Client) -> None:
    erp.onboard()
    agency.sandbox("clock", advance_seconds=3590)
    assert erp.get("/creditors/current").status == 200
    agency.sandbox("clock", advance_seconds=10)
    answer = erp.get("/creditors/current")
    assert (answer.status, answer["code"]) == (401, "token_expired")
    erp.login()
    assert erp.get("/creditors/current").status == 200


def test_an_unknown_token_is_refused(erp: Client) -> None:
    erp.token = "forged"
    answer = erp.get("/cases")
    assert (answer.status, answer["code"]) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer["trace_id"] == answer.headers["X-Trace-Id"]


def test_what_belongs_to_others_does_not_exist(
    agency: AgencyProcess, erp: Client
) -> None:
    creditor = erp.onboard()
    case = erp.transfer("INV/1")["id"]
    document = erp.upload(case, ("a.pdf", b"%PDF"))["documents"][0]["id"]
    other = agency.client("other")
    other.onboard()
    own = other.transfer("INV/1")["id"]
    for path in (
        f"/creditors/{creditor}",
        f"/creditors/{creditor}/settings",
        f"/cases/{case}",
        f"/cases/{case}/messages",
        f"/cases/{case}/documents/{document}",
        f"/cases/{own}/documents/{document}",
    ):
        assert other.get(path).status == 404, path
    assert other.act(case, "withdraw").status == 404
    assert [each["id"] for each in other.get("/cases")["cases"]] == [own]


# Onboarding


def test_from_application_to_agreement(agency: AgencyProcess, erp: Client) -> None:
    assert erp.get("/creditors/current")["code"] == "not_found"
    terms = agency.fetch("GET", "/v1/terms").json
    assert agency.fetch("GET", terms["url"].removeprefix(agency.address)).status == 200
    given = {"external_id": "c1", "accounting_system": "Odoo"}
    answer = erp.post("/creditors", {**given, "terms_version": terms["version"]})
    assert (answer.status, answer["state"]) == (201, "initialised")
    creditor = answer["id"]
    assert answer["terms"]["price_list_url"] == terms["price_list_url"]

    refused = erp.post(f"/creditors/{creditor}/activate")
    assert (refused.status, refused["code"]) == (422, "onboarding_incomplete")
    lacking = [each["field"] for each in refused["field_errors"]]
    assert lacking == ["company", "contact", "bank_accounts", "terms_accepted"]

    # each active bank account needs its BIC, a company its street
    patch = {
        "company": {**COMPANY, "street": ""},
        "bank_accounts": [*ACCOUNTS, {"account_number": "1234-5"}],
        "contact": CONTACT,
        "terms_accepted": ACCEPTED,
    }
    answer = erp.call("PATCH", f"/creditors/{creditor}", patch)
    assert answer["missing"] == ["company.street", "bank_accounts[1].bic"]
    patch = {"company": COMPANY, "bank_accounts": ACCOUNTS}
    assert erp.call("PATCH", f"/creditors/{creditor}", patch)["missing"] == []

    answer = erp.post(f"/creditors/{creditor}/activate")
    assert (answer.status, answer["state"]) == (202, "pending_signature")
    refused = erp.post("/cases", invoice("INV/1"))
    assert (refused.status, refused["code"]) == (403, "creditor_not_active")

    agency.sandbox("creditors/erp/activate")
    shown = erp.get("/creditors/current").json
    assert (shown["state"], shown["agreement_number"]) == ("active", "A-1001")
    assert shown["company"] == COMPANY
    assert shown["bank_accounts"][0]["iban"] == "SE4550000000058398257466"
    assert agency.types() == ["creditor.activated"]
    (mail,) = agency.state()["mails"]
    assert mail["to"] == CONTACT["email"]
    assert shown["portal_url"] in mail["body"]
    assert erp.post(f"/creditors/{creditor}/activate").status == 200
    assert erp.transfer("INV/1")["agreement_number"] == "A-1001"


def test_a_client_has_one_creditor(erp: Client) -> None:
    creditor = erp.onboard()
    answer = erp.post("/creditors", {"external_id": "c2", "accounting_system": "T"})
    assert (answer.status, answer["code"]) == (409, "duplicate_reference")
    assert answer["details"] == {"existing_creditor_id": creditor}


def test_old_terms_are_refused(erp: Client) -> None:
    given = {"external_id": "c1", "accounting_system": "T", "terms_version": "2019"}
    answer = erp.post("/creditors", given)
    assert (answer.status, answer["code"]) == (422, "terms_outdated")
    assert answer["details"] == {"version": "2026-01"}


def test_malformed_company_data_is_refused_field_by_field(erp: Client) -> None:
    creditor = erp.onboard()
    given = {
        "company": {**COMPANY, "country": "Sweden"},
        "bank_accounts": [{"iban": "SE4550000000058398257467", "bic": "ESSESESS"}],
        "contact": {"name": "K", "email": "nowhere"},
    }
    answer = erp.call("PATCH", f"/creditors/{creditor}", given)
    assert answer.status == 400
    assert {each["field"]: each["code"] for each in answer["field_errors"]} == {
        "company.country": "length",
        "bank_accounts[0].iban": "format",
        "contact.email": "format",
    }
    assert erp.get(f"/creditors/{creditor}")["company"] == COMPANY


def test_an_agreement_made_outside_is_found_and_activated(
    agency: AgencyProcess,
) -> None:
    erp = agency.client("outside")
    shown = erp.get("/creditors/current").json
    assert shown["state"] == "pending_signature"
    assert (shown["agreement_number"], shown["company"]) == ("X-77", None)
    agency.sandbox("creditors/outside/activate")
    shown = erp.get("/creditors/current").json
    assert (shown["state"], shown["agreement_number"]) == ("active", "X-77")
    patched = erp.call(
        "PATCH", f"/creditors/{shown['id']}", {"external_id": "c9", "company": COMPANY}
    )
    assert patched["external_id"] == "c9"
    assert erp.transfer("INV/1")["agreement_number"] == "X-77"


def test_a_client_added_later_may_have_an_agreement(agency: AgencyProcess) -> None:
    agency.sandbox(
        "clients",
        client_id="late",
        client_secret="late-secret",
        agreement_number="Z-1",
    )
    shown = agency.client("late").get("/creditors/current").json
    assert (shown["state"], shown["agreement_number"]) == ("pending_signature", "Z-1")


def test_suspension_stops_new_cases_only(agency: AgencyProcess, erp: Client) -> None:
    erp.onboard()
    case = erp.transfer("INV/1")["id"]
    agency.sandbox("creditors/erp/suspend")
    answer = erp.post("/cases", invoice("INV/2"))
    assert (answer.status, answer["details"]) == (403, {"state": "suspended"})
    assert erp.act(case, "pause").status == 200
    agency.sandbox("creditors/erp/activate")
    assert agency.types().count("creditor.activated") == 2
    erp.transfer("INV/2")


def test_end_and_return_of_an_agreement(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.onboard()
    case = erp.transfer("INV/1")["id"]
    answer = erp.post(f"/creditors/{creditor}/terminate", {"reason": "Moved"})
    assert (answer.status, answer["state"]) == (200, "terminated")
    assert erp.post("/cases", invoice("INV/2"))["code"] == "creditor_not_active"
    assert agency.sandbox(f"cases/{case}/advance")["state"] == "registered"
    assert erp.get(f"/cases/{case}")["state"] == "registered"
    answer = erp.post(f"/creditors/{creditor}/activate")
    assert (answer.status, answer["code"]) == (409, "action_not_available")
    answer = erp.post(f"/creditors/{creditor}/reactivate")
    assert (answer.status, answer["state"]) == (200, "active")
    assert answer["agreement_number"] == "A-1001"
    assert erp.post(f"/creditors/{creditor}/reactivate").status == 409
    erp.transfer("INV/2")


def test_a_rejected_creditor_may_apply_again(
    agency: AgencyProcess, erp: Client
) -> None:
    creditor = erp.post("/creditors", {"external_id": "c", "accounting_system": "T"})
    path = f"/creditors/{creditor['id']}"
    given = {
        "company": COMPANY,
        "bank_accounts": ACCOUNTS,
        "contact": CONTACT,
        "terms_accepted": ACCEPTED,
    }
    erp.call("PATCH", path, given)
    erp.post(f"{path}/activate")
    assert agency.sandbox("creditors/erp/reject")["state"] == "rejected"
    assert agency.types() == ["creditor.updated"]
    assert erp.post(f"{path}/activate")["state"] == "pending_signature"


def test_a_new_agreement_number_holds_for_new_cases(
    agency: AgencyProcess, erp: Client
) -> None:
    erp.onboard()
    first = erp.transfer("INV/1")
    agency.sandbox("creditors/erp/agreement-number", agreement_number="B-2")
    assert agency.types()[-1] == "creditor.updated"
    assert erp.get("/creditors/current")["agreement_number"] == "B-2"
    assert erp.get(f"/cases/{first['id']}")["agreement_number"] == "A-1001"
    assert erp.transfer("INV/2")["agreement_number"] == "B-2"
    # the former one is still good, so that nothing is refused while the news travels
    sent = erp.transfer("INV/3", agreement_number="A-1001")
    assert sent["agreement_number"] == "A-1001"
    answer = erp.post("/cases", invoice("INV/4", agreement_number="C-3"))
    assert (answer.status, answer["code"]) == (422, "agreement_number_unknown")
    assert answer["details"] == {"agreement_number": "B-2"}


# Settings and webhook


def test_settings_have_defaults_and_keep_what_is_not_given(erp: Client) -> None:
    creditor = erp.onboard()
    path = f"/creditors/{creditor}/settings"
    settings = erp.get(path).json
    assert settings == {
        "services": "reminder_and_collection",
        "approve_before_demand": False,
        "approve_before_legal": True,
        "letter_include_lines": False,
        "letter_external_number": True,
        "notification_email": None,
        "payout_mode": "per_invoice",
        "batch_account": None,
        "version": 1,
    }
    changed = erp.call("PUT", path, {"approve_before_demand": True, "version": 1})
    assert changed.json == {**settings, "approve_before_demand": True, "version": 2}
    assert erp.get(f"/creditors/{creditor}")["settings"] == changed.json


def test_settings_changed_on_both_sides(agency: AgencyProcess, erp: Client) -> None:
    path = f"/creditors/{erp.onboard()}/settings"
    erp.call("PUT", path, {"letter_include_lines": True})
    assert "creditor.settings_changed" not in agency.types()
    agency.sandbox("creditors/erp/settings", notification_email="boss@exempel.example")
    assert agency.types()[-1] == "creditor.settings_changed"
    answer = erp.call("PUT", path, {"letter_include_lines": False, "version": 2})
    assert (answer.status, answer["code"]) == (409, "version_conflict")
    assert answer["details"] == {"version": 3}
    settings = erp.get(path)
    assert settings["notification_email"] == "boss@exempel.example"
    assert settings["letter_include_lines"] is True


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("services", "everything", "value"),
        ("approve_before_legal", "yes", "type"),
        ("notification_email", "nobody", "format"),
    ],
)
def test_wrong_settings(erp: Client, name: str, value: str, code: str) -> None:
    path = f"/creditors/{erp.onboard()}/settings"
    answer = erp.call("PUT", path, {name: value})
    assert answer.status == 400
    assert [(each["field"], each["code"]) for each in answer["field_errors"]] == [
        (name, code)
    ]


def test_a_webhook_is_shown_without_its_secret(erp: Client) -> None:
    path = f"/creditors/{erp.onboard()}/webhook"
    assert erp.get(path).status == 404
    given = {"url": "https://erp.example/hook", "secret": SECRET, "enabled": False}
    answer = erp.call("PUT", path, given)
    assert answer.status == 200
    assert SECRET not in answer.body.decode()
    assert erp.get(path)["mode"] == "single"
    # the stored secret stays when none is given
    given = {"url": "https://erp.example/other", "mode": "batch", "enabled": False}
    assert erp.call("PUT", path, given)["mode"] == "batch"


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example/hook",
        "http://192.168.1.4/hook",
        "ftp://127.0.0.1/hook",
        "https://user:secret@erp.example/",
        "https://",
        "https://[::1",
    ],
)
def test_unsafe_webhook_addresses_are_refused(erp: Client, url: str) -> None:
    path = f"/creditors/{erp.onboard()}/webhook"
    answer = erp.call("PUT", path, {"url": url, "secret": SECRET})
    assert answer.status == 400
    assert answer["field_errors"][0]["field"] == "url"


def test_a_short_webhook_secret_is_refused(erp: Client) -> None:
    path = f"/creditors/{erp.onboard()}/webhook"
    answer = erp.call("PUT", path, {"url": "https://e.example/", "secret": "short"})
    assert answer["field_errors"][0]["code"] == "length"
