"""A new rail, agency, dialect and way of connecting, as docs/architecture.md tells.

The example is an addon beside ours: it adds files, and changes none.
"""

import subprocess
from pathlib import Path

from dev.server import House
from support.system import TestDatabases, unused_port

EXAMPLES = Path(__file__).resolve().parent / "addons"


def test_the_example_works_where_the_addons_are(
    house: House, databases: TestDatabases
) -> None:
    database = databases.new_database()
    folders = [house.addons, *house.tree.addons, EXAMPLES]
    done = subprocess.run(
        house.odoo(
            database,
            f"--addons-path={','.join(map(str, folders))}",
            "--init=receivables_example",
            "--test-tags=/receivables_example",
            f"--http-port={unused_port()}",
            "--stop-after-init",
        ),
        env=house.environment,
        cwd=house.places.state,
        capture_output=True,
        text=True,
    )
    told = done.stderr[-6000:]
    assert done.returncode == 0, told
    assert "0 failed, 0 error(s) of 4 tests" in done.stderr, told
