"""Compile the web client's scripts and styles, which every copy then shares.

Run by `odoo shell` with `env`, after the addons are installed.
"""

env = globals()["env"]
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
