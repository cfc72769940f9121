"""The linters: each reports nothing or fails."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.environment import ADDONS, CHECKOUT, Places, program_environment

# what pylint-odoo itself asks for, without read and write: what is no record has those
CALL_SUPER = (
    *("copy", "create", "default_get", "unlink"),
    *("setUp", "setUpClass", "tearDown", "tearDownClass"),
)
# the addon whose formats those of the others may use
SHARED = "receivables_base"
# compiles a JavaScript file as a module, without running it
COMPILE = (
    "new (require('vm').SourceTextModule)"
    "(require('fs').readFileSync(process.argv[1], 'utf8'))"
)


@dataclass(frozen=True)
class Check:
    """What one linter said."""

    name: str
    passed: bool
    output: str


def commands(places: Places, python: Path) -> Iterator[tuple[str, list[str]]]:
    """Every linter with its command line; caches stay outside the checkout."""
    programs = python.parent
    caches = places.cache / "lint"
    addons = sorted(str(path.parent) for path in ADDONS.glob("*/__manifest__.py"))
    ruff = [str(programs / "ruff")]
    cache = ["--cache-dir", str(caches / "ruff")]
    yield "ruff check", [*ruff, "check", "--quiet", *cache, str(CHECKOUT)]
    yield "ruff format", [*ruff, "format", "--check", "--quiet", *cache, str(CHECKOUT)]
    yield "mypy dev", [*mypy(programs, caches), "--package=dev"]
    if not addons:
        return
    yield (
        "pylint-odoo",
        [
            str(programs / "pylint"),
            "--rcfile=/dev/null",
            "--load-plugins=pylint_odoo",
            "--disable=all",
            "--enable=odoolint",
            # a model of ours is told in several files (docs/architecture.md)
            "--disable=consider-merging-classes-inherited",
            "--valid-odoo-versions=19.0",
            "--manifest-required-authors=Receivables",
            f"--method-required-super={','.join(CALL_SUPER)}",
            "--score=no",
            *addons,
        ],
    )
    yield (
        "oca-checks-odoo-module",
        [str(programs / "oca-checks-odoo-module"), *addons],
    )
    for formats in sorted(ADDONS.glob("*/formats")):
        yield (
            f"mypy {formats.relative_to(ADDONS)}",
            [*mypy(programs, caches), "--follow-imports=silent", str(formats)],
        )
    node = shutil.which("node")
    for script in sorted(ADDONS.glob("*/static/**/*.js")) if node else ():
        yield (
            f"syntax of {script.relative_to(ADDONS)}",
            [str(node), "--experimental-vm-modules", "-e", COMPILE, str(script)],
        )


def shared_formats(caches: Path) -> Path:
    """A folder in which the type checker finds what formats share under its full name.

    Without what else is in that addon, which imports odoo.
    """
    folder = caches / "shared"
    package = folder / "odoo" / "addons" / SHARED
    package.mkdir(parents=True, exist_ok=True)
    link = package / "formats"
    link.unlink(missing_ok=True)
    link.symlink_to(ADDONS / SHARED / "formats")
    return folder


def mypy(programs: Path, caches: Path) -> list[str]:
    """The type checker, strict, seeing only what it is given."""
    return [
        *(str(programs / "mypy"), "--strict", "--no-error-summary"),
        f"--cache-dir={caches / 'mypy'}",
    ]


def lint(places: Places, python: Path) -> list[Check]:
    """Run every linter."""
    env = {
        **program_environment(places),
        "MYPYPATH": str(shared_formats(places.cache / "lint")),
        "NODE_NO_WARNINGS": "1",
        "PYLINTHOME": str(places.cache / "lint" / "pylint"),
    }
    checks = []
    for name, command in commands(places, python):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env,
            cwd=CHECKOUT,
        )
        checks.append(Check(name, done.returncode == 0, done.stdout.strip()))
    return checks
