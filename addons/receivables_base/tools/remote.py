"""One pattern for what programs call, over JSON-2 and XML-RPC.

A method that programs rely on is decorated with `remote_call`. What they give is
checked before the method sees it, and refused with a sentence that names the argument,
in the language of the caller. An answer for each record gives its refusals as
`reason`s.
"""

import base64
import binascii
import inspect
import json
from datetime import date, datetime
from functools import wraps

from odoo import fields
from odoo.exceptions import UserError

from ..formats.errors import FormatError
from ..formats.texts import check_storable

# PostgreSQL's integer holds no more.
_MOST = 2**31 - 1
# So much of a wrong value is repeated that it can be recognised.
_QUOTED = 60


class Text:
    """A text that the database can keep.

    :param bool filled: there must be something in it
    """

    kind = "text"

    def __init__(self, filled=False):
        self.filled = filled

    def read(self, env, name, value):
        if not isinstance(value, str):
            raise UserError(
                env._(
                    "%(name)s must be a text; %(value)s was given.",
                    name=name,
                    value=_quote(value),
                )
            )
        try:
            check_storable(value)
        except FormatError as error:
            raise UserError(
                env._(
                    "%(name)s holds a character that cannot be kept: %(character)s. "
                    "Leave it out.",
                    name=name,
                    character=error.params["characters"],
                )
            ) from error
        if self.filled and not value.strip():
            raise UserError(env._("%s is empty; the call needs it.", name))
        return value


class Whole:
    """A whole number above zero, such as the ID of a record."""

    kind = "whole number"

    def read(self, env, name, value):
        if _is_whole(value):
            return value
        raise UserError(
            env._(
                "%(name)s must be a whole number above zero; %(value)s was given.",
                name=name,
                value=_quote(value),
            )
        )


class Flag:
    """True or false."""

    kind = "true or false"

    def read(self, env, name, value):
        if isinstance(value, bool):
            return value
        raise UserError(
            env._(
                "%(name)s must be true or false; %(value)s was given.",
                name=name,
                value=_quote(value),
            )
        )


class Ids:
    """A list of IDs; it may be empty."""

    kind = "list of whole numbers"

    def read(self, env, name, value):
        if isinstance(value, list) and all(map(_is_whole, value)):
            return value
        raise UserError(
            env._(
                "%(name)s must be a list of whole numbers above zero; %(value)s was "
                "given.",
                name=name,
                value=_quote(value),
            )
        )


class Day:
    """A date in ISO form; the method gets a ``datetime.date``.

    :param bool coming: it must be later than today
    """

    kind = "date"

    def __init__(self, coming=False):
        self.coming = coming

    def read(self, env, name, value):
        if isinstance(value, datetime):  # as XML-RPC carries a moment
            value = value.date()
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except (TypeError, ValueError):
            raise UserError(
                env._(
                    "%(name)s must be a date such as 2026-12-31; %(value)s was given.",
                    name=name,
                    value=_quote(value),
                )
            ) from None
        if self.coming and day <= fields.Date.context_today(env.user):
            raise UserError(
                env._(
                    "%(name)s must be a day after today; %(value)s was given.",
                    name=name,
                    value=day.isoformat(),
                )
            )
        return day


class Word:
    """One of some words."""

    kind = "word"

    def __init__(self, *words):
        self.words = words

    def read(self, env, name, value):
        Text().read(env, name, value)
        if value in self.words:
            return value
        raise UserError(
            env._(
                "%(name)s cannot be %(value)s; there are: %(words)s.",
                name=name,
                value=_quote(value),
                words=", ".join(self.words),
            )
        )


class Base64:
    """The bytes of a file as base64 text; the method gets the bytes.

    XML-RPC carries bytes by a type of its own.
    """

    kind = "base64"

    def read(self, env, name, value):
        data = getattr(value, "data", None)
        if data and isinstance(data, bytes):
            return data
        Text(filled=True).read(env, name, value)
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise UserError(
                env._("%s is not base64: encode the file's bytes.", name)
            ) from error


class Rows:
    """A list of objects, which are answered one by one.

    The method gets a list of ``(values, fault)``: what may be used of a row, and the
    sentence that refuses the row, or an empty text.

    :param needed: names that each row must have
    :param arguments: what each name of a row may be
    """

    kind = "list of objects"

    def __init__(self, *needed, **arguments):
        self.needed = needed
        self.arguments = arguments

    def read(self, env, name, value):
        if not isinstance(value, list):
            raise UserError(
                env._(
                    "%(name)s must be a list of objects; %(value)s was given.",
                    name=name,
                    value=_quote(value),
                )
            )
        if not value:
            raise UserError(env._("%s is empty; the call needs it.", name))
        return [self._read_row(env, f"{name}[{n}]", row) for n, row in enumerate(value)]

    def _read_row(self, env, place, row):
        try:
            return self._read_values(env, place, row), ""
        except UserError as error:
            return {}, str(error)

    def _read_values(self, env, place, row):
        if not isinstance(row, dict):
            raise UserError(
                env._(
                    "%(name)s must be an object; %(value)s was given.",
                    name=place,
                    value=_quote(row),
                )
            )
        for name in row:
            _check_known(env, f"{place}.{name}", name in self.arguments, self.arguments)
        values = {}
        for name, argument in self.arguments.items():
            if not _is_nothing(row.get(name)):
                values[name] = argument.read(env, f"{place}.{name}", row[name])
            elif name in self.needed:
                raise _missing(env, f"{place}.{name}")
        return values


def remote_call(ids="some", **arguments):
    """Check what a program gives before the method sees it.

    Every argument of the method is told here. One that has a default may be left out,
    or be null or false, and is then its default.

    :param str ids: ``one`` record, ``some`` records, or ``none``: a method of the model
    :param arguments: by name, what each may be
    """

    def decorate(method):
        parameters = list(inspect.signature(method).parameters.values())[1:]
        assert [each.name for each in parameters] == list(arguments), method

        @wraps(method)
        def call(self, *placed, **named):
            # A program rarely says which language it wants: that of its user.
            lang = self.env.context.get("lang") or self.env.user.lang
            records = self.with_context(lang=lang)
            _check_ids(records, ids)
            given = _name(records.env, list(arguments), placed, named)
            values = {}
            for parameter in parameters:
                name, value = parameter.name, given.get(parameter.name)
                if not _is_nothing(value):
                    values[name] = arguments[name].read(records.env, name, value)
                elif parameter.default is parameter.empty:
                    raise _missing(records.env, name)
            return method(records, **values)

        call.remote_ids, call.remote_arguments = ids, arguments
        return call

    return decorate


def check_one(records):
    """:raise UserError: a call for one record names none or several"""
    _check_ids(records, "one")


def reason(code, message, level="danger", fix=False, **more):
    """Return why a record is not as the caller wants it, or what to know of it.

    :param str code: for programs; it keeps its meaning
    :param str message: for people, in the caller's language
    :param str level: ``danger`` stops the record, ``warning`` and ``info`` do not
    :param fix: a word for what to open, or False
    :param more: the code's own values; dates in ISO form
    """
    return {"code": code, "message": message, "level": level, "fix": fix, **more}


def split_usable(records, operation="read"):
    """Tell records that the caller may use from IDs of nothing, or of others' records.

    :return: ``(records, {id: reason})``, each once; which of the two an ID is stays
        unsaid
    """
    usable = records.union().exists()._filtered_access(operation)
    return usable, {
        number: reason(
            "not_found",
            records.env._("There is no record %s, or you may not use it.", number),
        )
        for number in set(records.ids) - set(usable.ids)
    }


def _check_ids(records, ids):
    if ids == "none":
        return
    Ids().read(records.env, "ids", list(records._ids))
    count = len(records)
    if ids == "one" and count != 1:
        raise UserError(
            records.env._("ids must name exactly one record; %s were named.", count)
        )
    if not count:
        raise UserError(records.env._("ids is empty: name at least one record."))


def _name(env, names, placed, named):
    """Return arguments by name, of which some were told by their place."""
    if placed and not names:
        raise UserError(env._("Too many arguments: the call takes none."))
    if len(placed) > len(names):
        raise UserError(env._("Too many arguments; there are: %s.", ", ".join(names)))
    given = dict(zip(names, placed, strict=False))
    for name in named:
        if name in given:
            raise UserError(env._("%s is given twice.", name))
        _check_known(env, name, name in names, names)
    return {**given, **named}


def _check_known(env, name, is_known, names):
    if not is_known and not names:
        raise UserError(env._("%s is no argument; the call takes none.", _clean(name)))
    if not is_known:
        raise UserError(
            env._(
                "%(name)s is no argument; there are: %(names)s.",
                name=_clean(name),
                names=", ".join(names),
            )
        )


def _missing(env, name):
    return UserError(env._("%s is missing; the call needs it.", name))


def _is_nothing(value):
    return value is None or value is False


def _is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST


def _quote(value):
    return _clean(json.dumps(value, ensure_ascii=False, default=str))


def _clean(text):
    return text[:_QUOTED].encode("utf-8", "replace").decode()
