"""Money that comes to the creditor, and goes away again, reaches the agency's books.

One Odoo and one agency; payments are entered as a bookkeeper enters them.
"""

import datetime as dt
from decimal import Decimal

from support.clerk import Row
from support.creditor import Creditor
from support.waiting import eventually


def capital(company: Creditor, move: int) -> tuple[Decimal, Decimal]:
    """What the agency has of an invoice's capital: claimed, and still open."""
    part = company.book(move)["balance"]["capital"]
    original, paid = Decimal(part["original"]), Decimal(part["paid"])
    return original, original - paid


def agrees(company: Creditor, move: int) -> Decimal:
    """What is open, when both sides think the same and nothing is on its way."""
    company.quiet()
    case = company.case(move)["id"]
    told = company.read("collection.case", case, "capital_open", "residual", "differs")
    assert not told["differs"], told
    assert told["capital_open"] == told["residual"]
    open_there = capital(company, move)[1]
    assert float(open_there) == told["residual"]
    return open_there


def test_payment_its_removal_and_credit_note_reach_the_agency(
    company: Creditor,
) -> None:
    move = company.debt()
    company.send(move)
    company.arrived(move, "received")

    company.pay(move, 300)
    assert agrees(company, move) == 700
    [payment] = company.book(move)["payments"]
    assert (payment["kind"], payment["amount"]) == ("direct", "300.00")

    company.unmatch(move)
    assert agrees(company, move) == 1000

    company.credit(move, 200)
    assert agrees(company, move) == 800
    [note] = company.book(move)["credit_notes"]
    assert note["amount"] == "200.00"

    company.pay(move, 800)
    company.quiet()
    assert capital(company, move)[1] == 0


def test_what_the_agency_pays_out_does_not_go_back_to_it(company: Creditor) -> None:
    move = company.debt()
    company.send(move)
    company.arrived(move, "received")
    company.happens(move, "debtor-pays", amount="400.00")
    company.quiet()
    case = company.case(move)["id"]
    owed = company.read("collection.case", case, "capital_owed")["capital_owed"]
    assert owed == 400

    company.pay(move, 400)
    assert agrees(company, move) == 600
    kinds = [payment["kind"] for payment in company.book(move)["payments"]]
    assert kinds == ["agency"]


def test_payment_is_told_once_whatever_becomes_of_the_answer(
    company: Creditor,
) -> None:
    move = company.debt()
    company.send(move)
    company.arrived(move, "received")
    company.quiet()
    company.fault("500_after_commit", path="/v1/cases/*/payments", method="POST")
    company.pay(move, 250)
    company.retry(company.tried(move, "payment"))
    assert agrees(company, move) == 750
    assert len(company.book(move)["payments"]) == 1


def test_what_the_agency_settles_pays_the_invoice_and_is_told_as_booked(
    company: Creditor,
) -> None:
    move = company.at_agency()
    company.call("collection.agency", "action_use_usual_accounts", [company.agency])
    company.happens(move, "debtor-pays", amount="1000.00")
    company.quiet()
    case = company.case(move)["id"]
    owed = company.read("collection.case", case, "capital_owed")["capital_owed"]
    assert owed == 1000

    there = company.book(move)["id"]
    [told] = [
        made
        for made in company.other.sandbox("settlements")["settlements"]
        if [line["case_id"] for line in made["lines"]] == [there]
    ]
    mine = [("name", "=", told["id"]), ("state", "=", "booked")]
    [settlement] = eventually(
        lambda: company.find("collection.settlement", mine, "total", "move_id"),
        60,
        "the settlement is booked",
    )
    assert settlement["total"] == float(told["total"])
    paid = company.read("account.move", move, "payment_state")["payment_state"]
    assert paid == "paid"
    assert company.read("collection.case", case, "capital_owed")["capital_owed"] == 0
    company.quiet()
    [known] = [
        made
        for made in company.other.state()["settlements"]
        if made["id"] == told["id"]
    ]
    assert known["status"] == "bookkept"
    assert known["internal_accounting_id"] == settlement["move_id"][1].split(" ")[0]
    kinds = [payment["kind"] for payment in company.book(move)["payments"]]
    assert kinds == ["agency"]

    # its money, first another sum than was told
    told_at_the_bank = (told["payer_name"], told["bank_reference"])
    bank_tells(company, settlement["total"] - 1, *told_at_the_bank)
    state = company.read("collection.settlement", settlement["id"], "state", "summary")
    assert state["state"] == "booked"
    assert f"{settlement['total'] - 1:.2f}" in state["summary"]
    bank_tells(company, settlement["total"], *told_at_the_bank)
    state = company.read("collection.settlement", settlement["id"], "state", "summary")
    assert state["state"] == "matched" and not state["summary"]


def bank_tells(company: Creditor, amount: float, payer: str, reference: str) -> None:
    """The bank's statement has a sum that came in."""
    group = company.ref("account.group_account_basic")
    user = company.client.env.uid
    company.call("res.users", "write", [user], {"group_ids": [(4, group)]})
    own = company.contract("company_id")["company_id"][0]
    banks = [("type", "=", "bank"), ("company_id", "=", own)]
    journal = company.find("account.journal", banks, "id")[0]["id"]
    company.call(
        "account.bank.statement.line",
        "create",
        {
            "journal_id": journal,
            "amount": amount,
            "partner_name": payer,
            "payment_ref": reference,
        },
    )


def settled(company: Creditor, move: int) -> Row:
    """The settlement that pays out what the agency has collected of an invoice."""
    case = company.case(move)["id"]
    company.quiet()
    company.other.sandbox("settlements")
    line = eventually(
        lambda: company.find(
            "collection.settlement.line", [("case_id", "=", case)], "settlement_id"
        ),
        60,
        "Odoo knows the settlement",
    )[0]
    mine = [("id", "=", line["settlement_id"][0]), ("state", "!=", "to_review")]
    fields = ("name", "state", "total", "summary", "move_id")
    return eventually(
        lambda: company.find("collection.settlement", mine, *fields),
        60,
        "the settlement was judged",
    )[0]


def test_more_than_the_agency_still_demands_is_not_asked_again(
    company: Creditor,
) -> None:
    """The debtor pays both: the agency ignores what exceeds its open capital."""
    move = company.at_agency()
    company.happens(move, "debtor-pays", amount="700.00")
    company.pay(move, 600)
    company.quiet()
    assert capital(company, move) == (1000, 0)
    [direct] = [p for p in company.book(move)["payments"] if p["kind"] == "direct"]
    assert direct["amount"] == "600.00"
    events = company.find(
        "collection.event",
        [("case_id.move_id", "=", move), ("code", "=", "ignored")],
        "name",
    )
    assert "300.00" in events[0]["name"]


def test_credit_note_larger_than_the_capital_closes_the_case(
    company: Creditor,
) -> None:
    """A payment that waits to be told is told first, and nothing is told of a case
    that is closed."""
    move = company.at_agency()
    company.fault("500_before_commit", path="/v1/cases/*/payments", method="POST")
    company.pay(move, 100)
    waiting = company.tried(move, "payment")
    company.credit(move, 5000)
    company.retry(waiting)
    company.quiet()
    book = company.book(move)
    assert [payment["amount"] for payment in book["payments"]] == ["100.00"]
    assert [note["amount"] for note in book["credit_notes"]] == ["900.00"]
    assert capital(company, move)[1] == 0
    assert book["state"] == "closed"
    company.arrived(move, "closed")
    left = company.find("collection.message", [("state", "=", "error")], "summary")
    assert left == []


def test_settlement_in_another_currency_leaves_no_cent(company: Creditor) -> None:
    """A third of a euro and a rate with many decimals."""
    [euro] = company.find(
        "res.currency",
        [("name", "=", "EUR"), ("active", "in", (True, False))],
        "id",
    )
    company.call("res.currency", "write", [euro["id"]], {"active": True})
    own = company.contract("company_id")["company_id"][0]
    company.call(
        "res.currency.rate",
        "create",
        {
            "currency_id": euro["id"],
            "company_id": own,
            "name": (dt.date.today() - dt.timedelta(days=200)).isoformat(),
            "inverse_company_rate": 11.4937,
        },
    )
    company.call(
        "res.currency.rate",
        "create",
        {
            "currency_id": euro["id"],
            "company_id": own,
            "name": (dt.date.today() - dt.timedelta(days=1)).isoformat(),
            "inverse_company_rate": 11.0219,
        },
    )
    company.call("collection.agency", "action_use_usual_accounts", [company.agency])
    move = company.at_agency(price=333.33, currency=euro["id"])
    company.happens(move, "debtor-pays", amount="333.33")
    settlement = settled(company, move)
    assert settlement["state"] == "booked", settlement["summary"]
    items = company.find(
        "account.move.line",
        [("move_id", "=", settlement["move_id"][0])],
        "balance",
        "amount_currency",
    )
    for name in ("balance", "amount_currency"):
        assert round(sum(item[name] for item in items), 2) == 0
    told = company.read("account.move", move, "payment_state", "amount_residual")
    assert (told["payment_state"], told["amount_residual"]) == ("paid", 0)
    assert agrees(company, move) == 0
