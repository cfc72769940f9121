from odoo import fields
from odoo.models import MAGIC_COLUMNS
from odoo.tools import SQL

ADDON = __name__.split(".")[2]


def insert(model, values, rest=None):
    """Insert a row in one plain statement: a kiosk waits for it.

    Columns that other addons have added take their defaults.

    :param dict values: columns of this addon
    :param SQL rest: what follows the values
    :return: what the statement returns
    """
    now = fields.Datetime.now()
    uid = model.env.uid
    row = {
        "create_uid": uid,
        "create_date": now,
        "write_uid": uid,
        "write_date": now,
        **get_added_defaults(model),
        **values,
    }
    model.env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) VALUES %s %s",
            SQL.identifier(model._table),
            SQL(", ").join(map(SQL.identifier, row)),
            tuple(row.values()),
            rest or SQL(),
        ),
        log_exceptions=False,
    )
    return model.env.cr.fetchall() if rest else []


def get_added_defaults(model):
    """Return the columns with a default that stand in no file of this addon."""
    added = [
        name
        for name, field in model._fields.items()
        if field.store
        and field.column_type
        and ADDON not in field._modules
        and name not in MAGIC_COLUMNS
    ]
    if not added:
        return {}
    return {
        name: model._fields[name].convert_to_column_insert(value, model)
        for name, value in model.default_get(added).items()
    }
