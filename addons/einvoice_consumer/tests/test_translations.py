import re
from io import BytesIO

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

ADDON = "einvoice_consumer"
LANGUAGES = ("fi", "nb", "sv")
# Odoo leaves a translation empty where it is the same word as in English.
SAME_AS_ENGLISH = {"Bank", "Test", "Version"}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z]|</?\w+")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    """The addon speaks the languages of those who use it, completely."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        exported = BytesIO()
        trans_export(None, [ADDON], exported, "po", cls.env)
        cls.terms = {e.msgid for e in polib.pofile(exported.getvalue().decode())}
        cls.files = {
            language: polib.pofile(file_path(f"{ADDON}/i18n/{language}.po"))
            for language in LANGUAGES
        }

    def test_every_term_is_translated(self):
        for language, entries in self.files.items():
            with self.subTest(language=language):
                translated = {e.msgid for e in entries if e.msgstr and not e.fuzzy}
                self.assertFalse(self.terms - translated - SAME_AS_ENGLISH)

    def test_no_term_is_outdated(self):
        template = polib.pofile(file_path(f"{ADDON}/i18n/{ADDON}.pot"))
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
