"""The contracts that Odoo keeps, for tests that see both ends of a line."""

from functools import cache
from pathlib import Path

from counterparties.common.contract import Contract

DOCS = Path(__file__).resolve().parents[2] / "docs"
AGENCY_API = DOCS / "agency_api.yaml"
TERMINAL_JSON = DOCS / "terminal_json.yaml"


@cache
def terminal_json() -> Contract:
    """What a bank without a protocol of its own speaks."""
    return Contract(TERMINAL_JSON, "/payment_terminal")
