"""Odoo 19.0 itself: an existing tree, else the Debian package, else the git branch."""

import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from dev.environment import Places, install_package, twice
from dev.steps import Problem, Step, need_space, run

SERIES = "19.0"
REPOSITORY = "https://github.com/odoo/odoo"
SUITE = "sid"
DEFAULT_MIRROR = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# odoo-19 and the packages its files link to, which are not pulled in by unpacking
PACKAGES = (
    "odoo-19",
    "fonts-font-awesome",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# A library of the web client that Debian leaves out for its licence. Without it every
# page logs an error in the browser's console, which fails a browser tour.
SEGMENTATION = "@mediapipe/selfie_segmentation@0.1.1675465747"
SEGMENTATION_FILE = Path("lib/selfie_segmentation/selfie_segmentation.js")


@dataclass(frozen=True)
class OdooTree:
    """A folder from which `import odoo` works."""

    root: Path
    ours: bool

    @property
    def release(self) -> str:
        """What tells one release of the tree from another, for cached databases."""
        return (self.root / "odoo" / "release.py").read_text(encoding="utf-8")

    @property
    def addons(self) -> list[Path]:
        """Addon folders to name beside the package's own, which Odoo finds itself.

        Debian has every addon in the package (and copies of their Python files, which
        are of no use, in `addons`); a git tree has most in `addons`.
        """
        packaged = self.root / "odoo" / "addons" / "web"
        return [] if packaged.exists() else [self.root / "addons"]

    @property
    def mail_static(self) -> Path:
        """Where the mail addon keeps its browser files."""
        base = self.addons[0] if self.addons else self.root / "odoo" / "addons"
        return base / "mail" / "static"


def odoo_tree(places: Places) -> OdooTree:
    """The tree named by ODOO_PATH, else one of our own, fetched when there is none."""
    named = os.environ.get("ODOO_PATH")
    if named:
        return existing_tree(Path(named).expanduser().absolute())
    kept = places.cache / f"odoo-{SERIES}"
    if not kept.exists():
        need_space(places.cache, 1700, "unpacking Odoo")
        if shutil.which("apt-get") and shutil.which("dpkg-deb"):
            fetch_with_apt(places, kept)
        else:
            fetch_with_git(places, kept)
    root = kept / "usr" / "lib" / "python3" / "dist-packages"
    return OdooTree(root if root.exists() else kept, ours=True)


def existing_tree(path: Path) -> OdooTree:
    """A tree somebody else looks after: used as it is, never written to."""
    root = path.parent if path.is_file() else path
    release = root / "odoo" / "release.py"
    if not release.exists():
        raise Problem(f"ODOO_PATH={path} is no Odoo tree: it lacks odoo/release.py")
    found = re.search(
        r"version_info = \((\d+), (\d+)", release.read_text(encoding="utf-8")
    )
    series = ".".join(found.groups()) if found else "unknown"
    if series != SERIES:
        raise Problem(f"ODOO_PATH={path} is Odoo {series}; Odoo {SERIES} is needed")
    return OdooTree(root, ours=False)


def debian_mirror() -> str:
    """The Debian archive this machine already uses, else the well-known one."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            found = re.match(
                r"(?:URIs:|deb\s(?:\[[^]]*\])?)\s*(\S+/debian)/?(?:\s|$)", line.strip()
            )
            if found:
                return found.group(1)
    return DEFAULT_MIRROR


def fetch_with_apt(places: Places, target: Path) -> None:
    """Download and unpack the Debian packages; the system's apt is left as it is.

    apt checks the archive's signature and every package's hash.
    """
    if not KEYRING.exists():
        install_package("debian-archive-keyring", "Odoo's package is signed by Debian")
    work = places.cache / "odoo-download"
    shutil.rmtree(work, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial", "packages", "tree"):
        (work / name).mkdir(parents=True)
    sources = work / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {debian_mirror()} {SUITE} main\n")
    apt = ["apt-get", "-q"]
    for option in (
        f"Dir::State={work}",
        f"Dir::State::lists={work / 'lists'}",
        "Dir::State::status=/dev/null",
        f"Dir::Cache={work / 'cache'}",
        f"Dir::Etc::sourcelist={sources}",
        "Dir::Etc::sourceparts=/dev/null",
        "Acquire::Retries=2",
        f"APT::Sandbox::User={'root' if os.geteuid() == 0 else ''}",
    ):
        apt += ["-o", option]
    log = places.logs / "odoo-download.log"
    log.unlink(missing_ok=True)
    failure = "Odoo could not be downloaded"

    def download() -> None:
        # a list that broke off reads as "some index files failed", with exit code 0
        update = [*apt, "-o", "APT::Update::Error-Mode=any", "update"]
        run(update, log=log, failure=failure)
        fetch = [*apt, "download", *PACKAGES]
        run(fetch, log=log, failure=failure, cwd=work / "packages")

    try:
        with Step("download Odoo 19 (130 MB)"):
            twice(download)
        with Step("unpack Odoo 19") as step:
            for package in sorted((work / "packages").glob("*.deb")):
                step.note = package.name.split("_")[0]
                run(
                    ["dpkg-deb", "-x", package, work / "tree"],
                    log=log,
                    failure=f"{package.name} could not be unpacked",
                )
            (work / "tree").rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def fetch_with_git(places: Places, target: Path) -> None:
    """Clone the official branch, without its history."""
    if not shutil.which("git"):
        install_package("git", "Odoo is cloned from its repository")
    work = places.cache / "odoo-clone"
    shutil.rmtree(work, ignore_errors=True)
    with Step(f"clone Odoo {SERIES}"):
        run(
            ["git", "clone", "--depth=1", f"--branch={SERIES}", REPOSITORY, work],
            log=places.logs / "odoo-download.log",
            failure="Odoo could not be cloned",
        )
        work.rename(target)


def complete_browser_files(places: Places, tree: OdooTree, required: bool) -> None:
    """Add the library that Debian leaves out to a tree of ours.

    Only browser tests need it, so `make run` goes on without it.
    """
    target = tree.mail_static / SEGMENTATION_FILE
    if target.exists() or not tree.ours:
        return
    if not shutil.which("npm"):
        if required:
            install_package("npm", "npm fetches a library of Odoo's web client")
        else:
            return
    work = places.cache / "npm-download"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    failure = f"{SEGMENTATION} could not be downloaded"
    log = places.logs / "npm.log"
    command = ["npm", "pack", "--silent", SEGMENTATION]
    env = {**os.environ, "npm_config_cache": str(work / "cache")}
    try:
        with Step("download a library of the web client"):
            twice(lambda: run(command, log=log, failure=failure, cwd=work, env=env))
            unpack_segmentation(next(work.glob("*.tgz")), target)
    except (Problem, StopIteration, KeyError, OSError) as error:
        if required:
            raise Problem(f"{failure} ({error})") from None
        print(f"   {failure}; the browser's console will show an error")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def unpack_segmentation(archive: Path, target: Path) -> None:
    """Take the one file out of the npm package, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    with tarfile.open(archive) as packed:
        member = packed.extractfile(f"package/{target.name}")
        assert member is not None
        partial.write_bytes(member.read())
    partial.rename(target)
