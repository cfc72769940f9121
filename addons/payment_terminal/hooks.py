def post_init_hook(env):
    """Add Icelandic, which Odoo does not list, for the administrator to activate."""
    languages = env["res.lang"].with_context(active_test=False)
    if not languages.search_count([("code", "=", "is_IS")], limit=1):
        languages.create(
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
