from odoo.tests import TransactionCase, tagged

from ..adapters import Adapter


@tagged("post_install", "-at_install")
class TestAdapter(TransactionCase):
    def setUp(self):
        super().setUp()

        class Post(Adapter):
            def carry(self):
                raise NotImplementedError

        class Pigeon(Post):
            name = "pigeon"
            label = "Pigeon"

            def carry(self):
                return self.env.lang

        class Quick(Pigeon):
            name = "pigeon"

        class Elsewhere(Post):
            __module__ = "odoo.addons.not_in_this_database.adapters.post"
            name = "elsewhere"
            label = "Elsewhere"

        self.post, self.quick = Post, Quick

    def test_adapter_is_had_by_its_name(self):
        found = self.post.get(self.env(context={"lang": "fi_FI"}), "pigeon")
        self.assertEqual(found.carry(), "fi_FI")

    def test_the_addon_loaded_last_counts(self):
        self.assertIs(type(self.post.get(self.env, "pigeon")), self.quick)

    def test_adapters_of_addons_that_are_not_installed_are_not_there(self):
        self.assertEqual(self.post.selection(self.env), [("pigeon", "Pigeon")])
        with self.assertRaisesRegex(LookupError, "elsewhere"):
            self.post.get(self.env, "elsewhere")
