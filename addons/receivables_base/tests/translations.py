import re
from io import BytesIO

import polib

from odoo.tools import file_path
from odoo.tools.translate import trans_export

# what programs read: placeholders, tags, and the attributes that hold no words
PLACEHOLDER = re.compile(
    r"%(?:\(\w+\))?[a-z]|</?\w+|\s(?!title|alt|placeholder)[\w-]+=\"[^\"]*\""
)


class Translations:
    """An addon speaks the languages of those who use it, completely.

    To be put before a ``TransactionCase``.
    """

    #: Odoo runs a test that is inherited only where the class says so
    allow_inherited_tests_method = True

    addon = ""
    languages = ("fi", "nb", "ru", "sv")
    #: Odoo leaves a translation empty where it is the same word as in English
    same_as_english = set()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        exported = BytesIO()
        trans_export(None, [cls.addon], exported, "po", cls.env)
        cls.terms = {
            entry.msgid
            for entry in polib.pofile(exported.getvalue().decode())
            if any("/tests/" not in place for place, _line in entry.occurrences)
        }
        cls.files = {
            language: polib.pofile(file_path(f"{cls.addon}/i18n/{language}.po"))
            for language in cls.languages
        }

    def test_every_term_is_translated(self):
        for language, entries in self.files.items():
            with self.subTest(language=language):
                translated = {e.msgid for e in entries if e.msgstr and not e.fuzzy}
                self.assertFalse(self.terms - translated - self.same_as_english)

    def test_no_term_is_outdated(self):
        template = polib.pofile(file_path(f"{self.addon}/i18n/{self.addon}.pot"))
        for name, entries in {**self.files, "template": template}.items():
            with self.subTest(file=name):
                self.assertFalse({e.msgid for e in entries} - self.terms)

    def test_placeholders_and_tags_are_kept(self):
        for language, entries in self.files.items():
            for entry in filter(lambda e: e.msgstr, entries):
                with self.subTest(language=language, term=entry.msgid):
                    self.assertEqual(
                        set(PLACEHOLDER.findall(entry.msgstr)),
                        set(PLACEHOLDER.findall(entry.msgid)),
                    )
