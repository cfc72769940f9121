from odoo.exceptions import AccessError
from odoo.tools import SQL

USER = "payment_terminal.payment_terminal_group_user"


def check_user(records):
    """Refuse callers who are not users of this addon, or may not read the records.

    :raises AccessError: the sentence says which
    """
    records.check_access("read")
    if not records.env.user.has_group(USER):
        raise AccessError(records.env._("Only users of payment terminals can do this."))


def take_turn(record):
    """Go on only with all that others have committed about the same matter.

    The record's row is written, unchanged. Whoever began before another's commit fails
    to serialize here, and Odoo begins anew; after a mere lock it would go on without
    what the other wrote.
    """
    record.env.cr.execute(
        SQL(
            "UPDATE %s SET id = id WHERE id = %s",
            SQL.identifier(record._table),
            record.id,
        ),
        log_exceptions=False,
    )
