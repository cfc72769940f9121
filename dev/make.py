"""The entry behind the Makefile: finds a Python that Odoo supports and goes on."""

import os
import shutil
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 13)


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


if __name__ == "__main__":
    suitable_python()
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from dev.commands import main

    sys.exit(main(sys.argv[1:]))
