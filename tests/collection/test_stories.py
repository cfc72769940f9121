"""What happens to cases at the agency, as people at both ends see it on their screens.

One Odoo and one agency, with the service open. Every story brings its own invoices and
leaves the contract as it found it.
"""

import datetime as dt
from collections.abc import Iterator

import pytest

from support.browser import expect
from support.creditor import Creditor
from support.desk import Desk, words
from support.portal import Portal

AGENCY = "Nordanvind Inkasso"
DECIDE = "collection_partner.mail_activity_type_decide"
OUTCOME = "collection_partner.mail_activity_type_outcome"
CRON = "collection_partner.ir_cron_collection_automatic"
# The sandbox agency's figures (docs/agency_sandbox.md).
REMINDER_FEE, DEMAND_FEE, WITHDRAWAL_FEE = "60.00", "180.00", "150.00"


@pytest.fixture
def approvals(company: Creditor) -> Iterator[None]:
    """Each case waits for approval before the demand."""
    path = f"creditors/{company.name}/settings"
    company.other.sandbox(path, approve_before_demand=True)
    yield
    company.other.sandbox(path, approve_before_demand=False)
    company.quiet()


def goes_on(company: Creditor, move: int, *states: str) -> None:
    """The agency takes so many steps with a case."""
    for state in states:
        company.happens(move, "advance")
        assert company.book(move)["state"] == state
    company.quiet()


def asked(company: Creditor, move: int, activity: str) -> bool:
    """Whether somebody is asked to do something about the case of an invoice."""
    case = company.case(move)
    return bool(
        case
        and company.call("collection.case", "activity_search", [case["id"]], [activity])
    )


# Settings and approvals


def test_settings_are_the_same_on_both_sides(
    company: Creditor, desk: Desk, portal: Portal
) -> None:
    portal.open_creditor()
    portal.page.check("#settings-approve_before_demand")
    portal.submit("settings", notification_email="kravgrupp@example.com")
    company.quiet()

    desk.open_contract(AGENCY, "Services and approvals")
    page = desk.page
    expect(page.locator("[name=approve_before_demand] input")).to_be_checked()
    address = page.locator("[name=notification_email] input")
    expect(address).to_have_value("kravgrupp@example.com")
    expect(page.locator(".o-mail-Chatter")).to_contain_text(
        "Changed in the agency's portal"
    )

    page.uncheck("[name=approve_before_demand] input")
    page.fill("[name=notification_email] input", "")
    desk.save()
    company.quiet()
    portal.open_creditor()
    assert not portal.page.is_checked("#settings-approve_before_demand")
    assert portal.page.input_value("#settings-notification_email") == ""


def test_demand_is_approved_in_odoo(
    approvals: None, company: Creditor, desk: Desk, portal: Portal
) -> None:
    move = company.at_agency()
    invoice = company.number(move)
    goes_on(company, move, "registered", "reminder", "awaiting_approval_demand")
    assert asked(company, move, DECIDE)
    mail = company.other.state()["mails"][-1]
    assert mail["to"] == "saga.ek@example.com"

    desk.open_list()
    desk.says(invoice, "The demand letter awaits approval", is_red=True)
    dialog = desk.open_case(invoice)
    expect(dialog.locator(".alert-danger")).to_contain_text("To be decided.")
    dialog.locator("button[name=action_approve]").click()
    company.arrived(move, "demand")
    company.quiet()

    desk.open_list()
    desk.says(invoice, "Demand letter")
    assert not asked(company, move, DECIDE)
    portal.open_case(company.book(move))
    assert portal.state() == "Demand letter sent"


def test_demand_is_approved_in_the_portal(
    approvals: None, company: Creditor, desk: Desk, portal: Portal
) -> None:
    move = company.at_agency()
    goes_on(company, move, "registered", "reminder", "awaiting_approval_demand")
    row = desk.page.locator(f".o_data_row:has-text('{company.number(move)}')")
    desk.menu("To Be Decided")
    row.wait_for()

    portal.open_case(company.book(move))
    portal.press("action-approve_demand")
    company.arrived(move, "demand")
    desk.menu("To Be Decided")
    row.wait_for(state="detached")
    assert not asked(company, move, DECIDE)


# Taking back


def test_taking_back_warns_of_the_fee_after_the_demand(
    company: Creditor, desk: Desk
) -> None:
    move = company.at_agency()
    invoice = company.number(move)
    desk.open_list()
    desk.says(invoice, "Received")
    desk.open_case(invoice).locator("button:has-text('Take back')").click()
    desk.warns("The agency charges nothing for it now")
    desk.page.click(".modal:not(.o_inactive_modal) button:has-text('Discard')")

    goes_on(company, move, "registered", "reminder", "demand")
    desk.open_list()
    desk.says(invoice, "Demand letter")
    desk.open_case(invoice).locator("button:has-text('Take back')").click()
    desk.warns(f"taking the invoice back now costs {WITHDRAWAL_FEE} kr")
    dialog = desk.dialog(invoice)
    dialog.locator("[name=reason] textarea").fill("Settled with the customer")
    dialog.locator("button[name=action_confirm]").click()
    closed = company.arrived(move, "closed")
    company.quiet()

    outcome = company.read("collection.case", closed["id"], "outcome_decision")
    assert outcome["outcome_decision"] == "none"
    book = company.book(move)
    assert book["outcome"] == "withdrawn"
    assert "Settled with the customer" in str(book["history"])
    desk.open_list()
    desk.says(invoice, "Closed")
    desk.row(invoice).locator("button:has-text('Transfer')").wait_for()
    [verdict] = company.eligibility(move, mode="automatic")
    assert "taken_back" in [reason["code"] for reason in verdict["reasons"]]


# Several invoices of one customer


def test_invoices_of_one_customer_are_collected_together(
    company: Creditor, desk: Desk
) -> None:
    desk.open_contract(AGENCY, "Services and approvals")
    desk.switch_on("join_cases")
    first, second = moves = company.debts(2, debtors=company.debtors(1) * 2)
    company.send(*moves)
    for move in moves:
        company.arrived(move, "received")
    company.quiet()
    fees = []
    for move in moves:
        goes_on(company, move, "registered", "reminder", "demand")
        fees.append(company.book(move)["balance"]["fees"]["original"])
    assert fees == [f"{float(REMINDER_FEE) + float(DEMAND_FEE):.2f}", "0.00"]

    desk.open_list()
    dialog = desk.open_case(company.number(second))
    expect(dialog.locator("[name=joined_case_ids]")).to_contain_text(
        company.number(first)
    )
    company.change(join_cases=False)


# Reminded before


def test_reminded_invoice_begins_with_the_demand_and_its_fee(
    company: Creditor, desk: Desk
) -> None:
    move = company.debt(days=20)
    invoice = company.number(move)
    sent = dt.date.today() - dt.timedelta(days=12)
    page = desk.page
    desk.open(f"customer-invoices/{move}", ".o_form_view")
    page.click("a.nav-link:has-text('Collection')")
    page.click("[name=collection_reminder_ids] .o_field_x2many_list_row_add a")
    line = page.locator("[name=collection_reminder_ids] tr.o_selected_row")
    desk.enter_date(line.locator("[name=date]"), sent)
    line.locator("[name=fee] input").fill(REMINDER_FEE)
    line.locator("[name=name] input").fill("First reminder, by e-mail")
    desk.save()

    page.click(".o_statusbar_buttons button:has-text('Transfer to collection')")
    dialog = desk.dialog("Transfer to collection")
    assert "The agency begins with its demand." in words(dialog.inner_text())
    dialog.locator("button[name=action_confirm]").click()
    company.arrived(move, "received")
    company.quiet()

    submitted = company.book(move)["submitted"]
    assert submitted["first_action"] == "demand"
    assert submitted["claim"]["fees_already_claimed"] == [
        {
            "type": "reminder",
            "date": sent.isoformat(),
            "amount": REMINDER_FEE,
            "currency": "SEK",
        }
    ]
    goes_on(company, move, "registered", "demand")
    codes = [entry["code"] for entry in company.book(move)["history"]]
    assert "reminder" not in codes
    desk.open_list()
    desk.says(invoice, "Demand letter")
    dialog = desk.open_case(invoice)
    expect(dialog.locator("[name=fees_open]")).to_have_text("240.00 kr")
    assert float(REMINDER_FEE) + float(DEMAND_FEE) == 240.00


def test_case_that_was_typed_by_hand_is_linked(
    company: Creditor, desk: Desk, portal: Portal
) -> None:
    move = company.debt()
    invoice, debtor = company.number(move), company.debtor(move)
    portal.open_creditor()
    portal.submit("case", invoice_number=invoice, debtor_name=debtor, amount="1000.00")
    typed = portal.page.url.partition("?")[0]

    company.send(move)
    company.arrived(move, "received")
    company.quiet()
    assert company.book(move)["external_id"] is None
    desk.open_list()
    told = "a case for this invoice number already existed in the agency's portal"
    desk.says(invoice, f"Received – {told}")
    dialog = desk.open_case(invoice)
    timeline = dialog.locator("[name=event_ids]")
    expect(timeline).to_contain_text("A case for this invoice number already existed")
    address, _told = desk.follow(dialog.locator("button[name=action_open_portal]"))
    assert address == typed


# By night


def test_dry_run_shows_what_the_night_run_then_sends(
    company: Creditor, desk: Desk
) -> None:
    moves = company.debts(2, price=25_000.00)
    wanted = [company.number(move) for move in moves]
    exact = company.number(company.debt(price=20_000.00))
    tagged = company.debt(price=30_000.00)
    partner = company.read("account.move", tagged, "partner_id")["partner_id"][0]
    group = company.call("res.partner.category", "create", {"name": "Kommuner"})
    below = company.call(
        "res.partner.category", "create", {"name": "Skolor", "parent_id": group}
    )
    company.call("res.partner", "write", [partner], {"category_id": [(4, below)]})

    desk.open_contract(AGENCY, "Automatic transfer")
    page = desk.page
    page.click(".alert-warning button:has-text('Transfer them too')")
    page.wait_for_selector(".alert-warning", state="detached")
    page.check("[name=auto_transfer] input")
    page.fill("[name=auto_min_amount] input", "20000")
    desk.pick(page.locator("[name=auto_excluded_category_ids] input"), "Kommuner")
    desk.save()
    page.click("button[name=action_tonight]")
    page.wait_for_selector(".o_breadcrumb:has-text('What tonight')")
    expect(page.locator(".o_data_row")).to_have_count(len(wanted))
    shown = desk.listed()
    assert sorted(shown) == sorted(wanted)
    page.click(".o_facet_remove")
    desk.refuses(exact, "not above the lowest amount for automatic transfer")
    desk.refuses(company.number(tagged), "excluded from automatic transfer")

    company.call("ir.cron", "method_direct_trigger", [company.ref(CRON)])
    for move in moves:
        company.arrived(move, "received")
    company.quiet()
    taken = company.find("collection.case", [("origin", "=", "automatic")], "move_id")
    assert sorted(case["move_id"][0] for case in taken) == sorted(moves)
    books = {book["invoice_number"] for book in company.other.state()["cases"]}
    assert set(shown) <= books
    assert not {exact, company.number(tagged)} & books
    company.change(auto_transfer=False)


# What the agency finds out


def test_new_address_is_taken_over(
    company: Creditor, desk: Desk, portal: Portal
) -> None:
    move = company.at_agency()
    portal.open_case(company.book(move))
    portal.submit("new-address", street="Nygatan 5", zip="602 32", city="Norrköping")
    company.quiet()
    assert asked(company, move, DECIDE)

    desk.menu("To Be Decided")
    desk.page.click(f".o_data_row:has-text('{company.number(move)}') [name=partner_id]")
    found = desk.page.locator(".alert-info:has-text('new address')")
    found.wait_for()
    expect(found).to_contain_text("Nygatan 5")
    found.locator("button:has-text('Use the new address')").click()
    found.wait_for(state="hidden")

    partner = company.read("account.move", move, "partner_id")["partner_id"][0]
    fields = ("street", "zip", "city")
    address = company.read("res.partner", partner, *fields)
    assert [address[name] for name in fields] == ["Nygatan 5", "602 32", "Norrköping"]
    assert not asked(company, move, DECIDE)


def test_closed_case_asks_what_becomes_of_the_invoice(
    company: Creditor, desk: Desk, portal: Portal
) -> None:
    move = company.at_agency()
    invoice = company.number(move)
    portal.open_case(company.book(move))
    portal.page.select_option("#close-outcome", "uncollectable")
    portal.press("close-submit")
    company.arrived(move, "closed")
    company.quiet()
    assert asked(company, move, OUTCOME)

    desk.open_list()
    desk.says(invoice, "Closed")
    dialog = desk.open_case(invoice)
    told = dialog.locator(".alert-warning")
    expect(told).to_contain_text("Uncollectable")
    dialog.locator("button[name=action_decide_outcome]").click()
    question = desk.dialog("The agency has closed the case")
    expect(question).to_contain_text("1,000.00 kr")
    question.get_by_label("Never transfer this customer's invoices again").check()
    expect(question.locator(".alert-info")).to_contain_text("collection ban")
    question.locator("button[name=action_confirm]").click()
    desk.page.wait_for_selector(".modal", state="detached")

    desk.refuses(invoice, "The customer has a collection ban.")
    assert not asked(company, move, OUTCOME)
