"""Parts of the bootstrap behind `make`."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dev import kiosks, lanes, make, printer
from dev.database import Databases
from dev.environment import CHECKOUT
from dev.server import House, free_port
from dev.steps import Problem, Step, run

FIRST_PORT = 19_000


@pytest.mark.parametrize(
    ("built", "named", "status", "goes_on"),
    [
        ("--enable-shared", "", 0, True),
        ("--enable-shared --enable-optimizations", "", 0, False),
        ("--enable-shared", "python3.12", 0, False),
        ("--enable-shared", "", 1, False),
    ],
)
def test_a_slow_python_that_nobody_named_gives_way(
    built: str,
    named: str,
    status: int,
    goes_on: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the distribution's, where that one can make an environment."""
    other = tmp_path / "python3"
    other.write_text(f"#!/bin/sh\nexit {status}\n")
    other.chmod(0o700)
    started: list[str] = []
    monkeypatch.setattr(make, "DISTRIBUTION", str(other))
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _name: built)
    monkeypatch.setattr(os, "execv", lambda path, _arguments: started.append(path))
    monkeypatch.setenv("PYTHON", named)
    make.fast_python()
    assert started == [str(other)] * goes_on


def test_a_port_is_taken_until_the_process_ends() -> None:
    """Whoever asks at the same time, here or in another process, gets another one."""
    mine = [free_port(FIRST_PORT), free_port(FIRST_PORT)]
    code = f"from dev.server import free_port; print(free_port({FIRST_PORT}))"
    asked = [sys.executable, "-c", code]
    theirs = [
        int(subprocess.run(asked, cwd=CHECKOUT, capture_output=True).stdout)
        for _time in range(2)
    ]
    assert len({*mine, theirs[0]}) == 3
    assert theirs[0] == theirs[1], "its owner had ended"


def test_a_port_for_somebody_else_is_left_alone() -> None:
    first = free_port(FIRST_PORT)
    assert free_port(first + 1, taken=[first + 1]) > first + 1


@pytest.mark.parametrize("failed", [True, False])
def test_a_step_that_goes_on_after_a_failure_says_so(
    failed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with Step("module tests") as step:
        step.failed = failed
    assert capsys.readouterr().out.splitlines()[-1].startswith("--" if failed else "ok")


def test_a_step_that_breaks_off_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Problem), Step("download"):
        raise Problem("no network")
    assert "-- download" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("auth", "complete"),
    [
        ({"kind": "none"}, True),
        ({"kind": "basic", "login": "kiosk", "password": "secret"}, True),
        ({"kind": "basic", "login": "kiosk", "password": None}, False),
        ({"kind": "hmac", "secret": ""}, False),
    ],
)
def test_a_network_without_its_secrets(auth: dict, complete: bool) -> None:
    assert kiosks.is_complete({"auth": auth}) == complete


def test_no_patched_program_for_other_machines(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(printer.platform, "machine", lambda: "aarch64")
    places = printer.Places(tmp_path, tmp_path)
    assert printer.printer(places, tmp_path / "python") is None
    assert (
        "(it is for Linux on x86-64): the system's is used" in capsys.readouterr().out
    )


def test_a_program_that_is_not_to_be_had_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_args: object) -> None:
        raise Problem("no network")

    monkeypatch.setattr(printer, "fetch", fail)
    places = printer.Places(tmp_path, tmp_path)
    assert printer.printer(places, tmp_path / "python") is None
    assert "(no network): the system's is used" in capsys.readouterr().out


def test_a_program_tells_how_long_it_has_worked(tmp_path: Path) -> None:
    """With what it started itself and waited for."""
    work = "sum(range(3 * 10**7))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{work}'])"
    with Step("work") as step:
        run(
            [sys.executable, "-c", code],
            log=tmp_path / "log",
            failure="work",
            step=step,
        )
    assert 0.1 < step.worked < 60


def test_lanes_with_the_most_work_come_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And before them those that nobody has timed; first what needs no database."""
    told = {f"tests/{path.name}": 1.0 for path in lanes.TESTS.iterdir()}
    told |= {"payment_terminal": 3.0, "tests/einvoice": 2.0}
    monkeypatch.setattr(lanes, "known_work", lambda places: told)
    found = lanes.chosen(Databases(house), ("module", "system"), "", "")
    names = [lanes.name_of(folder) for folder in found]
    assert set(names[:2]) == set(lanes.PURE)
    assert names[-1].startswith("tests/")
    first = names.index("payment_terminal")
    assert names[first + 1] == "tests/einvoice"
    assert {"collection_partner", "receivables_base"} <= set(names[:first])
    assert lanes.chosen(Databases(house), (), "", "einvoice") == [
        lanes.TESTS / "einvoice"
    ]
