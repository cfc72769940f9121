"""Trying what a user gets at, fields above all; runs inside Odoo."""

from collections import defaultdict
from functools import partial

import psycopg2

from odoo.exceptions import AccessDenied, AccessError, MissingError

from .access_calls import another_value, flush, search_for

REFUSED = (AccessError, AccessDenied, MissingError)
# without the lines of an invoice, which core compares at every write; programs may ask
# for that too
ALONE = {"skip_invoice_sync": True}


class Tries:
    """Tries of users in a database, each undone up to the savepoint `before`."""

    def __init__(self, env):
        self.env = env
        self.before = None
        # model → fields that somebody has written without an error
        self.written = defaultdict(set)

    def attempt(self, call):
        """The exception with which a call ends, None when it returned. It is undone.

        It finds nothing in the cache that was read as superuser.
        """
        self.env.invalidate_all(flush=False)
        try:
            call()
        except Exception as error:  # pylint: disable=broad-except
            return error
        finally:
            self.before.rollback()
        return None

    def reading(self, call):
        """The exception with which a call ends that changes nothing, or None."""
        try:
            call()
        except Exception as error:  # pylint: disable=broad-except
            if isinstance(error, psycopg2.Error):
                self.before.rollback()
            return error
        return None

    # --- fields

    def try_fields(self, records, names, column):
        """Letters for each of some fields: r read, s search without reading, g group
        without, w write."""
        let_in = records._filtered_access("read") if names else records.browse()
        readable = self.readable(let_in, names)
        writable = self.writable(records, names)
        for name in names:
            letters = "r" if name in readable else ""
            if let_in and not letters:
                letters = self.found_out(records, name)
            if records._transient and column == "other company":
                # whoever has put nothing in gets nothing out
                if self.reading(partial(self.gives, records[:1], name)):
                    letters = letters.strip("r")
            letters += "w" if name in writable else ""
            yield name, letters

    def readable(self, records, names):
        """Those of some fields that a user can read of at least one record.

        Names of what stands in them are left out: Odoo looks them up as superuser.
        """
        found = set()
        for record_id in records.ids:
            # nothing is computed for the others
            record = records.browse(record_id)
            left = [name for name in names if name not in found]
            # those that are not closed to him are read in one
            is_open = partial(record._has_field_access, operation="read")
            some = [name for name in left if is_open(record._fields[name])]
            if some and not self.reading(partial(record.read, some, load=None)):
                found.update(some)
            for name in left:
                if name not in found:
                    error = self.reading(partial(record.read, [name], load=None))
                    if not isinstance(error, REFUSED):
                        found.add(name)
        return found

    def found_out(self, records, name):
        """Letters for what a user finds out who may not read a field."""
        condition = search_for(records._fields[name], self.env)
        calls = {
            "s": partial(records.search_count, condition),
            "g": partial(records.formatted_read_group, [], [name], ["__count"]),
        }
        return "".join(letter for letter in calls if not self.reading(calls[letter]))

    def writable(self, records, names):
        """Those of some fields with which a user is let in who writes them; what else
        happens to what he writes does not matter."""
        fields = {name: records._fields[name] for name in names}
        names = [name for name, field in fields.items() if field.store or field.inverse]
        if not names or not records.has_access("write"):
            return set()
        record = records[:1].with_context(**ALONE)
        values = {name: another_value(record.sudo(), fields[name]) for name in names}

        def write(some):
            record.write({name: values[name] for name in some})
            flush(record)

        # what others before him have written without an error goes in one
        known = self.written[records._name]
        together = [name for name in names if name in known]
        found = set()
        if together and not self.attempt(partial(write, together)):
            found.update(together)
        for name in names:
            if name not in found:
                error = self.attempt(partial(write, [name]))
                if not error:
                    known.add(name)
                if not isinstance(error, REFUSED):
                    found.add(name)
        return found

    @staticmethod
    def gives(record, name):
        """Read something that is not empty."""
        assert record.read([name])[0][name], "empty"
