from types import SimpleNamespace

from odoo.tests import TransactionCase, tagged

from odoo.addons.receivables_base.tests.translations import Translations

from ..formats.calls import Result
from ..hooks import post_init_hook
from ..services.sentences import get_sentence


@tagged("post_install", "-at_install")
class TestTranslations(Translations, TransactionCase):
    addon = "payment_terminal"
    languages = ("fi", "is", "nb", "ru", "sv")
    same_as_english = {
        *("4821 0936 57", "HTTP", "id", "ms", "ms."),
        *("Kaspi (JSON)", "Kaspi (XML)", "OSMP / QIWI (XML)", "Payme (JSON-RPC)"),
        "PrivatBank Debt (XML)",
    }

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
                told = get_sentence(self.env, network, Result.OK, "accepted")
                self.assertEqual(told, sentence)
