"""SFTP lines against a server in a process of its own, which does everything wrong."""

import io
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pytest

from support.counterparty import Counterparty, counterparty
from support.lines import adapters, english, fault_of, told

SECONDS = 3.0
HUSH = {"hang": "", "drop": "", "slow": 0, "full": False, "plain": False}
HUSH |= {"refuse": False, "closed": False, "endless": False}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counterparty]:
    """The bank's server; its folder is `bank.folder`."""
    folder = tmp_path_factory.mktemp("sftp")
    with counterparty("sftp_server", f"--folder={folder}") as started:
        started.folder = folder  # type: ignore[attr-defined]
        yield started


@pytest.fixture(autouse=True)
def calm(bank: Counterparty, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins with empty directories and without faults."""
    for name in ("inbox", "outbox", "archive"):
        directory = bank.folder / name
        directory.mkdir(exist_ok=True)
        for path in directory.iterdir():
            path.unlink()
    monkeypatch.setattr(adapters("sftp"), "SETTLE_SECONDS", 0.3)
    yield
    bank.order(**HUSH)


def line_to(bank: Counterparty, **settings: Any) -> Any:
    """A line that knows the server's key."""
    sftp = adapters("sftp")
    given = {
        "host": "127.0.0.1",
        "port": bank.port,
        "host_key": bank.told["key"],
        "username": "bank",
        "password": "secret",
        "dir_out": "inbox",
        "dir_in": "outbox",
        "dir_archive": "archive",
        "may_be_private": True,
    }
    seconds = settings.pop("seconds", SECONDS)
    return sftp.SftpLine(sftp.Settings(**{**given, **settings}), seconds=seconds)


def names(bank: Counterparty, directory: str) -> list[str]:
    """What lies in a directory of the server."""
    return sorted(path.name for path in (bank.folder / directory).iterdir())


def put(bank: Counterparty, name: str, content: bytes = b"x") -> None:
    """The bank leaves a file for us."""
    (bank.folder / "outbox" / name).write_bytes(content)


# Handing over


def test_a_file_is_handed_over_once(bank: Counterparty) -> None:
    line = line_to(bank)
    content = os.urandom(300_000)
    line.send("a.xml", content)
    assert names(bank, "inbox") == ["a.xml"]
    assert (bank.folder / "inbox" / "a.xml").read_bytes() == content
    line.send("a.xml", content)
    (bank.folder / "inbox" / "a.xml").unlink()  # the bank took it
    line.send("a.xml", content)
    assert names(bank, "inbox") == []
    fault = fault_of(line.send, "a.xml", b"other")
    assert (fault.kind, fault.code, fault.is_line) == ("final", "name_taken", False)


def test_a_server_without_the_extension(bank: Counterparty) -> None:
    bank.order(plain=True)
    line_to(bank).send("a.xml", b"abc")
    assert names(bank, "inbox") == ["a.xml"]


@pytest.mark.parametrize("is_taken", [False, True])
@pytest.mark.parametrize("where", ["write", "rename", "renamed"])
def test_cut_off_while_handing_over(
    bank: Counterparty, where: str, is_taken: bool
) -> None:
    """Whenever it is cut off, and whether or not the bank took it: it arrives once."""
    line = line_to(bank)
    content = os.urandom(200_000)
    bank.order(drop=where)
    fault = fault_of(line.send, "a.xml", content)
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "network", True)
    arrived = 0
    if is_taken and (bank.folder / "inbox" / "a.xml").exists():
        (bank.folder / "inbox" / "a.xml").unlink()
        arrived += 1
    bank.order(drop="")
    line.send("a.xml", content)
    if (bank.folder / "inbox" / "a.xml").exists():
        assert (bank.folder / "inbox" / "a.xml").read_bytes() == content
        arrived += 1
    assert arrived == 1
    assert not [name for name in names(bank, "inbox") if name.startswith(".")]


def test_without_a_directory_of_our_own(bank: Counterparty) -> None:
    line = line_to(bank, dir_archive="")
    line.send("a.xml", b"abc")
    line.send("a.xml", b"abc")
    assert names(bank, "inbox") == ["a.xml"]
    assert fault_of(line.send, "a.xml", b"abd").code == "name_taken"
    put(bank, "in.xml")
    line.put_away("in.xml")
    assert names(bank, "outbox") == []


@pytest.mark.parametrize("where", ["connect", "login", "write", "rename"])
def test_a_server_that_hangs_while_handing_over(bank: Counterparty, where: str) -> None:
    bank.order(hang=where)
    before = time.monotonic()
    fault = fault_of(line_to(bank).send, "a.xml", os.urandom(200_000))
    assert time.monotonic() - before > SECONDS * 0.9
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "timeout", True)


@pytest.mark.parametrize("where", ["list", "read"])
def test_a_server_that_hangs_while_fetching(bank: Counterparty, where: str) -> None:
    put(bank, "a.xml", b"x" * 100_000)
    bank.order(hang=where)
    line = line_to(bank)
    fault = fault_of(line.list) if where == "list" else fault_of(line.read, "a.xml")
    assert fault.code == "timeout"


def test_one_session_serves_all_calls_of_a_line(bank: Counterparty) -> None:
    """Until one fails: then the next logs in anew."""
    logins = bank.order()["logins"]
    line = line_to(bank)
    for number in range(5):
        put(bank, f"{number}.xml")
    for entry in line.list():
        line.read(entry.name)
        line.put_away(entry.name)
    assert bank.order()["logins"] == logins + 1
    put(bank, "a.xml")
    bank.order(drop="read")
    assert fault_of(line.read, "a.xml").code == "network"
    bank.order(drop="")
    assert line.read("a.xml") == b"x"
    assert bank.order(drop="list")["logins"] == logins + 2
    assert fault_of(line.list).code == "network"
    bank.order(hang="list", drop="")
    assert fault_of(line.list).code == "timeout"
    bank.order(hang="")
    assert len(line.list()) == 1
    assert bank.order()["logins"] == logins + 4


def test_a_line_goes_on_with_the_session_of_another(bank: Counterparty) -> None:
    """Of one with the same settings: who changes a password, logs in with it."""
    logins = bank.order()["logins"]
    first, second, third = line_to(bank), line_to(bank), line_to(bank, dir_in="inbox")
    first.send("a.xml", b"a")
    second.take_over(first)
    second.send("b.xml", b"b")
    assert bank.order()["logins"] == logins + 1
    third.take_over(second)
    third.send("c.xml", b"c")
    assert bank.order()["logins"] == logins + 2
    third.take_over(adapters("line").Line())
    third.close()
    assert names(bank, "inbox") == ["a.xml", "b.xml", "c.xml"]


def test_a_slow_server_has_its_time_in_all(bank: Counterparty) -> None:
    put(bank, "a.xml", b"x" * 400_000)
    bank.order(slow=40_000)
    assert fault_of(line_to(bank).read, "a.xml").code == "timeout"


def test_a_full_disk(bank: Counterparty) -> None:
    bank.order(full=True)
    fault = fault_of(line_to(bank).send, "a.xml", b"abc")
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "server_refused", True)
    assert names(bank, "inbox") == []
    bank.order(full=False)
    line_to(bank).send("a.xml", b"abc")
    assert names(bank, "inbox") == ["a.xml"]


def test_nobody_listens(bank: Counterparty) -> None:
    bank.order(closed=True)
    fault = fault_of(line_to(bank).list)
    assert (fault.kind, fault.code) == ("retry", "unreachable")
    bank.order(closed=False)
    assert line_to(bank).list() == []


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "a\nb", "x" * 250, "a\\b"])
def test_names_that_are_not_written(bank: Counterparty, name: str) -> None:
    fault = fault_of(line_to(bank).send, name, b"abc")
    assert (fault.kind, fault.code, fault.is_line) == ("final", "bad_name", False)


# Identity


def test_the_key_is_shown_once_and_pinned(bank: Counterparty) -> None:
    line = line_to(bank, host_key="")
    logins = bank.order()["logins"]
    fault = fault_of(line.list)
    assert (fault.kind, fault.code) == ("final", "unknown_host_key")
    assert bank.told["key"] in english(fault.sentence)
    assert line.host_key_shown == bank.told["key"]
    assert bank.order()["logins"] == logins, "no secret is told before the key is known"


def test_another_key_stops_everything(
    tmp_path: Path,
) -> None:
    with counterparty("sftp_server", f"--folder={tmp_path}") as bank:
        (tmp_path / "outbox").mkdir()
        line = line_to(bank)
        assert line.list() == []
        logins = bank.order()["logins"]
        bank.order(new_key=True)
        for call in (line.try_out, line_to(bank, host_key=line.settings.host_key).list):
            fault = fault_of(call)
            assert (fault.kind, fault.code) == ("final", "host_key_changed")
            assert fault.is_line
        assert bank.order()["logins"] == logins
        # it is of another kind, so it is only shown to who knows no key yet
        fresh = line_to(bank, host_key="")
        fault_of(fresh.list)
        assert fresh.host_key_shown == bank.told["key"]
        assert line_to(bank).list() == []
        # another key of the same kind
        kind, _space, print_ = bank.told["key"].partition(" ")
        forged = line_to(bank, host_key=f"{kind} SHA256:{'A' * 43}")
        fault = fault_of(forged.list)
        assert fault.code == "host_key_changed"
        assert print_ in english(fault.sentence)
        assert forged.host_key_shown == bank.told["key"]


def test_who_is_not_let_in(bank: Counterparty) -> None:
    fault = fault_of(line_to(bank, password="wrong").list)
    assert (fault.kind, fault.code, fault.is_line) == ("final", "login_refused", True)
    bank.order(drop="login")
    assert fault_of(line_to(bank).list).code == "network"


@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_a_private_key(tmp_path: Path, passphrase: str) -> None:
    key = paramiko.ECDSAKey.generate()
    text = io.StringIO()
    key.write_private_key(text, password=passphrase or None)
    (tmp_path / "outbox").mkdir()
    options = (f"--folder={tmp_path}", f"--public={key.get_base64()}")
    with counterparty("sftp_server", *options) as bank:
        given = {"password": "", "private_key": text.getvalue().replace("\n", "\r\n")}
        assert line_to(bank, **given, passphrase=passphrase).list() == []
        other = io.StringIO()
        paramiko.RSAKey.generate(2048).write_private_key(other)
        fault = fault_of(line_to(bank, password="", private_key=other.getvalue()).list)
        assert fault.code == "login_refused"
        if passphrase:
            fault = fault_of(line_to(bank, **given, passphrase="wrong").list)
            assert (fault.kind, fault.code) == ("final", "bad_key")
        assert fault_of(line_to(bank, private_key="rubbish").list).code == "bad_key"


def test_nothing_of_the_machine_counts(
    bank: Counterparty, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ssh = tmp_path / ".ssh"
    ssh.mkdir()
    key = bank.told["key"].split(" ")[0]
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{bank.port} {key} AAAA\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    assert line_to(bank).list() == []


def test_private_addresses_in_production(bank: Counterparty) -> None:
    fault = fault_of(line_to(bank, may_be_private=False).list)
    assert (fault.kind, fault.code) == ("final", "private_address")


# Fetching


def test_files_are_fetched_and_put_away(bank: Counterparty) -> None:
    line = line_to(bank)
    content = os.urandom(500_000)
    put(bank, "a.xml", content)
    put(bank, "empty.xml", b"")
    for name in (".hidden", "b.part", "c.tmp"):
        put(bank, name)
    entries = line.list()
    assert sorted(entry.name for entry in entries) == ["a.xml", "empty.xml"]
    assert line.read("a.xml") == content
    assert line.read("empty.xml") == b""
    line.put_away("a.xml")
    line.put_away("empty.xml", broken=True)
    put(bank, "a.xml", b"again")
    line.put_away("a.xml")
    kept = ["a.1.xml", "a.xml", "empty.xml.error"]
    assert names(bank, "archive") == kept
    assert fault_of(line.read, "a.xml").code == "gone"


def test_a_file_that_is_being_written_is_left_alone(bank: Counterparty) -> None:
    line = line_to(bank)
    with (bank.folder / "outbox" / "slow.xml").open("wb", buffering=0) as stream:
        stream.write(b"begin")
        sftp = adapters("sftp")
        scan = line._scan

        def grow(client: Any) -> Any:
            found = scan(client)
            stream.write(b"more")
            return found

        line._scan = grow
        put(bank, "done.xml")
        assert [entry.name for entry in line.list()] == ["done.xml"]
        download = line._download

        def change(*given: Any) -> Any:
            content = download(*given)
            stream.write(b"more")
            return content

        line._download = change
        fault = fault_of(line.read, "slow.xml")
        assert (fault.kind, fault.code, fault.is_line) == ("retry", "changing", False)
        assert sftp.SETTLE_SECONDS > 0


def test_names_of_every_kind(bank: Counterparty) -> None:
    """One bad name hides no other file, and each can be taken."""
    for raw in (b"\xff\xfe.xml", b"a\n2026 INFO forged", b"y" * 255, "ö.xml".encode()):
        put(bank, os.fsdecode(raw))
    (bank.folder / "outbox" / "link").symlink_to("/etc/passwd")
    (bank.folder / "outbox" / "dangling").symlink_to("/nowhere")
    with (bank.folder / "outbox" / "large").open("wb") as stream:
        stream.truncate(60 * 1024 * 1024)
    line = line_to(bank)
    entries = {entry.name: entry for entry in line.list()}
    assert len(entries) == 7
    problems = {
        entry.label: entry.problem.code for entry in entries.values() if entry.problem
    }
    assert problems == {
        "link": "not_a_file",
        "dangling": "not_a_file",
        "large": "too_large",
    }
    assert all(entry.label.isprintable() for entry in entries.values())
    for name in ("link", "large", "../archive/x", "..", ""):
        fault = fault_of(line.read, name)
        assert fault.code in ("not_a_file", "too_large") and not fault.is_line
    for name, entry in entries.items():
        if not entry.problem:
            assert line.read(name) == b"x"
        line.put_away(name, broken=bool(entry.problem))
    assert names(bank, "outbox") == []
    assert len(names(bank, "archive")) == 7


def test_ten_thousand_files(bank: Counterparty) -> None:
    for number in range(10_000):
        put(bank, f"{number:05}.xml")
    assert len(line_to(bank, seconds=60).list(limit=200)) == 200


def test_a_list_without_end(bank: Counterparty) -> None:
    bank.order(endless=True)
    fault = fault_of(line_to(bank).list)
    assert fault.code in ("too_many", "timeout")
    assert fault.is_line


def test_a_file_that_cannot_be_moved(bank: Counterparty) -> None:
    line = line_to(bank, dir_archive="nowhere")
    put(bank, "a.xml")
    fault = fault_of(line.put_away, "a.xml")
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "stuck", False)
    assert names(bank, "outbox") == ["a.xml"]
    bank.order(hang="rename")
    assert fault_of(line_to(bank).put_away, "a.xml").code == "timeout"


# The test that an administrator makes


def test_a_test_says_what_it_tried(bank: Counterparty) -> None:
    put(bank, "a.xml")
    line = line_to(bank)
    line.try_out()
    text = "\n".join(told(line))
    for part in ("Connected", "key", "Logged in", "1 files", "renamed"):
        assert part in text
    assert names(bank, "inbox") == names(bank, "archive") == []
    line = line_to(bank, dir_out="nowhere")
    assert fault_of(line.try_out).code == "directory_missing"
    assert "can be read" in "\n".join(told(line))
    assert "secret" not in repr(replace(line.settings))
