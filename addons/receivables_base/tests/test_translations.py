from odoo.tests import TransactionCase, tagged

from .translations import Translations


@tagged("post_install", "-at_install")
class TestTranslations(Translations, TransactionCase):
    addon = "receivables_base"
    languages = ("fi", "is", "nb", "ru", "sv")
    same_as_english = {
        *(
            "HTTPS",
            "ID",
            "JSON",
            "SFTP",
            "/auth/token",
            "/srv/bank",
            "sftp.example.com",
        ),
        *("-----BEGIN CERTIFICATE-----", "-----BEGIN OPENSSH PRIVATE KEY-----"),
        "https://api.example.com/v1",
    }
