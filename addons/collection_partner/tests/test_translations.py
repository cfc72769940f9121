from odoo.tests import TransactionCase, tagged

from odoo.addons.receivables_base.tests.translations import Translations


@tagged("post_install", "-at_install")
class TestTranslations(Translations, TransactionCase):
    addon = "collection_partner"
    same_as_english = {"API, %s", "BIC", "EU", "Intrum", "Kravia"}
