import contextlib
import json

from odoo import Command
from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user

from .common import CollectionCommon

SECRETS = (
    "base_url",
    "client_id",
    "client_secret",
    "webhook_token",
    "webhook_secret",
    "webhook_url",
)
# What each company has for itself.
MODELS = (
    "collection.agency",
    "collection.case",
    "collection.disclosure",
    "collection.event",
    "collection.instalment",
    "collection.message",
    "collection.recovery",
    "collection.reminder",
    "collection.route",
)


class TestAccess(CollectionCommon):
    """Users collect, managers agree, the rest see at most what became of invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        companies = {
            "company_id": cls.company.id,
            "company_ids": [Command.set(cls.company.ids)],
        }
        for name, group in (
            ("collector", "collection_partner.collection_partner_group_user"),
            ("manager", "collection_partner.collection_partner_group_manager"),
            ("biller", "account.group_account_invoice"),
            ("auditor", "account.group_account_readonly"),
            ("employee", "base.group_user"),
        ):
            setattr(cls, name, new_test_user(cls.env, name, group, **companies))
        cls.other_company = cls.find_company(("id", "!=", cls.company.id))
        cls.stranger = new_test_user(
            cls.env,
            "stranger",
            "collection_partner.collection_partner_group_manager",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        move = cls.make_invoice()
        cls.remind(move)
        cls.send_one(move)
        cls.env["collection.route"].create(
            {"company_id": cls.company.id, "agency_id": cls.agency.id}
        )

    def make_case(self):
        """A case with all that belongs to it."""
        case = self.case
        self.happen(
            case,
            state="payment_plan",
            status_code="payment_plan",
            available_actions=["pause", "withdraw", "dispute"],
            instalments=[{"due_date": self.today, "amount": 500, "paid": False}],
        )
        return case

    def assertForbidden(self, *calls):
        for number, call in enumerate(calls):
            with self.subTest(number), self.assertRaises(AccessError):
                call()

    # === WHO MAY WHAT === #

    def test_a_user_does_the_daily_work(self):
        move = self.make_invoice().with_user(self.collector)
        self.env["collection.reminder"].with_user(self.collector).create(
            {"move_id": move.id, "date": self.today, "fee": 60}
        )
        [answer] = move.transfer_to_collection(note="Called twice.")
        case = move.env["collection.case"].browse(answer["case_id"])
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertTrue(case.exchange_ids.mapped("text"))
        case.request_action("pause", until=str(self.today.replace(year=2099)))
        self.run_jobs()
        self.happen(
            case.with_user(self.env.user),
            state="closed",
            status_code="closed",
            outcome="other",
        )
        wizard = case.env["collection.outcome.wizard"].create(
            {"case_id": case.id, "decision": "ban"}
        )
        wizard.action_confirm()
        self.assertEqual(case.outcome_decision, "ban")
        case.message_post(body="The customer is in receivership.")

    def test_a_user_closes_an_activity_on_a_case_and_on_the_contract(self):
        case = self.make_case()
        self.agency.user_id = self.collector
        case._tell("Look at it.")
        self.agency._tell("Look at it.")
        for record, name in ((case, "decide"), (self.agency, "agency")):
            activity = self.activities(record, name).with_user(self.collector)
            activity.action_feedback("Seen.")
            self.assertFalse(self.activities(record, name))

    def test_a_user_changes_nothing_past_the_methods(self):
        case = self.make_case().with_user(self.collector)
        self.assertForbidden(
            lambda: case.write({"state": "closed"}),
            lambda: case.create({"move_id": case.move_id.id}),
            lambda: case.unlink(),
            lambda: case.event_ids.write({"name": "Nothing happened"}),
            lambda: case.event_ids.unlink(),
            lambda: case.instalment_ids.write({"is_paid": True}),
            lambda: case.exchange_ids.write({"state": "cancelled"}),
            lambda: case.exchange_ids.unlink(),
            lambda: case.agency_id.write({"service": "collection"}),
            lambda: case.agency_id.create({"name": "Min Inkasso"}),
            lambda: case.agency_id.action_terminate(),
            lambda: case.agency_id.action_reactivate(),
            lambda: case.agency_id.action_open_onboarding(),
            lambda: case.status_id.write({"state": "closed"}),
            lambda: (
                self.env["collection.rule"]
                .with_user(self.collector)
                .search([], limit=1)
                .write({"value": 0})
            ),
        )

    def test_even_a_manager_does_not_change_what_happened(self):
        case = self.make_case().with_user(self.manager)
        self.assertForbidden(
            lambda: case.write({"state": "closed"}),
            lambda: case.unlink(),
            lambda: case.event_ids.write({"name": "Nothing happened"}),
            lambda: case.exchange_ids.write({"state": "cancelled"}),
        )
        # Nor does who passes over the access rights.
        case = case.sudo()
        message = case.exchange_ids.filtered("sha256")[:1]
        for call in (
            case.unlink,
            case.event_ids.unlink,
            message.unlink,
            lambda: message.write({"idempotency_key": "x"}),
            lambda: message.write({"attachment_id": False}),
        ):
            with self.assertRaises(UserError):
                call()

    def test_a_manager_changes_the_contract(self):
        agency = self.agency.with_user(self.manager)
        agency.write({"service": "collection", "auto_transfer": True})
        agency.action_terminate()
        self.run_jobs()
        agency.action_reactivate()
        self.run_jobs()
        self.assertEqual(agency.state, "active")

    def test_who_invoices_sees_the_case_and_does_not_touch_it(self):
        case = self.make_case()
        move = case.move_id.with_user(self.biller)
        self.assertEqual(move.collection_state, "payment_plan")
        self.assertTrue(move.collection_status)
        self.assertEqual(move.collection_case_ids.event_ids, case.event_ids)
        [seen] = move.collection_case_ids.read()
        self.assertEqual(seen["agency_status"], "payment_plan")
        [answer] = move.collection_eligibility()
        self.assertEqual(answer["reasons"][0]["code"], "at_agency")
        fresh = self.make_invoice().with_user(self.biller)
        theirs = case.with_user(self.biller)
        self.assertForbidden(
            lambda: fresh.transfer_to_collection(),
            lambda: fresh.action_transfer_to_collection(),
            lambda: theirs.request_action("pause"),
            lambda: theirs.action_approve(),
            lambda: theirs.action_undo(),
            lambda: theirs.action_send_now(),
            lambda: theirs.action_retry(),
            lambda: theirs.action_resend(),
            lambda: theirs.action_use_new_address(),
            lambda: theirs.action_dismiss_new_address(),
            lambda: theirs.agency_id.action_fetch_now(),
            lambda: theirs.agency_id.action_tonight(),
            lambda: theirs.read(["exchange_ids"]),
            lambda: (
                self.env["collection.outcome.wizard"]
                .with_user(self.biller)
                .create({"case_id": case.id})
            ),
        )
        self.assertFalse(fresh.collection_case_ids)

    def test_an_auditor_reads(self):
        case = self.make_case().with_user(self.auditor)
        self.assertEqual(case.state, "payment_plan")
        self.assertEqual(case.instalment_ids.amount, 500.0)
        self.assertTrue(case.event_ids.mapped("name"))
        self.assertTrue(case.move_id.collection_reminder_ids)
        fresh = self.make_invoice().with_user(self.auditor)
        reminder = self.remind(fresh.with_user(self.env.user))
        self.assertForbidden(
            lambda: fresh.transfer_to_collection(),
            lambda: case.request_action("pause"),
            lambda: reminder.with_user(self.auditor).write({"fee": 0}),
            lambda: case.read(["exchange_ids"]),
        )

    def test_an_employee_sees_nothing(self):
        case = self.make_case()
        for model in MODELS:
            records = self.env[model].with_user(self.employee)
            with self.subTest(model), self.assertRaises(AccessError):
                records.search([])
        self.assertForbidden(
            lambda: case.with_user(self.employee).read(["state"]),
            lambda: case.with_user(self.employee).request_action("pause"),
            lambda: case.move_id.with_user(self.employee).transfer_to_collection(),
        )

    # === THE API USER === #

    def test_the_api_user_can_do_nothing_by_itself(self):
        case = self.make_case()
        user = self.agency.api_user_id
        for model in (*MODELS, "account.move", "res.users"):
            records = self.env[model].with_user(user)
            with self.subTest(model), self.assertRaises(AccessError):
                records.search([])
        self.assertForbidden(
            lambda: case.with_user(user).request_action("withdraw", "Why not"),
            lambda: case.move_id.with_user(user).transfer_to_collection(),
            lambda: self.agency.with_user(user).action_terminate(),
            lambda: self.env["ir.ui.menu"].with_user(user)._visible_menu_ids(),
        )

    def test_the_api_user_cannot_log_in(self):
        user = self.agency.api_user_id
        for password in ("", user.login, "admin"):
            with self.subTest(password), self.assertRaises(AccessDenied):
                credential = {
                    "login": user.login,
                    "password": password,
                    "type": "password",
                }
                self.env["res.users"].authenticate(credential, {"interactive": False})

    def test_what_the_agency_reports_is_entered_in_the_api_users_name(self):
        case = self.make_case()
        self.assertEqual(case.instalment_ids.create_uid, self.agency.api_user_id)

    # === ANOTHER COMPANY === #

    def test_another_company_sees_nothing(self):
        case = self.make_case()
        for model in MODELS:
            with self.subTest(model):
                records = self.env[model].with_user(self.stranger)
                mine = records.sudo().search([("company_id", "=", self.company.id)])
                self.assertTrue(mine)
                self.assertFalse(records.search([("company_id", "=", self.company.id)]))
                with self.assertRaises(AccessError):
                    mine.with_user(self.stranger).read(["display_name"])
        theirs = case.with_user(self.stranger)
        self.assertForbidden(
            lambda: theirs.request_action("withdraw", "Ours now"),
            lambda: theirs.action_undo(),
            lambda: theirs.agency_id.action_terminate(),
            lambda: theirs.agency_id.action_fetch_now(),
        )
        move = case.move_id.with_user(self.stranger)
        for call in (move.transfer_to_collection, move.collection_eligibility):
            [answer] = call()
            self.assertEqual([r["code"] for r in answer["reasons"]], ["not_found"])

    def test_the_contract_of_another_company_is_not_made_ones_own(self):
        agencies = self.env["collection.agency"].with_user(self.stranger)
        self.assertForbidden(
            lambda: agencies.create(
                {"name": "Nord Inkasso", "company_id": self.company.id}
            ),
            lambda: self.agency.with_user(self.stranger).write(
                {"company_id": self.other_company.id}
            ),
        )

    # === DEBTORS AND COLLEAGUES === #

    def test_a_debtor_on_the_portal_learns_nothing_of_it(self):
        case = self.make_case()
        move, partner = case.move_id, case.partner_id
        move.collection_note = "Sells the boat"
        partner.collection_flag = "insolvent"
        debtor = new_test_user(
            self.env, "debtor", "base.group_portal", partner_id=partner.id
        )
        move.message_subscribe(partner.ids)
        own = move.with_user(debtor)
        self.assertEqual(own.read(["name"])[0]["name"], move.name)
        for record in (own, partner.with_user(debtor)):
            for name in record._fields:
                if not name.startswith("collection_"):
                    continue
                with self.subTest(name):
                    self.assertForbidden(
                        lambda record=record, name=name: record.read([name])
                    )
                    for ask in (
                        lambda record=record, name=name: record.search(
                            [(name, "!=", False)]
                        ),
                        lambda record=record, name=name: record.formatted_read_group(
                            [], [name]
                        ),
                        lambda record=record, name=name: record.formatted_read_group(
                            [], [f"{name}:day"]
                        ),
                    ):
                        # What cannot be searched or grouped at all says so first.
                        with contextlib.suppress(AccessError, ValueError, UserError):
                            self.fail(ask())
            self.assertFalse(
                [name for name in record.fields_get() if name.startswith("collection_")]
            )
        self.assertForbidden(own.collection_eligibility)

    def test_nor_does_every_employee(self):
        partner = self.make_case().partner_id.with_user(self.employee)
        names = [name for name in partner._fields if name.startswith("collection_")]
        self.assertTrue(names)
        for name in names:
            self.assertForbidden(lambda name=name: partner.read([name]))
        partner.read(["name"])

    # === SECRETS === #

    def test_secrets_are_the_administrators(self):
        for user in (self.manager, self.collector, self.biller, self.auditor):
            agency = self.agency.with_user(user)
            for name in SECRETS:
                with self.subTest(f"{user.login} {name}"):
                    with self.assertRaises(AccessError):
                        agency.read([name])
                    with self.assertRaises(AccessError):
                        agency.search([(name, "!=", False)])
            [seen] = agency.read()
            self.assertFalse(set(SECRETS) & set(seen))
            self.assertFalse(set(SECRETS) & set(agency.fields_get()))

    def test_a_manager_writes_no_secret(self):
        with self.assertRaises(AccessError):
            self.agency.with_user(self.manager).base_url = "https://evil.example/v1"

    def test_a_copy_of_the_contract_has_no_secrets_of_the_first(self):
        copy = self.agency.copy().sudo()
        self.assertEqual(copy.state, "draft")
        for name in ("base_url", "client_id", "client_secret", "connection_id"):
            self.assertFalse(copy[name], name)
        for name in ("webhook_token", "webhook_secret"):
            self.assertTrue(copy[name])
            self.assertNotEqual(copy[name], self.agency.sudo()[name])
        self.assertFalse(copy.api_user_id)
        self.assertFalse(copy.creditor_ref)

    def test_what_was_sent_is_out_of_reach_of_those_who_only_invoice(self):
        message = self.make_case().sudo().exchange_ids.filtered("sha256")[:1]
        attachment = message.attachment_id
        self.assertTrue(attachment.raw)
        for user in (self.biller, self.auditor, self.employee, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                attachment.with_user(user).read(["raw"])

    def test_no_secret_stands_in_messages_or_the_chatter(self):
        self.make_case()
        agency = self.agency.sudo()
        agency.write({"client_secret": "hemligt-1", "webhook_secret": "hemligt-2" * 3})
        agency.approve_before_demand = True
        self.run_jobs()
        texts = json.dumps(
            agency.message_ids.mapped("body")
            + agency.message_ids.tracking_value_ids.mapped("new_value_char")
            + agency.message_queue_ids.mapped("text")
        )
        self.assertNotIn("hemligt", texts)

    # === A COPIED DATABASE === #

    def test_a_copied_database_is_disarmed(self):
        case = self.make_case()
        agency = self.agency.sudo()
        token = agency.webhook_token
        agency.approve_before_demand = True
        case.request_action("pause")
        held = self.make_invoice()
        held.transfer_to_collection()
        self.env.flush_all()
        for query in get_neutralization_queries(
            ["collection_partner", "receivables_base"]
        ):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(agency.environment, "disabled")
        for name in SECRETS:
            if name not in ("webhook_url", "base_url"):
                self.assertFalse(agency[name], name)
        self.assertFalse(agency._from_webhook_token(token))
        self.assertFalse(agency._from_webhook_token(False))
        self.other.calls.clear()
        case.sudo()._ask_refresh()
        self.run_jobs()
        self.assertFalse(self.other.calls)
        self.assertEqual(held.collection_state, "to_send")
