import secrets
from dataclasses import replace
from datetime import timezone
from decimal import Decimal
from typing import NamedTuple

from odoo import fields, models

from ...adapters.loopback import Loopback
from ...formats import access, customer_number
from ...formats.calls import Call, Operation

# An address that is nobody's (RFC 5737), for a caller from elsewhere.
ELSEWHERE = "192.0.2.77"
USUAL_AMOUNT = 100
_FIRST_ID = 10**14
OK = ("ok",)
FORBIDDEN = ("forbidden",)
_SENT = {
    Operation.LOOKUP: ("account",),
    Operation.CHECK: ("txn_id", "account", "amount"),
    Operation.RESERVE: ("txn_id", "account", "amount", "paid_at"),
    Operation.PAY: ("txn_id", "account", "amount", "paid_at"),
    Operation.CANCEL: ("txn_id",),
    Operation.STATUS: ("txn_id",),
}
_SHOWN = 4000


class Step(NamedTuple):
    """A call, and what should come of it."""

    title: str
    call: Call
    expected: tuple[str, ...]  # results of which any is right
    is_repeat: bool = False  # it must be recognised as one
    is_proved: bool = True  # with the right password, secret or signature
    headers: dict[str, str] | None = None


class PaymentTerminalConformance(models.Model):
    """What tells an administrator that network, proxy and endpoint understand each
    other: connection, proof of identity, repeats, conflicts, cancellations, speed.

    What the network's protocol does not have is left out.
    """

    _inherit = "payment.terminal.conformance"

    def _play(self):
        """Take step after step, each with the values of its line."""
        stranger = Step(
            self.env._("A caller from an address that is not the network's"),
            self._make_call(Operation.CHECK),
            FORBIDDEN,
        )
        line, address = self._take(stranger)
        if line["is_passed"]:
            yield line
            # What a proxy says of a caller is believed; on the way here there is none.
            proxies = self.network_id._get_proxies()
            if address and not access.is_within(address, proxies):
                known = self.network_id.address_ids[:1].range or ELSEWHERE
                forger = stranger._replace(
                    title=self.env._(
                        "The same, with an address of the network in a header"
                    ),
                    headers={"X-Forwarded-For": known.split("/")[0]},
                )
                yield self._take(forger)[0]
        self._open_door(address)
        for step in self._get_steps():
            yield self._take(step)[0]

    def _get_steps(self):
        """Return what the network itself may ask, in order."""
        network = self.network_id
        supported = network._get_dialect().operations
        if network.authentication in ("basic", "secret", "hmac"):
            yield Step(
                self.env._("A wrong password, secret or signature"),
                self._make_call(Operation.CHECK),
                FORBIDDEN,
                is_proved=False,
            )
        closed = ("closed",) if not network.lookups_enabled else ()
        [unknown] = self.env["payment.terminal.account"]._draw(1, customer_number.USUAL)
        for operation in (Operation.LOOKUP, Operation.CHECK):
            if operation in supported:
                call = self._make_call(operation)
                title = self.env._("What does this customer owe?")
                yield Step(title, call, closed or ("ok", "bad_factor"))
                title = self.env._("A number that nobody has")
                nobody = replace(call, account=unknown)
                yield Step(title, nobody, closed or ("not_found",))
        paid = self._make_call(Operation.PAY)
        if Operation.RESERVE in supported:
            call = self._make_call(Operation.RESERVE, txn_id=paid.txn_id)
            yield Step(self.env._("A payment is announced"), call, OK)
            yield Step(self.env._("The announcement again"), call, OK, is_repeat=True)
        yield Step(self.env._("A payment"), paid, OK)
        title = self.env._("The same again, as after a lost answer: no second payment")
        yield Step(title, paid, OK, is_repeat=True)
        if Operation.RESERVE not in supported:
            title = self.env._("The same payment number with another amount")
            yield Step(title, replace(paid, amount=paid.amount * 2), ("conflict",))
        if Operation.STATUS in supported:
            call = self._make_call(Operation.STATUS, txn_id=paid.txn_id)
            yield Step(self.env._("What became of the payment?"), call, OK)
        if Operation.CANCEL in supported:
            call = self._make_call(Operation.CANCEL, txn_id=paid.txn_id, reason="5")
            yield Step(self.env._("The payment is cancelled"), call, OK)
            yield Step(self.env._("The cancellation again"), call, OK, is_repeat=True)
            title = self.env._("The cancelled payment again: not a second time")
            yield Step(title, paid, ("cancelled",))

    # === ONE STEP === #

    def _take(self, step):
        """Make a call and compare what was answered with what should be.

        Two things are looked at: how the endpoint understood it (the stored request)
        and what the network would make of the answer.

        :return: values of a line, and the address that we called from
        """
        network = self.network_id
        loopback = Loopback(network)
        requests = self.env["payment.terminal.request"]
        mine = [("network_id", "=", network.id)]
        last = requests.search(mine, limit=1).id or 0
        wire = loopback.compose(step.call, step.headers, step.is_proved)
        answer, spent = loopback.send(wire)
        heard = loopback.dialect.hear(answer, loopback.terms)
        self.env["ir.cron"]._commit_progress(0)
        rows = requests.search([*mine, ("id", ">", last)])
        labels = dict(rows._fields["result"]._description_selection(self.env))
        results = set(rows.mapped("result"))
        passed = (
            len(rows) == 1
            and results <= set(step.expected)
            and (heard == "ok") == (results == {"ok"})
            and (not step.is_repeat or rows.is_repeat)
            and spent < network.answer_limit * 1000
        )
        found = ", ".join(sorted(labels[result] for result in results))
        found = found or self.env._("No request arrived")
        address = access.read_address(rows[:1].remote_address or "")
        rows._forget_rehearsal()
        return {
            "name": step.title,
            "expected": ", ".join(labels[result] for result in step.expected),
            "found": f"{found} (HTTP {answer.status})",
            "is_passed": passed,
            "duration": spent,
            "request": _shown(wire.method, wire.query, wire.body),
            "answer": _shown(answer.body),
        }, address

    # === CALLS === #

    def _make_call(self, operation, **values):
        """Return a call as the network makes it, with what it always sends."""
        network = self.network_id
        amount = network.maximum_amount or max(network.minimum_amount, USUAL_AMOUNT)
        digits = network.currency_id.decimal_places
        usual = {
            "txn_id": str(_FIRST_ID + secrets.randbelow(9 * _FIRST_ID)),
            "account": self.account_id.number,
            "amount": Decimal(f"{amount:.{digits}f}"),
            "paid_at": fields.Datetime.now().replace(tzinfo=timezone.utc),
        }
        sent = {name: usual[name] for name in _SENT[operation]}
        return Call(operation, **{**sent, **values})

    # === THE DOOR === #

    def _open_door(self, address):
        """Admit the address from which our own calls arrive, for the run."""
        if address and not self.network_id._take_snapshot().admits(address):
            door = {"range": str(address), "note": self._get_door_note()}
            self.network_id.address_ids = [fields.Command.create(door)]
        self.env["ir.cron"]._commit_progress(0)

    def _close_door(self):
        note = self._get_door_note()
        self.network_id.address_ids.filtered(lambda a: a.note == note).unlink()

    def _get_door_note(self):
        return f"conformance run {self.id}"


def _shown(*parts):
    texts = [
        part.decode("utf-8", "backslashreplace") if isinstance(part, bytes) else part
        for part in parts
    ]
    return " ".join(filter(None, texts)).replace("\x00", "\\x00")[:_SHOWN]
