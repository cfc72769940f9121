"""Checks of what programs send: a fault with a sentence, never a traceback."""

from datetime import date

from odoo.exceptions import UserError


def check_one(records):
    """:raise UserError: a call for one record names none or several"""
    if len(records) != 1:
        raise UserError(
            records.env._("Name exactly one record; %s were named.", len(records))
        )


def check_text(env, name, value):
    """:raise UserError: ``value`` is no text"""
    if not isinstance(value, str):
        raise UserError(env._("%s must be a text.", name))


def read_date(env, name, value):
    """:raise UserError: ``value`` is no ISO date

    :rtype: datetime.date
    """
    check_text(env, name, value)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UserError(env._("%s must be a date such as 2026-12-31.", name)) from None
