"""A company that changes its agency, and one that leaves its agency and comes back."""

import json
from collections.abc import Iterator

import pytest

from support.agency import IMPATIENT, AgencyFactory, AgencyInstance
from support.browser import Browser, expect, open_page
from support.collector import PATIENCE
from support.creditor import Creditor
from support.desk import Desk, words
from support.portal import Portal
from support.waiting import eventually

FIRST = "Nordanvind Inkasso"
SECOND = "Sydvind Inkasso"
CLIENT, SECRET = "bjorkvik", "bjorkvik-secret"


@pytest.fixture(scope="module")
def second(
    start_agency: AgencyFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AgencyInstance]:
    """Another agency, which has given the company an access."""
    folder = tmp_path_factory.mktemp("second")
    clients = folder / "clients.json"
    clients.write_text(
        json.dumps([{"client_id": CLIENT, "client_secret": SECRET}]), encoding="utf-8"
    )
    agency = start_agency(folder, clients, options=(*IMPATIENT, f"--name={SECOND}"))
    yield agency
    agency.stop()


def enter_contract(desk: Desk, agency: AgencyInstance) -> None:
    """A new contract, with the access that the agency has given."""
    page = desk.page
    desk.open("collection-agencies/new", ".o_form_view")
    page.fill("[name=name] input", SECOND)
    page.click("a.nav-link:has-text('Connection')")
    page.fill("[name=base_url] input", agency.api)
    page.fill("[name=client_id] input", CLIENT)
    page.fill("[name=client_secret] input", SECRET)
    desk.save()
    desk.start_test()


def open_service(desk: Desk, company: Creditor, portal: Portal) -> None:
    """From the settings to the agency's yes."""
    desk.choose_agency(SECOND, is_new=True)
    dialog = desk.dialog(f"Open the service with {SECOND}")
    eventually(
        lambda: company.contract("terms_version")["terms_version"],
        PATIENCE,
        "the terms of the second agency",
    )
    dialog.locator("button[name=action_next]").click()
    dialog.get_by_label("I have read the terms").check()
    dialog.get_by_label("I accept that an API user").check()
    dialog.locator("button[name=action_next]").click()
    dialog.locator("[name=contact_name] input").fill("Saga Ek")
    dialog.locator("[name=contact_email] input").fill("saga.ek@example.com")
    dialog.locator("button[name=action_send]").click()
    company.becomes("onboarding")
    eventually(company.is_with_agency, PATIENCE, "the company at the second agency")
    portal.open_creditor()
    portal.press("activate-submit")
    company.becomes("active")


def test_second_agency_gets_new_cases_while_the_first_goes_on(
    browser: Browser, company: Creditor, desk: Desk, second: AgencyInstance
) -> None:
    earlier = company.at_agency()
    enter_contract(desk, second)
    [contract] = company.find("collection.agency", [("name", "=", SECOND)], "state")
    assert contract["state"] == "draft"
    later = Creditor(company.server, second, contract["id"], CLIENT)
    with open_page(browser) as page:
        open_service(desk, later, Portal(page, second))

    later.change(undo_minutes=0)
    move = later.debt()
    invoice = later.number(move)
    desk.open_list()
    desk.tick(invoice)
    dialog = desk.begin_transfer()
    told = words(dialog.inner_text())
    assert f"Agency {SECOND} Invoices 1 Open amount 1,000.00 kr" in told
    assert "Data leaves at once; the transfer cannot be undone." in told
    dialog.locator("button[name=action_confirm]").click()
    later.arrived(move, "received")
    later.quiet()
    assert later.book(move)["state"] == "received"
    assert not company.books(move)

    company.happens(earlier, "advance")
    company.arrived(earlier, "registered")
    desk.open_list()
    desk.says(invoice, "Received")
    desk.says(company.number(earlier), "Registered")
    [verdict] = company.eligibility(earlier)
    assert [reason["code"] for reason in verdict["reasons"]] == ["at_other_agency"]
    desk.menu("Overview")
    card = desk.page.locator(".o_kanban_record", has_text="Gets new cases")
    expect(card).to_have_count(1)
    expect(card).to_contain_text(SECOND)

    desk.choose_agency(FIRST)
    assert company.contract("is_partner")["is_partner"]
    company.quiet()


def test_company_leaves_and_comes_back_without_a_new_opening(
    company: Creditor, desk: Desk, portal: Portal
) -> None:
    page = desk.page
    open_case, free = company.at_agency(), company.debt()
    fields = ("creditor_ref", "agreement_number", "api_user_id")
    before = company.contract(*fields)

    desk.choose_agency("")
    desk.open_list()
    desk.refuses(
        company.number(free), "No collection partner is chosen in the settings."
    )
    desk.open_contract(FIRST)
    page.click("button[name=action_terminate]")
    page.click(".modal-footer .btn-primary")
    company.becomes("terminated")
    portal.open_creditor()
    assert portal.state() == "terminated"
    company.happens(open_case, "advance")
    company.arrived(open_case, "registered")

    desk.choose_agency(FIRST)
    company.becomes("active")
    assert not page.locator(".modal").count()
    company.quiet()
    assert company.contract(*fields) == before
    calls = [call["path"] for call in company.other.state()["calls"]]
    assert calls.count("/v1/creditors") == 1
    desk.open_list()
    desk.row(company.number(free)).locator("button:has-text('Transfer')").wait_for()
    company.send(free)
    company.arrived(free, "received")
    company.quiet()
