import base64
from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user, tagged

from ..services import Teller
from .common import NOW, TODAY
from .service_common import KEY, KIOSK, LOGIN, PASSWORD, ServiceCommon

STRANGER = "198.51.100.7"
PROXY = "127.0.0.1"
FINGERPRINT = "ab" * 32
STAMP = int(NOW.timestamp())
SECRETS = ["token", "endpoint_url", "basic_login", "basic_password", "secret"]


@tagged("post_install", "-at_install")
class TestAccessOfNetworks(ServiceCommon):
    """Who may ask: from where, and what they prove themselves by."""

    def assertAdmitted(
        self, expected, peer=KIOSK, forwarded=(), network=None, **headers
    ):
        wire = {"peer": peer, "forwarded": forwarded, "headers": headers}
        heard = self.check(network=network, wire=wire)
        self.assertEqual(heard.status, 200 if expected else 403)
        last = self.requests(network)[-1:]
        self.assertEqual(last.result, "ok" if expected else "forbidden")
        return last

    # === FROM WHERE === #

    def test_from_its_addresses_alone(self):
        self.assertAdmitted(True)
        refused = self.assertAdmitted(False, peer=STRANGER)
        self.assertEqual(refused.remote_address, STRANGER)
        self.assertEqual(refused.place, "address")
        self.assertEqual(refused.operation, "unreadable", "nothing of it was read")
        self.assertAdmitted(False, peer="nonsense")
        self.assertAdmitted(False, peer="")

    def test_money_from_a_stranger_is_none(self):
        heard = self.paid(1, wire={"peer": STRANGER})
        self.assertEqual(heard.status, 403)
        self.assertFalse(self.payments())

    def test_no_address_admits_nobody(self):
        self.network.environment = "test"
        self.network.address_ids.unlink()
        for peer in (KIOSK, PROXY, "::1"):
            self.assertAdmitted(False, peer=peer)
        with self.assertRaises(ValidationError):
            self.network.environment = "prod"

    def test_ranges(self):
        self.network.address_ids = [
            Command.create({"range": "79.142.16.0/20"}),
            Command.create({"range": "2001:db8::/32"}),
        ]
        for peer, expected in (
            ("79.142.16.0", True),
            ("79.142.31.255", True),
            ("79.142.32.0", False),
            ("79.142.15.255", False),
            ("2001:db8::1", True),
            ("2001:db9::1", False),
            (f"::ffff:{KIOSK}", True),
        ):
            self.assertAdmitted(expected, peer=peer)
        for wrong in ("79.142.16.1/20", "79.142.16", "*", "", "kiosk.example.com"):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.network.address_ids = [Command.create({"range": wrong})]

    def test_addresses_have_their_days(self):
        """On its last day an address is good, and on its first."""
        address = self.network.address_ids
        day = timedelta(days=1)
        for first, last, expected in (
            (TODAY, TODAY, True),
            (TODAY - day, False, True),
            (False, TODAY + day, True),
            (TODAY + day, False, False),
            (False, TODAY - day, False),
        ):
            address.write({"date_from": first, "date_to": last})
            self.assertAdmitted(expected)

    def test_behind_the_companys_proxy(self):
        for forwarded, expected in (
            ([KIOSK], True),
            ([STRANGER], False),
            ([f"{KIOSK}, {STRANGER}"], False),
            ([KIOSK, STRANGER], False),
            ([f"{STRANGER}, {KIOSK}"], True),
            ([f"{KIOSK}, 127.0.0.2"], True),
            ([f"{KIOSK}, nonsense"], False),
            (["unknown"], False),
            ([], False),
        ):
            self.assertAdmitted(expected, peer=PROXY, forwarded=forwarded)

    def test_what_a_stranger_writes_is_never_believed(self):
        for forwarded in ([KIOSK], [f"{KIOSK}, {KIOSK}"], [f"{KIOSK}, {PROXY}"]):
            last = self.assertAdmitted(False, peer=STRANGER, forwarded=forwarded)
            self.assertEqual(last.remote_address, STRANGER)

    def test_proxies_are_a_setting(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.terminal_trusted_proxies, "127.0.0.0/8, ::1")
        settings.terminal_trusted_proxies = "192.0.2.0/24"
        settings.execute()
        self.assertAdmitted(True, peer="192.0.2.8", forwarded=[KIOSK])
        self.assertAdmitted(False, peer=PROXY, forwarded=[KIOSK])

    # === A PASSWORD === #

    def basic(self, text):
        return f"Basic {base64.b64encode(text.encode()).decode()}"

    def test_login_and_password(self):
        self.network.write(
            {
                "authentication": "basic",
                "basic_login": LOGIN,
                "basic_password": "pass:wörd",
            }
        )
        self.assertAdmitted(True, authorization=self.basic(f"{LOGIN}:pass:wörd"))
        for wrong in (
            self.basic(f"{LOGIN}:pass"),
            self.basic(f"{LOGIN}:"),
            self.basic("other:pass:wörd"),
            self.basic(":"),
            "Basic",
            "Basic ???",
            "Bearer x",
            "",
        ):
            refused = self.assertAdmitted(False, authorization=wrong)
            self.assertEqual(refused.place, "basic")
        self.assertAdmitted(False)

    def test_nothing_entered_fits_nothing(self):
        """A network under test whose password nobody has entered yet."""
        self.network.environment = "test"
        self.network.authentication = "basic"
        self.assertAdmitted(False, authorization=self.basic(":"))
        self.network.basic_login = LOGIN
        self.assertAdmitted(False, authorization=self.basic(f"{LOGIN}:"))
        self.network.authentication = "certificate"
        self.assertAdmitted(
            False, PROXY, [KIOSK], **{"x-client-certificate-fingerprint": ""}
        )
        for dialect, authentication in (
            ("kaspi_xml", "secret"),
            ("signed_json", "hmac"),
        ):
            network = self.make_called_network(
                "Empty",
                dialect=dialect,
                authentication=authentication,
                environment="test",
            )
            if authentication == "hmac":
                answer = self.signed(
                    network, key="", operation="lookup", account=self.number
                )
                self.assertEqual(answer.status, 403)
            else:
                self.assertAdmitted(False, network=network)

    def test_the_right_password_from_the_wrong_place(self):
        self.network.write(
            {
                "authentication": "basic",
                "basic_login": LOGIN,
                "basic_password": PASSWORD,
            }
        )
        right = self.basic(f"{LOGIN}:{PASSWORD}")
        self.assertAdmitted(False, peer=STRANGER, authorization=right)

    # === A SECRET IN THE REQUEST === #

    def test_a_secret_that_is_never_kept(self):
        secret = "ключ/1 + 2%"
        network = self.make_called_network(
            "Kaspi", dialect="kaspi_xml", authentication="secret", secret=secret
        )
        for _way in range(2):
            self.assertEqual(self.check(network=network, data1=secret).result, "0")
        # the same, escaped otherwise
        for query in (
            "data1=%D0%BA%D0%BB%D1%8E%D1%87/1%20%2B%202%25",
            "data1=%d0%ba%d0%bb%d1%8e%d1%87%2f1+%2b+%32%25",
        ):
            query += f"&command=check&txn_id=1&account={self.number}&sum=100"
            answer = self.serve(network, method="GET", query=query)
            self.assertIn(b"<result>0</result>", answer.body)
        kept = self.requests(network)
        self.assertEqual(len(kept), 4)
        for request in kept:
            self.assertIn("data1=***", request.query)
            self.assertIn(self.number, request.query)
            self.assertNotIn("%D0", request.query.upper())
        for wrong in ("", "ключ", secret.upper()):
            self.assertEqual(self.check(network=network, data1=wrong).status, 403)

    # === A SIGNATURE === #

    def test_signed(self):
        bank = self.make_bank()
        asked = {"operation": "lookup", "account": self.number}
        self.assertEqual(self.signed(bank, **asked).status, 200)
        self.assertEqual(self.signed(bank, key=KEY + "x", **asked).status, 403)
        for seconds, status in ((300, 200), (301, 403), (-300, 200), (-301, 403)):
            answer = self.signed(bank, stamp=STAMP + seconds, **asked)
            self.assertEqual(answer.status, status, seconds)
        for stamp in ("", "now", "-1", "1e9", "1" * 13):
            self.assertEqual(self.signed(bank, stamp=stamp, **asked).status, 403)
        self.assertEqual(self.requests(bank).filtered("transaction_id").ids, [])

    def test_a_signed_request_that_is_played_again(self):
        """Within the window it is the same payment, afterwards it is refused."""
        bank = self.make_bank()
        asked = {
            "operation": "pay",
            "id": "7",
            "account": self.number,
            "amount": "10.00",
            "currency": "KZT",
            "paid_at": "2026-11-20T12:00:00+05:00",
        }
        first = self.signed(bank, **asked)
        self.assertEqual(first.status, 200)
        again = self.signed(bank, **asked)
        self.assertEqual((again.body, again.headers), (first.body, first.headers))
        self.assertEqual(len(self.payments(network=bank)), 1)
        self.assertEqual(self.signed(bank, stamp=STAMP - 301, **asked).status, 403)

    def test_a_changed_body_is_refused(self):
        bank = self.make_bank()
        wire = {"method": "POST", "content_type": "application/json"}
        answer = self.serve(
            bank,
            body=b'{"operation":"lookup","account":"1"}',
            headers={"x-timestamp": str(STAMP), "x-signature": "0" * 64},
            **wire,
        )
        self.assertEqual(answer.status, 403)

    # === A CERTIFICATE === #

    def test_a_certificate_that_the_proxy_saw(self):
        self.network.write(
            {"authentication": "certificate", "certificate_fingerprint": FINGERPRINT}
        )
        name = "x-client-certificate-fingerprint"
        written = ":".join(["AB"] * 32)
        for given in (FINGERPRINT, written):
            self.assertAdmitted(True, PROXY, [KIOSK], **{name: given})
        self.assertAdmitted(False, PROXY, [KIOSK], **{name: "cd" * 32})
        self.assertAdmitted(False, PROXY, [KIOSK])
        self.assertAdmitted(False, KIOSK, **{name: FINGERPRINT})
        for wrong in ("zz" * 32, "AB" * 32, "ab"):
            with self.assertRaises(ValidationError):
                self.network.certificate_fingerprint = wrong

    # === WHO SEES THE SECRETS === #

    def test_secrets_are_for_administrators(self):
        manager = new_test_user(
            self.env,
            "manager",
            groups="payment_terminal.payment_terminal_group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.network.sudo().write({"secret": KEY, "basic_password": PASSWORD})
        network = self.network.with_user(manager)
        for name in [*SECRETS, "certificate_fingerprint"]:
            with self.assertRaises(AccessError):
                network.read([name])
            with self.assertRaises(AccessError):
                network.search([(name, "=", "x")])
            with self.assertRaises(AccessError):
                network.write({name: "x" * 32})
            self.assertNotIn(name, network.fields_get())
        with self.assertRaises(AccessError):
            network.action_renew_token()
        for user in (self.accountant, new_test_user(self.env, "somebody")):
            with self.assertRaises(AccessError):
                self.network.with_user(user).action_renew_token()
        self.assertEqual(network.read(["name"])[0]["name"], "QIWI")
        made = network.create({"name": "New", "dialect": "osmp", "tz": "Asia/Almaty"})
        self.assertRegex(made.sudo().token, r"^[\w-]{32}$")

    def test_who_has_not_proved_himself_is_not_looked_up(self):
        """Nor does he pause the network for others, or learn who the company is."""
        self.company.company_registry = "210940012345"
        bank = self.make_called_network(
            "Kaspi", dialect="kaspi_json", authentication="secret", secret=KEY
        )
        for query in ("command=check&txn_id=1&account=!!", "command=pay", "", "x=%00"):
            for _time in range(8):
                answer = self.serve(bank, method="GET", query=query)
                self.assertEqual((answer.status, answer.body), (403, b"Forbidden"))
        self.assertEqual(set(self.requests(bank).mapped("result")), {"forbidden"})
        self.assertFalse(bank.is_paused)
        self.assertEqual(bank.miss_count, 0)

    def test_little_is_kept_of_who_is_refused(self):
        body = b"x" * 60_000
        self.serve(peer=STRANGER, method="POST", body=body, query="y" * 60_000)
        kept = self.requests()[-1]
        self.assertEqual(kept.result, "forbidden")
        self.assertLessEqual(len(kept.query) + len(kept.body), 600)
        self.serve(method="POST", body=body)
        kept = self.requests()[-1]
        self.assertEqual(kept.result, "bad_operation")
        self.assertLessEqual(len(kept.body), 4000)

    def test_only_own_addresses_can_be_proxies(self):
        parameter = self.env["ir.config_parameter"]
        for wrong in ("0.0.0.0/0", "::/0", "10.0.0.0/8, 1.0.0.0/1", "proxy.example"):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                parameter.set_param("payment_terminal.trusted_proxies", wrong)
        parameter.set_param("payment_terminal.trusted_proxies", "10.0.0.0/8; fc00::/7")
        self.assertEqual(
            [str(proxy) for proxy in self.network._get_proxies()],
            ["10.0.0.0/8", "fc00::/7"],
        )

    def test_secrets_are_not_copied_and_not_told(self):
        self.network.write({"secret": KEY, "basic_password": PASSWORD})
        copy = self.network.copy()
        self.assertFalse(copy.secret or copy.basic_password or copy.basic_login)
        self.assertNotEqual(copy.token, self.network.token)
        self.assertEqual(copy.environment, "disabled")
        told = " ".join(str(message.body) for message in self.network.message_ids)
        values = self.network.message_ids.sudo().tracking_value_ids
        told += " ".join(str(value.new_value_char) for value in values)
        for secret in (KEY, PASSWORD, self.network.token):
            self.assertNotIn(secret, told)
        snapshot = repr(self.network._get_snapshot(self.network.token))
        for secret in (KEY, PASSWORD):
            self.assertNotIn(secret, snapshot)

    def test_another_address(self):
        old = self.network.token
        self.network.action_renew_token()
        self.assertNotEqual(self.network.token, old)
        self.assertIsNone(Teller.at(self.env, old))
        self.assertIn(self.network.token, self.network.endpoint_url)
        self.assertEqual(self.check().result, "0")

    def test_an_archived_network_is_not_there(self):
        self.network.active = False
        self.assertIsNone(self.serve(method="GET"))

    def test_a_copied_database_answers_nobody(self):
        self.network.write(
            {"secret": KEY, "basic_login": LOGIN, "basic_password": PASSWORD}
        )
        other = self.make_called_network("Other")
        tokens = (self.network + other).mapped("token")
        self.env.flush_all()
        for query in get_neutralization_queries(["payment_terminal"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        for network in self.network + other:
            self.assertEqual(network.environment, "disabled")
            self.assertRegex(network.token, r"^[\w-]{32}$")
            self.assertNotIn(network.token, tokens)
            self.assertFalse(
                network.secret or network.basic_login or network.basic_password
            )
        self.assertNotEqual(self.network.token, other.token)
        self.env.registry.clear_cache()
        self.assertRefused(self.paid(1), "1", txn_id=1)
