from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import OFFER, ReceivablesCase

TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install")
class TestResponsible(ReceivablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fi_FI")
        cls.env["ir.model.access"].create(
            {
                "name": "letters",
                "model_id": cls.env["ir.model"]._get_id(OFFER),
                "group_id": cls.env.ref("account.group_account_invoice").id,
                "perm_read": True,
            }
        )
        groups = "account.group_account_invoice"
        cls.aino = new_test_user(cls.env, "aino", groups, lang="fi_FI")
        cls.boss = new_test_user(cls.env, "boss", groups)
        cls.stranger = new_test_user(cls.env, "stranger", "base.group_user")

    def write(self, user=None):
        return self.letters.create({"user_id": user and user.id})

    def responsible(self, user=None):
        return self.write(user)._get_responsible()

    def test_the_records_own_person_first(self):
        self.env.company.receivables_user_id = self.boss
        self.assertEqual(self.responsible(self.aino), self.aino)

    def test_the_companys_choice_where_nobody_is_there_or_may_read(self):
        self.env.company.receivables_user_id = self.boss
        self.assertEqual(self.responsible(), self.boss)
        self.assertEqual(self.responsible(self.stranger), self.boss)
        self.aino.active = False
        self.assertEqual(self.responsible(self.aino), self.boss)

    def test_a_person_of_another_company_is_not_asked(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env["ir.rule"].create(
            {
                "name": "letters",
                "model_id": self.env["ir.model"]._get_id(OFFER),
                "domain_force": "[('company_id', 'in', company_ids)]",
            }
        )
        self.env.company.receivables_user_id = self.boss
        self.aino.write(
            {"company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        self.assertEqual(self.responsible(self.aino), self.boss)

    def test_never_odoobot(self):
        robot = self.env.ref("base.user_root")
        self.env.company.receivables_user_id = False
        found = self.responsible(robot)
        self.assertTrue(found.active)
        self.assertNotEqual(found, robot)

    def test_reminded_once_in_a_language_of_theirs_and_settled(self):
        self.env.ref(TODO).with_context(lang="fi_FI").summary = "Tehtävä"
        letters = self.write(self.aino) + self.write(self.boss)
        self.assertEqual(letters._remind(TODO, "Somebody's words"), letters)
        self.assertFalse(letters._remind(TODO, "Other words"))
        found = letters._get_activities(self.env.ref(TODO))
        self.assertEqual(found.user_id, self.aino + self.boss)
        mine = found.filtered(lambda a: a.user_id == self.aino)
        self.assertEqual(mine.summary, "Tehtävä")
        self.assertIn("Somebody", mine.note)
        letters[0]._settle(TODO)
        self.assertFalse(mine.exists())
        self.assertEqual(letters._remind(TODO), letters[0])
