"""The shared folder as a line: what other programs leave there, and disks that fail."""

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from support.lines import adapters, english, fault_of, told

OLD = 1_700_000_000


@pytest.fixture
def line(tmp_path: Path) -> Any:
    """A folder that was prepared."""
    made = line_on(tmp_path)
    made.prepare()
    return made


def line_on(folder: Path, key: str = "ours", **limits: Any) -> Any:
    """A line whose mark says `key`."""
    return adapters("folder").FolderLine(str(folder), key, **{"seconds": 10, **limits})


def put(line: Any, name: str | bytes, content: bytes = b"x", at: int = OLD) -> None:
    """The other program leaves a file."""
    path = Path(line.path, "inbox", os.fsdecode(name))
    path.write_bytes(content)
    os.utime(path, (at, at))


def names(line: Any, folder: str) -> list[str]:
    """What lies in a sub-folder."""
    return sorted(path.name for path in Path(line.path, folder).iterdir())


# The folder itself


def test_a_share_that_is_not_mounted_is_never_written_to(tmp_path: Path) -> None:
    share = tmp_path / "share"
    fault = fault_of(line_on(share).prepare)
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "folder_missing", True)
    share.mkdir()  # the mount point
    line = line_on(share)
    for call in (lambda: line.send("a.xml", b"abc"), line.list, line.try_out):
        fault = fault_of(call)
        assert (fault.kind, fault.code) == ("retry", "folder_unmarked")
    assert not list(share.iterdir())
    line.prepare()
    line.send("a.xml", b"abc")
    assert names(line, "outbox") == ["a.xml"]
    share.rename(tmp_path / "elsewhere")
    assert fault_of(line.send, "b.xml", b"abc").code == "folder_missing"
    assert not share.exists()


def test_the_folder_of_another_connection(line: Any) -> None:
    other = line_on(line.path, key="theirs")
    for call in (other.prepare, other.list):
        fault = fault_of(call)
        assert (fault.kind, fault.code) == ("final", "folder_of_another")
    assert line_on(line.path).list() == []


@pytest.mark.parametrize("path", ["", "relative", "./x", "/nowhere\0x"])
def test_a_path_that_is_none(path: str) -> None:
    fault = fault_of(adapters("folder").FolderLine(path, "ours").list)
    assert fault.code in ("no_full_path", "folder_missing")
    assert fault.is_line


def test_a_sub_folder_that_is_a_link(line: Any, tmp_path: Path) -> None:
    (tmp_path / "inbox").rmdir()
    (tmp_path / "inbox").symlink_to("/etc")
    assert fault_of(line.list).code == "folder_missing"
    assert fault_of(line.read, "passwd").code == "folder_missing"


def test_a_share_that_hangs(line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    monkeypatch.setattr(adapters("folder").os, "scandir", lambda _path: free.wait(3600))
    slow = line_on(line.path, seconds=0.5)
    fault = fault_of(slow.list)
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "timeout", True)
    free.set()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "folder_full"),
        (errno.EDQUOT, "folder_full"),
        (errno.EROFS, "folder_readonly"),
        (errno.EACCES, "folder_readonly"),
        (errno.EIO, "folder_readonly"),
    ],
)
def test_a_disk_that_takes_nothing(
    line: Any, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def fail(*_given: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(adapters("folder").os, "fsync", fail)
        fault = fault_of(line.send, "a.xml", b"abc")
    assert (fault.kind, fault.code, fault.is_line) == ("retry", code, True)
    assert os.strerror(number) in english(fault.sentence)
    assert names(line, "outbox") == []
    line.send("a.xml", b"abc")
    assert names(line, "outbox") == ["a.xml"]


# Handing over


def test_many_files_and_one_that_is_refused(line: Any) -> None:
    Path(line.path, "archive", "b.xml").write_bytes(b"something else")
    files = [(name, b"abc") for name in ("a.xml", "b.xml", "c.xml")]
    first, second, third = line.send_all(files)
    assert (first, second.code, third) == (None, "name_taken", None)
    assert names(line, "outbox") == ["a.xml", "c.xml"]


def test_many_files_and_no_more_time(line: Any) -> None:
    files = [("a.xml", b"abc"), ("b.xml", b"abc")]
    assert line.send_all(files, seconds=0) == [None]
    assert names(line, "outbox") == ["a.xml"]


def test_many_files_over_a_line_that_goes_down(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = Path(line.path)
    send = line.send

    def send_and_unmount(name: str, content: bytes) -> None:
        send(name, content)
        share.rename(share.with_name("elsewhere"))

    monkeypatch.setattr(line, "send", send_and_unmount)
    files = [(name, b"abc") for name in ("a.xml", "b.xml", "c.xml")]
    first, second = line.send_all(files)
    assert (first, second.code) == (None, "folder_missing")
    assert fault_of(line.send_all, files[2:]).code == "folder_missing"


def test_a_file_is_handed_over_once(line: Any) -> None:
    for _time in range(2):
        line.send("a.xml", b"abc")
        assert names(line, "outbox") == ["a.xml"]
    Path(line.path, "outbox", "a.xml").unlink()  # it was taken
    line.send("a.xml", b"abc")
    assert names(line, "outbox") == []
    fault = fault_of(line.send, "a.xml", b"abd")
    assert (fault.kind, fault.code, fault.is_line) == ("final", "name_taken", False)


@pytest.mark.parametrize("step", ["fsync", "link", "replace"])
@pytest.mark.parametrize("done", [False, True])
def test_a_crash_while_handing_over(
    line: Any, monkeypatch: pytest.MonkeyPatch, step: str, done: bool
) -> None:
    """Before or after each step: when it is tried again, the file arrives once."""
    system = adapters("folder").os
    real = getattr(system, step)

    def crash(*given: Any, **named: Any) -> None:
        if done:
            real(*given, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(system, step, crash)
        with pytest.raises(KeyboardInterrupt):
            line.send("a.xml", b"abc")
    was_there = names(line, "outbox").count("a.xml")
    if was_there:
        Path(line.path, "outbox", "a.xml").unlink()
    line.send("a.xml", b"abc")
    assert names(line, "outbox").count("a.xml") + was_there == 1
    assert not [name for name in names(line, "outbox") if name.startswith(".")]


@pytest.mark.parametrize(
    "name", ["", "../a", "a/b", ".a", "a\nb", "x" * 250, "a\udcff"]
)
def test_names_that_are_not_written(line: Any, name: str) -> None:
    fault = fault_of(line.send, name, b"abc")
    assert (fault.kind, fault.code, fault.is_line) == ("final", "bad_name", False)


def test_a_file_that_is_too_large_to_send(line: Any) -> None:
    line.max_bytes = 1024 * 1024
    fault = fault_of(line.send, "a.xml", b"x" * (1024 * 1024 + 1))
    assert (fault.kind, fault.code, fault.is_line) == ("final", "too_large", False)


# Fetching


def test_files_are_fetched_oldest_first_and_put_away(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters("folder"), "SETTLE_SECONDS", 3600)
    put(line, "b.xml", b"2", OLD + 1)
    put(line, "a.xml", b"1", OLD + 2)
    put(line, "c.xml", b"0", OLD)
    put(line, "new.xml", at=int(time.time()))
    put(line, "future.xml", at=int(time.time()) + 10**6)
    for name in (".hidden", "d.part", "e.tmp"):
        put(line, name)
    Path(line.path, "inbox", "folder").mkdir()
    entries = line.list()
    found = [entry.name for entry in entries]
    assert found == ["c.xml", "b.xml", "a.xml", "future.xml"]
    assert [line.read(name) for name in found[:3]] == [b"0", b"2", b"1"]
    line.put_away("c.xml")
    line.put_away("b.xml", broken=True)
    put(line, "c.xml", b"another")
    line.put_away("c.xml")
    assert names(line, "archive") == ["c.1.xml", "c.xml"]
    assert names(line, "error") == ["b.xml"]
    fault = fault_of(line.read, "c.xml")
    assert (fault.code, fault.is_line) == ("gone", False)


BAD = {
    b"\xff\xfe.xml": "",
    b"a\n2026-11-28 INFO forged": "",
    b"y" * 255: "",
    b"y" * 251 + b".xml": "",
    "ö".encode() * 127: "",
    b"link": "not_a_file",
    b"dangling": "not_a_file",
    b"pipe": "not_a_file",
    b"device": "not_a_file",
    b"large": "too_large",
}


def test_one_bad_file_hides_no_other(
    line: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told and can be put away, also a second time under the same name."""
    monkeypatch.setattr(adapters("folder"), "SETTLE_SECONDS", 0)
    inbox = tmp_path / "inbox"
    for _time in range(2):
        for raw, problem in BAD.items():
            if not problem:
                put(line, raw)
        (inbox / "link").symlink_to("/etc/passwd")
        (inbox / "dangling").symlink_to("/nowhere")
        os.mkfifo(inbox / "pipe")
        if os.getuid() == 0:
            os.mknod(inbox / "device", 0o600 | 0o020000, os.makedev(1, 3))
        with (inbox / "large").open("wb") as stream:
            stream.truncate(60 * 1024 * 1024)
        put(line, "good.xml")
        entries = line.list()
        told_of = {
            os.fsencode(e.name): e.problem.code if e.problem else "" for e in entries
        }
        expected = {**BAD, b"good.xml": ""}
        if os.getuid():
            del expected[b"device"]
        assert told_of == expected
        assert all(entry.label.isprintable() for entry in entries)
        for entry in entries:
            if entry.problem:
                assert fault_of(line.read, entry.name).code == entry.problem.code
            else:
                assert line.read(entry.name) == b"x"
            line.put_away(entry.name, broken=bool(entry.problem))
        assert names(line, "inbox") == []
    assert len(names(line, "archive")) == 12
    assert len(names(line, "error")) == (10 if os.getuid() == 0 else 8)


@pytest.mark.parametrize("name", ["../outbox/a.xml", "..", "", "/etc/passwd", "a\0b"])
def test_nothing_beyond_the_inbox_is_read_or_moved(line: Any, name: str) -> None:
    line.send("a.xml", b"abc")
    assert fault_of(line.read, name).code == "not_a_file"
    assert fault_of(line.put_away, name).code == "not_a_file"
    assert names(line, "outbox") == ["a.xml"]


def test_what_cannot_be_moved_stays(line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(line, "a.xml")

    def fail(*_given: Any, **_named: Any) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(adapters("folder").os, "rename", fail)
        fault = fault_of(line.put_away, "a.xml")
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "stuck", False)
    assert (names(line, "inbox"), names(line, "archive")) == (["a.xml"], [])


def test_ten_thousand_files(line: Any) -> None:
    for number in range(10_000):
        put(line, f"{number:05}.xml", at=OLD + number)
    entries = line.list(limit=200)
    assert [entries[0].name, entries[-1].name] == ["00000.xml", "00199.xml"]


def test_a_test_says_what_it_tried(line: Any) -> None:
    line.try_out()
    assert len(told(line)) == 4
    assert names(line, "outbox") == names(line, "archive") == []
