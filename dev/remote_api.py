"""`make docs`: the tables of docs/remote_api.md, made from the code."""

import json
import re
import subprocess
from collections.abc import Mapping

from dev.database import SCRIPTS, Databases
from dev.environment import CHECKOUT
from dev.server import House, house
from dev.steps import Problem, Step
from dev.testing import temporary

PAGE = CHECKOUT / "docs" / "remote_api.md"
SCRIPT = SCRIPTS / "remote_api.py"
BLOCK = re.compile(
    r"<!-- (?P<name>[\w ]+), by make docs -->\n.*?<!-- end -->", re.DOTALL
)


def docs() -> int:
    """Write the page anew."""
    with house() as here:
        databases = Databases(here)
        template = databases.addons_template()
        with Step(f"write {PAGE.relative_to(CHECKOUT)}"):
            with temporary(databases, template, "docs") as database:
                blocks = made(here, database)
            page = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(filled(page, blocks), encoding="utf-8")
    return 0


def made(house: House, database: str) -> dict[str, str]:
    """The blocks of the page by their names, as the addons in a database have them."""
    done = subprocess.run(
        house.odoo(database, "--no-http", "--log-level=critical", command="shell"),
        input=SCRIPT.read_text(encoding="utf-8"),
        env=house.script_environment,
        cwd=house.places.state,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Problem(f"{SCRIPT.name} failed\n{done.stderr}")
    blocks: dict[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
    return blocks


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """A page with its blocks as they should be.

    :raises Problem: a block has no place in the page, or a place no block
    """
    places = [found["name"] for found in BLOCK.finditer(page)]
    if sorted(places) != sorted(blocks):
        differing = ", ".join(sorted(set(places) ^ set(blocks)))
        raise Problem(f"blocks and their places in {PAGE.name} differ: {differing}")
    return BLOCK.sub(
        lambda found: (
            f"<!-- {found['name']}, by make docs -->\n{blocks[found['name']]}\n"
            "<!-- end -->"
        ),
        page,
    )
