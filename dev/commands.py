"""The commands of the Makefile and how their failures are told."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence

from dev import bench, running, testing
from dev.steps import Problem, stop_on_signals

HELP = """\
make run     start Odoo with a demo company, and the bank; Ctrl-C stops everything
             PORT=8069 DATABASE=receivables BANK_PORT=8090; other values start
             another instance beside the first
make test    linters, module tests, system and browser tests
make lint    linters only                make module   module tests only
make system  pytest on tests/ only       make bench    speed, beside the peers
make clean   remove what these commands keep outside the checkout

ODOO_PATH=folder    use this Odoo 19.0 tree instead of fetching one
PGHOST=host         use this PostgreSQL server (PGPORT, PGUSER, PGPASSWORD too)
XDG_CACHE_HOME      where everything is kept (now: {cache})
"""


def parser() -> argparse.ArgumentParser:
    """Commands and options, as the Makefile passes them."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    made = argparse.ArgumentParser(
        prog="make",
        usage="make [command]",
        description=HELP.format(cache=f"{base}/receivables-odoo"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    made.add_argument("--help", action="help", help=argparse.SUPPRESS)
    commands = made.add_subparsers(
        dest="command", required=True, help=argparse.SUPPRESS
    )
    run = commands.add_parser("run")
    run.add_argument("--port", type=int, default=8069)
    run.add_argument("--database", default="receivables")
    run.add_argument("--bank-port", type=int)
    for name in ("test", "lint", "module", "system", "bench", "clean"):
        commands.add_parser(name)
    return made


def dispatch(options: argparse.Namespace) -> int:
    """Run one command and return its exit code."""
    if options.command == "run":
        return running.run(options.port, options.database, options.bank_port)
    if options.command == "clean":
        return running.clean()
    if options.command == "bench":
        return bench.bench()
    parts = ("lint", "module", "system")
    chosen = parts if options.command == "test" else (options.command,)
    return testing.test(chosen)


def main(arguments: Sequence[str]) -> int:
    """Run a command; what went wrong is one line, what was interrupted is no error."""
    options = parser().parse_args(arguments)
    stop_on_signals()
    try:
        return dispatch(options)
    except Problem as problem:
        message = str(problem)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        message = f"{error.filename or 'the cache'}: {error.strerror}"
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    print(f"make {options.command}: {message}", file=sys.stderr)
    return 1
