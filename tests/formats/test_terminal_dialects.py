"""What holds of every protocol of a network: whatever comes is read or refused, and
whatever is answered is understood as it was meant."""

import json
from dataclasses import dataclass, replace
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from terminal_cases import ALMATY, OWES, PAID, plain
from terminal_formats import (
    kaspi,
    osmp,
    payme,
    privatbank_debt,
    sber_eps,
    signed_json,
)
from terminal_formats.calls import (
    BadCall,
    Call,
    Operation,
    Outcome,
    Result,
    WireAnswer,
    WireRequest,
)
from terminal_strategies import TERMS, amounts, anything, calls, moments, outcomes


@dataclass(frozen=True)
class Dialect:
    """A protocol, what it announces a payment with, and what a call of it echoes."""

    name: str
    format: ModuleType
    answers: object  # what writes and hears its answers
    taking: Operation = Operation.PAY
    echo: tuple = ({},)

    def read(self, call):
        """The call as it comes out of a request of the network."""
        return self.format.read(self.format.ask(call, TERMS), TERMS)


DIALECTS = (
    Dialect("osmp", osmp, osmp, echo=({}, {"txn_id": "99"})),
    Dialect("kaspi_json", kaspi, kaspi.JSON),
    Dialect("kaspi_xml", kaspi, kaspi.XML),
    Dialect("sber_eps", sber_eps, sber_eps),
    Dialect(
        "privatbank_debt",
        privatbank_debt,
        privatbank_debt,
        echo=({}, *({"action": name} for name in ("Search", "Presearch", "Pay"))),
    ),
    Dialect(
        "payme",
        payme,
        payme,
        taking=Operation.RESERVE,
        echo=({}, {"id": '"7"', "field": "phone"}, {"id": "null"}),
    ),
    Dialect(
        "signed_json", signed_json, signed_json, echo=({}, {"timestamp": "1796031300"})
    ),
)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)

CHECK = Call(
    Operation.CHECK,
    txn_id="511725272",
    account="4821093657",
    amount=PAID.payment.amount,
)
PASSING = (Result.FAULT, Result.PENDING)


def asked(dialect):
    """A question before a payment, and what takes the payment."""
    paid_at = PAID.payment.accepted_at.astimezone(ALMATY)
    taking = replace(CHECK, operation=dialect.taking, paid_at=paid_at)
    return dialect.read(CHECK), dialect.read(taking)


# What is asked of a customer is read as it was asked: in any alphabet, with any sign
# that the protocol's own letters could be taken for.
@every_dialect
@given(account=plain.map(str.strip).filter(bool), amount=amounts, moment=moments)
def test_what_a_network_asks_is_read(dialect, account, amount, moment):
    paid_at = moment.replace(microsecond=0)
    call = Call(dialect.taking, "511725272", account, amount, paid_at=paid_at)
    read = dialect.read(call)
    assert (read.operation, read.txn_id, read.account) == (
        dialect.taking,
        "511725272",
        account,
    )
    assert (read.amount, read.paid_at) == (amount, paid_at)


@every_dialect
@given(
    query=st.text(max_size=60),
    body=st.binary(max_size=200) | anything.map(lambda text: repr(text).encode()),
    method=st.sampled_from(["GET", "POST"]),
)
def test_any_request_is_a_call_or_a_refusal(dialect, query, body, method):
    try:
        call = dialect.format.read(WireRequest(method, query, body), TERMS)
    except BadCall as refused:
        call = refused.call
    answer = dialect.answers.write(call, Outcome(Result.BAD_REQUEST), TERMS)
    assert dialect.answers.hear(answer, TERMS) != "ok"


# Whatever our own side makes of a call, even what no reader lets through.
@given(call=calls(st.just({})), outcome=outcomes)
def test_any_outcome_is_written_and_only_success_is_heard_as_such(call, outcome):
    for dialect in DIALECTS:
        for echo in dialect.echo if call else ({},):
            asked_so = call and replace(call, echo=echo)
            answer = dialect.answers.write(asked_so, outcome, TERMS)
            check_answer(dialect, answer, outcome)
            if call and hasattr(dialect.format, "replay"):
                again = dialect.format.replay(asked_so, outcome, answer, TERMS)
                check_answer(dialect, again, outcome)


def check_answer(dialect, answer, outcome):
    kind = answer.content_type.partition(";")[0]
    if kind.endswith("/xml"):
        etree.fromstring(answer.body)
    elif kind == "application/json":
        json.loads(answer.body.decode("utf-8"))
    else:
        assert answer.body in (b"", b"Forbidden")
    if outcome.result is not Result.OK:
        assert dialect.answers.hear(answer, TERMS) != "ok"


# After `pay` the money is in the kiosk: what passes is never said to be final.
@every_dialect
@pytest.mark.parametrize("result", Result)
def test_the_network_does_what_was_meant(dialect, result):
    for call in asked(dialect):
        answer = dialect.answers.write(call, replace(PAID, result=result), TERMS)
        heard = dialect.answers.hear(answer, TERMS)
        if result is Result.FORBIDDEN:
            assert heard != "ok"
        elif result in PASSING:
            assert heard == "repeat"
        else:
            assert heard == ("ok" if result is Result.OK else "final")


@every_dialect
@pytest.mark.parametrize("result", [one for one in Result if one is not Result.OK])
def test_a_refusal_tells_nothing_of_the_customer(dialect, result):
    outcome = replace(OWES, result=result, payment=PAID.payment)
    for call in asked(dialect):
        body = dialect.answers.write(call, outcome, TERMS).body
        assert not any(word in body for word in (b"***", b"170.00", b"INV/"))
        # OSMP says which payment it is that is not decided yet
        assert b"2016" not in body or (dialect.name, result) == (
            "osmp",
            Result.PENDING,
        )


@every_dialect
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"<response/>", b"{}", b"[]", b"[" * 100_000, b"\xff"]
)
def test_a_broken_line_is_asked_again(dialect, body):
    for status in (200, 502):
        answer = WireAnswer(body, "text/html", status)
        assert dialect.answers.hear(answer, TERMS) == "repeat"
