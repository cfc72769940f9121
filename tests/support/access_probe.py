"""Finds out what each kind of user gets at; runs inside Odoo.

`probe(env, ...)` gives a dict of plain values: for each field and method of ours what
each kind is allowed, and the faults that were met on the way. Nothing is sent anywhere
and everything that is done is undone.
"""

import contextlib
import datetime
import gc
import inspect
import socket
from collections import defaultdict
from contextlib import closing, contextmanager
from unittest.mock import patch

import psycopg2

from odoo import modules
from odoo.exceptions import AccessDenied, UserError
from odoo.fields import Datetime
from odoo.models import MAGIC_COLUMNS, BaseModel
from odoo.service.model import call_kw, get_public_method
from odoo.sql_db import Cursor

from odoo.addons.rpc.controllers.xmlrpc import dumps

from .access_calls import (
    ends_without_answer,
    flush,
    is_model_method,
    is_public,
    no_network,
    place,
    refusal,
    resolved,
    told,
    where_none,
)
from .access_examples import PASSWORD, Examples, Users
from .access_tries import REFUSED, Tries

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
RECORDS = {"r": "read", "w": "write", "n": "create", "d": "unlink"}
CONTEXT = {"lang": "en_US"}
# core's, for system administrators, and of several seconds
SKIPPED = {"res.config.settings.execute"}
# Whose calls are made on every example, to see what breaks; for others it is enough to
# be let in once.
THOROUGH = ("readonly", "manager", "administrator")
# for an argument that should be something else
WRONG = (None, ["x"], [[]], {"x": 1}, "x\0", "", -1, 2**70, 1.5, True)


class Probe(Tries):
    """One look at a database."""

    def __init__(self, env, addons, arguments):
        super().__init__(env)
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

    def public_methods(self, records):
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
        with closing(self.env.cr.savepoint()):
            yield
        self.examples.kept = known

    # --- who gets at it

    def look_at(self, model):
        """Everything of ours in a model."""
        records = self.env[model]
        fields = {} if records._abstract else dict(self.fields(records))
        methods = self.methods(records)
        addons = {*fields.values(), *(addon for addon, _given in methods.values())}
        if self.is_own(records):
            addons.add(records._original_module)
        for addon in sorted(addons):
            names = [name for name, owner in fields.items() if owner == addon]
            calls = {
                name: given
                for name, (owner, given) in methods.items()
                if owner == addon
            }
            with self.undone():
                if not records._transient:  # these are the same for everybody
                    self.examples.of(model, self.examples.companies[addon])
                for column in self.columns():
                    with self.undone():
                        self.look_at_kind(model, addon, column, names, calls)
                    # Odoo goes through all environments whenever it asks for one
                    gc.collect(0)

    def look_at_kind(self, model, addon, column, names, calls):
        """What of an addon one kind of user gets at in a model."""
        user = self.users.named(column, addon)
        ours = self.examples_for(model, addon, user, column)
        # after which each attempt is undone
        with closing(self.env.cr.savepoint()) as self.before:
            if self.is_own(ours) and addon == ours._original_module:
                self.allowed[model, "records", "*", addon][column] = "".join(
                    letter
                    for letter, operation in RECORDS.items()
                    if ours.has_access(operation)
                )
            for name, letters in self.try_fields(ours, names, column):
                self.allowed[model, "field", name, addon][column] = letters
            for name, given in calls.items():
                letter = "c" if self.calls(ours, name, given, column) else ""
                self.allowed[model, "method", name, addon][column] = letter
                if column == "administrator" and not ours._abstract:
                    self.try_wrong_types(ours, name, given)

    def is_own(self, records):
        """Whether there are records of a model, which is ours."""
        return not records._abstract and records._original_module in self.addons

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

    # --- methods

    def methods(self, records):
        """Public methods that are in our addons: name → addon, arguments."""
        found = {}
        for name, addon in self.public_methods(records):
            given = self.arguments.get(f"{records._name}.{name}", {})
            missing = set(self.required(records, name)) - set(given)
            if missing and not records._abstract:
                text = f"say in ARGUMENTS what {sorted(missing)} may be"
                self.fault("arguments", records._name, name, text)
            else:
                found[name] = addon, {**dict.fromkeys(missing), **given}
        return found

    @staticmethod
    def parameters(records, name):
        method = get_public_method(records, name)
        return dict(list(inspect.signature(method).parameters.items())[1:])

    def required(self, records, name):
        return [
            key
            for key, parameter in self.parameters(records, name).items()
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

        def call():
            if read_only:
                self.env.cr.execute("SET LOCAL transaction_read_only = on")
            kwargs = {**resolved(given, self.env), "context": CONTEXT}
            result = call_kw(record.browse(), name, ids, kwargs)
            flush(record)
            self.returned.add(f"{record._name}.{name}")
            self.carry(record._name, name, result)

        return self.attempt(call)

    def carry(self, model, name, result):
        """XML-RPC carries an answer, or it is a fault."""
        try:
            dumps((result,))
        except Exception as error:  # pylint: disable=broad-except
            text = where_none(result) or str(error)
            self.fault("returns", model, name, text)

    def try_wrong_types(self, records, name, given):
        """An argument of another type is refused with a sentence."""
        model = records._name
        for parameter in self.parameters(records, name):
            for value in WRONG:
                for record in records[:4]:
                    wrong = {**given, parameter: value}
                    error = self.call(record, name, wrong)
                    if error and not isinstance(error, (UserError, AccessDenied)):
                        text = f"{parameter}={value!r}: {told(error)}"
                        self.fault("wrong type", model, name, text, place(error))
                        break
        if not is_model_method(records, name):
            error = self.call(records.browse(2**31 - 7), name, given)
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
            found.look_at(model)
        found.look_at_archived()
    env.cr.rollback()
    return {
        "allowed": [[*key, kinds] for key, kinds in sorted(found.allowed.items())],
        "faults": sorted(found.faults),
        "kinds": found.kinds_of_models(),
        "outcomes": found.outcomes,
        "returned": sorted(found.returned),
    }
