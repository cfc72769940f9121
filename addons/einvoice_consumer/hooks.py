from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column


def pre_init_hook(env):
    """Add the column of the invoice's state empty: no invoice has been sent yet, and
    computing it for every journal entry of a large database would take minutes."""
    if not column_exists(env.cr, "account_move", "einvoice_state"):
        create_column(env.cr, "account_move", "einvoice_state", "varchar")


def uninstall_hook(env):
    """Let the catalogue of banks go, to which own addresses and notifications refer:
    Odoo removes catalogues before the tables that use them."""
    for table in ("einvoice_address", "einvoice_notification"):
        env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s",
                SQL.identifier(table),
                SQL.identifier(f"{table}_intermediator_id_fkey"),
            )
        )
