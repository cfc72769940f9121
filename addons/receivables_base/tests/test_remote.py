import base64
import inspect
from datetime import date, datetime
from xmlrpc.client import Binary

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.rpc.controllers.xmlrpc import dumps

from ..tools import (
    Base64,
    Day,
    Ids,
    Rows,
    Text,
    Whole,
    Word,
    reason,
    remote_call,
    split_usable,
)


@remote_call(
    name=Text(filled=True),
    count=Whole(),
    others=Ids(),
    day=Day(),
    until=Day(coming=True),
    mode=Word("one", "many"),
    content=Base64(),
    rows=Rows("name", name=Text(), count=Whole()),
)
def act(
    records,
    name,
    count=5,
    others=(),
    day=False,
    until=False,
    mode="one",
    content=b"",
    rows=(),
):
    """What some program calls."""
    return {
        "ids": records.ids,
        "lang": records.env.lang,
        "name": name,
        "count": count,
        "others": others,
        "day": day,
        "mode": mode,
        "content": content,
        "rows": rows,
    }


@remote_call(ids="one")
def act_on_one(records):
    return records.id


@remote_call(ids="none", name=Text())
def act_on_none(records, name=""):
    return name


@tagged("post_install", "-at_install")
class TestRemote(TransactionCase):
    """What programs give is checked before a method sees it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create([{"name": "A"}, {"name": "B"}])

    def refused(self, *placed, call=act, records=None, **named):
        with self.assertRaises(UserError) as caught:
            call(self.partners if records is None else records, *placed, **named)
        return str(caught.exception)

    def test_what_is_right_arrives(self):
        given = {
            "name": "x",
            "count": 2,
            "others": [7],
            "day": "2026-12-31",
            "mode": "many",
            "content": base64.encodebytes(b"bytes" * 40).decode(),
            "rows": [{"name": "y", "count": None}],
        }
        answer = act(self.partners, **given)
        expected = {
            **given,
            "ids": self.partners.ids,
            "lang": "en_US",
            "day": date(2026, 12, 31),
            "content": b"bytes" * 40,
            "rows": [({"name": "y"}, "")],
        }
        self.assertEqual(answer, expected)

    def test_what_xml_rpc_carries_by_types_of_its_own(self):
        answer = act(
            self.partners,
            name="x",
            day=datetime(2026, 12, 31, 12),
            content=Binary(b"bytes"),
        )
        self.assertEqual(answer["day"], date(2026, 12, 31))
        self.assertEqual(answer["content"], b"bytes")
        message = self.refused("x", content=Binary(b""))
        self.assertIn("content", message)

    def test_by_place_or_by_name(self):
        self.assertEqual(act(self.partners, "x", 2), act(self.partners, "x", count=2))

    def test_nothing_is_the_default(self):
        plain = act(self.partners, "x")
        for nothing in (None, False):
            given = dict.fromkeys(("count", "day", "mode", "content"), nothing)
            self.assertEqual(act(self.partners, "x", **given), plain)

    def test_each_fault_names_the_argument(self):
        for name, value, sentence in (
            ("name", 7, "name must be a text; 7 was given."),
            ("name", True, "name must be a text; true was given."),
            ("name", {"a": 1}, 'name must be a text; {"a": 1} was given.'),
            ("name", None, "name is missing; the call needs it."),
            ("name", " ", "name is empty; the call needs it."),
            (
                "name",
                "a\x00",
                "name holds a character that cannot be kept: U+0000. Leave it out.",
            ),
            (
                "name",
                "\ud800",
                "name holds a character that cannot be kept: U+D800. Leave it out.",
            ),
            ("count", 0, "count must be a whole number above zero; 0 was given."),
            ("count", True, "count must be a whole number above zero; true was given."),
            ("count", "1", 'count must be a whole number above zero; "1" was given.'),
            ("count", 1.5, "count must be a whole number above zero; 1.5 was given."),
            (
                "count",
                2**31,
                "count must be a whole number above zero; 2147483648 was given.",
            ),
            (
                "others",
                [1, "a"],
                "others must be a list of whole numbers above zero; "
                '[1, "a"] was given.',
            ),
            ("day", "soon", 'day must be a date such as 2026-12-31; "soon" was given.'),
            ("day", 20261231, "day must be a date such as 2026-12-31; 20261231 was "),
            ("until", "2020-01-31", "until must be a day after today; 2020-01-31 was "),
            (
                "until",
                fields.Date.to_string(fields.Date.today()),
                "until must be a day after today",
            ),
            ("mode", "all", 'mode cannot be "all"; there are: one, many.'),
            ("mode", 1, "mode must be a text; 1 was given."),
            ("content", "%", "content is not base64: encode the file's bytes."),
            ("content", "ä", "content is not base64: encode the file's bytes."),
            ("content", "", "content is empty; the call needs it."),
            ("rows", {}, "rows must be a list of objects; {} was given."),
            ("rows", [], "rows is empty; the call needs it."),
            ("colour", 1, "colour is no argument; there are: name, count, others, "),
        ):
            with self.subTest(name=name, value=value):
                told = self.refused(**{"name": "x", name: value})
                self.assertTrue(told.startswith(sentence), told)

    def test_a_row_is_refused_alone(self):
        rows = [
            {"name": "x"},
            {"count": 1},
            {"name": 1},
            {"name": "x", "colour": 1},
            "x",
            {"name": "x", "count": True},
        ]
        found = act(self.partners, "x", rows=rows)["rows"]
        self.assertEqual(
            found,
            [
                ({"name": "x"}, ""),
                ({}, "rows[1].name is missing; the call needs it."),
                ({}, "rows[2].name must be a text; 1 was given."),
                ({}, "rows[3].colour is no argument; there are: name, count."),
                ({}, 'rows[4] must be an object; "x" was given.'),
                (
                    {},
                    "rows[5].count must be a whole number above zero; true was given.",
                ),
            ],
        )

    def test_calls_that_do_not_fit(self):
        self.assertEqual(self.refused(), "name is missing; the call needs it.")
        self.assertEqual(self.refused("x", name="y"), "name is given twice.")
        self.assertEqual(
            self.refused("x", "y", call=act_on_none),
            "Too many arguments; there are: name.",
        )
        self.assertEqual(
            self.refused("x", call=act_on_one, records=self.partners[0]),
            "Too many arguments: the call takes none.",
        )

    def test_records_that_do_not_fit(self):
        partners = self.env["res.partner"]
        for ids in (["a"], [True], [0], [-1], [1.5], [None], [2**40], [[1]]):
            with self.subTest(ids=ids):
                self.assertIn(
                    "ids must be a list of whole numbers above zero",
                    self.refused("x", records=partners.browse(ids)),
                )
        self.assertEqual(
            self.refused("x", records=partners),
            "ids is empty: name at least one record.",
        )
        self.assertEqual(
            self.refused(call=act_on_one),
            "ids must name exactly one record; 2 were named.",
        )
        self.assertEqual(act_on_one(self.partners[0]), self.partners[0].id)
        self.assertEqual(act_on_none(partners, "x"), "x")

    def test_the_sentence_is_in_the_language_of_the_caller(self):
        self.env["res.lang"]._activate_lang("fi_FI")
        finn = new_test_user(self.env, "finn", "base.group_user", lang="fi_FI")
        english = self.refused(3)
        theirs = self.refused(3, records=self.partners.with_user(finn))
        self.assertNotEqual(theirs, english)
        self.assertIn(" name ", theirs)
        asked = self.partners.with_user(finn).with_context(lang="en_US")
        self.assertEqual(self.refused(3, records=asked), english)

    def test_what_readers_of_the_code_see_stays(self):
        self.assertEqual(act.__doc__, "What some program calls.")
        self.assertEqual(
            list(inspect.signature(act).parameters)[:2], ["records", "name"]
        )

    def test_a_reason_can_be_carried(self):
        told = reason("late", "Too late.", earliest_date="2026-12-31")
        self.assertEqual(
            told,
            {
                "code": "late",
                "message": "Too late.",
                "level": "danger",
                "fix": False,
                "earliest_date": "2026-12-31",
            },
        )
        dumps((told,))

    def test_what_is_not_there_and_what_is_others_look_alike(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.partners[1]
        theirs.company_id = company
        user = new_test_user(self.env, "clerk", "base.group_user")
        gone = 2**31 - 7
        named = self.env["res.partner"].browse([*self.partners.ids, gone] * 2)
        usable, refused = split_usable(named.with_user(user))
        self.assertEqual(usable.ids, self.partners[0].ids)
        self.assertEqual(set(refused), {theirs.id, gone})
        for number, refusal in refused.items():
            self.assertEqual(refusal["code"], "not_found")
            self.assertEqual(
                refusal["message"],
                f"There is no record {number}, or you may not use it.",
            )
