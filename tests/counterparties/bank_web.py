"""HTTP: the netbank's pages, their forms, and the same as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import bank_faults
import bank_forms
import bank_operations
import bank_pages
from bank_core import Bank, BankError
from bank_html import page
from bank_incoming import Incoming
from html_parts import Html, el

_STYLE = Path(__file__).with_name("bank.css")
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
_JSON, _HTML = "application/json", "text/html; charset=utf-8"

Values = dict[str, str]


class Server(ThreadingHTTPServer):
    """The web server with the bank it shows; loopback only."""

    daemon_threads = True

    def __init__(self, port: int, bank: Bank, incoming: Incoming, limit: int) -> None:
        self.bank = bank
        self.incoming = incoming
        self.limit = limit
        super().__init__(("127.0.0.1", port), Handler)

    def actions(self) -> dict[str, Callable[[dict], dict]]:
        """What can be posted, by name; the forms end in the same calls."""
        bank, incoming = self.bank, self.incoming
        return {
            "customer": lambda given: {"customer": bank.customer(given)},
            "order": bank.order,
            "change": bank.change,
            "stop": bank.stop,
            "move": bank.move,
            "pay": bank.pay,
            "fault": lambda given: bank_faults.play(bank, given),
            "refuse": incoming.refuse,
            "poll": lambda given: {"taken": incoming.poll()},
        }


class Handler(BaseHTTPRequestHandler):
    """One request; every error becomes a sentence, never a trace."""

    server: Server
    server_version = "DemoBank"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, format: str, *args: object) -> None:
        """Silent: requests are no news in a demo."""

    def do_GET(self) -> None:
        self._guarded(self._get)

    def do_POST(self) -> None:
        self._guarded(self._post)

    def _guarded(self, handle: Callable[[], None]) -> None:
        try:
            handle()
        except BankError as error:
            self._sentence(error.status, str(error))
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        except Exception as error:
            print(f"bank: {self.command} {self.path}: {error!r}", file=sys.stderr)
            self._sentence(500, "The bank could not do that.")

    def _reply(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _json(self, status: int, content: dict) -> None:
        self._reply(status, json.dumps(content).encode(), _JSON)

    def _page(self, title: str, body: Html, status: int = 200, error: str = "") -> None:
        note = self._query().get("note", "")
        shown: object = ""
        if error:
            shown = el("p", error, class_="note bad", role="alert", id="error")
        elif note in bank_pages.NOTES:
            words = bank_pages.NOTES[note]
            shown = el("p", words, class_="note", role="status", id="note")
        foot = f"Checks: {self.server.bank.schemas.describe()}."
        self._reply(status, page(title, body, shown, foot), _HTML)

    def _sentence(self, status: int, sentence: str) -> None:
        if self._path().startswith("/api/"):
            self._json(status, {"error": sentence})
        else:
            body = el("p", el("a", "To the first page", href="/"))
            self._page("Not possible", body, status, sentence)

    def _path(self) -> str:
        return urlsplit(self.path).path

    def _query(self) -> Values:
        return dict(parse_qsl(urlsplit(self.path).query))

    def _parts(self) -> list[str]:
        return [part for part in self._path().split("/") if part]

    # Reading

    def _get(self) -> None:
        bank, path = self.server.bank, self._path()
        if path == "/health":
            self._json(200, {"status": "ok"})
        elif path == "/bank.css":
            self._reply(200, _STYLE.read_bytes(), "text/css; charset=utf-8")
        elif path == "/api/state":
            self._json(200, bank.state())
        elif path == "/":
            self._page("Who are you?", bank_pages.front(bank, {}))
        elif path == "/operations":
            self._page("Operations", bank_operations.operations(bank))
        elif path.startswith("/operations/"):
            self._get_raw()
        elif path.startswith("/customer/"):
            self._page(*self._customer_page({}))
        else:
            raise BankError(404, "There is no such page.")

    def _get_raw(self) -> None:
        kind, number = (*self._parts(), "", "")[1:3]
        if kind not in ("message", "sent"):
            raise BankError(404, "There is no such page.")
        record = self.server.bank.record(kind, number, kind)
        title = f"{record.get('kind', 'Received')} {number}"
        self._page(title, bank_operations.raw(record, title))

    def _customer_page(self, values: dict) -> tuple[str, Html]:
        """`/customer/1[/new/2|/order/3|/invoice/4]`."""
        bank = self.server.bank
        number, part, other = (*self._parts(), "", "", "")[1:4]
        person = bank.record("customer", number, "customer")
        bic = self._query().get("bank") or next(iter(bank.banks))
        if bic not in bank.banks:
            raise BankError(404, f"There is no bank {bic}.")
        if not part:
            return person["name"], bank_pages.customer(bank, person, bic)
        if part == "new":
            return self._new_page(person, bic, other, values)
        if part == "order":
            order = bank.record("order", other, "order")
            if order["status"] != "active" or order["invoicer"] not in bank.invoicers:
                raise BankError(409, "This order can no longer be changed.")
            return "Order", bank_forms.change_order(bank, order, values)
        if part == "invoice":
            record = bank.record("invoice", other, "invoice")
            return f"Invoice {record['number']}", bank_forms.invoice(bank, record)
        raise BankError(404, "There is no such page.")

    def _new_page(
        self, person: dict, bic: str, number: str, values: dict
    ) -> tuple[str, Html]:
        bank = self.server.bank
        if not number.isdecimal() or not 1 <= int(number) <= len(bank.invoicers):
            raise BankError(404, f"There is no invoicer {number}.")
        form = bank_forms.new_order(bank, person, bic, int(number), values)
        return "Order e-invoices", form

    # Writing

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            raise BankError(411, "The request does not say how long it is.")
        if int(length) > self.server.limit:
            self.close_connection = True
            raise BankError(
                413, f"The request has more than {self.server.limit} bytes."
            )
        return self.rfile.read(int(length))

    def _post(self) -> None:
        body, path = self._body(), self._path()
        if path.startswith("/api/"):
            self._post_json(path.removeprefix("/api/"), body)
            return
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=50))
        forms = {
            "/enter": self._enter_form,
            "/order": self._order_form,
            "/change": self._change_form,
            "/stop": self._stop_form,
            "/move": self._move_form,
            "/pay": self._pay_form,
            "/fault": self._fault_form,
            "/refuse": self._refuse_form,
            "/poll": self._poll_form,
        }
        if path not in forms:
            raise BankError(404, "There is no such form.")
        try:
            place = forms[path](fields)
        except BankError as error:
            self._again(path, fields, error)
            return
        self.server.bank.deliver()
        self._reply(303, b"", _HTML, Location=place)

    def _post_json(self, name: str, body: bytes) -> None:
        action = self.server.actions().get(name)
        if action is None:
            raise BankError(404, f"There is no {name} to post to.")
        try:
            given = json.loads(body or b"{}")
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BankError(400, "The request is not JSON.") from error
        if not isinstance(given, dict):
            raise BankError(400, "The request is not a JSON object.")
        answer = action(given)
        self.server.bank.deliver()
        self._json(201 if name in ("customer", "order") else 200, answer)

    def _again(self, path: str, fields: Values, error: BankError) -> None:
        """The form once more with what was typed, and the error above it."""
        bank = self.server.bank
        title, body = "Not possible", el("p", el("a", "To the first page", href="/"))
        if path == "/enter":
            title, body = "Who are you?", bank_pages.front(bank, fields)
        elif path == "/order":
            person = bank.record("customer", fields.get("customer"), "customer")
            bic, number = fields.get("bank", ""), fields.get("number", "")
            if bic in bank.banks:
                title, body = self._new_page(person, bic, number, _terms(fields))
        elif path in ("/change", "/move"):
            order = bank.record("order", fields.get("order"), "order")
            if order["invoicer"] in bank.invoicers and order["status"] == "active":
                body = bank_forms.change_order(bank, order, _terms(fields))
        elif path in ("/fault", "/refuse"):
            title, body = "Operations", bank_operations.operations(bank)
        self._page(title, body, error.status, str(error))

    def _enter_form(self, fields: Values) -> str:
        bank, bic = self.server.bank, fields.get("bank", "")
        if bic not in bank.banks:
            raise BankError(422, "Choose a bank.")
        ibans = {bic: fields.get("iban", "")}
        person = bank.customer({**fields, "ibans": ibans})
        return f"/customer/{person['id']}?bank={bic}"

    def _order_form(self, fields: Values) -> str:
        bank, number = self.server.bank, fields.get("number", "")
        keys = list(bank.invoicers)
        if not number.isdecimal() or not 1 <= int(number) <= len(keys):
            raise BankError(422, "Choose an invoicer.")
        answer = bank.order({**_terms(fields), "invoicer": keys[int(number) - 1]})
        return _home(answer["order"], "ordered")

    def _change_form(self, fields: Values) -> str:
        return _home(self.server.bank.change(_terms(fields))["order"], "changed")

    def _stop_form(self, fields: Values) -> str:
        return _home(self.server.bank.stop(dict(fields))["order"], "stopped")

    def _move_form(self, fields: Values) -> str:
        return _home(self.server.bank.move(dict(fields))["order"], "moved")

    def _pay_form(self, fields: Values) -> str:
        invoice = self.server.bank.pay(dict(fields))["invoice"]
        return f"/customer/{invoice['customer']}/invoice/{invoice['id']}?note=paid"

    def _fault_form(self, fields: Values) -> str:
        answer = bank_faults.play(self.server.bank, dict(fields))
        note = "armed" if "refuse_next" in answer else "fault"
        return f"/operations?note={note}"

    def _refuse_form(self, fields: Values) -> str:
        self.server.incoming.refuse(dict(fields))
        return "/operations?note=refused"

    def _poll_form(self, fields: Values) -> str:
        self.server.incoming.poll()
        return "/operations?note=polled"


def _terms(fields: Values) -> dict:
    """Form fields with the identifiers gathered into one list."""
    names = sorted(name for name in fields if name.startswith("identifier-"))
    return {**fields, "identifiers": [fields[name] for name in names]}


def _home(order: dict, note: str) -> str:
    return f"/customer/{order['customer']}?bank={order['bank']}&note={note}"
