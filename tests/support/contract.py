"""The contracts that Odoo keeps, for tests that see both ends of a line."""

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
AGENCY_API = DOCS / "agency_api.yaml"
TERMINAL_JSON = DOCS / "terminal_json.yaml"
