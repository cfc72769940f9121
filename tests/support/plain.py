"""A plain Odoo: what a company has that writes invoices and knows nothing of ours."""

import os
from functools import partial
from pathlib import Path

from dev.database import Databases
from dev.environment import CHECKOUT, REQUIREMENTS, fingerprint
from dev.server import PROGRAM
from dev.steps import Step, run
from support.system import TestDatabases

# what is copied is the database, without the files that Odoo keeps beside it
KEEP_FILES = CHECKOUT / "dev" / "odoo_scripts" / "keep_files.py"


def plain_database(databases: TestDatabases) -> str:
    """The name of a database with Invoicing alone, in Finland, without demo data."""
    name = f"test_{os.getpid()}_plain"
    databases.made.append(name)
    databases.all.create(name, plain_template(databases.all))
    return name


def plain_template(databases: Databases) -> str:
    """The database that is copied, made when it is first asked for."""
    files = [Path(__file__), KEEP_FILES, *REQUIREMENTS]
    made_from = fingerprint(CHECKOUT, files, databases.house.tree.release)
    name = f"receivables_plain_{made_from}"
    with databases.missing(name) as missing:
        if missing:
            with Step("install Odoo with Invoicing") as step:
                databases.build(name, "template0", step, partial(make, databases))
    return name


def make(databases: Databases, name: str, _step: Step) -> None:
    """As Odoo's own commands make it, of which none finds our addons."""
    house = databases.house
    folder = f"--data-dir={house.places.instance(name) / 'data'}"
    options = [*house.postgres.odoo_options, folder]

    def odoo(*arguments: str, stdin: Path | None = None) -> None:
        run(
            [house.python, PROGRAM, *arguments],
            log=databases.template_log(name),
            failure="Odoo could not make a plain database",
            env=house.environment,
            cwd=house.places.state,
            stdin=stdin,
        )

    odoo("db", *options, "init", "--force", name, "--country", "fi")
    database = (*options, f"--database={name}", "--no-http")
    odoo("server", *database, "--init=account", "--stop-after-init")
    odoo("shell", *database, stdin=KEEP_FILES)
    databases.sql(
        "DELETE FROM ir_config_parameter WHERE key = 'ir_attachment.location'", name
    )
