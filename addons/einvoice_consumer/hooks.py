from odoo.tools.sql import column_exists, create_column


def pre_init_hook(env):
    """Add the column of the invoice's state empty: no invoice has been sent yet, and
    computing it for every journal entry of a large database would take minutes."""
    if not column_exists(env.cr, "account_move", "einvoice_state"):
        create_column(env.cr, "account_move", "einvoice_state", "varchar")
