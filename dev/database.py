"""Databases: built once as a template, copied for everything else.

Three templates, each named by a hash of what it was made from: `base` has the demo
companies, their charts and the languages; `addons` is a copy of it with our addons and
their demo data; `demo` is a copy of that with invoices whose dates count from today, so
it is made anew each day. Building is done under another name, so a template is whole or
absent.
"""

import json
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from dev.environment import CHECKOUT, REQUIREMENTS, fingerprint
from dev.server import House
from dev.steps import Problem, Step, locked, need_space, run

# the first one becomes the default
LANGUAGES = ("en_US", "fi_FI", "sv_SE", "nb_NO", "ru_RU")
SCRIPTS = CHECKOUT / "dev" / "odoo_scripts"
EARLY_SCRIPTS = ("languages.py", "company.py")
CHARTS = ("l10n_fi", "l10n_se", "l10n_kz", "l10n_no")
# those that do nothing where they have been before
COMPANY_SCRIPTS = ("sweden.py", "kazakhstan.py", "iceland.py", "norway.py")
BASE_SCRIPTS = (*EARLY_SCRIPTS, "accounting.py", *COMPANY_SCRIPTS)
ADDONS_SCRIPTS = ("demo.py", "assets.py")
DEMO_SCRIPTS = ("overdue.py", "terminal.py", "efaktura.py")
# what the scripts import
BASE_IMPORTS = ("companies.py",)
DEMO_IMPORTS = ("invoices.py", "terminal_countries.py")
ASSETS = (".css", ".js", ".scss", ".xml")
KEPT_TEMPLATES = 6
# where a database remembers which state of our addons it was built from
ADDONS_KEY = "receivables.development.addons"
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def need_name(database: str) -> None:
    """Refuse a name that PostgreSQL would need quotes for."""
    if not NAME.fullmatch(database):
        raise Problem(
            f"DATABASE={database} is no database name: use small letters, digits and _"
        )


class Databases:
    """The databases of one server, as far as they are ours."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.sql = house.postgres.sql

    # --- what the addons are now

    def addons(self) -> dict[str, str]:
        """Our addons and a hash of the files of each."""
        folders = [path.parent for path in self.house.addons.glob("*/__manifest__.py")]
        return {
            folder.name: fingerprint(folder, addon_files(folder)) for folder in folders
        }

    def asset_times(self) -> dict[str, float]:
        """When the files that pages load were written: Odoo knows what it has compiled
        of them by that, and would do it anew in every copy."""
        root = self.house.addons
        return {
            str(path.relative_to(root)): path.stat().st_mtime
            for path in root.glob("*/static/**/*")
            if path.suffix in ASSETS
        }

    # --- templates

    def base_template(self) -> str:
        """A database with the demo companies, ready for the addons."""
        scripts = (*BASE_SCRIPTS, *BASE_IMPORTS)
        files = [*(SCRIPTS / name for name in scripts), *REQUIREMENTS]
        made_from = fingerprint(
            CHECKOUT, files, self.house.tree.release, *LANGUAGES, *CHARTS
        )
        name = f"receivables_base_{made_from}"
        with self.missing(name) as missing:
            if missing:
                need_space(self.house.places.state, 800, "building the databases")
                with Step("install Odoo with five companies") as step:
                    self.build(name, "template0", step, self.build_base)
        return name

    def addons_template(self) -> str:
        """A database with our addons and their demo data."""
        base = self.base_template()
        files = [SCRIPTS / name for name in ADDONS_SCRIPTS]
        addons = json.dumps([self.addons(), self.asset_times()], sort_keys=True)
        name = f"receivables_addons_{fingerprint(CHECKOUT, files, base, addons)}"
        with self.missing(name) as missing:
            if missing:
                with Step("install the addons with demo data") as step:
                    self.build(name, base, step, self.build_addons)
        return name

    def demo_template(self) -> str:
        """The same with invoices, as they stand today."""
        addons = self.addons_template()
        files = [SCRIPTS / name for name in (*DEMO_SCRIPTS, *DEMO_IMPORTS)]
        today = date.today().isoformat()
        name = f"receivables_demo_{fingerprint(CHECKOUT, files, addons, today)}"
        with self.missing(name) as missing:
            if missing:
                with Step("enter invoices that are due") as step:
                    self.build(name, addons, step, self.build_demo)
        return name

    @contextmanager
    def missing(self, name: str) -> Iterator[bool]:
        """Whether a template is missing, and is ours to build meanwhile.

        One build of a kind at a time: a second make waits and finds the result. Who
        finds it at once waits for nobody.
        """
        if self.exists(name):
            yield False
            return
        kind = name.rpartition("_")[0]
        lock = self.house.places.state / f"build_{kind}.lock"
        with locked(lock, "a database being built"):
            yield not self.exists(name)

    def build(
        self, name: str, source: str, step: Step, work: Callable[[str, Step], None]
    ) -> None:
        """Make a template under another name, then give it its own."""
        partial = f"{name}_partial"
        self.drop(partial)
        self.template_log(name).unlink(missing_ok=True)
        try:
            self.create(partial, source)
            work(partial, step)
        except BaseException:
            self.drop(partial)
            raise
        self.sql(f"ALTER DATABASE {partial} RENAME TO {name}")
        shutil.rmtree(self.house.places.instance(partial), ignore_errors=True)
        self.forget_old(name.rpartition("_")[0])

    def build_base(self, name: str, step: Step) -> None:
        """Base, the company, then accounting: the chart follows the company.

        The other companies come last, because their charts are not those that Odoo
        would choose for them.
        """
        languages = f"--load-language={','.join(LANGUAGES)}"
        self.odoo(name, step, "--init=base,web", languages)
        self.run_scripts(name, step, EARLY_SCRIPTS)
        self.odoo(name, step, f"--init={','.join(CHARTS)}")
        self.run_scripts(name, step, BASE_SCRIPTS[len(EARLY_SCRIPTS) :])

    def build_addons(self, name: str, step: Step) -> None:
        """All our addons."""
        addons = self.addons()
        if not addons:
            raise Problem(f"there is no addon in {self.house.addons}")
        self.install(name, step, list(addons))
        self.run_scripts(name, step, ADDONS_SCRIPTS)
        self.remember_addons(name)
        self.sql("ANALYZE", name)

    def build_demo(self, name: str, step: Step) -> None:
        """What changes with the day."""
        self.run_scripts(name, step, DEMO_SCRIPTS)
        self.sql("ANALYZE", name)

    def install(self, database: str, step: Step, addons: list[str]) -> None:
        """Install addons with their own demo data, but without Odoo's.

        Odoo's demo data would load the generic chart into the Finnish company. Odoo
        loads a module's demo data only where all it depends on is marked as having
        its own, so that mark is set meanwhile.
        """
        self.sql("UPDATE ir_module_module SET demo = (state = 'installed')", database)
        self.odoo(database, step, f"--init={','.join(addons)}", "--with-demo")
        ours = ", ".join(f"'{name}'" for name in self.addons())
        self.sql(f"UPDATE ir_module_module SET demo = (name IN ({ours}))", database)

    def forget_old(self, kind: str) -> None:
        """Drop all but the youngest templates of a kind."""
        for old in self.sql(
            f"SELECT datname FROM pg_database WHERE datname LIKE '{kind}\\_%' "
            f"ORDER BY oid DESC OFFSET {KEPT_TEMPLATES}"
        ):
            self.drop(old)

    def forget_templates(self) -> None:
        """Drop every template, so that the next use builds from nothing."""
        for name in self.sql(
            "SELECT datname FROM pg_database "
            "WHERE datname ~ '^receivables_(base|addons|demo|plain)_'"
        ):
            self.drop(name)

    # --- databases in use

    def open(self, database: str) -> None:
        """Have a database of this name with the addons as they are now."""
        if not self.exists(database):
            template = self.demo_template()
            with Step(f"create database {database}"):
                self.copy(template, database)
            return
        try:
            known = json.loads(self.parameter(database, ADDONS_KEY) or "")
        except (Problem, ValueError):
            raise Problem(
                f"database {database} exists but was not made by make run: choose "
                "another one with DATABASE=..."
            ) from None
        addons = self.addons()
        new = [name for name in addons if name not in known]
        changed = [name for name in addons if known.get(name, "") != addons[name]]
        changed = [name for name in changed if name not in new]
        if new or changed:
            with Step(f"upgrade {', '.join(new + changed)}") as step:
                if changed:
                    self.odoo(database, step, f"--update={','.join(changed)}")
                if new:
                    self.add_companies(database, step)
                    self.install(database, step, new)
                    self.run_scripts(database, step, DEMO_SCRIPTS)
                self.remember_addons(database)

    def add_companies(self, database: str, step: Step) -> None:
        """Add companies and languages to a database that is older than they are."""
        wanted = ", ".join(f"'company_{name[:-3]}'" for name in COMPANY_SCRIPTS)
        [present] = self.sql(
            "SELECT count(*) FROM ir_model_data "
            f"WHERE module = 'demo' AND name IN ({wanted})",
            database,
        )
        if int(present) == len(COMPANY_SCRIPTS):
            return
        languages = f"--load-language={','.join(LANGUAGES)}"
        self.odoo(database, step, languages, f"--init={','.join(CHARTS)}")
        self.run_scripts(database, step, ("languages.py", *COMPANY_SCRIPTS))

    def copy(self, template: str, database: str) -> Path:
        """Copy a template: an identity and an exchange folder of its own (returned)."""
        partial = f"{database}_partial"
        self.drop(partial)
        shutil.rmtree(self.house.places.instance(database), ignore_errors=True)
        self.create(partial, template)
        self.sql(
            "UPDATE ir_config_parameter SET value = gen_random_uuid() "
            "WHERE key IN ('database.uuid', 'database.secret')",
            partial,
        )
        folder = self.exchange_folder(database)
        folder.mkdir(parents=True)
        self.set_demo_folder(partial, folder)
        self.sql(f"ALTER DATABASE {partial} RENAME TO {database}")
        return folder

    def leave_out_charts(self, database: str) -> None:
        """Hide the charts of other countries, which Odoo reads, all of them, whenever
        its settings are opened."""
        self.sql(
            "UPDATE ir_module_module SET state = 'uninstallable' "
            "WHERE state = 'uninstalled' AND name LIKE 'l10n\\_%'",
            database,
        )

    def exchange_folder(self, database: str) -> Path:
        """The folder through which a database and its bank exchange files."""
        return self.house.places.instance(database) / "exchange"

    def set_demo_folder(self, database: str, folder: Path) -> None:
        """Point the demo bank's connection, when there is one, to a folder with its
        mark: that it is really there is what the mark tells."""
        key = uuid.uuid4().hex
        for name in ("inbox", "outbox", "archive", "error"):
            (folder / name).mkdir()
        (folder / ".receivables").write_text(key, encoding="ascii")
        self.set_demo_connection(
            database,
            "einvoice_consumer.demo_connection",
            folder_path=str(folder),
            folder_key=key,
        )

    def set_demo_operator(self, database: str, url: str) -> None:
        """Point the Norwegian company's line, when there is one, to an operator."""
        self.set_demo_connection(
            database,
            "demo.connection_norway",
            url=f"{url}/v1",
            token_url=f"{url}/oauth2/token",
        )

    def set_demo_agency(self, database: str, url: str) -> None:
        """Point the demo agency, when there is one, to where an agency answers."""
        self.set_demo_connection(
            database, "collection_partner.demo_connection", url=url
        )

    def set_demo_connection(self, database: str, record: str, **values: str) -> None:
        """Change a connection of the demo data, where there is one."""
        module, name = record.split(".")
        changes = ", ".join(
            f"{column} = '" + value.replace("'", "''") + "'"
            for column, value in values.items()
        )
        self.sql(
            "DO $$ BEGIN IF to_regclass('receivables_connection') IS NOT NULL THEN "
            f"UPDATE receivables_connection SET {changes} WHERE id = ("
            f"SELECT res_id FROM ir_model_data WHERE module = '{module}' "
            f"AND name = '{name}'); END IF; END $$",
            database,
        )

    def set_address(self, database: str, url: str) -> None:
        """Tell a database where it answers, whatever address a browser logs in at.

        The agency sends its webhooks there, and takes only addresses of this machine;
        the program that prints PDFs fetches their styles from there.
        """
        self.sql(
            "INSERT INTO ir_config_parameter (key, value) "
            f"VALUES ('web.base.url', '{url}'), ('web.base.url.freeze', 'True') "
            "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
            database,
        )

    def drop(self, database: str) -> None:
        """Drop a database, whoever is connected, and its files."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        shutil.rmtree(self.house.places.instance(database), ignore_errors=True)

    def exists(self, database: str) -> bool:
        """Whether there is a database of this name."""
        return bool(self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"))

    def create(self, database: str, source: str) -> None:
        """Create a database as a copy, with the collation Odoo asks for."""
        options = "ENCODING 'UTF8' LC_COLLATE 'C'" if source == "template0" else ""
        self.sql(f"CREATE DATABASE {database} {options} TEMPLATE {source}")
        if source == "template0" and self.sql(
            "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"
        ):
            self.sql("CREATE EXTENSION pg_trgm", database)

    # --- Odoo on a database

    def template_log(self, database: str) -> Path:
        """The log of everything done to build a database."""
        name = database.removesuffix("_partial")
        return self.house.places.logs / f"{name}.log"

    def odoo(self, database: str, step: Step, *options: str) -> None:
        """Run Odoo until its modules are installed or upgraded."""

        def show(line: str) -> None:
            found = re.search(r"Loading module (\S+) \((\d+)/(\d+)\)", line)
            if found:
                module, done, count = found.groups()
                step.note = f"{100 * int(done) // int(count)} % {module}"

        command = self.house.odoo(database, *options, "--stop-after-init", "--no-http")
        run(
            command,
            log=self.template_log(database),
            failure=f"Odoo could not prepare database {database}",
            env=self.house.environment,
            cwd=self.house.places.state,
            on_line=show,
        )

    def run_scripts(self, database: str, step: Step, names: Sequence[str]) -> None:
        """Run scripts of ours inside one Odoo, which takes seconds to start."""

        def show(line: str) -> None:
            if line in names:
                step.note = line

        with tempfile.NamedTemporaryFile("w", suffix=".py") as told:
            told.write("import runpy\n")
            for name in names:
                path = str(SCRIPTS / name)
                told.write(
                    f"print({name!r})\nrunpy.run_path({path!r}, {{'env': env}})\n"
                )
            told.flush()
            run(
                self.house.odoo(database, "--no-http", command="shell"),
                log=self.template_log(database),
                failure=f"{', '.join(names)} failed on database {database}",
                env=self.house.script_environment,
                cwd=self.house.places.state,
                stdin=Path(told.name),
                on_line=show,
            )

    def parameter(self, database: str, key: str) -> str | None:
        """A system parameter's value."""
        query = f"SELECT value FROM ir_config_parameter WHERE key = '{key}'"
        return next(iter(self.sql(query, database)), None)

    def remember_addons(self, database: str) -> None:
        """Note in a database which state of our addons it has."""
        value = json.dumps(self.addons(), sort_keys=True)
        self.sql(
            "INSERT INTO ir_config_parameter (key, value) "
            f"VALUES ('{ADDONS_KEY}', '{value}') "
            "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
            database,
        )


def addon_files(folder: Path) -> list[Path]:
    """The files of an addon that matter to a database: no caches, no tests."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix not in (".pyc", ".pyo")
        and not path.name.startswith(".")
        and path.relative_to(folder).parts[0] != "tests"
    ]
