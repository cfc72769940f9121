"""A network seen from both ends: the company's books and the network's own."""

from dataclasses import dataclass
from typing import Any

from support.cashier import Cashier
from support.clerk import Row
from support.kiosk import PATIENCE, KioskInstance
from support.system import Json
from support.waiting import eventually

# every dialect, with the network that speaks it and the country where that is
NETWORKS = {
    "osmp": "kz_qiwi",
    "kaspi_json": "kz_kaspi",
    "kaspi_xml": "kz_kaspi_xml",
    "sber_eps": "kz_sber",
    "privatbank_debt": "kz_privatbank",
    "payme": "kz_payme",
    "signed_json": "is_hraunbanki",
}
# those in which a network can take a payment back
CANCELLING = ("osmp", "privatbank_debt", "payme", "signed_json")
# our states of money that the network may count as paid, and as taken back
PAID = {"accepted", "booked", "suspense"}
TAKEN_BACK = {"cancelled", "reversing", "reversed"}


@dataclass
class Line:
    """The kiosks of one network, and who looks after its payments in the company."""

    name: str
    cashier: Cashier
    kiosk: KioskInstance
    network: int

    @classmethod
    def open(
        cls,
        name: str,
        dialect: str,
        cashier: Cashier,
        kiosk: KioskInstance,
        **terms: Any,
    ) -> "Line":
        """The network of this name, which is opened where the demo has none.

        :param terms: what the kiosks do differently, such as `limit_seconds`
        """
        network = cashier.named_network(name, dialect)
        line = cls(name, cashier, kiosk, network)
        line.tell(**terms)
        return line

    def tell(self, **terms: Any) -> None:
        """Tell the kiosks how the company is reached now."""
        self.kiosk.enter({**self.cashier.told(self.network), **terms})

    # Payments

    def lookup(self, account: str, **given: Json) -> Json:
        """What a kiosk shows for a number."""
        return self.kiosk.lookup(self.name, account, **given)

    def pay(self, account: str, amount: str, **given: Json) -> Json:
        """A payment, waited for unless `wait=0`."""
        return self.kiosk.pay(self.name, account, amount, **given)

    def cancel(self, txn_id: str, **given: Json) -> Json:
        """Take a payment back."""
        return self.kiosk.cancel(self.name, txn_id, **given)

    def repeat(self, txn_id: str, **given: Json) -> list[Json]:
        """Send a request of a payment again, perhaps with other contents."""
        return self.kiosk.sandbox("repeat", network=self.name, txn_id=txn_id, **given)[
            "answers"
        ]

    def find(self, txn_id: str) -> Json:
        """A payment as the network has it, with every attempt."""
        return self.kiosk.look("payment", network=self.name, txn_id=txn_id)

    def settled(self, txn_id: str) -> Json:
        """The same, once the network does not send anything of it any more."""

        def done() -> Json | None:
            found = self.find(txn_id)
            return found if found["settled"] else None

        return eventually(done, PATIENCE, f"{self.name} is done with {txn_id}")

    def fault(self, kind: str, **given: Json) -> None:
        """Something goes wrong on this line, once unless `times` says more."""
        self.kiosk.sandbox("faults", kind=kind, network=self.name, **given)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.kiosk.sandbox("faults/clear", network=self.name)

    def registry(self, **given: Json) -> Json:
        """The network's list of a day, as `{filename, content, sum, fee, payout}`."""
        return self.kiosk.sandbox("registry", network=self.name, **given)

    def complaints(self) -> list[Json]:
        """What the network found wrong with our answers."""
        return self.kiosk.complaints(self.name)

    # Both ends

    def arrived(self, txn_id: str, state: str = "booked") -> Row:
        """Wait until a payment is in a state of ours."""
        return self.cashier.arrived(self.network, txn_id, state)

    def theirs(self) -> dict[str, tuple[str, float]]:
        """The network's payments that are settled: how, and over what amount."""
        return {
            each["txn_id"]: (each["state"], float(each["amount"] or 0))
            for each in self.kiosk.ledger(self.name)["payments"]
            if each["state"] in ("confirmed", "cancelled")
        }

    def ours(self) -> dict[str, tuple[str, float]]:
        """The company's payments in the network's words.

        What was taken back before it ever came has no amount here.
        """
        words = dict.fromkeys(PAID, "confirmed") | dict.fromkeys(
            TAKEN_BACK, "cancelled"
        )
        return {
            each["txn_id"]: (words.get(each["state"], each["state"]), each["amount"])
            for each in self.cashier.payments(self.network)
        }

    def agree(self) -> None:
        """Both ends have the same payments over the same amounts, and the account on
        which the network's money is on its way has exactly theirs."""
        self.cashier.book()
        ours, theirs = self.ours(), self.theirs()
        for txn_id, (state, amount) in list(ours.items()):
            if state == "cancelled" and not amount:
                # all that ever came of it was its cancellation
                assert theirs.pop(txn_id, ("cancelled",))[0] == "cancelled"
                del ours[txn_id]
        assert ours == theirs
        paid = [amount for state, amount in theirs.values() if state == "confirmed"]
        assert self.cashier.cleared(self.network) == round(sum(paid), 2)
        complaints = self.complaints()
        assert not complaints, complaints
