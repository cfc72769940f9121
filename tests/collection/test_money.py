"""Money that comes to the creditor, and goes away again, reaches the agency's books.

One Odoo and one agency; payments are entered as a bookkeeper enters them.
"""

from decimal import Decimal

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
