"""An agency that is reached through a shared folder: docs/agency_files.md."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.collector import PATIENCE, Collector
from support.kravia import Client
from support.system import OdooInstance
from support.waiting import eventually


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that both sides have."""
    return tmp_path_factory.mktemp("share")


@pytest.fixture(scope="module")
def client(odoo_server: OdooInstance, share: Path) -> Iterator[Client]:
    """The Swedish company, whose agency works with files."""
    collector = Collector.of(odoo_server)
    company = collector.context["allowed_company_ids"][0]
    connection = collector.call(
        "receivables.connection",
        "create",
        {
            "name": "Agency's share",
            "company_id": company,
            "way": "folder",
            "folder_path": str(share),
            "environment": "test",
        },
    )
    collector.call("receivables.connection", "action_prepare", [connection])
    with Client.choosing(
        odoo_server,
        None,
        name="File agency",
        adapter="file_exchange",
        agreement_number="4711",
        connection_id=connection,
    ) as opened:
        yield opened


def sent(share: Path, kind: str) -> list[str]:
    """The files of a kind that wait for the agency."""
    return [path.read_text("utf-8") for path in share.glob(f"outbox/{kind}-*.txt")]


def answer(*records: str, total: str = "0", number: str = "1") -> bytes:
    """A file as the agency writes it."""
    lines = [f"COLLECTION;1;from-agency;{number}", *records]
    lines.append(f"END;{len(records)};{total}")
    return "".join(f"{line}\r\n" for line in lines).encode()


def test_a_case_goes_and_its_status_comes(client: Client, share: Path) -> None:
    move = client.debt()
    client.send(move)
    client.arrived(move, "received")
    [file] = sent(share, "case")
    assignment = file.splitlines()[1].split(";")
    assert assignment[0] == "CASE"
    assert assignment[2:5] == ["4711", "reminder", client.number(move)]
    case = assignment[1]

    status = (
        f"STATUS;{case};INT-7;2026-03-10T06:00:00Z;Tingsrätt;;;SEK;0;1000.00;"
        "12.40;180.00;0;;;;;;"
    )
    acknowledgement = f"ACK;{case};CASE;accepted;INT-7;1000017;"
    content = answer(acknowledgement, status, total="1000.00")
    unfinished = share / "inbox" / "status.part"
    unfinished.write_bytes(content)
    # one that was written just now is given a moment
    os.utime(unfinished, (0, 0))
    unfinished.rename(share / "inbox" / "status.txt")
    client.fetch()
    client.comes_to(move, state="legal", name="INT-7", fees_open=180.0)
    eventually(
        lambda: list(share.glob("archive/*status*")), PATIENCE, "the file is put away"
    )

    client.pay(move, 400)
    eventually(lambda: sent(share, "direct"), PATIENCE, "the payment is told")
    assert f"DIRECT;{case};" in sent(share, "direct")[0]

    # the same by hand, as a program does it
    content = answer(f"ACK;{case};DIRECT;refused;;;Which one?", number="2")
    given = ("agency.txt", base64.b64encode(content).decode())
    first = client.call("collection.agency", "import_file", [client.agency], *given)
    assert [(one["type"], one["state"]) for one in first] == [
        ("acknowledgement", "done")
    ]
    again = client.call("collection.agency", "import_file", [client.agency], *given)
    assert again == first
