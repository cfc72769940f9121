"""Connections of a running Odoo: the other party does its worst, and Odoo goes on."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.browser import Page, expect, log_in
from support.counterparty import Counterparty, counterparty
from support.system import OdooInstance, ServerFactory, TestDatabases
from support.waiting import PATIENCE, eventually

CALL_SECONDS = 4
MODEL = "receivables.connection"


@pytest.fixture(scope="module")
def server(start_server: ServerFactory) -> Iterator[OdooInstance]:
    """An Odoo of its own."""
    started = start_server()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def web() -> Iterator[Counterparty]:
    """An agency that does everything wrong."""
    with counterparty("web_faults") as started:
        yield started


class Setup:
    """An administrator who sets up connections."""

    def __init__(self, server: OdooInstance) -> None:
        self.records = server.rpc().env[MODEL]

    def make(self, **values: Any) -> int:
        """A new connection."""
        return int(self.records.create({"name": "Line", **values}))

    def see(self, connection: int) -> dict[str, Any]:
        """What the form shows."""
        [seen] = self.records.read([connection])
        return dict(seen)


@pytest.fixture(scope="module")
def setup(server: OdooInstance) -> Setup:
    """The administrator on `server`."""
    return Setup(server)


@pytest.mark.parametrize(
    "path", ["/hang", "/drip-headers", "/drip-body", "/drip-unsized", "/go-on", "/half"]
)
def test_who_saves_meanwhile_does_not_wait(
    server: OdooInstance,
    setup: Setup,
    web: Counterparty,
    databases: TestDatabases,
    path: str,
) -> None:
    """While an agency is waited for, no transaction is open and saves go on."""
    connection = setup.make(
        way="https",
        url=f"http://127.0.0.1:{web.port}{path}",
        authentication="none",
        timeout=CALL_SECONDS,
        environment="test",
    )
    other = Setup(server)
    calls = web.order()["calls"].get(path, 0)

    def called() -> bool:
        return bool(web.order()["calls"].get(path, 0) > calls)

    waiting = threading.Thread(
        target=setup.records.action_test, args=([connection],), daemon=True
    )
    waiting.start()
    eventually(called, PATIENCE, "the other party is called")
    [moment] = databases.sql("postgres", "SELECT clock_timestamp()")
    saves, is_nothing_open = 0, False
    while waiting.is_alive():
        other.records.write([connection], {"name": f"Line {saves}"})
        # a save that had waited for the call would end after it
        saves += waiting.is_alive()
        idle = databases.sql(
            "postgres",
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"
            f" AND datname = '{server.database}'"
            f" AND xact_start < '{moment}'",
        )
        # a job that was at work at that moment has ended soon
        is_nothing_open |= idle == ["0"]
        time.sleep(0.2)  # as fast as a person
    assert (saves > 3 and is_nothing_open) or path == "/half"
    seen = other.see(connection)
    said = "cut off" if path == "/half" else "did not answer in time"
    assert said in seen["report_summary"] and said in seen["summary"]
    assert seen["health"] == "failing"
    assert not [line for line in server.log_lines() if "reload" in line.lower()]


def test_a_server_is_set_up_and_its_key_changes(setup: Setup, tmp_path: Path) -> None:
    for name in ("inbox", "outbox", "archive"):
        (tmp_path / name).mkdir()
    with counterparty("sftp_server", f"--folder={tmp_path}") as bank:
        connection = setup.make(
            way="sftp",
            host="127.0.0.1",
            port=bank.port,
            username="bank",
            password="secret",
        )
        setup.records.action_test([connection])
        seen = setup.see(connection)
        assert seen["host_key_shown"] == bank.told["key"] and not seen["host_key"]
        assert bank.order()["logins"] == 0
        setup.records.action_accept_host_key([connection])
        seen = setup.see(connection)
        assert seen["host_key"] == bank.told["key"]
        assert "The connection works." in seen["report_summary"]
        setup.records.write([connection], {"environment": "test"})
        assert setup.see(connection)["health"] == "working"
        bank.order(new_key=True)
        setup.records.action_test([connection])
        seen = setup.see(connection)
        assert "Somebody may stand between" in seen["summary"]
        assert seen["health"] == "failing"
        bank.order(closed=True)
        setup.records.action_test([connection])
        assert "does not take calls" in setup.see(connection)["summary"]


def test_a_share_that_is_not_mounted(setup: Setup, tmp_path: Path) -> None:
    share = tmp_path / "share"
    connection = setup.make(way="folder", folder_path=str(share))
    setup.records.action_prepare([connection])
    assert "Mount the share" in setup.see(connection)["summary"]
    assert not share.exists()
    share.mkdir()
    setup.records.action_test([connection])
    assert "does not carry the mark" in setup.see(connection)["summary"]
    setup.records.action_prepare([connection])
    assert setup.see(connection)["report_summary"].endswith("The connection works.")


def test_a_person_sets_up_a_folder(
    server: OdooInstance, page: Page, tmp_path: Path
) -> None:
    log_in(page, server, place="action-receivables_base.receivables_connection_action")
    page.get_by_role("button", name="New").click()
    page.get_by_label("Name").fill("Our share")
    page.get_by_label("Way").click()
    page.get_by_role("menuitem", name="Shared folder").click()
    page.get_by_label("Folder").fill(str(tmp_path))
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("does not carry the mark").first).to_be_visible()
    page.get_by_role("button", name="Prepare the folder").click()
    expect(page.get_by_text("The connection works.")).to_be_visible()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".receivables",
        "archive",
        "error",
        "inbox",
        "outbox",
    ]


def test_a_copied_database_reaches_nobody(
    server: OdooInstance,
    setup: Setup,
    web: Counterparty,
    databases: TestDatabases,
) -> None:
    url = f"http://127.0.0.1:{web.port}"
    setup.make(
        way="https",
        url=url,
        authentication="basic",
        username="us",
        password="secret",
        environment="test",
    )
    server.stop()
    copy = databases.neutralized_copy(server.database)
    left = databases.sql(
        copy,
        "SELECT count(*) FROM receivables_connection WHERE environment != 'disabled'"
        " OR password IS NOT NULL OR username IS NOT NULL OR folder_path IS NOT NULL",
    )
    assert left == ["0"]
