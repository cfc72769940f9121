from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields
from odoo.tests import Form, new_test_user

from .common import CollectionCommon


class TransferCommon(CollectionCommon):
    """People who transfer invoices, and the night in which it happens by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collector = new_test_user(
            cls.env,
            "collector",
            "collection_partner.collection_partner_group_user",
            company_id=cls.company.id,
        )
        cls.clerk = new_test_user(
            cls.env,
            "clerk",
            "account.group_account_invoice",
            company_id=cls.company.id,
        )

    def setUp(self):
        super().setUp()
        # Polling would take the faults that are meant for other calls.
        self.agency.sudo().next_attempt = fields.Datetime.now() + timedelta(minutes=15)

    def set_today(self, day):
        """Let it be ``day`` where the companies are."""
        self.patch(
            self.env.registry["res.company"], "_get_collection_today", lambda _self: day
        )

    def move_to(self, code):
        """The company is in another country, and so under other rules."""
        self.set_today(self.today)
        self.company.country_id = self.env.ref(f"base.{code}")
        return self.company.country_id

    def make_consumer(self, name="Maja Lind", **values):
        return self.make_customer(
            name, **{"is_company": False, "company_registry": False, **values}
        )

    def make_invoices(self, count, **values):
        """Many posted invoices at once."""
        return self.make_move(count=count, **values)

    def night(self):
        """The nightly job, as the scheduler runs it: in nobody's name and language."""
        self.env.flush_all()
        env = api.Environment(self.env.cr, SUPERUSER_ID, {})
        with self.as_job():
            env["collection.agency"]._cron_automatic()
        self.env.invalidate_all()

    def dialog(self, moves, user=None):
        """The dialog that opens from the list or the invoice."""
        moves = moves.with_user(user or self.collector)
        action = moves.action_transfer_to_collection()
        self.assertEqual(action["res_model"], "collection.transfer.wizard")
        return Form(moves.env[action["res_model"]].browse(action["res_id"]))

    def payload(self, case):
        """What the agency was told of a case, as the adapter gets it."""
        [told] = [
            told
            for told, _key in self.other.told("case")
            if told["external_id"] == case.external_id
        ]
        return told

    def messages(self, case, kind="case"):
        return case.sudo().exchange_ids.filtered(lambda m: m.type == kind).sorted("id")
