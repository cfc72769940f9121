from odoo.tests import TransactionCase, tagged

from odoo.addons.receivables_base.tests.translations import Translations


@tagged("post_install", "-at_install")
class TestTranslations(Translations, TransactionCase):
    addon = "einvoice_consumer"
    same_as_english = {"Bank", "Test", "Version"}
