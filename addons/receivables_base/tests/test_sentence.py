from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import LazyTranslate
from odoo.tools.translate import code_translations

from ..exceptions import ExchangeError
from ..tools import Sentence

_lt = LazyTranslate(__name__)


@tagged("post_install", "-at_install")
class TestSentence(TransactionCase):
    def setUp(self):
        super().setUp()
        terms = code_translations.get_python_translations("receivables_base", "fi_FI")
        translated = {
            "The bank refused %(number)s: %(why)s": "Ei käy %(number)s: %(why)s",
            "closed": "suljettu",
        }
        self.patch(
            code_translations,
            "python_translations",
            {("receivables_base", "fi_FI"): {**terms, **translated}},
        )

    def read(self, stored, lang):
        return Sentence.read(stored, self.env(context={"lang": lang}))

    def test_each_reads_it_in_a_language_of_theirs(self):
        stored = Sentence.store(
            _lt(
                "The bank refused %(number)s: %(why)s",
                number="INV/1",
                why=_lt("closed"),
            )
        )
        self.assertEqual(self.read(stored, "en_US"), "The bank refused INV/1: closed")
        self.assertEqual(self.read(stored, "fi_FI"), "Ei käy INV/1: suljettu")

    def test_a_sentence_that_is_kept_already_may_be_part_of_another(self):
        why = Sentence.store(_lt("closed"))
        stored = Sentence.store(
            _lt("The bank refused %(number)s: %(why)s", number="INV/1", why=why)
        )
        self.assertEqual(self.read(stored, "fi_FI"), "Ei käy INV/1: suljettu")

    def test_words_of_others_stay_as_they_came(self):
        stored = Sentence.store("Konto stängt, 50 % kvar")
        self.assertEqual(self.read(stored, "fi_FI"), "Konto stängt, 50 % kvar")

    def test_what_the_database_does_not_take_is_replaced(self):
        stored = Sentence.store(_lt("closed %s", "a\x00b\ud800"))
        self.assertEqual(self.read(stored, "en_US"), "closed a\u2400b?")

    def test_exceptions_bring_their_sentence(self):
        for fault in (
            UserError("Too late."),
            ExchangeError("final", "late", "Too late."),
        ):
            self.assertEqual(self.read(Sentence.store(fault), "en_US"), "Too late.")

    def test_nothing_is_nothing(self):
        self.assertIs(Sentence.store(""), False)
        self.assertEqual(self.read(False, "fi_FI"), "")
