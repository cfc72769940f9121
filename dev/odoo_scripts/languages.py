"""Bring Icelandic, which is not among the languages that Odoo lists.

Run by `odoo shell` with `env`. Odoo is in part translated into it; what is installed
later brings its own.
"""

env = globals()["env"]
language = (
    env["res.lang"]
    .with_context(active_test=False)
    .search([("code", "=", "is_IS")], limit=1)
)
if not language:
    language = env["res.lang"].create(
        {
            "name": "Icelandic / Íslenska",
            "code": "is_IS",
            "iso_code": "is",
            "url_code": "is",
            "active": False,
            "date_format": "%d.%m.%Y",
            "time_format": "%H:%M:%S",
            "decimal_point": ",",
            "thousands_sep": ".",
            "grouping": "[3,0]",
            "week_start": "1",
        }
    )
if not language.active:
    language.action_unarchive()
env.cr.commit()
