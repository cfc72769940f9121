"""Finds out what each kind of user gets at; runs inside Odoo.

`probe(env, ...)` gives a dict of plain values: for each field and method of ours what
each kind is allowed, and the faults that were met on the way. Nothing is sent anywhere
and everything that is done is undone.
"""

import contextlib
import datetime
import inspect
import socket
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import psycopg2

from odoo import modules
from odoo.exceptions import AccessDenied, AccessError, MissingError, UserError
from odoo.fields import Datetime
from odoo.models import MAGIC_COLUMNS, BaseModel
from odoo.service.model import call_kw, get_public_method
from odoo.sql_db import Cursor

from odoo.addons.rpc.controllers.xmlrpc import dumps

from .access_calls import (
    another_value,
    ends_without_answer,
    flush,
    is_model_method,
    is_public,
    no_network,
    place,
    refusal,
    resolved,
    search_for,
    told,
    undone,
    where_none,
)
from .access_examples import PASSWORD, Examples, Users

COLUMNS = (
    "public",
    "portal",
    "employee",
    "readonly",
    "invoicing",
    "user",
    "manager",
    "administrator",
    "other company",
)
# managers of all our other addons
BESIDES = ("others",)
REFUSED = (AccessError, AccessDenied, MissingError)
RECORDS = {"r": "read", "w": "write", "n": "create", "d": "unlink"}
CONTEXT = {"lang": "en_US"}
# core's, for system administrators, and of several seconds
SKIPPED = {"res.config.settings.execute"}
# Whose calls are made on every example, to see what breaks; for others it is enough to
# be let in once.
THOROUGH = ("readonly", "manager", "administrator")
# for an argument that should be something else
WRONG = (None, ["x"], [[]], {"x": 1}, "x\0", "", -1, 2**70, 1.5, True)


class Probe:
    """One look at a database."""

    def __init__(self, env, addons, arguments):
        self.env = env
        self.addons = addons
        self.arguments = arguments
        self.examples = Examples(env, addons)
        self.examples.prepare()
        self.users = Users(env, addons, self.examples.debtor)
        self.allowed = defaultdict(dict)
        self.faults = set()
        self.returned = set()
        self.outcomes = {}

    # --- what there is

    def addon_of(self, thing):
        """The addon of ours in which a class was written, if any."""
        parts = thing.__module__.split(".")
        ours = parts[:2] == ["odoo", "addons"] and parts[2] in self.addons
        return parts[2] if ours else None

    def fields(self, records):
        """Names of the fields that our addons add to a model, with the addon."""
        for name, field in records._fields.items():
            ours = set(field._modules) & set(self.addons)
            if ours and name not in (*MAGIC_COLUMNS, "id", "display_name"):
                yield name, min(ours)

    def methods(self, records):
        """Names of a model's public methods that are in our addons, with the addon."""
        found = {}
        for cls in type(records).mro():
            if not (addon := self.addon_of(cls)):
                continue
            for name in vars(cls):
                core = hasattr(BaseModel, name) or f"{records._name}.{name}" in SKIPPED
                if core or not is_public(records, name):
                    continue
                found.setdefault(name, addon)
                if ends_without_answer(vars(cls)[name]):
                    self.fault("returns", records._name, name, "None")
        return found.items()

    @contextmanager
    def undone(self):
        """Whatever happens inside is undone, and examples made inside forgotten."""
        known = dict(self.examples.kept)
        with undone(self.env):
            yield
        self.examples.kept = known

    # --- fields

    def look_at_fields(self, model):
        records = self.env[model]
        fields = dict(self.fields(records))
        if records._abstract or not fields:
            return
        for addon in set(fields.values()):
            names = [name for name, owner in fields.items() if owner == addon]
            for column in self.columns():
                user = self.users.named(column, addon)
                with self.undone():
                    ours = self.examples_for(model, addon, user, column)
                    readable = self.readable(ours, names)
                    for name in names:
                        found = self.try_field(ours, name, name in readable)
                        if ours._transient and column == "other company":
                            # whoever has put nothing in gets nothing out
                            given = partial(self.gives, ours[:1], name)
                            found = found if self.returns(given) else found.strip("r")
                        self.allowed[model, "field", name, addon][column] = found

    def columns(self):
        """The kinds of the table, and those that are looked at besides."""
        return [*COLUMNS, *BESIDES, *(kind for kind in self.users.of if "(" in kind)]

    def examples_for(self, model, addon, user, column):
        """Examples as a user has them before him."""
        company = self.examples.companies[addon]
        if model == "res.users":
            someone = self.users.of["employee"] if column == "other company" else user
            ids = someone.ids
        elif model == "res.partner" and column == "other company":
            ids = self.examples.own_customer.ids
        else:
            ids = self.examples.of(model, company, user, column != "other company")
        self.env.invalidate_all()
        return self.env[model].with_user(user).with_context(CONTEXT).browse(ids)

    def readable(self, records, names):
        """Those of some fields that a user can read of at least one record."""
        let_in = [record for record in records if record.has_access("read")]
        if any(self.returns(partial(record.read, names)) for record in let_in):
            return set(names)
        return {
            name
            for name in names
            for record in let_in
            if self.is_let_in(partial(record.read, [name]))
        }

    def try_field(self, records, name, readable):
        """Letters: r read, s search without reading, g group without, w write."""
        field = records._fields[name]
        letters = "r" if readable else ""
        if not readable and any(record.has_access("read") for record in records):
            condition = search_for(field, self.env)
            if self.returns(lambda: records.search_count(condition)):
                letters += "s"
            if self.returns(
                lambda: records.formatted_read_group([], [name], ["__count"])
            ):
                letters += "g"
        if (field.store or field.inverse) and records.has_access("write"):
            record = records[:1]
            value = another_value(record.sudo(), field)
            with self.undone():
                if self.is_let_in(lambda: (record.write({name: value}), flush(record))):
                    letters += "w"
        return letters

    @staticmethod
    def gives(record, name):
        """Read something that is not empty."""
        assert record.read([name])[0][name], "empty"

    def returns(self, call):
        """Whether a call comes to its end."""
        try:
            with self.env.cr.savepoint(flush=False):
                call()
        except Exception:  # pylint: disable=broad-except
            return False
        return True

    def is_let_in(self, call):
        """Whether a call is not refused; what else happens to it does not matter."""
        try:
            with self.env.cr.savepoint(flush=False):
                call()
        except REFUSED:
            return False
        except Exception:  # pylint: disable=broad-except
            return True
        return True

    def look_at_records(self, model):
        """Whether records may be read, written, made and deleted at all."""
        records = self.env[model]
        if records._abstract or records._original_module not in self.addons:
            return
        addon = records._original_module
        for column in self.columns():
            user = self.users.named(column, addon)
            with self.undone():
                ours = self.examples_for(model, addon, user, column)
                self.allowed[model, "records", "*", addon][column] = "".join(
                    letter
                    for letter, operation in RECORDS.items()
                    if ours.has_access(operation)
                )

    # --- methods

    def look_at_methods(self, model):
        abstract = self.env[model]._abstract
        for name, addon in self.methods(self.env[model]):
            given = self.arguments.get(f"{model}.{name}", {})
            missing = set(self.required(model, name)) - set(given)
            if missing and not abstract:
                text = f"say in ARGUMENTS what {sorted(missing)} may be"
                self.fault("arguments", model, name, text)
                continue
            given = {**dict.fromkeys(missing), **given}
            for column in self.columns():
                user = self.users.named(column, addon)
                with self.undone():
                    ours = self.examples_for(model, addon, user, column)
                    letter = "c" if self.calls(ours, name, given, column) else ""
                    self.allowed[model, "method", name, addon][column] = letter
            if not abstract:
                self.try_wrong_types(model, name, addon, given)

    def parameters(self, model, name):
        method = get_public_method(self.env[model], name)
        return dict(list(inspect.signature(method).parameters.items())[1:])

    def required(self, model, name):
        return [
            key
            for key, parameter in self.parameters(model, name).items()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]

    def calls(self, records, name, given, column):
        """Whether a user is let in to a method with at least one of the examples."""
        let_in = False
        for record in records:
            error = self.call(record, name, given, read_only=column == "readonly")
            how = f"{told(error)} {place(error)}" if error else "returned"
            self.outcomes[f"{column} {record._name}.{name}"] = how
            let_in |= not isinstance(error, REFUSED)
            if isinstance(error, psycopg2.errors.ReadOnlySqlTransaction):
                self.fault("writes for readonly", record._name, name, "")
            elif error and not isinstance(error, UserError):
                text = told(error)
                self.fault("breaks", record._name, name, text, place(error))
            if let_in and column not in THOROUGH:
                break
        return let_in

    def call(self, record, name, given, read_only=False):
        """Call as a program would; the exception, or None when it returned."""
        ids = [] if is_model_method(record, name) else [record.ids]
        try:
            with self.undone():
                if read_only:
                    self.env.cr.execute("SET LOCAL transaction_read_only = on")
                kwargs = {**resolved(given, self.env), "context": CONTEXT}
                result = call_kw(record.browse(), name, ids, kwargs)
                flush(record)
                self.returned.add(f"{record._name}.{name}")
                self.carry(record._name, name, result)
        except Exception as error:  # pylint: disable=broad-except
            return error
        return None

    def carry(self, model, name, result):
        """XML-RPC carries an answer, or it is a fault."""
        try:
            dumps((result,))
        except Exception as error:  # pylint: disable=broad-except
            text = where_none(result) or str(error)
            self.fault("returns", model, name, text)

    def try_wrong_types(self, model, name, addon, given):
        """An argument of another type is refused with a sentence."""
        user = self.users.named("administrator", addon)
        with self.undone():
            records = self.examples_for(model, addon, user, "administrator")
            for parameter in self.parameters(model, name):
                for value in WRONG:
                    for record in records[:4]:
                        wrong = {**given, parameter: value}
                        error = self.call(record, name, wrong)
                        if error and not isinstance(error, (UserError, AccessDenied)):
                            text = f"{parameter}={value!r}: {told(error)}"
                            where = place(error)
                            self.fault("wrong type", model, name, text, where)
                            break
            missing = records.browse(2**31 - 7)
            if not is_model_method(records, name) and not records._abstract:
                error = self.call(missing, name, given)
                if error and not isinstance(error, UserError):
                    text = f"a record that is gone: {told(error)}"
                    self.fault("wrong type", model, name, text, place(error))

    def fault(self, rule, model, name, text, where=""):
        if not self.env[model]._abstract:
            self.faults.add((rule, model, name, text, where))

    def kinds_of_models(self):
        """Our models; fields in which the user of a wizard enters something; facts,
        which only our own code writes."""
        models = self.env.registry.models
        own = {
            name: model
            for name, model in sorted(models.items())
            if model._original_module in self.addons
        }
        return {
            "own": list(own),
            "abstract": [name for name, model in own.items() if model._abstract],
            "transient": [name for name, model in own.items() if model._transient],
            "typed": [
                f"{name}.{field.name}"
                for name, model in own.items()
                if model._transient
                for field in model._fields.values()
                if field.store and not field.related
            ],
            "facts": [
                f"{name}.{field}"
                for name, model in sorted(models.items())
                if not model._abstract and not model._transient
                for field, _addon in self.fields(model)
                if model._fields[field].store and model._fields[field].readonly
            ],
        }

    # --- archived users

    def look_at_archived(self):
        """Nobody comes in who is archived, with password or key."""
        user = self.users.of["accountant"]
        keys = self.env["res.users.apikeys"]
        tomorrow = Datetime.now() + datetime.timedelta(days=1)
        key = keys.with_user(user)._generate("rpc", "access", tomorrow)
        for archived in (False, True):
            user.sudo().active = not archived
            flush(user)
            comes_in = keys._check_credentials(scope="rpc", key=key) == user.id
            for secret in (PASSWORD, key):
                with contextlib.suppress(AccessDenied):
                    self.env["res.users"].sudo()._check_uid_passwd(user.id, secret)
                    comes_in |= archived
            if comes_in == archived:
                text = "comes in" if archived else "the attempt proves nothing"
                self.fault("archived", "res.users", "login", text)


def probe(env, addons, arguments):
    """Look at everything.

    :param list addons: names of our addons
    :param dict arguments: method ("model.name") → arguments by name; a text
        "ref:<xmlid>" stands for the id of a record
    :return: {"allowed": [[model, what, name, addon, {kind: letters}]],
        "faults": [[rule, model, name, text, place]], "returned": [method],
        "outcomes": {"kind method": what came of it},
        "kinds": {"own", "abstract", "transient": [model], "typed", "facts":
        ["model.field"]}}
    """
    quiet = [
        patch.object(socket.socket, "connect", no_network),
        patch.object(modules.module, "current_test", True),
        # nothing of this stays, and savepoints outlive what a method commits
        patch.object(Cursor, "commit", Cursor.flush),
        patch.object(Cursor, "rollback", Cursor.clear),
    ]
    # Odoo explains each of thousands of refusals, which nobody reads
    quiet += [
        patch.object(env.registry[model], "_make_access_error", refusal)
        for model in ("ir.rule", "ir.model.access")
    ]
    with contextlib.ExitStack() as stack:
        for each in quiet:
            stack.enter_context(each)
        env.cr.execute("SET lock_timeout = '2s'")
        found = Probe(env, sorted(addons), arguments)
        flush(env["res.users"])
        for model in sorted(env.registry):
            found.look_at_records(model)
            found.look_at_fields(model)
            found.look_at_methods(model)
        found.look_at_archived()
    env.cr.rollback()
    return {
        "allowed": [[*key, kinds] for key, kinds in sorted(found.allowed.items())],
        "faults": sorted(found.faults),
        "kinds": found.kinds_of_models(),
        "outcomes": found.outcomes,
        "returned": sorted(found.returned),
    }
