"""Checks of what programs send: a fault with a sentence, never a traceback."""

from odoo.exceptions import UserError


def check_one(records):
    """:raise UserError: a call for one record names none or several"""
    if len(records) != 1:
        raise UserError(
            records.env._("Name exactly one record; %s were named.", len(records))
        )


def check_whole_number(env, name, value):
    """:raise UserError: ``value`` is no whole number above zero"""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UserError(env._("%s must be a whole number above zero.", name))


def check_text(env, name, value):
    """:raise UserError: ``value`` is no text"""
    if not isinstance(value, str):
        raise UserError(env._("%s must be a text.", name))


def clean_name(name):
    """Return a file's name without what could forge a line of a log."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name)[:255]
