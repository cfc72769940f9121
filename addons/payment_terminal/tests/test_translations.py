import re
from io import BytesIO
from types import SimpleNamespace

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

from ..formats.calls import Result
from ..hooks import post_init_hook
from ..services.sentences import tell

ADDON = "payment_terminal"
LANGUAGES = ("fi", "is", "nb", "ru", "sv")
# Odoo leaves a translation empty where it is the same word as in English.
SAME_AS_ENGLISH = {
    *("4821 0936 57", "HTTP", "id", "ms", "ms."),
    *("Kaspi (JSON)", "Kaspi (XML)", "OSMP / QIWI (XML)", "Payme (JSON-RPC)"),
    "PrivatBank Debt (XML)",
}
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

    def test_icelandic_is_there_to_be_activated(self):
        languages = self.env["res.lang"].with_context(active_test=False)
        icelandic = languages.search([("code", "=", "is_IS")])
        self.assertEqual(len(icelandic), 1)
        post_init_hook(self.env)
        self.assertEqual(languages.search([("code", "=", "is_IS")]), icelandic)

    def test_a_customer_at_the_kiosk_reads_the_networks_language(self):
        for lang, sentence in (
            ("is_IS", "Greiðsla móttekin"),
            ("ru_RU", "Платёж принят"),
            ("sv_SE", "Betalningen är mottagen"),
        ):
            with self.subTest(lang):
                self.env["res.lang"]._activate_lang(lang)
                network = SimpleNamespace(lang=lang)
                payment = SimpleNamespace(state="accepted")
                told = tell(self.env, network, Result.OK, payment)
                self.assertEqual(told.message, sentence)
