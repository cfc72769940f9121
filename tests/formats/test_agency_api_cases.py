"""Cases of the agency API; examples are those of the contract."""

import dataclasses
import json
from datetime import date
from decimal import Decimal

import pytest
from agency_api_examples import (
    MOMENT,
    amounts,
    changed,
    example,
    moments,
    names,
    refusal,
    transfer,
    words,
)
from collection_formats import agency_api as api
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.receivables_base.formats.amounts import read_signed, write_signed
from odoo.addons.receivables_base.formats.moments import write_day, write_iso


def test_a_transfer_is_the_example_of_the_contract():
    expected = json.loads(example("Transfer"))
    assert json.loads(api.render_case(transfer())) == expected


def test_everything_a_transfer_can_hold():
    invoice = transfer().invoice
    full = transfer(
        invoice=dataclasses.replace(invoice, external_number="X-1"),
        letter_text="Letter",
        note="Note",
        debtor=api.Debtor(
            type="person",
            name="Åsa Öberg",
            address=api.Address("Gatan 2", "222 33", "Luleå", "SE"),
            phone="070",
            contact=api.Contact("Per", "per@example.com", "071"),
        ),
    )
    body = json.loads(api.render_case(full))
    assert body["invoice"]["external_number"] == "X-1"
    assert (body["letter_text"], body["note"]) == ("Letter", "Note")
    assert body["debtor"] == {
        "type": "person",
        "name": "Åsa Öberg",
        "address": {
            "street": "Gatan 2",
            "zip": "222 33",
            "city": "Luleå",
            "country": "SE",
        },
        "phone": "070",
        "contact": {"name": "Per", "email": "per@example.com", "phone": "071"},
    }


@pytest.mark.parametrize(
    ("part", "changes", "code", "field"),
    [
        (None, {"external_id": " "}, "missing", "external_id"),
        (None, {"external_id": "x" * 65}, "too_long", "external_id"),
        (None, {"first_action": "legal"}, "pattern", "first_action"),
        (None, {"claim_type": "loan"}, "pattern", "claim_type"),
        (None, {"letter_text": "x" * 1001}, "too_long", "letter_text"),
        (None, {"note": "x" * 4001}, "too_long", "note"),
        (None, {"note": "\ud800"}, "charset", ""),
        ("invoice", {"number": ""}, "missing", "invoice.number"),
        ("invoice", {"number": "1" * 65}, "too_long", "invoice.number"),
        ("invoice", {"date": None}, "missing", "invoice.date"),
        ("invoice", {"due_date": None}, "missing", "invoice.due_date"),
        ("invoice", {"currency": ""}, "missing", "invoice.currency"),
        ("invoice", {"currency": "sek"}, "pattern", "invoice.currency"),
        ("invoice", {"delivered_as": "fax"}, "pattern", "invoice.delivered_as"),
        ("invoice", {"description": "x" * 1001}, "too_long", "invoice.description"),
        ("claim", {"capital": Decimal("NaN")}, "pattern", "claim.capital"),
        ("claim", {"capital": Decimal("1E+16")}, "out_of_range", "claim.capital"),
        ("debtor", {"type": "consumer"}, "pattern", "debtor.type"),
        ("debtor", {"name": ""}, "missing", "debtor.name"),
        ("debtor", {"name": "x" * 201}, "too_long", "debtor.name"),
        ("debtor", {"id_number": ""}, "missing", "debtor.id_number"),
        ("debtor", {"language": "swe"}, "pattern", "debtor.language"),
        ("debtor.address", {"street": ""}, "missing", "debtor.address.street"),
        ("debtor.address", {"zip": ""}, "missing", "debtor.address.zip"),
        ("debtor.address", {"city": " "}, "missing", "debtor.address.city"),
        ("debtor.address", {"country": ""}, "missing", "debtor.address.country"),
        ("debtor.address", {"country": "SWE"}, "pattern", "debtor.address.country"),
    ],
)
def test_what_the_agency_would_refuse_is_not_written(part, changes, code, field):
    full = transfer()
    if part == "debtor.address":
        address = dataclasses.replace(full.debtor.address, **changes)
        changes, part = {"address": address}, "debtor"
    if part:
        changes = {part: dataclasses.replace(getattr(full, part), **changes)}
    wrong = dataclasses.replace(full, **changes)
    assert refusal(api.render_case, wrong) == (code, field)


def test_a_wrong_fee_is_named_by_its_place():
    fees = (
        api.Fee("reminder", date(2026, 1, 1), Decimal("5.00"), "EUR"),
        api.Fee("visit", date(2026, 1, 1), Decimal("5.00"), "EUR"),
    )
    claim = api.Claim(Decimal(1), fees_already_claimed=fees)
    assert refusal(api.render_case, transfer(claim=claim)) == (
        "pattern",
        "claim.fees_already_claimed[1].type",
    )


@given(amounts, amounts, amounts, amounts)
def test_rendering_never_loses_a_cent(original, open_, capital, interest):
    invoice = dataclasses.replace(
        transfer().invoice, original_amount=original, open_amount=open_
    )
    claim = dataclasses.replace(transfer().claim, capital=capital, interest=interest)
    body = json.loads(api.render_case(transfer(invoice=invoice, claim=claim)))
    for written, amount in (
        (body["invoice"]["original_amount"], original),
        (body["invoice"]["open_amount"], open_),
        (body["claim"]["capital"], capital),
        (body["claim"]["interest"], interest),
    ):
        assert isinstance(written, str)
        assert read_signed(written) == amount
        decimals = max(0, -amount.as_tuple().exponent)
        assert len(written.partition(".")[2]) == decimals


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1250.00", "1250.00"),
        ("1250", "1250"),
        ("1250.5", "1250.5"),
        ("-0.00", "0.00"),
        ("1E+3", "1000"),
        ("0.001", "0.001"),
    ],
)
def test_money_keeps_the_decimals_of_its_currency(value, text):
    assert write_signed(Decimal(value), "x") == text


@pytest.mark.parametrize("text", ["", "1,00", "1.", ".5", "1e3", "+1", "١", "1 000"])
def test_what_is_no_money(text):
    assert read_signed(text) is None


def test_a_case_is_read_from_the_example_of_the_contract():
    case = api.read_case(example("Case").encode())
    zero = Decimal("0.00")
    assert case == api.Case(
        agency_case_id="ca_9Xb2",
        external_id="INV/2026/00017",
        case_number="100001",
        reference="1000017",
        agreement_number="A-1001",
        invoice_number="INV/2026/00017",
        state="demand",
        outcome="",
        status_code="demand",
        status_label="Demand letter sent",
        version=5,
        updated_at=MOMENT,
        portal_url="https://agency.example/portal/cases/ca_9Xb2",
        action_required=False,
        action_hint="",
        available_actions=("pause", "withdraw", "dispute", "change_due_date"),
        currency="SEK",
        balance=api.Balance(
            capital=api.Part(Decimal("1250.00"), zero, Decimal("1250.00")),
            interest=api.Part(Decimal("4.79"), zero, Decimal("4.79")),
            fees=api.Part(Decimal("240.00"), zero, Decimal("240.00")),
            court_fees=api.Part(zero, zero, zero),
        ),
        withdrawal_fee=api.Money(Decimal("150.00"), "SEK"),
        instalments=(),
        limitation_date=date(2036, 10, 1),
        new_address=None,
        documents=(api.Document("do_5Hq1", "INV-2026-00017.pdf", 48211, MOMENT),),
        history=(
            api.History("hi_8Lp4", MOMENT, "creditor", "received", "Received", ""),
        ),
    )


@given(words, names, names, amounts, moments, st.dates(), st.booleans(), st.data())
def test_a_case_is_read_as_the_agency_means_it(
    text, state, code, amount, moment, day, flag, data
):
    body = json.loads(example("Case"))
    written = write_signed(amount, "x")
    body["state"], body["outcome"] = state, text
    body["agency_status"] = {"code": code, "label": text, "since": None}
    body["version"] = version = data.draw(st.integers(0, 10**9))
    body["updated_at"] = write_iso(moment)
    body["available_actions"] = actions = data.draw(st.lists(names))
    body["balance"]["fees"]["paid"] = written
    body["withdrawal_fee"] = None
    body["payment_plan"] = {
        "instalments": [{"due_date": write_day(day), "amount": written, "paid": flag}]
    }
    body["limitation_date"] = None
    address = {"street": text, "zip": None, "city": "Luleå"}
    body["debtor"]["new_address"] = address
    case = api.read_case(json.dumps(body).encode())
    assert (case.state, case.outcome) == (state, text)
    assert (case.status_code, case.status_label) == (code, text)
    assert (case.version, case.updated_at) == (version, moment)
    assert list(case.available_actions) == actions
    assert case.balance.fees.paid == amount
    assert case.instalments == (api.Instalment(day, amount, flag),)
    assert (case.limitation_date, case.withdrawal_fee) == (None, None)
    assert case.new_address == api.Address(text, "", "Luleå", "")


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        (["id"], ..., "missing", "id"),
        (["id"], 5, "type", "id"),
        (["state"], "", "missing", "state"),
        (["version"], "5", "type", "version"),
        (["version"], 5.5, "type", "version"),
        (["version"], True, "type", "version"),
        (["version"], None, "missing", "version"),
        (["version"], -1, "out_of_range", "version"),
        (["version"], 2**31, "out_of_range", "version"),
        (["updated_at"], "2026-11-22T10:15:00+01:00", "pattern", "updated_at"),
        (["updated_at"], "2026-13-22T10:15:00Z", "pattern", "updated_at"),
        (["action_required"], "no", "type", "action_required"),
        (["available_actions"], "pause", "type", "available_actions"),
        (["available_actions"], ["pause", 1], "type", "available_actions[1]"),
        (["portal_url"], "javascript:alert(1)", "pattern", "portal_url"),
        (["reference"], "a\0", "charset", "reference"),
        (["reference"], "\ud83d", "charset", "reference"),
        (["agency_status"], ..., "missing", "agency_status"),
        (["agency_status", "code"], ..., "missing", "agency_status.code"),
        (["balance"], [], "type", "balance"),
        (["balance", "currency"], ..., "missing", "balance.currency"),
        (["balance", "capital", "paid"], 0.1, "type", "balance.capital.paid"),
        (["balance", "capital", "paid"], 5, "type", "balance.capital.paid"),
        (["balance", "capital", "paid"], "1,5", "pattern", "balance.capital.paid"),
        (["balance", "court_fees"], ..., "missing", "balance.court_fees"),
        (["withdrawal_fee", "amount"], ..., "missing", "withdrawal_fee.amount"),
        (["payment_plan"], [], "type", "payment_plan"),
        (["limitation_date"], "2026-02-30", "pattern", "limitation_date"),
        (["limitation_date"], "20260201", "pattern", "limitation_date"),
        (["debtor"], "Nord", "type", "debtor"),
        (["documents", 0, "size"], "x", "type", "documents[0].size"),
        (["documents", 0], None, "type", "documents[0]"),
        (["history", 0, "at"], "yesterday", "pattern", "history[0].at"),
    ],
)
def test_a_case_that_is_not_as_agreed_names_the_place(path, value, code, field):
    body = changed(example("Case"), path, value)
    assert refusal(api.read_case, body) == (code, field)


@given(st.data())
def test_fields_we_do_not_know_are_ignored(data):
    body = json.loads(example("Case"))
    extra = data.draw(
        st.dictionaries(st.text().filter(lambda name: name not in body), st.text())
    )
    everywhere = {**body, **extra, "balance": {**body["balance"], "vat": {}}}
    assert api.read_case(json.dumps(everywhere).encode()) == api.read_case(
        json.dumps(body).encode()
    )


def test_the_answer_to_an_action():
    case = json.loads(example("Case"))
    fee = {"amount": "150.00", "currency": "SEK"}
    answer = {"type": "withdraw", "fee": fee, "case": case}
    assert api.read_action(json.dumps(answer).encode()) == api.Action(
        fee=api.Money(Decimal("150.00"), "SEK"),
        case=api.read_case(json.dumps(case).encode()),
    )
    del answer["case"]["balance"]["fees"]
    assert refusal(api.read_action, json.dumps(answer).encode()) == (
        "missing",
        "case.balance.fees",
    )


def test_actions():
    assert json.loads(api.render_action("resume")) == {"type": "resume"}
    assert json.loads(api.render_action("pause", "Talks", date(2026, 12, 1))) == {
        "type": "pause",
        "until": "2026-12-01",
        "reason": "Talks",
    }
    assert refusal(api.render_action, "") == ("missing", "type")
    assert refusal(api.render_action, "pause", "x" * 1001) == ("too_long", "reason")
