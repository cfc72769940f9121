"""The portal's pages and forms; what people do there with Odoo is told elsewhere."""

import re

import requests

from counterparties.agency.driver import AgencyProcess, Client


def ids(page: str) -> list[str]:
    """The ids on a page: each once, and every label belongs to a field."""
    found = re.findall(r' id="([^"]+)"', page)
    assert len(found) == len(set(found)), found
    assert set(re.findall(r'<label for="([^"]+)"', page)) <= set(found)
    return found


def test_every_page_is_shown(agency: AgencyProcess, erp: Client) -> None:
    name = "<script>alert(1)</script>"
    case = erp.transfer("INV/1", debtor__name=name)
    path = f"cases/{case['id']}"
    erp.upload(case["id"], ("a.pdf", b"%PDF"))
    agency.sandbox(f"{path}/payment-plan")
    agency.sandbox(f"{path}/debtor-pays", amount="100.00")
    agency.sandbox("settlements")
    for place in ("creditors", "cases", "settlements", "mail", "clock", "terms"):
        assert "nav-creditors" in ids(agency.page(place))
    assert "180.00" in agency.page("prices")
    for place in ("cases", path):
        page = agency.page(place)
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    assert "reverse-payment-submit" in ids(agency.page(path))
    ids(agency.page(f"creditors/{case['creditor_id']}"))
    assert case["case_number"] in agency.page("cases?find=inv")
    assert case["case_number"] not in agency.page("cases?find=south")
    front = requests.get(agency.address)
    assert 'id="creditors"' in front.text
    policy = front.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    style = requests.get(f"{agency.address}/static/style.css")
    assert style.headers["Content-Type"].startswith("text/css")
    for place in ("nothing", "cases/ca_none", f"{path}/documents/do_none"):
        assert requests.get(f"{agency.address}/portal/{place}").status_code == 404


def test_agreement_and_settings(agency: AgencyProcess) -> None:
    client = Client(agency, "outside")
    creditor = client.get("/creditors/current")["id"]
    path = f"creditors/{creditor}"
    assert f"activate-{creditor}-submit" in ids(agency.page("creditors"))
    assert "done" in ids(agency.page(f"{path}/activate", sent="1"))
    assert client.get("/creditors/current")["state"] == "active"
    agency.page(f"{path}/suspend", sent="1")
    page = agency.page(f"{path}/suspend", sent="1")
    assert "This cannot be done while the creditor is suspended." in page
    assert "done" not in ids(page)
    fields = {
        "services": "collection",
        "approve_before_demand": "on",
        "notification_email": "boss@exempel.example",
    }
    agency.page(f"{path}/settings", **fields)
    settings = client.get(f"/{path}/settings")
    assert settings["notification_email"] == "boss@exempel.example"
    assert settings["approve_before_demand"] is True
    assert settings["approve_before_legal"] is False
    agency.page(f"{path}/settings", services="collection")
    assert client.get(f"/{path}/settings")["notification_email"] is None


def test_what_happens_to_a_case_by_buttons(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.get("/creditors/current")["id"]
    fields = {"invoice_number": "INV/1", "debtor_name": "Nord", "amount": "1250.00"}
    page = agency.page(f"creditors/{creditor}/cases", invoice_number="INV/1")
    assert "debtor_name is missing." in page
    page = agency.page(f"creditors/{creditor}/cases", **fields)
    assert "Typed by hand." in page
    case = agency.state()["cases"][0]["id"]
    path = f"cases/{case}"

    def state() -> str:
        return erp.get(f"/cases/{case}")["state"]

    agency.page(f"{path}/needs-info", text="Send the contract.")
    assert state() == "needs_info"
    assert "action-required" in ids(agency.page(path))
    assert "kim@exempel.example" in agency.page("mail")
    agency.page(f"{path}/action", type="resume")
    address = {"street": "Ny 1", "zip": "1", "city": "Lund", "country": "SE"}
    assert "Ny 1, 1, Lund, SE" in agency.page(f"{path}/new-address", **address)
    agency.page(f"{path}/status", code="T", label="Tratta", state="")
    assert erp.get(f"/cases/{case}")["agency_status"]["label"] == "Tratta"
    agency.page(f"{path}/message", text="They pay.")
    agency.page(f"{path}/payment-plan", instalments="2")
    assert state() == "payment_plan"
    agency.page("clock", advance_days="70")
    erp.login()
    assert state() != "payment_plan"
    agency.page(f"{path}/debtor-pays", amount="")
    assert state() == "closed"
    agency.page("settlements", sent="1")
    assert "INV/1" in agency.page("settlements")
    page = agency.page(f"{path}/advance", sent="1")
    assert "The case is closed: Paid." in page
