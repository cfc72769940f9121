"""The smallest PDF that shows lines of text."""

from __future__ import annotations

_PER_PAGE = 48
_START = 560
_SIZE = 8
_LEADING = 11


def _escaped(line: str) -> bytes:
    for sign in ("\\", "(", ")"):
        line = line.replace(sign, f"\\{sign}")
    return line.encode("cp1252", "replace")


def _stream(lines: list[str]) -> bytes:
    shown = b"\n".join(b"(%s) '" % _escaped(line) for line in lines)
    head = f"BT /F1 {_SIZE} Tf {_LEADING} TL 40 {_START} Td".encode()
    return b"%s\n%s\nET" % (head, shown)


def text_page(lines: list[str]) -> bytes:
    """A4 landscape pages in a typewriter font."""
    pages = [
        lines[start : start + _PER_PAGE] for start in range(0, len(lines), _PER_PAGE)
    ]
    # 1 catalogue, 2 page tree, 3 font, then a page and its contents in turn
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier"
        b" /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595]"
            b" /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % (5 + 2 * number)
        )
        stream = _stream(page)
        objects.append(
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)
        )
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return (
        b"%sxref\n0 %d\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF\n"
        % (
            data,
            count,
            table,
            b"<< /Size %d /Root 1 0 R >>" % count,
            len(data),
        )
    )
