"""What the wire formats of all addons share: bytes and texts to values and back.

Nothing in this package imports odoo, so it can be used and tested alone.
"""
