import base64
import json
import time
from urllib.parse import urlencode

from lxml import etree

from odoo.fields import Command

from ..formats import access
from ..services import Teller
from .common import TerminalCommon

KIOSK = "203.0.113.10"
LOGIN = "Paycom"
PASSWORD = "correct horse"
KEY = "a key of the bank and of ours"


class Heard:
    """An answer of OSMP as a network's programmer reads it."""

    def __init__(self, answer):
        self.body = answer.body
        self.status = answer.status
        root = etree.fromstring(answer.body) if answer.status == 200 else None
        self.result = "" if root is None else root.findtext("result")
        self.payment = "" if root is None else root.findtext("prv_txn", "")
        self.sum = "" if root is None else root.findtext("sum", "")
        self.comment = "" if root is None else root.findtext("comment", "")
        told = [] if root is None else root.iterfind("fields/*")
        self.fields = [(field.get("name"), field.text or "") for field in told]

    def shown(self, name):
        """The texts beside a label."""
        return [text for label, text in self.fields if label == name]


class ServiceCommon(TerminalCommon):
    """The networks ask: kiosks that speak OSMP and call from one address, and where it
    is needed Payme, which announces payments, and a bank that signs its requests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network.address_ids.range = KIOSK
        cls.network.lang = "en_US"
        cls.customer.name = "Айгерим Сулейменова"
        cls.number = cls.customer.terminal_number

    @classmethod
    def make_called_network(cls, name, **values):
        """A network that calls from the kiosks' address."""
        address = [Command.create({"range": KIOSK})]
        return cls.make_network(
            name, **{"address_ids": address, "lang": "en_US", **values}
        )

    @classmethod
    def make_payme(cls, **values):
        """A network that announces payments and proves itself by a password."""
        secret = {"basic_login": LOGIN, "basic_password": PASSWORD}
        return cls.make_called_network("Payme", dialect="payme", **secret, **values)

    @classmethod
    def make_bank(cls, **values):
        """A bank that signs its requests."""
        values = {"dialect": "signed_json", "secret": KEY, **values}
        return cls.make_called_network("Bank", **values)

    @classmethod
    def make_open_customer(cls, name, **values):
        """A customer with a number, and the number."""
        partner = cls.make_customer(name, **values)
        return partner, partner.terminal_number

    # === WHAT NETWORKS SEND === #

    def serve(self, network=None, peer=KIOSK, forwarded=(), **request):
        """What the endpoint does with a request.

        :return: the answer with what goes over the wire, or None
        """
        network = (network or self.network).sudo()
        self.env.flush_all()
        teller = Teller.at(self.env, network.token)
        answer = teller and teller.answer(
            peer=peer, forwarded=list(forwarded), **request
        )
        self.env.invalidate_all()
        return answer

    def ask(self, command, txn_id=None, account=None, network=None, wire=None, **more):
        """What a kiosk asks and hears.

        :param dict wire: what is not of the protocol: ``peer``, ``forwarded``,
            ``headers``
        """
        told = {"command": command, "txn_id": txn_id, "account": account, **more}
        query = urlencode({key: value for key, value in told.items() if value})
        return Heard(self.serve(network, method="GET", query=query, **(wire or {})))

    def check(self, account=None, txn_id="900", **more):
        return self.ask("check", txn_id, account or self.number, **more)

    def paid(self, txn_id, amount="100.00", account=None, **more):
        """A customer puts money into a kiosk, and the kiosk tells of it."""
        more = {"sum": amount, **more}
        return self.ask("pay", txn_id, account or self.number, **more)

    def payme(self, network, method, login=LOGIN, password=PASSWORD, **params):
        """What Payme asks and hears."""
        pair = base64.b64encode(f"{login}:{password}".encode()).decode()
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.serve(
            network,
            method="POST",
            body=json.dumps(body).encode(),
            content_type="application/json",
            headers={"authorization": f"Basic {pair}"},
        )
        return json.loads(answer.body)

    def signed(self, network, key=KEY, stamp=None, **told):
        """What the bank that signs asks, and the answer as it came."""
        body = json.dumps(told).encode()
        stamp = str(int(time.time()) if stamp is None else stamp)
        signature = access.digest(key.encode(), stamp.encode(), body)
        return self.serve(
            network,
            method="POST",
            body=body,
            content_type="application/json",
            headers={"x-timestamp": stamp, "x-signature": signature},
        )

    # === WHAT HAS BECOME OF IT === #

    def payments(self, txn_id=None, network=None):
        domain = [("network_id", "=", (network or self.network).id)]
        if txn_id is not None:
            domain.append(("txn_id", "=", str(txn_id)))
        return self.env["payment.terminal.transaction"].search(domain)

    def requests(self, network=None, **values):
        """The requests that were kept, in their order."""
        domain = [("network_id", "=", (network or self.network).id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["payment.terminal.request"].search(domain, order="id")

    def assertRefused(self, heard, result, txn_id=None):
        """The network hears this code, and no payment came of it."""
        self.assertEqual(heard.result, result, heard.comment)
        self.assertFalse(heard.payment)
        if txn_id is not None:
            self.assertFalse(self.payments(txn_id))

    def assertDebt(self, amount, number=None, **more):
        """The kiosk shows this debt: a text, or None for nothing at all."""
        heard = self.check(number, **more)
        self.assertEqual(heard.result, "0", heard.comment)
        self.assertEqual(heard.shown("To pay"), [] if amount is None else [amount])
        return heard
