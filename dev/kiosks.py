"""What the kiosk program is told of the networks in a database."""

import json
from pathlib import Path
from typing import Any

from dev.database import Databases

# one JSON object a line
NETWORKS = """
    SELECT row_to_json(found) FROM (
        SELECT network.id, network.name, network.dialect, network.token, network.tz,
               network.authentication, network.basic_login, network.basic_password,
               network.secret, network.certificate_fingerprint, network.second_factor,
               currency.name AS currency, currency.decimal_places,
               demo.name AS known_as
          FROM payment_terminal_network network
          JOIN res_currency currency ON currency.id = network.currency_id
          LEFT JOIN ir_model_data demo ON demo.module = 'demo'
           AND demo.model = 'payment.terminal.network' AND demo.res_id = network.id
         WHERE network.active AND network.environment != 'disabled'
         ORDER BY network.company_id, network.sequence, network.id) found
"""
CERTIFICATE_HEADER = "X-Client-Certificate-Fingerprint"
# protocols in which a customer can choose an invoice
CHOOSING = ("osmp", "signed_json")
KIOSKS = ("K-001", "K-002", "K-003")


def write_networks(databases: Databases, database: str, address: str) -> Path:
    """Write the networks of a database for the kiosk program, for nobody else to read.

    :param address: where the Odoo of the database answers
    :return: the file, in the folder of the database
    """
    path = databases.house.places.instance(database) / "kiosk_networks.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(networks(databases, database, address), indent=2))
    return path


def networks(databases: Databases, database: str, address: str) -> list[dict[str, Any]]:
    """The networks of a database with their secrets; none without the addon.

    One whose callers cannot prove who they are (a copy of another network has no
    secrets) is left out, which is said.
    """
    [table] = databases.sql("SELECT to_regclass('payment_terminal_network')", database)
    rows = databases.sql(NETWORKS, database) if table else []
    told = [as_told(json.loads(row), address) for row in rows]
    for network in told:
        if not is_complete(network):
            print(
                f"   the kiosks do without network {network['title']}: "
                "its authentication is not complete"
            )
    return [network for network in told if is_complete(network)]


def is_complete(network: dict[str, Any]) -> bool:
    """Whether all is there that a caller proves itself with."""
    return all(network["auth"].values())


def as_told(row: dict[str, Any], address: str) -> dict[str, Any]:
    """A network as tests/counterparties/kiosk/__main__.py describes it.

    Networks of the demo are named by their external identifiers (`kz_qiwi`).
    """
    proofs: dict[str, dict[str, Any]] = {
        "basic": {"login": row["basic_login"], "password": row["basic_password"]},
        "secret": {"value": row["secret"]},
        "hmac": {"secret": row["secret"]},
        "certificate": {
            "header": CERTIFICATE_HEADER,
            "value": row["certificate_fingerprint"],
        },
    }
    kind = row["authentication"]
    return {
        "name": (row["known_as"] or f"network-{row['id']}").removeprefix("network_"),
        "title": row["name"],
        "protocol": row["dialect"],
        "endpoint": f"{address}/payment_terminal/{row['token']}",
        "auth": {"kind": kind, **proofs.get(kind, {})},
        "currency": row["currency"],
        "decimals": row["decimal_places"],
        "zone": row["tz"],
        "kiosks": KIOSKS,
        "options": {
            "ask_factor": row["second_factor"] != "none",
            "ask_invoice": row["dialect"] in CHOOSING,
        },
    }
