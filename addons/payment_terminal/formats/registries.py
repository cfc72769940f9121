"""Registries of payments, whichever network sends them: a file is recognised by its
content, or read by a saved mapping."""

from __future__ import annotations

import io
import zipfile
import zlib

from . import (
    csv_registry,
    qiwi_registry,
    sber_registry,
    tochka_registry,
    yookassa_registry,
)
from .registry import Registry
from .statement import FileError

READERS = (qiwi_registry, sber_registry, yookassa_registry, tochka_registry)
#: sent for a day without payments
EMPTY = "empty"
FORMATS = (*(reader.NAME for reader in READERS), csv_registry.NAME, EMPTY)
LARGEST = 50 * 1024 * 1024
_ZIP = b"PK\x03\x04"


def read(
    data: bytes, decimals: int, mapping: csv_registry.Mapping | None = None
) -> Registry:
    """Read a file by its mapping, or by the first format that recognises it.

    :param decimals: of the network's currency
    :raises FileError: ``unknown``, ``too_large``, or what its reader says
    """
    data = unpack(data)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        return Registry(EMPTY, ())
    if mapping:
        return csv_registry.read(data, decimals, mapping)
    for reader in READERS:
        if reader.recognises(data):
            found: Registry = reader.read(data, decimals)
            return found
    raise FileError("unknown")


def unpack(data: bytes) -> bytes:
    """The one file in a ZIP; anything else as it is.

    :raises FileError: ``unknown`` or ``too_large``
    """
    if not data.startswith(_ZIP):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            [member] = [info for info in bundle.infolist() if not info.is_dir()]
            with bundle.open(member) as file:
                content = file.read(LARGEST + 1)
    except (ValueError, RuntimeError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise FileError("unknown", "ZIP") from error
    if len(content) > LARGEST:
        raise FileError("too_large", "ZIP", size=len(content), limit=LARGEST)
    return content
