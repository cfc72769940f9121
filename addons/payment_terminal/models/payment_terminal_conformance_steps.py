import secrets
from datetime import timedelta, timezone
from decimal import Decimal

from odoo import fields, models

from ..formats import access, customer_number
from ..formats.calls import Call, Operation, WireRequest
from .payment_terminal_request import RESULTS

# An address that is nobody's (RFC 5737), for a caller from elsewhere.
ELSEWHERE = "192.0.2.77"
USUAL_AMOUNT = 100
_FIRST_ID = 10**14
OK = ("ok",)
FORBIDDEN = ("forbidden",)
CONFLICT = ("conflict",)
CANCELLED = ("cancelled",)
UNKNOWN_PAYMENT = ("unknown_payment",)
_SENT = {
    Operation.LOOKUP: ("account",),
    Operation.CHECK: ("txn_id", "account", "amount"),
    Operation.RESERVE: ("txn_id", "account", "amount", "paid_at"),
    Operation.PAY: ("txn_id", "account", "amount", "paid_at"),
    Operation.CANCEL: ("txn_id",),
    Operation.STATUS: ("txn_id",),
}
_DOCTYPE = b'<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'
_SHOWN = 4000


class PaymentTerminalConformanceSteps(models.AbstractModel):
    """What networks try before they sign: the happy way, repeats, conflicts,
    cancellations in every order, strangers and rubbish.

    Each step makes a call and yields the values of a line. What the network's protocol
    does not have is left out.
    """

    _name = "payment.terminal.conformance.steps"
    _description = "Steps of a conformance run"

    def _play(self):
        address = yield from self._play_strangers()
        self._open_door(address)
        yield from self._play_proof()
        yield from self._play_lookups()
        paid = yield from self._play_payment()
        yield from self._play_questions(paid)
        yield from self._play_cancellations(paid)
        yield from self._play_rubbish()

    # === STEPS === #

    def _play_strangers(self):
        """Before the door is open: nobody but the network may ask.

        :return: the address from which our own calls arrive
        """
        call = self._make_call(Operation.CHECK)
        first = self._step(
            self.env._("A caller from an address that is not the network's"),
            FORBIDDEN,
            call,
        )
        seen = self.env["payment.terminal.request"].search(
            [("network_id", "=", self.network_id.id)], limit=1
        )
        address = access.read_address(seen.remote_address or "")
        if first["is_passed"]:
            yield first
        # What a proxy says of a caller is believed; on the way here there is none.
        proxies = self.network_id._get_proxies()
        if first["is_passed"] and address and not access.is_within(address, proxies):
            known = self.network_id.address_ids[:1].range or ELSEWHERE
            yield self._step(
                self.env._("The same, with an address of the network in a header"),
                FORBIDDEN,
                call,
                headers={"X-Forwarded-For": known.split("/")[0]},
            )
        return address

    def _play_proof(self):
        if self.network_id.authentication in ("basic", "secret", "hmac"):
            yield self._step(
                self.env._("A wrong password, secret or signature"),
                FORBIDDEN,
                self._make_call(Operation.CHECK),
                is_proved=False,
            )

    def _play_lookups(self):
        network = self.network_id
        closed = ("closed",) if not network.lookups_enabled else ()
        [unknown] = self.env["payment.terminal.account"]._draw(1, customer_number.USUAL)
        for operation in self._get_supported(Operation.LOOKUP, Operation.CHECK):
            yield self._step(
                self.env._("What does this customer owe?"),
                closed or ("ok", "bad_factor"),
                self._make_call(operation),
            )
            yield self._step(
                self.env._("A number that nobody has"),
                closed or ("not_found",),
                self._make_call(operation, account=unknown),
            )
            yield self._step(
                self.env._("A text that is no number"),
                closed or ("bad_account", "not_found"),
                self._make_call(operation, account="!!"),
            )

    def _play_payment(self):
        """A payment, the same again, the same number with other data.

        :return: the call that was paid
        """
        paid = self._make_call(Operation.PAY)
        yield from self._announce(paid)
        first = self._step(self.env._("A payment"), OK, paid)
        yield first
        yield self._step(
            self.env._("The same again, as after a lost answer: no second payment"),
            OK,
            paid,
            is_repeat=True,
        )
        if Operation.RESERVE not in self._get_dialect().SUPPORTED:
            yield self._step(
                self.env._("The same payment number with another amount"),
                CONFLICT,
                self._make_call(
                    Operation.PAY, txn_id=paid.txn_id, amount=paid.amount * 2
                ),
            )
            [unknown] = self.env["payment.terminal.account"]._draw(
                1, customer_number.USUAL
            )
            yield self._step(
                self.env._(
                    "Money for a number that nobody has is kept, to be assigned"
                ),
                OK,
                self._make_call(Operation.PAY, account=unknown),
            )
        twice = self._make_call(Operation.PAY)
        yield from self._announce(twice)
        yield self._step(
            self.env._("The same payment twice at the same instant"),
            OK,
            twice,
            times=2,
        )
        return paid

    def _announce(self, paid):
        """Protocols in two steps announce a payment before it is performed."""
        for operation in self._get_supported(Operation.RESERVE):
            call = self._make_call(operation, txn_id=paid.txn_id)
            yield self._step(self.env._("A payment is announced"), OK, call)
            yield self._step(
                self.env._("The announcement again"), OK, call, is_repeat=True
            )

    def _play_questions(self, paid):
        for operation in self._get_supported(Operation.STATUS):
            yield self._step(
                self.env._("What became of the payment?"),
                OK,
                self._make_call(operation, txn_id=paid.txn_id),
            )
            yield self._step(
                self.env._("What became of a payment that never was?"),
                UNKNOWN_PAYMENT,
                self._make_call(operation),
            )
        for operation in self._get_supported(Operation.STATEMENT):
            now = fields.Datetime.now().replace(tzinfo=timezone.utc)
            yield self._step(
                self.env._("Which payments were there in the last hour?"),
                OK,
                Call(
                    operation,
                    since=now - timedelta(hours=1),
                    until=now + timedelta(hours=1),
                ),
                contains=paid.txn_id,
            )

    def _play_cancellations(self, paid):
        if Operation.CANCEL not in self._get_dialect().SUPPORTED:
            return
        cancel = self._make_call(Operation.CANCEL, txn_id=paid.txn_id, reason="5")
        yield self._step(self.env._("The payment is cancelled"), OK, cancel)
        yield self._step(
            self.env._("The cancellation again"), OK, cancel, is_repeat=True
        )
        yield self._step(
            self.env._("The cancelled payment again: not a second time"),
            CANCELLED,
            paid,
        )
        early = self._make_call(Operation.CANCEL, reason="5")
        yield self._step(
            self.env._("A cancellation that overtakes its payment"),
            OK,
            early,
            may_be_refused=True,
        )
        late = Operation.PAY
        for operation in self._get_supported(Operation.RESERVE):
            late = operation
        yield self._step(
            self.env._("The payment that was overtaken"),
            CANCELLED,
            self._make_call(late, txn_id=early.txn_id),
        )

    def _play_rubbish(self):
        for title, body in (
            (self.env._("A document type, which could hide an attack"), _DOCTYPE),
            (self.env._("Bytes that are nothing"), bytes(range(256))),
        ):
            yield self._step(
                title,
                ("bad_request", "bad_operation", "forbidden", "bad_id"),
                wire=WireRequest("POST", body=body, content_type="text/xml"),
            )

    # === ONE STEP === #

    def _step(
        self,
        title,
        expected,
        call=None,
        wire=None,
        headers=None,
        is_proved=True,
        is_repeat=False,
        times=1,
        may_be_refused=False,
        contains="",
    ):
        """Make a call and compare what was answered with what should be.

        Two things are looked at: how the endpoint understood it (the stored request)
        and what the network would make of the answer.

        :param tuple expected: results, any of which is right
        :param bool is_repeat: it must be recognised as a repeat
        :param int times: so many equal calls at the same instant; one is the first
        :param bool may_be_refused: the protocol may say no to what is understood
        :param str contains: must be in the answer
        :return: values of a line
        """
        self.ensure_one()
        network = self.network_id
        adapter = self.env["payment.terminal.adapter.conformance"]
        requests = self.env["payment.terminal.request"]
        last = requests.search([("network_id", "=", network.id)], limit=1).id or 0
        wire = wire or adapter._compose(network, call, headers, is_proved)
        answers = adapter._send_api_request(network, wire, times)
        self.env["ir.cron"]._commit_progress(0)
        rows = requests.search([("network_id", "=", network.id), ("id", ">", last)])
        answer, _spent = answers[0]
        spent = max(milliseconds for _answer, milliseconds in answers)
        verdict = "final"
        if call:
            terms = network._read_contract().terms
            verdict = self._get_dialect().hear(call.operation, answer, terms).verdict
        labels = dict(RESULTS)
        results = set(rows.mapped("result"))
        passed = (
            len(rows) == times
            and results <= set(expected)
            and (may_be_refused or (verdict == "ok") == (results == {"ok"}))
            and (not is_repeat or all(rows.mapped("is_repeat")))
            and len(rows.transaction_id) <= 1
            and len(rows.filtered("is_repeat")) >= times - 1
            and contains.encode() in answer.body
            and spent < network.answer_limit * 1000
        )
        found = ", ".join(sorted(labels[result] for result in results))
        found = found or self.env._("No request arrived")
        return {
            "name": title,
            "expected": ", ".join(labels[result] for result in expected),
            "found": f"{found} (HTTP {answer.status})",
            "is_passed": passed,
            "duration": spent,
            "request": _shown(wire.method, wire.query, wire.body),
            "answer": _shown("", "", answer.body),
        }

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

    def _get_dialect(self):
        return self.env["payment.terminal.dialect"]._get(self.network_id.dialect)

    def _get_supported(self, *operations):
        supported = self._get_dialect().SUPPORTED
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
        return self.network_id._is_admitted(self.network_id._read_contract(), address)

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
