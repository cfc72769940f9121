"""`make bench`: measurements beside the peers, on a copy of the template.

Each benchmark seeds what it measures.
"""

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from dev import steps
from dev.database import Databases
from dev.environment import CHECKOUT, twice
from dev.server import House, house
from dev.steps import Problem, Step, run
from dev.testing import drop_leftovers, temporary

BENCHMARKS = CHECKOUT / "tests" / "benchmarks"
PEERS = (
    "odoo-addon-account_edi_finvoice>=19.0a,<19.1",
    "odoo-addon-l10n_fi_edicode>=19.0a,<19.1",
    "odoo-addon-account_credit_control>=19.0a,<19.1",
    "odoo-addon-account_statement_base>=19.0a,<19.1",
    "odoo-addon-account_statement_import_base>=19.0a,<19.1",
    "odoo-addon-account_statement_import_file>=19.0a,<19.1",
    "odoo-addon-account_statement_import_camt>=19.0a,<19.1",
    "odoo-addon-account_reconcile_oca>=19.0a,<19.1",
)
# It reconciles what others make and measure: benchmarks that name it come last.
RECONCILING = "account_reconcile_oca"


def bench() -> int:
    """Run every benchmark, each inside Odoo on the same database."""
    scripts = sorted(BENCHMARKS.glob("bench_*.py"))
    if not scripts:
        raise Problem(f"there is no benchmark in {BENCHMARKS.relative_to(CHECKOUT)}")
    with house() as here:
        databases = Databases(here)
        drop_leftovers(databases)
        peers = peer_addons(here)
        with temporary(databases, databases.addons_template(), "bench") as database:
            names = {path.name for path in peers.iterdir()}
            late = [each for each in scripts if RECONCILING in each.read_text()]
            early = [each for each in scripts if each not in late]
            codes = []
            for added, some in (names - {RECONCILING}, early), ({RECONCILING}, late):
                with Step("install the peers") as step:
                    databases.odoo(
                        database,
                        step,
                        f"--init={','.join(sorted(added))}",
                        addons_path(here, peers),
                    )
                codes += [measure(here, database, peers, script) for script in some]
            return max(codes)


def measure(here: House, database: str, peers: Path, script: Path) -> int:
    """Run one benchmark in an Odoo shell; what it prints is the result."""
    print(f"\n{script.name}", flush=True)
    options = [addons_path(here, peers), "--no-http", "--log-level=warn"]
    shared = os.pathsep.join([str(here.tree.root), str(BENCHMARKS)])
    with script.open("rb") as source:
        process = subprocess.Popen(
            here.odoo(database, *options, command="shell"),
            stdin=source,
            env={**here.environment, "PYTHONPATH": shared},
            cwd=here.places.state,
            text=True,
            start_new_session=True,
        )
    try:
        return process.wait()
    except BaseException:
        steps.stop(process)
        raise


def addons_path(here: House, peers: Path) -> str:
    """The addons path with the peers on it; the last of two such options counts."""
    folders = [here.addons, *here.tree.addons, peers]
    return f"--addons-path={','.join(map(str, folders))}"


def peer_addons(here: House) -> Path:
    """A folder with the peers' addons, taken out of their wheels."""
    name = hashlib.sha256("\n".join(PEERS).encode()).hexdigest()
    kept = here.places.cache / f"peers-{name[:12]}"
    if kept.exists():
        return kept
    work = here.places.cache / "peers-download"
    shutil.rmtree(work, ignore_errors=True)
    command = [str(here.python), "-m", "pip", "download", "--pre", "--no-deps"]
    command += [f"--dest={work}", *PEERS]
    with Step("download the peers"):
        twice(
            lambda: run(
                command,
                log=here.places.logs / "peers.log",
                failure="the peers could not be downloaded",
                env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            )
        )
        for wheel in work.glob("*.whl"):
            with zipfile.ZipFile(wheel) as packed:
                packed.extractall(work / "unpacked")
        (work / "unpacked" / "odoo" / "addons").rename(kept)
        shutil.rmtree(work)
    return kept
