import logging
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import urlencode

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import config, mute_logger

from ..services.payments import Payments
from .service_common import KIOSK, ServiceCommon

STRANGER = "198.51.100.7"
DOCTYPE = b"""<?xml version="1.0"?>
<!DOCTYPE Transfer [<!ENTITY file SYSTEM "file:///etc/hostname">]>
<Transfer xmlns="http://debt.privatbank.ua/Transfer" interface="Debt" action="Search">
<Data>&file;</Data></Transfer>"""


@tagged("post_install", "-at_install")
class TestEndpoint(ServiceCommon, HttpCase):
    """The same over HTTP, as a network and as strangers call."""

    def setUp(self):
        super().setUp()
        self.path = f"/payment_terminal/{self.network.token}"
        self.asked = {"command": "check", "txn_id": "1", "account": self.number}

    def call(self, query=None, path=None, **more):
        """What comes over the wire. The company's proxy is this machine, and says that
        the network has called unless ``headers`` say otherwise."""
        more = {"headers": {"X-Forwarded-For": KIOSK}, "timeout": 30, **more}
        asked = urlencode(self.asked if query is None else query)
        answer = self.url_open(f"{path or self.path}?{asked}", **more)
        self.env.invalidate_all()
        return answer

    @contextmanager
    def proxy_mode(self):
        before = config["proxy_mode"]
        config["proxy_mode"] = True
        try:
            yield
        finally:
            config["proxy_mode"] = before

    def test_a_network_asks(self):
        answer = self.call()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/xml; charset=utf-8")
        self.assertIn(b"<result>0</result>", answer.content)
        self.assertNotIn("Set-Cookie", answer.headers)
        [kept] = self.requests()
        self.assertEqual(kept.answer, answer.text)
        self.assertEqual(kept.remote_address, KIOSK)
        self.assertIn(self.number, kept.query)

    def test_by_post(self):
        answer = self.call({}, data={**self.asked, "command": "pay", "sum": "10.00"})
        self.assertIn(b"<result>0</result>", answer.content)
        self.assertEqual(self.payments("1").amount, 10)
        self.assertIn(self.number, self.requests().body)

    def test_forged_addresses(self):
        """With and without Odoo's own reading of what a proxy says."""
        for forwarded, status in (
            (KIOSK, 200),
            (STRANGER, 403),
            (f"{KIOSK}, {STRANGER}", 403),
            (f"{STRANGER}, {KIOSK}", 200),
            ("nonsense", 403),
        ):
            headers = {"X-Forwarded-For": forwarded}
            self.assertEqual(self.call(headers=headers).status_code, status, forwarded)
            headers["X-Forwarded-Host"] = "pay.example.com"
            headers["X-Forwarded-Proto"] = "https"
            with self.proxy_mode():
                self.assertEqual(
                    self.call(headers=headers).status_code, status, forwarded
                )
        self.assertEqual(
            set(self.requests(result="forbidden").mapped("remote_address")),
            {STRANGER, ""},
        )

    def test_a_caller_that_is_no_proxy(self):
        """Only the other end of the connection counts then."""
        parameter = "payment_terminal.trusted_proxies"
        self.env["ir.config_parameter"].set_param(parameter, "192.0.2.1")
        self.assertEqual(self.call().status_code, 403)
        headers = {"X-Forwarded-For": KIOSK, "X-Forwarded-Host": "pay.example.com"}
        with self.proxy_mode():
            self.assertEqual(self.call(headers=headers).status_code, 403)
        self.network.address_ids.range = "127.0.0.1"
        self.assertEqual(self.call().status_code, 200)

    def test_wrong_doors(self):
        for path in ("x" * 32, "x", "x" * 1000, f"{self.network.token}x"):
            answer = self.call(path=f"/payment_terminal/{path}")
            self.assertEqual((answer.status_code, answer.content), (404, b""))
        for method in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(self.call(method=method).status_code, 405)
        self.assertFalse(self.requests())

    def test_large_bodies(self):
        answer = self.call({}, data=b"x" * (64 * 1024 + 1))
        self.assertEqual((answer.status_code, answer.content), (413, b""))
        self.assertFalse(self.requests())
        headers = {
            "X-Forwarded-For": KIOSK,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        filler = b"&" * (64 * 1024 - 200)
        answer = self.call(
            {}, data=urlencode(self.asked).encode() + filler, headers=headers
        )
        self.assertIn(b"<result>0</result>", answer.content)

    def test_document_types_and_bytes_that_are_no_text(self):
        privatbank = self.make_called_network("Privat", dialect="privatbank_debt")
        headers = {"X-Forwarded-For": KIOSK, "Content-Type": "text/xml"}
        path = f"/payment_terminal/{privatbank.token}"
        for body in (DOCTYPE, b"<a>\x00</a>", b"\xff\xfe<", b""):
            answer = self.call({}, path, data=body or b" ", headers=headers)
            self.assertNotIn(b"Traceback", answer.content)
        refused = self.requests(privatbank)
        self.assertEqual(refused.mapped("result"), ["bad_request"] * 4)
        self.assertIn("\\x00", refused[1].body)
        self.assertIn("\\xff\\xfe", refused[2].body)
        for account in ("1\x00", "\n", "\x7f"):
            answer = self.call({**self.asked, "account": account})
            self.assertEqual(answer.status_code, 200)
            self.assertNotIn(b"<result>0</result>", answer.content)
        answer = self.url_open(
            f"{self.path}?account=%ff", headers={"X-Forwarded-For": KIOSK}
        )
        self.assertEqual(answer.status_code, 200)
        self.assertFalse(self.payments())

    def test_a_fault_of_ours_is_asked_again(self):
        with (
            patch.object(Payments, "take", side_effect=RuntimeError("broken")),
            mute_logger("odoo.http"),
        ):
            answer = self.call({**self.asked, "command": "pay", "sum": "10"})
        self.assertEqual((answer.status_code, answer.content), (503, b""))
        self.assertFalse(self.payments())

    @contextmanager
    def access_log(self):
        """The lines of the access log."""
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        logger = logging.getLogger("werkzeug")
        level, handlers = logger.level, logger.handlers
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
        try:
            yield lines
        finally:
            logger.handlers, logger.propagate = handlers, True
            logger.setLevel(level)

    def test_what_the_access_log_says(self):
        """Neither the secret address nor whose debt was asked for, whatever signs the
        customer typed."""
        typed = f"{self.number[:4]}\u00a0{self.number[4:]}"
        with self.access_log() as lines:
            self.call({**self.asked, "account": typed})
            self._wait_remaining_requests()
        [line] = [line for line in lines if "payment_terminal" in line]
        self.assertIn('"GET /payment_terminal/*** HTTP/1.1" 200', line)
        for secret in (self.network.token, self.number[:4], "txn_id"):
            self.assertNotIn(secret, line)
        self.assertNotIn(self.number[4:], line)

    def test_an_address_in_another_spelling_is_nowhere(self):
        """404, nothing kept, and the secret in no line of the log."""
        token, asked = self.network.token, urlencode(self.asked)
        with self.access_log() as lines:
            for path in (
                f"/payment_terminal%2f{token}?{asked}",
                f"/payment_terminal%252f{token}?{asked}",
                f"/payment_terminal/{token}%00?{asked}",
                f"/payment_terminal/{token}/%00?{asked}",
                f"/payment_terminal/%00/{token}?{asked}",
                f"/payment_terminal%00/{token}?{asked}",
                f"/%2570ayment_terminal/{token}?{asked}",
            ):
                with self.subTest(path):
                    answer = self.url_open(path, headers={"X-Forwarded-For": KIOSK})
                    self.assertEqual(answer.status_code, 404)
                    self._wait_remaining_requests()
                    self.assertNotIn(token, " ".join(lines))
                    self.assertNotIn(self.number, " ".join(lines))
        self.assertFalse(self.requests())


@tagged("post_install", "-at_install")
class TestSelfTest(ServiceCommon, HttpCase):
    """A manager sees how a call reaches the endpoint."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "manager",
            groups="payment_terminal.payment_terminal_group_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def open_page(self, login, forwarded=KIOSK, network=None):
        self.authenticate(login, login)
        path = f"/payment_terminal/self_test/{(network or self.network).id}"
        headers = {"X-Forwarded-For": forwarded}
        return self.url_open(path, headers=headers, timeout=30)

    def test_for_managers(self):
        page = self.open_page("manager")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Your address is one of the network's", page.text)
        self.assertIn("One of your proxies", page.text)
        self.assertNotIn(self.network.token, page.text)

    def test_a_forged_header_is_shown_and_not_believed(self):
        page = self.open_page("manager", f"{KIOSK}, {STRANGER}").text
        self.assertIn(f"<code>{STRANGER}</code>", page)
        self.assertIn(f"{KIOSK}, {STRANGER}", page)
        parameter = "payment_terminal.trusted_proxies"
        self.env["ir.config_parameter"].set_param(parameter, "192.0.2.1")
        page = self.open_page("manager").text
        self.assertIn("<code>127.0.0.1</code>", page)
        self.assertIn("Not believed", page)

    def test_what_strangers_send_is_shown_as_text(self):
        page = self.open_page("manager", "<script>alert(1)</script>").text
        self.assertNotIn("<script>alert(1)", page)

    def test_refused_calls_are_shown(self):
        self.check(wire={"peer": STRANGER})
        self.assertIn(STRANGER, self.open_page("manager", KIOSK).text)

    @mute_logger("odoo.http")
    def test_not_for_others(self):
        self.assertEqual(self.open_page("dana").status_code, 403)
        other = self.make_company("Other Water")
        network = self.network.copy(
            {
                "company_id": other.id,
                "journal_id": False,
                "clearing_account_id": False,
                "suspense_account_id": False,
            }
        )
        self.assertEqual(self.open_page("manager", network=network).status_code, 403)
        self.network.unlink()
        self.assertEqual(self.open_page("manager").status_code, 404)
        self.authenticate(None, None)
