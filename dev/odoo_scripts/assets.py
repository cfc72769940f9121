"""Compile what pages, tours and PDFs load, so that every copy has it.

Run by `odoo shell` with `env`, after the addons are installed.
"""

SCRIPTS = (
    "web.assets_web",
    "web.assets_frontend_minimal",
    "web.assets_frontend_lazy",
    "web.assets_tests",
    # asked for by a page that is there
    "bus.websocket_worker_assets",
    "web.ace_lib",
    "web.assets_emoji",
    "web.chartjs_lib",
    "web_tour.interactive",
)
STYLES = ("web.assets_web", "web.assets_web_print", "web.assets_frontend")
# wkhtmltopdf is old: it wants the prefixes of its time
PRINTED = ("web.report_assets_common", "web.report_assets_pdf")

env = globals()["env"]
bundle = env["ir.qweb"]._get_asset_bundle
for name in SCRIPTS:
    bundle(name, css=False).js()
for name in STYLES:
    bundle(name, js=False).css()
for name in PRINTED:
    bundle(name, js=False, autoprefix=True).css()
env.cr.commit()
