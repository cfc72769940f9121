"""Where things live, the Python environment, and the system's programs."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from dev.steps import Problem, Step, need_space, run

CHECKOUT = Path(__file__).resolve().parent.parent
ADDONS = CHECKOUT / "addons"
REQUIREMENTS = (CHECKOUT / "requirements.txt", CHECKOUT / "dev" / "requirements.txt")

# program -> (names it goes by, Debian package, what it is for)
PROGRAMS = {
    "chromium": (
        ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable"),
        "chromium",
        "Chromium runs the browser tests",
    ),
    # the same browser without what draws windows, for tests of ours: a page costs a
    # quarter less work
    "headless": (
        ("chromium-headless-shell", "chrome-headless-shell"),
        "chromium-headless-shell",
        "Chromium without windows is quicker",
    ),
    "wkhtmltopdf": (
        ("wkhtmltopdf",),
        "wkhtmltopdf",
        "wkhtmltopdf prints the PDF of an invoice",
    ),
}


@dataclass(frozen=True)
class Places:
    """The two folders everything is kept in, both outside the checkout.

    `cache` holds what can be downloaded again, `state` databases, files and logs.
    """

    cache: Path
    state: Path

    @classmethod
    def default(cls) -> "Places":
        """`$XDG_CACHE_HOME/receivables-odoo`, with the state in it.

        PostgreSQL refuses to run as root, so for root it runs as another user. When
        that user cannot reach root's cache, the state is kept below /var/lib instead.
        """
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        cache = Path(base).absolute() / "receivables-odoo"
        state = cache / "state"
        try:
            cache.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0 and not reachable_by_others(cache):
                name = hashlib.sha256(str(cache).encode()).hexdigest()[:8]
                state = Path(f"/var/lib/receivables-odoo-{name}")
            state.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Problem(
                f"{error.filename} cannot be used as a cache ({error.strerror}): "
                "set XDG_CACHE_HOME to a folder that can be written"
            ) from None
        return cls(cache, state)

    @property
    def logs(self) -> Path:
        """Logs of every program that was started."""
        return self.state / "logs"

    def instance(self, database: str) -> Path:
        """Files of a database: exchange folder, sessions, what the others know."""
        return self.state / "instances" / database


def reachable_by_others(folder: Path) -> bool:
    """Whether any user may pass through every folder on the way to this one."""
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def fingerprint(root: Path, files: Iterable[Path], *extra: str) -> str:
    """A short hash of files (name below `root` and contents) and words."""
    digest = hashlib.sha256()
    for word in extra:
        digest.update(word.encode() + b"\0")
    for path in sorted(files):
        name = str(path.relative_to(root))
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def python_environment(places: Places) -> Path:
    """The interpreter of a virtual environment with all pinned packages.

    One environment per set of requirements and Python version; a file written last
    tells a finished one from one that was interrupted.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    folder = places.cache / f"venv-{fingerprint(CHECKOUT, REQUIREMENTS, version)}"
    python = folder / "bin" / "python"
    finished = folder / "finished"
    if finished.exists():
        return python
    need_space(places.cache, 1200, "installing the Python packages")
    log = places.logs / "python-packages.log"
    log.unlink(missing_ok=True)
    with Step("install Python packages") as step:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            import ensurepip  # noqa: F401  (Debian leaves it out of its python3)
        except ImportError:
            install_package("python3-venv", "Python lacks its venv module")
        failure = "Python packages could not be installed"
        run([sys.executable, "-m", "venv", folder], log=log, failure=failure)
        command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
        command += [f"--requirement={path}" for path in REQUIREMENTS]

        def show(line: str) -> None:
            if line.startswith(("Collecting", "Installing")):
                step.note = line.split("(")[0][:50]

        twice(lambda: run(command, log=log, failure=failure, on_line=show))
        finished.touch()
    return python


def program_environment(places: Places) -> dict[str, str]:
    """Environment variables of every Python program that is started here.

    What it imports is compiled once for all, outside the checkout and Odoo's tree;
    compiling takes half of the time in which Odoo starts.
    """
    known = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPYCACHEPREFIX": str(places.cache / "bytecode"),
    }
    known.pop("PYTHONDONTWRITEBYTECODE", None)
    return known


def twice(work: Callable[[], object]) -> None:
    """Try again once: a download may break off."""
    try:
        work()
    except Problem:
        work()


def find_program(name: str) -> str | None:
    """The path of a program under any of its names."""
    names, _package, _purpose = PROGRAMS[name]
    return next((path for path in map(shutil.which, names) if path), None)


def need_program(name: str) -> str:
    """The path of a program, which is installed when it is missing and we may."""
    found = find_program(name)
    if not found:
        _names, package, purpose = PROGRAMS[name]
        install_package(package, purpose)
        found = find_program(name)
    if not found:
        raise Problem(f"{name} is still missing after its installation")
    return found


def install_command(package: str) -> str:
    """What a person types to install a system package here."""
    managers = ("apt-get", "dnf", "zypper")
    manager = next((name for name in managers if shutil.which(name)), "apt-get")
    return f"sudo {manager} install {package}"


def install_package(package: str, purpose: str) -> None:
    """Install a system package (or several, with spaces between their names) as root
    with apt-get; else say how to do it."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Problem(f"{purpose}; install it first: {install_command(package)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    log = Places.default().logs / "system-packages.log"
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    install += package.split()
    failure = f"{purpose}, but {package} could not be installed"
    with Step(f"install {package}"):
        if subprocess.run(
            install, env=env, stdin=subprocess.DEVNULL, capture_output=True
        ).returncode:
            run(["apt-get", "update"], log=log, failure=failure, env=env)
            run(install, log=log, failure=failure, env=env)
