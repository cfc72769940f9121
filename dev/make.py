"""The entry behind the Makefile: finds a Python that Odoo supports and goes on."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 13)
DISTRIBUTION = "/usr/bin/python3"
USABLE = (
    f"import ensurepip, sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
)


def suitable_python() -> None:
    """Go on under a Python that Odoo 19 supports; written for any Python 3.6."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    sys.exit(
        "Odoo 19 needs Python 3.10 to 3.13 and this is "
        f"{sys.version.split()[0]}: install one, or name it with PYTHON=..."
    )


def fast_python() -> None:
    """Go on under the distribution's Python instead of a slower one, which nobody
    named: one that was compiled here (by pyenv, for instance) seldom learnt from a
    profile, and Odoo works a quarter longer in it."""
    learnt = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    is_there = os.path.realpath(sys.executable) == os.path.realpath(DISTRIBUTION)
    if learnt or is_there or os.environ.get("PYTHON"):
        return
    if not Path(DISTRIBUTION).exists():
        return
    asked = [DISTRIBUTION, "-c", USABLE]
    if subprocess.run(asked, capture_output=True).returncode == 0:
        os.execv(DISTRIBUTION, [DISTRIBUTION, *sys.argv])


if __name__ == "__main__":
    suitable_python()
    fast_python()
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from dev.commands import main

    sys.exit(main(sys.argv[1:]))
