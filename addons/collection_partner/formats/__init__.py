"""Wire formats of debt-collection agencies: bytes to plain values and back.

Nothing in this package imports odoo, so it can be used and tested alone.
"""
