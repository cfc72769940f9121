"""Customers who get paper are asked in their netbanks, and answer there."""

import base64
from pathlib import Path
from typing import Any

import pytest

from support.office import NORTH, SOUTH, Consumer, Netbank, Office, Row
from support.system import BankFactory, OdooInstance

SUBJECT = "KAAMOS-PROPOSALS"


class Asking(Office):
    """The office on a channel of its own, whose files are carried here by hand."""

    netbank: Netbank

    def wizard(self, method: str, **values: Any) -> Row:
        """Open a wizard of the channel; what is in it, after what somebody changed."""
        opened = self.call("einvoice.channel", method, [self.channel])
        model, number = opened["res_model"], opened["res_id"]
        self.call(model, "write", [number], values)
        return {"model": model, "id": number}

    def press(self, wizard: Row, *buttons: str) -> None:
        """Press buttons of a wizard."""
        for button in buttons:
            self.call(wizard["model"], button, [wizard["id"]])

    def carry(self) -> list[Row]:
        """Take to the bank what waits, bring what it says; the bank's verdicts."""
        folder = self.netbank.bank.folder
        known = set(folder.glob("inbox/*.xml"))
        judged = len(self.netbank.bank.state()["messages"])
        waiting = self.call("einvoice.channel", "fetch_outgoing", [self.channel])
        for message in waiting:
            data = base64.b64decode(message["content"])
            (folder / "outbox" / message["filename"]).write_bytes(data)
        ids = [message["document_id"] for message in waiting]
        self.call("einvoice.channel", "confirm_outgoing", [self.channel], ids)
        self.netbank.bank.post("poll")
        self.bring(known)
        return self.netbank.bank.state()["messages"][judged:]

    def bring(self, known: set[Path]) -> None:
        """Bring the bank's files that are new."""
        for path in sorted(set(self.netbank.bank.folder.glob("inbox/*.xml")) - known):
            content = base64.b64encode(path.read_bytes()).decode()
            arguments = [[self.channel], path.name, content]
            self.call("einvoice.channel", "import_message", *arguments)

    def answer(self, answer: str, proposal: Row) -> None:
        """A consumer answers in the netbank, and the bank's file comes."""
        known = set(self.netbank.bank.folder.glob("inbox/*.xml"))
        self.netbank.bank.post(answer, proposal=proposal["id"])
        self.bring(known)

    def customer(self, name: str, bank: str) -> tuple[Consumer, int]:
        """A customer who gets paper, whose account at a bank is known."""
        consumer = Consumer(name)
        account = self.netbank.enter(consumer)["ibans"][bank]
        partner = self.register(consumer)
        values = {"partner_id": partner, "acc_number": account}
        self.call("res.partner.bank", "create", values)
        self.invoice(partner)
        return consumer, partner


@pytest.fixture
def asking(
    odoo_server: OdooInstance,
    office: Office,
    start_bank: BankFactory,
    tmp_path: Path,
) -> Asking:
    """The service is opened at both banks from Odoo."""
    [channel] = office.call("einvoice.channel", "copy", [office.channel])
    values = {"name": "Asking", "payment_subject": SUBJECT, "connection_id": False}
    values["environment"] = "test"
    office.call("einvoice.channel", "write", [channel], values)
    asking = Asking(office.client, channel)
    asking.netbank = Netbank(start_bank(tmp_path / "exchange"), SUBJECT)
    banks = office.find(
        "einvoice.intermediator", [("code", "in", [NORTH, SOUTH])], "code"
    )
    chosen = [(6, 0, [bank["id"] for bank in banks])]
    wizard = asking.wizard("action_announce", intermediator_ids=chosen)
    asking.press(wizard, "action_check", "action_send")
    assert [each["findings"] for each in asking.carry()] == [[], []]
    return asking


def test_one_accepts_and_one_declines(asking: Asking) -> None:
    _vieno, vieno = asking.customer("Vieno Paperi", NORTH)
    _kauko, kauko = asking.customer("Kauko Kuori", SOUTH)
    partners = [(6, 0, [vieno, kauko])]
    wizard = asking.wizard(
        "action_propose", partner_ids=partners, free_text="Ei paperia."
    )
    asking.press(wizard, "action_propose")
    said = asking.carry()
    assert [each["findings"] for each in said] == [[], []]
    shown = {each["bank"]: each for each in asking.netbank.bank.state()["proposals"]}
    assert {each["text"] for each in shown.values()} == {"Ei paperia."}

    asking.answer("accept", shown[NORTH])
    asking.answer("decline", shown[SOUTH])
    found = asking.find(
        "einvoice.proposal",
        [("channel_id", "=", asking.channel)],
        *("partner_id", "state", "agreement_id", "summary"),
    )
    by_partner = {each["partner_id"][0]: each for each in found}
    assert by_partner[vieno]["state"] == "ordered"
    assert by_partner[kauko]["state"] == "refused"
    assert "declined" in by_partner[kauko]["summary"]
    agreement = asking.read(
        "einvoice.agreement",
        by_partner[vieno]["agreement_id"][0],
        *("state", "partner_id"),
    )
    assert agreement["state"] == "active"
    assert agreement["partner_id"][0] == vieno
