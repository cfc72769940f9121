from odoo.exceptions import AccessError

USER = "payment_terminal.payment_terminal_group_user"


def check_user(records):
    """Refuse callers who are not users of this addon, or may not read the records.

    :raises AccessError: the sentence says which
    """
    records.check_access("read")
    if not records.env.user.has_group(USER):
        raise AccessError(records.env._("Only users of payment terminals can do this."))
