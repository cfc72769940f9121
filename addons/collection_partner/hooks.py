from odoo.tools.sql import column_exists, create_column


def pre_init_hook(env):
    """Add the columns of the invoice's case empty: no invoice has been transferred
    yet, and computing them for every journal entry of a large database would take
    minutes."""
    for name, kind in (("collection_case_id", "int4"), ("collection_state", "varchar")):
        if not column_exists(env.cr, "account_move", name):
            create_column(env.cr, "account_move", name, kind)
