"""Cases of the agency API; examples are those of the contract."""

import json
from datetime import date
from decimal import Decimal

import pytest
from agency_api_examples import (
    MOMENT,
    amounts,
    call_example,
    changed,
    example,
    moments,
    names,
    refusal,
    transfer,
    words,
)
from collection_formats import agency_api_reader as reader
from collection_formats import agency_api_writer as writer
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.receivables_base.formats.amounts import read_signed, write_signed
from odoo.addons.receivables_base.formats.moments import write_day, write_iso


def test_a_transfer_is_the_example_of_the_contract():
    expected = json.loads(example("Transfer"))
    assert json.loads(writer.render_case(transfer())) == expected


def test_everything_a_transfer_can_hold():
    debtor = {
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
    told = transfer("invoice", external_number="X-1")
    told |= {"letter_text": "Letter", "note": "Note", "debtor": debtor}
    body = json.loads(writer.render_case(told))
    assert body["invoice"]["external_number"] == "X-1"
    assert (body["letter_text"], body["note"]) == ("Letter", "Note")
    assert body["debtor"] == debtor


@pytest.mark.parametrize(
    ("part", "changes", "code", "field"),
    [
        ("", {"external_id": " "}, "missing", "external_id"),
        ("", {"external_id": "x" * 65}, "too_long", "external_id"),
        ("", {"first_action": "legal"}, "pattern", "first_action"),
        ("", {"claim_type": "loan"}, "pattern", "claim_type"),
        ("", {"matter": "x" * 65}, "too_long", "matter"),
        ("", {"letter_text": "x" * 1001}, "too_long", "letter_text"),
        ("", {"note": "x" * 4001}, "too_long", "note"),
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
    assert refusal(writer.render_case, transfer(part, **changes)) == (code, field)


def test_a_wrong_fee_is_named_by_its_place():
    [fee] = transfer()["claim"]["fees_already_claimed"]
    fees = [fee, {**fee, "type": "visit"}]
    wrong = transfer("claim", fees_already_claimed=fees)
    assert refusal(writer.render_case, wrong) == (
        "pattern",
        "claim.fees_already_claimed[1].type",
    )


@given(amounts, amounts, amounts, amounts)
def test_rendering_never_loses_a_cent(original, open_, capital, interest):
    told = transfer("invoice", original_amount=original, open_amount=open_)
    told["claim"] |= {"capital": capital, "interest": interest}
    body = json.loads(writer.render_case(told))
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
    case = reader.read_case(example("Case").encode())
    zero = Decimal("0.00")

    def unpaid(amount):
        return {
            "original": Decimal(amount),
            "paid": zero,
            "remaining": Decimal(amount),
        }

    assert case == {
        "agency_case_id": "ca_9Xb2",
        "case_number": "100001",
        "invoice_number": "INV/2026/00017",
        "debtor_name": "Nord & Son AB",
        "reference": "1000017",
        "matter": "INV/2026/00012",
        "state": "demand",
        "outcome": "",
        "status_code": "demand",
        "status_label": "Demand letter sent",
        "version": 5,
        "portal_url": "https://agency.example/portal/cases/ca_9Xb2",
        "action_required": False,
        "action_hint": "",
        "available_actions": ["pause", "withdraw", "dispute", "change_due_date"],
        "currency": "SEK",
        "balance": {
            "capital": unpaid("1250.00"),
            "interest": unpaid("4.79"),
            "fees": unpaid("240.00"),
            "court_fees": unpaid("0.00"),
        },
        "withdrawal_fee": Decimal("150.00"),
        "instalments": [],
        "limitation_date": date(2036, 10, 1),
        "new_address": None,
        "documents": [{"id": "do_5Hq1", "name": "INV-2026-00017.pdf"}],
        "history": [
            {
                "id": "hi_8Lp4",
                "at": MOMENT,
                "actor": "creditor",
                "code": "received",
                "label": "Received",
                "text": "",
            }
        ],
    }


@given(words, names, names, amounts, moments, st.dates(), st.booleans(), st.data())
def test_a_case_is_read_as_the_agency_means_it(
    text, state, code, amount, moment, day, flag, data
):
    body = json.loads(example("Case"))
    written = write_signed(amount, "x")
    body["state"], body["outcome"] = state, text
    body["agency_status"] = {"code": code, "label": text, "since": None}
    body["version"] = version = data.draw(st.integers(0, 10**9))
    body["history"][0]["at"] = write_iso(moment)
    body["available_actions"] = actions = data.draw(st.lists(names))
    body["balance"]["fees"]["paid"] = written
    body["withdrawal_fee"] = None
    body["payment_plan"] = {
        "instalments": [{"due_date": write_day(day), "amount": written, "paid": flag}]
    }
    body["limitation_date"] = None
    address = {"street": text, "zip": None, "city": "Luleå"}
    body["debtor"]["new_address"] = address
    case = reader.read_case(json.dumps(body).encode())
    assert (case["state"], case["outcome"]) == (state, text)
    assert (case["status_code"], case["status_label"]) == (code, text)
    assert case["version"] == version
    assert case["history"][0]["at"] == moment.replace(tzinfo=None)
    assert case["available_actions"] == actions
    assert case["balance"]["fees"]["paid"] == amount
    assert case["instalments"] == [{"due_date": day, "amount": amount, "paid": flag}]
    assert (case["limitation_date"], case["withdrawal_fee"]) == (None, None)
    assert case["new_address"] == {**address, "zip": "", "country": ""}


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
        (["history", 0, "at"], "2026-11-22T10:15:00+01:00", "pattern", "history[0].at"),
        (["history", 0, "at"], "2026-13-22T10:15:00Z", "pattern", "history[0].at"),
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
        (["documents", 0, "id"], "x" * 65, "too_long", "documents[0].id"),
        (["documents", 0], None, "type", "documents[0]"),
        (["history", 0, "at"], "yesterday", "pattern", "history[0].at"),
    ],
)
def test_a_case_that_is_not_as_agreed_names_the_place(path, value, code, field):
    body = changed(example("Case"), path, value)
    assert refusal(reader.read_case, body) == (code, field)


@given(st.data())
def test_fields_we_do_not_know_are_ignored(data):
    body = json.loads(example("Case"))
    extra = data.draw(
        st.dictionaries(st.text().filter(lambda name: name not in body), st.text())
    )
    everywhere = {**body, **extra, "balance": {**body["balance"], "vat": {}}}
    assert reader.read_case(json.dumps(everywhere).encode()) == reader.read_case(
        json.dumps(body).encode()
    )


def test_actions():
    assert json.loads(writer.render_action("resume")) == {"type": "resume"}
    assert json.loads(writer.render_action("pause", "Talks", date(2026, 12, 1))) == {
        "type": "pause",
        "until": "2026-12-01",
        "reason": "Talks",
    }
    assert refusal(writer.render_action, "pause", "x" * 1001) == ("too_long", "reason")


PAYMENTS, CREDITS = "/cases/{case_id}/payments", "/cases/{case_id}/credit-notes"


def money(**changes):
    told = {
        "external_id": "PAY/17",
        "number": "",
        "date": date(2026, 11, 20),
        "amount": Decimal("1300.00"),
        "currency": "SEK",
    }
    return told | changes


def test_a_payment_is_the_example_of_the_contract():
    expected = json.loads(call_example(PAYMENTS, "post"))
    assert json.loads(writer.render_payment(money())) == expected
    body = json.loads(writer.render_payment(money(number="BNK1/2026/00001")))
    assert body == {**expected, "description": "BNK1/2026/00001"}


def test_a_credit_note_is_the_example_of_the_contract():
    number, amount = "RINV/2026/00003", Decimal("250.00")
    told = money(external_id=number, number=number, amount=amount)
    expected = json.loads(call_example(CREDITS, "post"))
    expected.pop("description")
    assert json.loads(writer.render_credit_note(told)) == expected


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"external_id": ""}, "missing", "external_id"),
        ({"external_id": "x" * 65}, "too_long", "external_id"),
        ({"date": None}, "missing", "date"),
        ({"amount": Decimal("NaN")}, "pattern", "amount"),
        ({"currency": "sek"}, "pattern", "currency"),
    ],
)
def test_money_that_the_agency_would_refuse_is_not_written(changes, code, field):
    for render in (writer.render_payment, writer.render_credit_note):
        assert refusal(render, money(number="1", **changes)) == (code, field)


def test_what_became_of_money_is_read_from_the_examples_of_the_contract():
    paid = call_example(PAYMENTS, "post", "201").encode()
    assert reader.read_money_done(paid) == {
        "applied": Decimal("1250.00"),
        "ignored": Decimal("50.00"),
    }
    credited = call_example(CREDITS, "post", "201").encode()
    assert reader.read_money_done(credited) == {
        "applied": Decimal("250.00"),
        "ignored": Decimal(0),
    }
