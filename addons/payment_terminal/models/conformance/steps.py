import secrets
from dataclasses import replace
from datetime import timezone
from decimal import Decimal

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
CONFLICT = ("conflict",)
CANCELLED = ("cancelled",)
_SENT = {
    Operation.LOOKUP: ("account",),
    Operation.CHECK: ("txn_id", "account", "amount"),
    Operation.RESERVE: ("txn_id", "account", "amount", "paid_at"),
    Operation.PAY: ("txn_id", "account", "amount", "paid_at"),
    Operation.CANCEL: ("txn_id",),
    Operation.STATUS: ("txn_id",),
}
_SHOWN = 4000


class PaymentTerminalConformance(models.Model):
    """What tells an administrator that network, proxy and endpoint understand each
    other: connection, proof of identity, repeats, conflicts, cancellations, speed.

    Each step makes a call and yields the values of a line. What the network's protocol
    does not have is left out.
    """

    _inherit = "payment.terminal.conformance"

    def _play(self):
        yield from self._play_strangers()
        yield from self._play_proof()
        yield from self._play_lookups()
        paid = yield from self._play_payment()
        yield from self._play_status(paid)
        yield from self._play_cancellation(paid)

    # === STEPS === #

    def _play_strangers(self):
        """Nobody but the network may ask; then let ourselves in."""
        call = self._make_call(Operation.CHECK)
        line, address = self._step(
            self.env._("A caller from an address that is not the network's"),
            FORBIDDEN,
            call,
        )
        address = access.read_address(address)
        if line["is_passed"]:
            yield line
            # What a proxy says of a caller is believed; on the way here there is none.
            proxies = self.network_id._get_proxies()
            if address and not access.is_within(address, proxies):
                known = self.network_id.address_ids[:1].range or ELSEWHERE
                yield self._step(
                    self.env._("The same, with an address of the network in a header"),
                    FORBIDDEN,
                    call,
                    headers={"X-Forwarded-For": known.split("/")[0]},
                )[0]
        self._open_door(address)

    def _play_proof(self):
        if self.network_id.authentication in ("basic", "secret", "hmac"):
            yield self._step(
                self.env._("A wrong password, secret or signature"),
                FORBIDDEN,
                self._make_call(Operation.CHECK),
                is_proved=False,
            )[0]

    def _play_lookups(self):
        network = self.network_id
        closed = ("closed",) if not network.lookups_enabled else ()
        [unknown] = self.env["payment.terminal.account"]._draw(1, customer_number.USUAL)
        for operation in self._get_supported(Operation.LOOKUP, Operation.CHECK):
            yield self._step(
                self.env._("What does this customer owe?"),
                closed or ("ok", "bad_factor"),
                self._make_call(operation),
            )[0]
            yield self._step(
                self.env._("A number that nobody has"),
                closed or ("not_found",),
                self._make_call(operation, account=unknown),
            )[0]

    def _play_payment(self):
        """A payment, the same again, the same number with other data.

        :return: the call that was paid
        """
        paid = self._make_call(Operation.PAY)
        announcing = self._get_supported(Operation.RESERVE)
        for operation in announcing:
            call = self._make_call(operation, txn_id=paid.txn_id)
            yield self._step(self.env._("A payment is announced"), OK, call)[0]
            yield self._step(
                self.env._("The announcement again"), OK, call, is_repeat=True
            )[0]
        yield self._step(self.env._("A payment"), OK, paid)[0]
        yield self._step(
            self.env._("The same again, as after a lost answer: no second payment"),
            OK,
            paid,
            is_repeat=True,
        )[0]
        if not announcing:
            other = replace(paid, amount=paid.amount * 2)
            yield self._step(
                self.env._("The same payment number with another amount"),
                CONFLICT,
                other,
            )[0]
        return paid

    def _play_status(self, paid):
        for operation in self._get_supported(Operation.STATUS):
            yield self._step(
                self.env._("What became of the payment?"),
                OK,
                self._make_call(operation, txn_id=paid.txn_id),
            )[0]

    def _play_cancellation(self, paid):
        for operation in self._get_supported(Operation.CANCEL):
            cancel = self._make_call(operation, txn_id=paid.txn_id, reason="5")
            yield self._step(self.env._("The payment is cancelled"), OK, cancel)[0]
            yield self._step(
                self.env._("The cancellation again"), OK, cancel, is_repeat=True
            )[0]
            yield self._step(
                self.env._("The cancelled payment again: not a second time"),
                CANCELLED,
                paid,
            )[0]

    # === ONE STEP === #

    def _step(
        self, title, expected, call, headers=None, is_proved=True, is_repeat=False
    ):
        """Make a call and compare what was answered with what should be.

        Two things are looked at: how the endpoint understood it (the stored request)
        and what the network would make of the answer.

        :param tuple expected: results, any of which is right
        :param bool is_repeat: it must be recognised as a repeat
        :return: values of a line, and the address that we called from
        """
        self.ensure_one()
        network = self.network_id
        loopback = Loopback(network)
        requests = self.env["payment.terminal.request"]
        last = requests.search([("network_id", "=", network.id)], limit=1).id or 0
        wire = loopback.compose(call, headers, is_proved)
        answer, spent = loopback.send(wire)
        self.env["ir.cron"]._commit_progress(0)
        rows = requests.search([("network_id", "=", network.id), ("id", ">", last)])
        verdict = loopback.hear(answer)
        labels = dict(rows._fields["result"]._description_selection(self.env))
        results = set(rows.mapped("result"))
        passed = (
            len(rows) == 1
            and results <= set(expected)
            and (verdict == "ok") == (results == {"ok"})
            and (not is_repeat or rows.is_repeat)
            and spent < network.answer_limit * 1000
        )
        found = ", ".join(sorted(labels[result] for result in results))
        found = found or self.env._("No request arrived")
        address = rows[:1].remote_address or ""
        rows._forget_rehearsal()
        return {
            "name": title,
            "expected": ", ".join(labels[result] for result in expected),
            "found": f"{found} (HTTP {answer.status})",
            "is_passed": passed,
            "duration": spent,
            "request": _shown(wire.method, wire.query, wire.body),
            "answer": _shown("", "", answer.body),
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

    def _get_supported(self, *operations):
        supported = self.network_id._get_dialect().operations
        return [operation for operation in operations if operation in supported]

    # === THE DOOR === #

    def _open_door(self, address):
        """Admit the address from which our own calls arrive, for the run."""
        if address and not self._is_open(address):
            self.network_id.address_ids = [
                fields.Command.create(
                    {"range": str(address), "note": self._get_door_note()}
                )
            ]
        self.env["ir.cron"]._commit_progress(0)

    def _is_open(self, address):
        return self.network_id._take_snapshot().admits(address)

    def _close_door(self):
        """Take the address away again."""
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
