"""Invoices of a batch are printed, also where wkhtmltopdf lacks the patched Qt."""

import base64
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from dev.server import House
from support.office import Consumer, Office
from support.system import ServerFactory
from support.waiting import eventually

SECONDS = 120
BATCH = 3
# as distributions build it: no word of Qt, one document at a time
UNPATCHED = """\
#!/bin/sh
if [ "$1" = --version ]; then echo "wkhtmltopdf 0.12.6"; exit; fi
bodies=0
for argument; do
    case "$argument" in *report.body.tmp.*) bodies=$((bodies + 1));; esac
done
if [ $bodies -gt 1 ]; then echo "Exit with code 1." >&2; exit 1; fi
exec {program} "$@"
"""
PLAIN = """\
#!/bin/sh
exec {system} "$@"
"""


def is_plain(program: str | None) -> bool:
    """Whether the system's wkhtmltopdf is there, and one without patched Qt."""
    if not program:
        return False
    asked = subprocess.run([program, "--version"], capture_output=True, check=True)
    return b"patched" not in asked.stdout


def bills(office: Office, name: str) -> list[int]:
    """Some posted invoices of as many customers, which go by e-mail."""
    customers = (office.register(Consumer(f"{name} {n}")) for n in range(BATCH))
    return [office.invoice(customer, 10.0 + n) for n, customer in enumerate(customers)]


def send(office: Office, moves: list[int]) -> None:
    """Mark invoices in the list, press Send, confirm."""
    active = {"active_model": "account.move", "active_ids": moves}
    wizard = office.call(
        "account.move.send.batch.wizard",
        "create",
        {"move_ids": [(6, 0, moves)]},
        context=active,
    )
    office.call("account.move.send.batch.wizard", "action_send_and_print", [wizard])
    eventually(
        lambda: (
            not any(
                office.read("account.move", move, "is_being_sent")["is_being_sent"]
                for move in moves
            )
        ),
        SECONDS,
        "nothing is being sent any more",
    )


def printed(office: Office, move: int) -> pypdf.PdfReader:
    """The PDF of an invoice."""
    found = office.read("account.move", move, "name", "invoice_pdf_report_id")
    assert found["invoice_pdf_report_id"], f"{found['name']} has no PDF"
    [attachment, _name] = found["invoice_pdf_report_id"]
    raw = office.read("ir.attachment", attachment, "datas")["datas"]
    return pypdf.PdfReader(io.BytesIO(base64.b64decode(raw)))


def fonts(pdf: pypdf.PdfReader) -> list[str]:
    """The fonts a PDF carries."""
    return [str(each) for page in pdf.pages for each in page["/Resources"]["/Font"]]


@pytest.fixture
def unpatched(
    start_server: ServerFactory, house: House, tmp_path: Path
) -> Iterator[Office]:
    """The office on a server whose wkhtmltopdf lacks the patches."""
    system = shutil.which("wkhtmltopdf")
    ours = str(house.printer / "wkhtmltopdf") if house.printer else str(system)
    script = PLAIN if is_plain(system) else UNPATCHED
    program = tmp_path / "wkhtmltopdf"
    program.write_text(script.format(program=ours, system=system))
    program.chmod(0o755)
    server = start_server(printer=tmp_path)
    server.expected.append(r"[Ww]khtmltopdf")
    yield Office.of(server)
    server.stop()


def test_a_batch_at_once(house: House, office: Office) -> None:
    moves = bills(office, "Printed")
    send(office, moves)
    for move in moves:
        name = office.read("account.move", move, "name")["name"]
        pdf = printed(office, move)
        text = "\n".join(page.extract_text() for page in pdf.pages)
        assert name in text
        assert text.count("INV/") <= 2, "of one invoice only"
        assert fonts(pdf)
        if house.printer:
            assert "Kaamos Energia Oy" in text, "the header"
            assert re.search(r"Page\s*1\s*/\s*1", text), "the footer"


def test_a_batch_without_patched_qt(unpatched: Office) -> None:
    """They are printed one by one; such a program draws letters, which have no text."""
    moves = bills(unpatched, "Plain")
    send(unpatched, moves)
    for move in moves:
        [page] = printed(unpatched, move).pages
        assert len(page.get_contents().get_data()) > 2000
