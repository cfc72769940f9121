from odoo.tools.sql import column_exists, create_column


def pre_init_hook(env):
    """Add the columns of the invoice's case empty: no invoice has been transferred
    yet, and computing them for every journal entry of a large database would take
    minutes."""
    for name, kind in (
        ("collection_case_id", "int4"),
        ("collection_state", "varchar"),
        ("collection_transferred_at", "timestamp"),
    ):
        if not column_exists(env.cr, "account_move", name):
            create_column(env.cr, "account_move", name, kind)


def uninstall_hook(env):
    """Remove what holds on to each other and would be deleted in another order."""
    env.flush_all()
    for statement in (
        "UPDATE account_move SET collection_case_id = NULL"
        " WHERE collection_case_id IS NOT NULL",
        "UPDATE res_company SET collection_agency_id = NULL",
        "DELETE FROM mail_activity WHERE res_model LIKE 'collection.%'",
        "UPDATE account_move SET collection_settlement_id = NULL"
        " WHERE collection_settlement_id IS NOT NULL",
        "DELETE FROM collection_disclosure",
        "DELETE FROM collection_message",
        "DELETE FROM collection_settlement_line",
        "DELETE FROM collection_settlement",
        "DELETE FROM collection_difference",
        "DELETE FROM collection_event",
        "DELETE FROM collection_case",
        "DELETE FROM collection_transfer",
        "DELETE FROM collection_route",
        "DELETE FROM collection_agency",
    ):
        env.cr.execute(statement)
    env.invalidate_all()
    env["ir.attachment"].search(
        [("res_model", "in", ("collection.message", "collection.settlement"))]
    ).unlink()
