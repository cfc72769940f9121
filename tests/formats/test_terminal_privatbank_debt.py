"""PrivatBank, interface "Debt": requests as its implementers have seen them."""

from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from lxml import etree
from terminal_formats import privatbank_debt as dialect
from terminal_formats.calls import (
    BadCall,
    Call,
    Operation,
    Outcome,
    Payment,
    Result,
    Terms,
    WireRequest,
)

TERMS = Terms(
    currency="UAH",
    decimals=2,
    timezone=ZoneInfo("Europe/Kyiv"),
    registry_code="12345678",
    company='Вода & "Тепло"',
)
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SPACE = "http://debt.privatbank.ua/Transfer"
PAID = datetime(2021, 5, 27, 11, 39, 38, 783000, tzinfo=timezone.utc)
PAYMENT = Payment(20451, "511725272", "4821093657", Decimal("150.50"), "accepted")
PAYER = (
    '<PayerInfo billIdentifier="4821093657" ls="4821093657"><Fio>X</Fio></PayerInfo>'
)
SERVICE = '<Service sum="150.50" serviceCode="101"><PayerInfo/><CompanyInfo/></Service>'
PARTS = {
    "company": "<CompanyInfo><CompanyCode>1</CompanyCode>"
    "<CheckReference>987456321</CheckReference></CompanyInfo>",
    "payer": PAYER,
    "sum": "<BankInfo/><TotalSum>150.50</TotalSum>",
    "time": "<CreateTime>2021-05-27T14:39:38.783+03:00</CreateTime>",
    "services": f"<ServiceGroup>{SERVICE}</ServiceGroup>",
}
IDS = 'id="511725272" number="6359.143.1"'


def transfer(action, data, kind="Payment", attributes=IDS, interface="Debt"):
    body = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<Transfer action="{action}" interface="{interface}" xmlns="{SPACE}">\n'
        f'<Data xmlns:xsi="{XSI}" xsi:type="{kind}" {attributes}>{data}</Data>'
        "</Transfer>"
    )
    return WireRequest("POST", "", body.encode(), "text/xml")


def payment(action="Pay", attributes=IDS, **changed):
    return transfer(
        action, "".join({**PARTS, **changed}.values()), "Payment", attributes
    )


def search(*units, action="Search", attributes=""):
    data = "".join(f'<Unit name="{name}" value="{value}"/>' for name, value in units)
    return transfer(action, data, "Payer", attributes)


def refusal(wire):
    with pytest.raises(BadCall) as caught:
        dialect.read(wire, TERMS)
    return caught.value


def written(call, outcome):
    answer = dialect.write(call, outcome, TERMS)
    assert answer.status == 200
    assert answer.body.startswith(b"<?xml")
    root = etree.fromstring(answer.body)
    assert (root.tag, root.get("interface")) == (f"{{{SPACE}}}Transfer", "Debt")
    (data,) = root
    return root, data, data.get(f"{{{XSI}}}type")


def child(element, path):
    return element.find("/".join(f"{{{SPACE}}}{name}" for name in path.split("/")))


@pytest.mark.parametrize("name", ["bill_identifier", "billIdentifier", "ls"])
def test_search_by_number_is_a_lookup(name):
    call = dialect.read(search((name, "4821093657")), TERMS)
    echo = {"action": "Search"}
    assert call == Call(Operation.LOOKUP, account="4821093657", echo=echo)


def test_search_after_a_presearch_is_a_lookup():
    call = dialect.read(search(attributes='presearchId="4821093657"'), TERMS)
    assert call.account == "4821093657"


def test_empty_units_beside_the_number_do_not_matter():
    wire = search(("street", ""), ("flat", ""), ("ls", "77"), action="Presearch")
    assert dialect.read(wire, TERMS).account == "77"


@pytest.mark.parametrize("action", ["Search", "Presearch"])
def test_a_search_by_name_or_address_tells_nothing(action):
    answers = set()
    for units in (
        [("street", "837"), ("house", "26"), ("flat", "21"), ("ls", "")],
        [("street", "nowhere")],
        [("fio", "Шевченко")],
        [("login", "admin")],
    ):
        error = refusal(search(*units, action=action))
        assert error.result is Result.MANY_FOUND
        answer = dialect.write(error.call, Outcome(error.result), TERMS)
        answers.add(answer.body)
    assert len(answers) == 1
    data = written(error.call, Outcome(error.result))[1]
    assert data.get("code") == "6"


@pytest.mark.parametrize(
    ("wire", "result"),
    [
        (search(), Result.BAD_ACCOUNT),
        (search(("ls", " ")), Result.BAD_ACCOUNT),
        (search(("ls", "1" * 201)), Result.BAD_ACCOUNT),
        (search(("ls", "1&#x85;2")), Result.BAD_ACCOUNT),
        (search(("ls", "1"), ("bill_identifier", "2")), Result.BAD_REQUEST),
        (search(("ls", "1"), attributes='presearchId="2"'), Result.BAD_REQUEST),
    ],
)
def test_searches_for_no_number_or_for_two_are_refused(wire, result):
    assert refusal(wire).result is result


def test_the_answer_to_a_search_is_a_debt_pack():
    call = dialect.read(search(("bill_identifier", "4821 0936 57")), TERMS)
    outcome = Outcome(
        Result.OK,
        "Дякуємо <3",
        customer="Ш******* Т***",
        debt=Decimal(1250),
        now=datetime(2026, 11, 30, 22, 30, tzinfo=timezone.utc),
    )
    root, data, kind = written(call, outcome)
    assert (root.get("action"), kind) == ("Search", "DebtPack")
    assert data.get("billPeriod") == "202612"  # it is December in Kyiv already
    assert child(data, "Message").text == "Дякуємо <3"
    assert child(data, "PayerInfo").get("billIdentifier") == "4821 0936 57"
    service = child(data, "ServiceGroup/DebtService")
    assert service.get("serviceCode") == "101"
    assert child(service, "CompanyInfo/CompanyCode").text == "12345678"
    assert child(service, "CompanyInfo/CompanyName").text == 'Вода & "Тепло"'
    info = child(service, "DebtInfo")
    assert dict(info.attrib) == {"amountToPay": "1250.00", "debt": "1250.00"}
    assert child(service, "PayerInfo/Fio").text == "Ш******* Т***"
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not names & {"Phone", "Address"}


def test_a_debt_and_a_name_that_are_not_shown_are_not_there():
    call = dialect.read(search(("ls", "77")), TERMS)
    _root, data, _kind = written(call, Outcome(Result.OK))
    names = {element.tag.rpartition("}")[2] for element in data.iter()}
    assert not names & {"DebtInfo", "Fio", "Message"}
    assert data.get("billPeriod") is None


def test_the_answer_to_a_presearch_by_number_is_a_table_of_one():
    call = dialect.read(search(("ls", "77"), action="Presearch"), TERMS)
    root, data, kind = written(call, Outcome(Result.OK, customer="Ш***"))
    assert (root.get("action"), kind) == ("Presearch", "PayersTable")
    headers = [header.get("name") for header in child(data, "Headers")]
    columns = [[cell.text for cell in column] for column in child(data, "Columns")]
    assert (headers, columns) == (["fio", "ls"], [["Ш***"], ["77"]])


def test_check_is_read_with_and_without_an_id():
    call = dialect.read(payment("Check"), TERMS)
    assert call == Call(
        Operation.CHECK,
        txn_id="511725272",
        account="4821093657",
        amount=Decimal("150.50"),
        paid_at=PAID,
        echo={"action": "Check"},
    )
    bare = dialect.read(payment("Check", "", company="<CompanyInfo/>"), TERMS)
    assert (bare.txn_id, bare.echo) == ("", {"action": "Check"})


def test_the_reference_of_a_check_comes_from_the_request_alone():
    bare = dialect.read(payment("Check", ""), TERMS)
    reference = written(bare, Outcome(Result.OK))[1].get("reference")
    assert reference.isdecimal()
    other = replace(bare, amount=Decimal(1))
    assert written(other, Outcome(Result.OK))[1].get("reference") != reference
    known = dialect.read(payment("Check"), TERMS)
    assert written(known, Outcome(Result.OK))[1].get("reference") == "511725272"


@pytest.mark.parametrize("action", ["Pay", "Cancel"])
def test_the_answer_to_a_payment_has_our_number(action):
    call = dialect.read(payment(action), TERMS)
    assert call.operation is Operation(action.lower())
    root, data, kind = written(call, Outcome(Result.OK, payment=PAYMENT))
    assert (root.get("action"), kind) == (action, "Gateway")
    assert data.get("reference") == "20451"


def test_a_cancellation_comes_without_the_place_in_the_pack():
    paid = dialect.read(payment("Pay"), TERMS)
    wire = payment("Cancel", 'id="511725272"', payer="", sum="", time="")
    cancelled = dialect.read(wire, TERMS)
    assert cancelled.txn_id == paid.txn_id == "511725272"
    assert (cancelled.account, cancelled.amount) == ("", None)
    assert dialect.read(payment("Cancel", sum="<TotalSum>x</TotalSum>"), TERMS).txn_id


def test_the_total_is_the_money_and_services_are_summed_without_one():
    services = f"<ServiceGroup>{SERVICE}{SERVICE}</ServiceGroup>"
    assert dialect.read(payment(services=services), TERMS).amount == Decimal("150.50")
    wire = payment(services=services, sum="")
    assert dialect.read(wire, TERMS).amount == Decimal("301.00")


def test_a_time_without_a_zone_is_in_the_networks():
    wire = payment(time="<CreateTime>2021-05-27T14:39:38</CreateTime>")
    assert dialect.read(wire, TERMS).paid_at == PAID.replace(microsecond=0)
    for none in ("", "27.05.2021", "2021-02-30T00:00:00Z"):
        wire = payment(time=f"<CreateTime>{none}</CreateTime>")
        assert dialect.read(wire, TERMS).paid_at is None


def test_a_check_of_nothing_asks_how_much():
    wire = payment("Check", sum="<TotalSum>0.00</TotalSum>")
    assert dialect.read(wire, TERMS).amount is None


def test_a_bank_that_leaves_the_namespace_out():
    """A-Bank and Monobank; they are answered as they ask."""
    body = payment().body.replace(f' xmlns="{SPACE}"'.encode(), b"")
    assert b"xmlns=" not in body
    call = dialect.read(WireRequest("POST", "", body), TERMS)
    full = dialect.read(payment(), TERMS)
    assert call == replace(full, echo={**full.echo, "bare": "1"})
    outcome = Outcome(Result.OK, payment=PAYMENT)
    answer = dialect.write(call, outcome, TERMS)
    assert etree.fromstring(answer.body).tag == "Transfer"
    full_answer = dialect.write(full, outcome, TERMS)
    assert etree.fromstring(full_answer.body).tag == f"{{{SPACE}}}Transfer"


def test_types_and_elements_may_have_prefixes():
    body = payment().body.replace(b'xsi:type="', b'xsi:type="ns2:')
    body = body.replace(b"<", b"<d:").replace(b"<d:/", b"</d:").replace(b"<d:?", b"<?")
    body = body.replace(b"xmlns=", b"xmlns:d=")
    call = dialect.read(WireRequest("POST", "", body), TERMS)
    assert call == dialect.read(payment(), TERMS)


@pytest.mark.parametrize(
    ("wire", "result", "place"),
    [
        (payment(attributes=""), Result.BAD_ID, "Data@id"),
        (payment(attributes='id=""'), Result.BAD_ID, "Data@id"),
        (payment(attributes='id="1 2"'), Result.BAD_ID, "Data@id"),
        (payment(attributes=f'id="{"1" * 65}"'), Result.BAD_ID, "Data@id"),
        (payment("Cancel", attributes=""), Result.BAD_ID, "Data@id"),
        (payment("Check", attributes='id="?"'), Result.BAD_ID, "Data@id"),
        (
            payment(attributes=f'{IDS} cancel="true"'),
            Result.BAD_REQUEST,
            "Data@cancel",
        ),
        (payment(payer=""), Result.BAD_ACCOUNT, "PayerInfo@billIdentifier"),
        (payment(payer="<PayerInfo/>"), Result.BAD_ACCOUNT, "PayerInfo@billIdentifier"),
        (payment(payer=PAYER * 2), Result.BAD_REQUEST, "PayerInfo"),
        (payment(sum="", services=""), Result.BAD_AMOUNT, "TotalSum"),
        (payment(sum="", services="<ServiceGroup/>"), Result.BAD_AMOUNT, "TotalSum"),
        (payment(sum="<TotalSum>0.00</TotalSum>"), Result.BAD_AMOUNT, "TotalSum"),
        (payment(sum="<TotalSum>-1</TotalSum>"), Result.BAD_AMOUNT, "TotalSum"),
        (payment(sum="<TotalSum>1e3</TotalSum>"), Result.BAD_AMOUNT, "TotalSum"),
        (payment(sum="<TotalSum>1.005</TotalSum>"), Result.BAD_AMOUNT, "TotalSum"),
        (
            payment(sum="<TotalSum>1</TotalSum><TotalSum>2</TotalSum>"),
            Result.BAD_REQUEST,
            "TotalSum",
        ),
        (
            payment(sum="<TotalSum>1<b/>50</TotalSum>"),
            Result.BAD_REQUEST,
            "TotalSum",
        ),
        (
            payment(
                sum="", services=f"<ServiceGroup>{SERVICE}<Service/></ServiceGroup>"
            ),
            Result.BAD_AMOUNT,
            "TotalSum",
        ),
        (transfer("Pay", "", "Payer"), Result.BAD_REQUEST, "Data@xsi:type"),
        (transfer("Search", "", "Payment"), Result.BAD_REQUEST, "Data@xsi:type"),
        (transfer("Upload", ""), Result.BAD_OPERATION, "action"),
        (transfer("Calc", ""), Result.BAD_OPERATION, "action"),
        (transfer("", ""), Result.BAD_OPERATION, "action"),
        (transfer("Pay", "", interface="Other"), Result.BAD_REQUEST, "Transfer"),
    ],
)
def test_wrong_requests_are_refused_by_name(wire, result, place):
    error = refusal(wire)
    assert (error.result, error.place) == (result, place)
    root, data, kind = written(error.call, Outcome(result))
    assert (kind, data.get("reference")) == ("ErrorInfo", None)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "body"),
        (b"<Transfer", "body"),
        (b"{}", "body"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "body"),
        (b"<Transfer/>", "Transfer"),
        (payment().body.replace(SPACE.encode(), b"urn:other"), "Transfer"),
        (payment().body.replace(b"</Data>", b"</Data><Data/>"), "Data"),
        (f'<Transfer xmlns="{SPACE}" interface="Debt" action="Pay"/>'.encode(), "Data"),
    ],
)
def test_what_is_no_transfer_is_refused(body, place):
    error = refusal(WireRequest("POST", "", body))
    assert (error.result, error.place) == (Result.BAD_REQUEST, place)


def test_only_post_is_read():
    assert refusal(replace(payment(), method="GET")).place == "method"


# 8 is never sent again
@pytest.mark.parametrize(
    ("result", "code"),
    [
        (Result.NOT_FOUND, 2),
        (Result.MANY_FOUND, 6),
        (Result.BAD_ACCOUNT, 2),
        (Result.INACTIVE, 99),
        (Result.BAD_FACTOR, 99),
        (Result.TOO_SMALL, 99),
        (Result.TOO_LARGE, 99),
        (Result.BAD_AMOUNT, 3),
        (Result.BAD_DATE, 4),
        (Result.BAD_ID, 99),
        (Result.BAD_REQUEST, 99),
        (Result.BAD_OPERATION, 1),
        (Result.WRONG_CURRENCY, 8),
        (Result.CONFLICT, 8),
        (Result.CANCELLED, 8),
        (Result.UNKNOWN_PAYMENT, 99),
        (Result.CLOSED, 99),
        (Result.FORBIDDEN, 5),
    ],
)
def test_every_refusal_has_its_code(result, code):
    call = dialect.read(payment(), TERMS)
    for message in ("", "Не більше 100 <грн>"):
        root, data, kind = written(call, Outcome(result, message, payment=PAYMENT))
        assert (root.get("action"), kind, data.get("code")) == (
            "Pay",
            "ErrorInfo",
            str(code),
        )
        assert child(data, "Message").text == (message or dialect.MESSAGES[code])
        assert data.get("reference") is None


@pytest.mark.parametrize("result", [Result.FAULT, Result.PENDING])
def test_a_passing_fault_is_a_broken_line(result):
    call = dialect.read(payment(), TERMS)
    answer = dialect.write(call, Outcome(result, "secret"), TERMS)
    assert (answer.status, answer.body) == (503, b"")


def test_an_unreadable_request_is_answered_without_an_action():
    root, data, kind = written(None, Outcome(Result.FORBIDDEN))
    assert (root.get("action"), kind, data.get("code")) == (None, "ErrorInfo", "5")
    assert written(None, Outcome(Result.OK))[2] == "ErrorInfo"
