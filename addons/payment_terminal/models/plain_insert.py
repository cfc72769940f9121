import io
from itertools import chain

from odoo import fields
from odoo.models import MAGIC_COLUMNS
from odoo.tools import SQL

ADDON = __name__.split(".")[2]
# So many new rows change how they are best looked at.
MANY = 1_000
# As COPY reads them.
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


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


def copy_in(model, columns, rows):
    """Insert many rows in one statement, in which ORM methods have no part.

    Columns that other addons have added take their defaults.

    :param columns: names of columns of this addon
    :param rows: a sequence of values for each; None and an empty text become NULL
    """
    added = get_added_defaults(model)
    names = SQL(", ").join(map(SQL.identifier, (*columns, *added)))
    text = io.StringIO()
    for row in rows:
        text.write("\t".join(map(_as_copied, chain(row, added.values()))))
        text.write("\n")
    text.seek(0)
    model.env.flush_all()
    statement = SQL("COPY %s (%s) FROM STDIN", SQL.identifier(model._table), names)
    model.env.cr.copy_expert(statement.code, text)
    model.env.invalidate_all(flush=False)  # sums of them too
    if len(rows) > MANY:
        analyze(model)


def _as_copied(value):
    if value is None or value == "":
        return r"\N"
    return str(value).translate(_ESCAPED)


def analyze(model):
    """Tell the database how many rows there are now: without that, it would look at
    each of many as if there were few."""
    model.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(model._table)))


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
