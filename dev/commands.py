"""The commands of the Makefile and how their failures are told."""

import errno
import os
import sys
from collections.abc import Sequence

from dev import bench, remote_api, running, testing
from dev.server import PORT_VARIABLES
from dev.steps import MAKE_ROOM, Problem, stop_on_signals

HELP = """\
make run     start Odoo with five demo companies, the bank, the debt-collection agency,
             the payment kiosks and the operator; Ctrl-C stops everything
             PORT=8069 DATABASE=receivables BANK_PORT=8090 AGENCY_PORT=8092
             KIOSK_PORT=8094 OPERATOR_PORT=8096; other values start another instance
             beside the first
make test    linters, module tests, system and browser tests
make lint    linters only                make module   module tests only
make system  pytest on tests/ only       make bench    speed, beside the peers
make test ADDON=payment_terminal          the module tests of one addon only
make test STORY=collection                the tests in one folder of tests/ only
make docs    the tables of docs/remote_api.md, made anew from the code
make clean   remove what these commands keep outside the checkout

ODOO_PATH=folder    use this Odoo 19.0 tree instead of fetching one
PGHOST=host         use this PostgreSQL server (PGPORT, PGUSER, PGPASSWORD too)
XDG_CACHE_HOME      where everything is kept (now: {cache})
"""


COMMANDS = ("help", "run", "test", "lint", "module", "system", "bench", "docs", "clean")


def dispatch(command: str) -> int:
    """Run one command and return its exit code."""
    if command == "run":
        database = os.environ.get("DATABASE") or "receivables"
        beside = {
            name: number(variable, 0) for name, variable in PORT_VARIABLES.items()
        }
        return running.run(database, number("PORT", 8069), beside)
    if command == "clean":
        return running.clean()
    if command == "bench":
        return bench.bench()
    if command == "docs":
        return remote_api.docs()
    if command == "help":
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        print(HELP.format(cache=f"{base}/receivables-odoo"), end="")
        return 0
    addon, story = os.environ.get("ADDON", ""), os.environ.get("STORY", "")
    parts = {command}
    if command == "test":
        parts = {"module", "system"} if addon or story else {"lint", "module", "system"}
    return testing.test(parts, addon, story)


def number(variable: str, default: int) -> int:
    """A whole number given as `make run VARIABLE=...`."""
    given = os.environ.get(variable)
    if given and not given.isdecimal():
        raise Problem(f"{variable}={given} is no number")
    return int(given or default)


def main(arguments: Sequence[str]) -> int:
    """Run a command; what went wrong is one line, what was interrupted is no error."""
    command = arguments[0] if arguments else "help"
    stop_on_signals()
    try:
        if command not in COMMANDS:
            raise Problem(f"no such command; there are {', '.join(COMMANDS)}")
        return dispatch(command)
    except Problem as problem:
        message = str(problem)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        message = f"{error.filename or 'writing failed'}: {error.strerror}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"the disk is full ({message}): {MAKE_ROOM}"
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    print(f"make {command}: {message}", file=sys.stderr)
    return 1
