"""The agency API but for cases; examples are those of the contract."""

import json
from datetime import date
from decimal import Decimal

import pytest
from agency_api_examples import (
    MOMENT,
    changed,
    example,
    moments,
    refusal,
)
from collection_formats import agency_api_reader as reader
from collection_formats import agency_api_writer as writer
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import (
    read_day,
    read_iso,
    write_day,
    write_iso,
)
from odoo.addons.receivables_base.formats.strict_json import read as read_json

# === CREDITOR === #


DEFAULTS = {
    "services": "reminder_and_collection",
    "approve_before_demand": False,
    "approve_before_legal": True,
    "letter_include_lines": False,
    "letter_external_number": True,
    "notification_email": "",
}


def test_a_creditor_just_begun_is_read():
    creditor = reader.read_creditor(example("NewCreditor").encode())
    assert creditor == {
        "creditor_id": "cr_1Aa7",
        "external_id": "company-1",
        "state": "initialised",
        "agreement_number": "",
        "portal_url": "https://agency.example/portal/creditors/cr_1Aa7",
        "terms_version": "2026-01",
        "terms_url": "https://agency.example/terms/2026-01",
        "price_list_url": "https://agency.example/prices/2026-01",
        "settings": DEFAULTS,
    }


def test_settings_are_read_and_those_given_are_written():
    written = {
        "services": "collection",
        "approve_before_demand": True,
        "approve_before_legal": False,
        "letter_include_lines": True,
        "letter_external_number": False,
        "notification_email": "collect@example.com",
    }
    assert json.loads(writer.render_settings(written)) == written
    told = json.dumps({**written, "version": 7}).encode()
    assert reader.read_settings(told) == written
    assert json.loads(writer.render_settings({"notification_email": ""})) == {
        "notification_email": None
    }


def test_the_contracts_defaults_hold_for_what_an_agency_leaves_out():
    assert reader.read_settings(b"{}") == DEFAULTS


def test_what_the_agency_is_told_about_the_creditor():
    told = {
        "external_id": "",
        "company": {
            "name": "Kaamos AB",
            "org_number": "556000-4615",
            "vat_number": False,
            "city": "Luleå",
            "country": "SE",
        },
        "bank_accounts": [{"iban": "SE3550000000054910000003", "bic": "ESSESESS"}],
        "contact": {"name": "Lisa", "email": "lisa@example.com", "language": "sv"},
        "terms_accepted": {"version": "2026-01", "at": MOMENT, "by": "Lisa"},
    }
    body = {
        "company": {
            "name": "Kaamos AB",
            "org_number": "556000-4615",
            "city": "Luleå",
            "country": "SE",
        },
        "bank_accounts": [{"iban": "SE3550000000054910000003", "bic": "ESSESESS"}],
        "contact": {"name": "Lisa", "email": "lisa@example.com", "language": "sv"},
        "terms_accepted": {
            "version": "2026-01",
            "at": "2026-11-22T10:15:00Z",
            "by": "Lisa",
        },
    }
    assert json.loads(writer.render_creditor(told)) == body
    del body["terms_accepted"]
    told |= {"terms_accepted": None, "external_id": "company-1"}
    assert json.loads(writer.render_creditor(told)) == {
        **body,
        "external_id": "company-1",
    }
    told["terms_accepted"] = {"version": "2026-01", "at": MOMENT, "by": " "}
    assert refusal(writer.render_creditor, told) == ("missing", "terms_accepted.by")
    told["company"]["country"] = "SWE"
    assert refusal(writer.render_creditor, told) == ("pattern", "company.country")


def test_reasons():
    assert json.loads(writer.render_reason("Sold")) == {"reason": "Sold"}
    assert json.loads(writer.render_reason("")) == {}
    assert refusal(writer.render_reason, "x" * 1001) == ("too_long", "reason")


def test_registration_and_webhook():
    assert json.loads(writer.render_registration("company-1", "Odoo", "2026-01")) == {
        "external_id": "company-1",
        "accounting_system": "Odoo",
        "terms_version": "2026-01",
    }
    webhook = {"url": "https://odoo.example.com/hook", "secret": "s" * 32}
    assert json.loads(writer.render_webhook(webhook)) == {
        **webhook,
        "enabled": True,
        "mode": "single",
    }
    assert refusal(writer.render_webhook, {**webhook, "url": False}) == (
        "missing",
        "webhook.url",
    )


def test_terms():
    terms = reader.read_terms(
        b'{"version": "2026-01", "url": "https://a/t", "price_list_url": "https://a/p",'
        b' "text": "T"}'
    )
    assert terms == {
        "terms_version": "2026-01",
        "terms_url": "https://a/t",
        "price_list_url": "https://a/p",
        "text": "T",
    }


# === EVENTS AND ERRORS === #


def test_one_event_and_many():
    body = example("Event")
    event = {"event_id": "ev_6Yc3", "type": "case.updated", "case_id": "ca_9Xb2"}
    assert reader.read_events(body.encode()) == [event]
    creditor = changed(body, ["case_id"], None)
    both = f'{{"events": [{body}, {creditor.decode()}]}}'
    assert reader.read_events(both.encode()) == [event, {**event, "case_id": ""}]
    assert reader.read_events(b'{"events": []}') == []
    wrong = f'{{"events": [{body}, {{"id": "ev_2"}}]}}'
    assert refusal(reader.read_events, wrong.encode()) == ("missing", "events[1].type")


def test_a_refusal():
    error = reader.read_error(example("Error").encode())
    assert error["code"] == "address_incomplete"
    assert error["message"] == "Postcode is missing. City is missing."
    assert error["field_errors"][0] == {
        "field": "debtor.address.zip",
        "code": "address_incomplete",
        "message": "Postcode is missing.",
    }
    assert (len(error["field_errors"]), error["details"]) == (2, {})
    assert reader.read_error(b'{"code": "new_one"}') == {
        "code": "new_one",
        "message": "",
        "field_errors": [],
        "details": {},
    }
    assert refusal(reader.read_error, b"{}") == ("missing", "code")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "not_json", ""),
        (b"<html>", "not_json", ""),
        (b"\xff", "not_json", ""),
        (b'{"code": NaN}', "not_json", ""),
        (b'{"code": -Infinity}', "not_json", ""),
        (b'{"code": "a", "code": "b"}', "duplicate_key", "code"),
        (b'{"a": {"b": 1, "b": 1}}', "duplicate_key", "b"),
        (b"[" * 100_000, "not_json", ""),
        (b"1" * 10_000, "not_json", ""),
        (b"[]", "type", ""),
        (b'"text"', "type", ""),
        (b"null", "type", ""),
        (b'{"code": "a", "details": []}', "type", "details"),
    ],
)
def test_json_that_could_be_taken_in_two_ways_is_refused(body, code, field):
    assert refusal(reader.read_error, body) == (code, field)


def test_numbers_do_not_become_floats():
    assert read_json(b"[0.1, 1e2, 3]") == [Decimal("0.1"), Decimal("1e2"), 3]
    assert isinstance(read_json(b"0.1"), Decimal)


@given(st.binary(max_size=60), st.integers(0, 2500), st.integers(0, 2500))
def test_damage_is_a_format_error_or_harmless(junk, begin, end):
    data = example("Case").encode()
    try:
        reader.read_case(data[:begin] + junk + data[end:])
    except FormatError as error:
        assert str(error)


@given(moments)
def test_a_time_is_read_as_it_was_written(moment):
    assert read_iso(write_iso(moment)) == moment


@given(st.dates())
def test_a_date_is_read_as_it_was_written(day):
    assert read_day(write_day(day)) == day


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"existing_case_id": ["ca_1"]}, "type"),
        ({"existing_case_id": "ca_1\0"}, "charset"),
        ({"state": "\ud800"}, "charset"),
        ({"version": "x" * 256}, "too_long"),
        ({"currencies": "SEK"}, "type"),
        ({"currencies": ["SEK", 1]}, "type"),
        ({"\0": "a"}, "charset"),
    ],
)
def test_details_of_a_refusal_are_short_texts(details, code):
    data = json.dumps({"code": "a", "message": "", "details": details}).encode()
    with pytest.raises(FormatError) as caught:
        reader.read_error(data)
    assert caught.value.code == code


def test_details_that_may_be_shown():
    details = {"currencies": ["SEK", "EUR"], "version": 5, "more": {"a": 1}, "no": None}
    error = reader.read_error(json.dumps({"code": "a", "details": details}).encode())
    assert error["details"] == {"currencies": "SEK, EUR", "version": "5"}


def test_an_event_that_cannot_be_read_does_not_hold_up_the_others():
    event = {"id": "ev_1", "type": "case.updated", "created_at": "2026-11-22T10:15:00Z"}
    page = {"events": [{**event, "id": "e" * 6000}, event, {**event, "case_id": [1]}]}
    events, errors = reader.read_event_page(json.dumps(page).encode())
    assert [one["event_id"] for one in events] == ["ev_1"]
    assert [error.field for error in errors] == ["events[0].id", "events[2].case_id"]


def test_a_settlement_is_read_line_by_line():
    page = {"settlements": [json.loads(example("Settlement"))], "next_cursor": "c2"}
    read, errors, cursor = reader.read_settlement_page(json.dumps(page).encode())
    assert (errors, cursor) == ([], "c2")
    [settlement] = read
    [line] = settlement.pop("lines")
    assert settlement == {
        "settlement_id": "se_3Wm6",
        "kind": "daily_batch",
        "date": date(2026, 11, 23),
        "bank_reference": "NI-20261122-1",
        "payer_name": "Nordanvind Inkasso",
        "payer_account": "SE4550000000058398257466",
        "currency": "SEK",
        "total": Decimal("1191.66"),
        "has_pdf": True,
    }
    assert line == {
        "case_id": "ca_9Xb2",
        "case_number": "100001",
        "external_id": "INV/2026/00017",
        "invoice_number": "INV/2026/00017",
        "reference": "",
        "payment_id": "pa_7Tr1",
        "date": date(2026, 11, 21),
        "capital": Decimal("1250.00"),
        "interest": Decimal("4.79"),
        "fees": Decimal("60.00"),
        "agency_fees": Decimal("180.00"),
        "court_fees": Decimal("0.00"),
        "commission": Decimal("62.50"),
        "vat": Decimal("60.63"),
        "net": Decimal("1191.66"),
    }


def test_a_settlement_that_cannot_be_read_does_not_hold_up_the_others():
    good = json.loads(example("Settlement"))
    bad = json.loads(changed(example("Settlement"), ["lines", 0, "capital"], "much"))
    page = {"settlements": [bad, good], "next_cursor": None}
    read, errors, cursor = reader.read_settlement_page(json.dumps(page).encode())
    assert [one["settlement_id"] for one in read] == ["se_3Wm6"]
    assert [error.field for error in errors] == ["settlements[0].lines[0].capital"]
    assert cursor == ""
