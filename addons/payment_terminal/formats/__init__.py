"""The languages of banks and kiosk networks: bytes ⇄ dataclasses, without Odoo."""
