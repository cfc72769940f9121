"""eFaktura in Norway, from the issuer agreement to what customers do in the netbank.

The operator is a program that was written to public documents; docs/efaktura.md says
what of it is a guess.
"""

import datetime as dt
import urllib.request
from pathlib import Path
from typing import Any

import netsgiro
import pytest

from support.norway import KARI, PEOPLE, PER, Norway

# AvtaleGiro, whose files a folder brings to the bank
GIRO = """
line = env["receivables.connection"].create({
    "name": "Bank", "company_id": %(company)s, "way": "folder",
    "folder_path": "%(folder)s",
})
line.action_prepare()
line.write({"environment": "prod"})
env["einvoice.channel"].create({
    "name": "AvtaleGiro", "rail": "avtalegiro", "company_id": %(company)s,
    "bank_account_ids": [(6, 0, [%(account)s])], "avtalegiro_unit": "55555555",
    "user_id": env["res.users"].search([("login", "=", "anne")]).id,
    "connection_id": line.id, "environment": "prod",
})
env["account.journal"].search(
    [("company_id", "=", %(company)s), ("type", "=", "bank")], limit=1
).write({"bank_account_id": %(account)s})
"""
CLAIM = """
env["einvoice.document"]._wake("einvoice_consumer.ir_cron_einvoice_claims")
"""


def test_the_issuer_agreement_is_approved_by_link(norway: Norway) -> None:
    link = norway.order_issuer_agreement()
    assert norway.issuer("state") == "waiting"
    [mail] = norway.operator.state()["mails"]
    assert (mail["address"], mail["link"]) == ("ola@fjordlys.example.com", link)
    with urllib.request.urlopen(link, timeout=30) as page:
        assert "The agreement through another provider ends" in page.read().decode()
    assert "approved" in norway.page(link, "approve")
    norway.until(lambda: norway.issuer("state") == "approved", "it is approved")


def test_who_has_not_agreed_gets_nothing(norway: Norway) -> None:
    move = norway.invoice(PER)
    [answer] = norway.office.call("account.move", "send_einvoice", [move])
    assert answer["state"] == "to_send"
    norway.until(lambda: norway.progress(move)[1] == "rejected", "it is refused")
    told = norway.office.read("account.move", move, "einvoice_summary")
    assert "has not agreed" in told["einvoice_summary"]


def test_an_invoice_is_opened_and_approved(norway: Norway) -> None:
    norway.page(f"/no/netbank/{next(iter(PEOPLE))}", "general")
    move, key = norway.send(KARI)
    [bill] = norway.bills(key)
    assert (bill["amount"], bill["recipient"]) == ("125.00", next(iter(PEOPLE)))
    delivered = ("awaiting_approval", "delivered")
    norway.until(lambda: norway.progress(move) == delivered, "it awaits approval")
    with urllib.request.urlopen(
        f"{norway.operator.server.url}/no/bill/{key}/picture", timeout=30
    ) as picture:
        assert picture.read(5) == b"%PDF-"
    norway.page(f"/no/bill/{key}", "open")
    norway.page(f"/no/bill/{key}", "approve")
    approved = ("approved", "delivered")
    norway.until(lambda: norway.progress(move) == approved, "it is approved")


def nets_file(kid: str) -> bytes:
    """A payment of 125 kroner and a new mandate, as Nets sends both in one file (OCR
    giro; AvtaleGiro specification, 3.3)."""
    day = f"{dt.date.today():%d%m%y}"
    rows = [
        "NY00001000008080000000155555555",
        "NY090020001008566000000186011117947",
        f"NY0915300000001{day}1320101464{'12500':>018}{kid:>25}000000",
        f"NY09153100000010963682719409903856{'0' * 7}{day}99990512341",
        f"NY0900880000000100000004{'12500':>017}{day * 3}",
        "NY212420000000000000000286011117947",
        f"NY21947000000011{kid:>25}J",
        "NY2124880000000100000003",
        f"NY0000890000000200000009{'12500':>017}{day}",
    ]
    return "".join(f"{row:0<80}\r\n" for row in rows).encode()


def test_avtalegiro_pays_what_the_efaktura_shows(
    norway: Norway, tmp_path: Path
) -> None:
    """The customer is asked once: the eFaktura is the notice, the bank pays.

    What Nets sends in one file goes to who books payments and to who has mandates.
    """
    norway.page(f"/no/netbank/{next(iter(PEOPLE))}", "general")
    where = {"folder": tmp_path, **norway.made}
    norway.server.act(GIRO % where)
    earlier = norway.invoice(KARI)
    kid = norway.office.read("account.move", earlier, "payment_reference")
    waiting = tmp_path / "inbox" / "nets.txt"
    waiting.write_bytes(nets_file(kid["payment_reference"]))
    kari = [("partner_id", "=", norway.made["partners"][KARI])]
    mandates, claims = "einvoice.avtalegiro.mandate", "einvoice.avtalegiro.claim"

    def find(model: str, *more: Any) -> list[Any]:
        return norway.office.find(model, [*kari, *more], "state")

    norway.until(
        lambda: find(mandates, ("state", "=", "active")), "the mandate is there"
    )

    def is_paid() -> bool:
        paid = norway.office.read("account.move", earlier, "payment_state")
        return bool(paid["payment_state"] == "paid")

    norway.until(is_paid, "the payment is booked")
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["nets.txt"]
    move, key = norway.send(KARI)
    assert [bill["avtalegiro"] for bill in norway.bills(key)] == [1]
    assert [claim["state"] for claim in find(claims)] == ["waiting"]
    norway.server.act(CLAIM)
    files = norway.until(
        lambda: list((tmp_path / "outbox").glob("avtalegiro_*.txt")), "the bank's file"
    )
    [assignment] = netsgiro.parse(files[0].read_text("iso-8859-1")).assignments
    [row] = assignment.transactions
    invoice = norway.office.read("account.move", move, "payment_reference", "name")
    assert (int(row.type), row.kid, row.amount, row.reference) == (
        *(2, invoice["payment_reference"], 125, invoice["name"]),
    )
    assert [claim["state"] for claim in find(claims)] == ["claimed"]


def test_a_deleted_invoice_is_told(norway: Norway) -> None:
    move, key = norway.send(KARI)
    norway.page(f"/no/bill/{key}", "delete")
    norway.until(lambda: norway.progress(move) == ("deleted", "rejected"), "deleted")


@pytest.mark.parametrize("kind", ["cut", "500_after", "twice"])
def test_an_invoice_whose_answer_is_lost_is_sent_once(
    norway: Norway, kind: str
) -> None:
    norway.operator.fault(kind, "/no/invoices")
    move, key = norway.send(KARI)
    norway.until(lambda: norway.progress(move)[1] == "delivered", "it arrived")
    assert len(norway.bills(key)) == 1
    assert not norway.operator.state()["faults"]


def test_what_was_credited_is_taken_back(norway: Norway) -> None:
    move, key = norway.send(KARI)
    norway.until(lambda: norway.progress(move)[1] == "delivered", "it arrived")
    wizard = norway.office.call(
        "account.move.reversal",
        "create",
        {
            "move_ids": [(6, 0, [move])],
            "journal_id": norway.office.read("account.move", move, "journal_id")[
                "journal_id"
            ][0],
        },
    )
    made = norway.office.call("account.move.reversal", "refund_moves", [wizard])
    credit_note = made["res_id"]
    norway.office.call("account.move", "action_post", [credit_note])
    norway.office.call("account.move", "action_einvoice_cancel", [credit_note])
    norway.until(lambda: norway.progress(move)[1] == "cancelled", "it is taken back")
    assert [bill["state"] for bill in norway.bills(key)] == ["cancelled"]
