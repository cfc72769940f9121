from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import LockError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..exceptions import AgencyError
from .agency import Agency

# Kept records that nobody may delete in Odoo; the test leaves the database clean.
LEFTOVERS = (
    "DELETE FROM collection_event WHERE case_id IN %(cases)s",
    "DELETE FROM collection_disclosure WHERE case_id IN %(cases)s",
    "DELETE FROM collection_message WHERE agency_id = %(agency)s",
    "DELETE FROM ir_attachment WHERE res_model = 'collection.message'"
    " AND res_id NOT IN (SELECT id FROM collection_message)",
    "UPDATE account_move SET collection_case_id = NULL, collection_state = NULL"
    " WHERE collection_case_id IN %(cases)s",
    "DELETE FROM mail_message WHERE model = 'collection.case' AND res_id IN %(cases)s",
    "DELETE FROM mail_followers WHERE res_model = 'collection.case'"
    " AND res_id IN %(cases)s",
    "DELETE FROM collection_case WHERE id IN %(cases)s",
)


@tagged("post_install", "-at_install")
class TestConcurrency(TransactionCase):
    """Two people, or a person and a job, on the same invoice in the same second; each
    in a transaction of its own, on data that is really there."""

    def setUp(self):
        super().setUp()
        self.other = Agency()
        self.enterContext(self.other.speaking(self.registry))
        with self.registry.cursor() as cr:
            self.make_invoice(api.Environment(cr, SUPERUSER_ID, {}))
        self.addCleanup(self.clean_up)
        self.first = self.open_environment()
        self.second = self.open_environment()

    def open_environment(self):
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        return api.Environment(cr, SUPERUSER_ID, {})

    def make_invoice(self, env):
        company = env.company
        today = company._get_collection_today()
        self.agency_before = company.collection_agency_id.id
        partner = env["res.partner"].create(
            {
                "name": "Concurrent customer",
                "is_company": True,
                "company_registry": "556111-1117",
                "street": "Verkstadsgatan 2",
                "zip": "411 05",
                "city": "Göteborg",
                "country_id": env.ref("base.se").id,
            }
        )
        agency = (
            env["collection.agency"]
            .with_context(collection_from_agency=True)
            .create(
                {
                    "name": "Concurrent agency",
                    "company_id": company.id,
                    "state": "active",
                    "creditor_ref": "CR-1",
                    "undo_minutes": 0,
                    "base_url": "http://127.0.0.1:9/v1",
                    "client_id": "c",
                    "client_secret": "s",
                    "environment": "test",
                    "next_attempt": fields.Datetime.now() + timedelta(minutes=15),
                }
            )
        )
        move = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": today - timedelta(days=50),
                "invoice_payment_term_id": False,
                "invoice_date_due": today - timedelta(days=30),
                "invoice_line_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Window frames",
                            "price_unit": 100,
                            "tax_ids": [(5, 0, 0)],
                        },
                    )
                ],
            }
        )
        move.action_post()
        company.with_context(collection_from_agency=True).collection_agency_id = agency
        self.made = [
            (record._name, record.ids)
            for record in (move, partner, agency, agency.connection_id)
        ]
        self.move_id = move.id

    def clean_up(self):
        self.first.cr.rollback()
        self.second.cr.rollback()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env.company.collection_agency_id = self.agency_before
            env.flush_all()
            ids = dict(self.made)
            cases = env["collection.case"].search([("move_id", "=", self.move_id)])
            known = {
                "cases": tuple(cases.ids) or (0,),
                "agency": ids["collection.agency"][0],
            }
            for statement in LEFTOVERS:
                cr.execute(statement, known)
            env.invalidate_all()
            move = env["account.move"].browse(self.move_id)
            move.button_draft()
            move.posted_before = False
            for model, record_ids in self.made:
                env[model].browse(record_ids).unlink()
            env["collection.agency"]._toggle_crons()

    @contextmanager
    def as_job(self):
        cron = self.registry["ir.cron"]
        with patch.object(cron, "_commit_progress", lambda *_args, **_kwargs: 60.0):
            yield

    def move(self, env):
        return env["account.move"].browse(self.move_id)

    def case(self, env):
        env.invalidate_all()
        return self.move(env).collection_case_id

    def run_job(self, env, model, name):
        with self.as_job():
            getattr(env[model], name)()

    def agency(self, env):
        return env["collection.agency"].browse(dict(self.made)["collection.agency"])

    def messages(self, env, kind):
        return env["collection.message"].search(
            [("agency_id", "=", self.agency(env).id), ("type", "=", kind)], order="id"
        )

    def during(self, call, work):
        """Do ``work`` while the agency is answering a call, the first of its kind."""
        answer = getattr(self.other, call)

        def meanwhile(*args):
            setattr(self.other, call, answer)
            work()
            return getattr(self.other, call)(*args)

        setattr(self.other, call, meanwhile)

    def wait_for_nobody(self, env):
        """Waiting for another transaction is an error in this one."""
        env.cr.execute("SET LOCAL lock_timeout = '1s'")

    def assertSameCase(self, answers):
        """The second is answered with the case of the first."""
        cases = self.case(self.second)
        self.assertEqual(len(cases), 1)
        self.assertEqual(
            [(answer["case_id"], answer["reasons"]) for answer in answers],
            [(cases.id, [])],
        )

    # === TWO PEOPLE === #

    def test_the_second_is_told_that_somebody_is_at_it(self):
        self.move(self.first).transfer_to_collection()
        self.first.flush_all()
        with self.assertRaisesRegex(UserError, "Somebody else is working"):
            self.move(self.second).transfer_to_collection()
        self.second.cr.rollback()
        self.first.cr.commit()
        self.assertSameCase(self.move(self.second).transfer_to_collection())

    def test_both_looked_before_either_confirmed(self):
        """The second one's request is repeated by Odoo and then sees the case."""
        for env in (self.first, self.second):
            [answer] = self.move(env).collection_eligibility()
            self.assertTrue(answer["eligible"])
        self.move(self.first).transfer_to_collection()
        self.first.cr.commit()
        with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
            self.move(self.second).transfer_to_collection()
        self.second.cr.rollback()
        self.second.invalidate_all()
        self.assertSameCase(self.move(self.second).transfer_to_collection())

    def test_the_database_has_the_last_word(self):
        """Whatever way led here, an invoice has one open case."""
        cases, agency = (
            self.first["collection.case"],
            self.first.company.collection_agency_id,
        )
        cases._request(self.move(self.first), agency)
        self.first.cr.commit()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.second["collection.case"]._request(
                self.move(self.second), self.second.company.collection_agency_id
            )
            self.second.flush_all()

    # === TWO WORKERS === #

    def request(self):
        self.move(self.first).transfer_to_collection()
        self.first.cr.commit()

    def test_two_workers_never_make_the_same_call(self):
        self.request()
        self.run_job(self.first, "collection.case", "_cron_transfer")
        self.first.cr.commit()
        message = self.first["collection.message"].search([("type", "=", "case")])
        message = message.filtered(lambda m: m.case_id.move_id.id == self.move_id)
        self.assertTrue(message.try_lock_for_update())
        self.run_job(self.second, "collection.message", "_cron_send")
        self.assertFalse(self.other.told("case"))
        self.second.cr.rollback()
        self.first.cr.rollback()
        self.run_job(self.second, "collection.message", "_cron_send")
        self.second.cr.commit()
        self.run_job(self.first, "collection.message", "_cron_send")
        self.first.cr.commit()
        self.assertEqual(len(self.other.told("case")), 1)
        self.assertEqual(self.case(self.first).state, "received")

    def test_two_workers_never_write_the_same_transfer_down(self):
        self.request()
        self.run_job(self.first, "collection.case", "_cron_transfer")
        self.run_job(self.second, "collection.case", "_cron_transfer")
        self.second.cr.commit()
        self.first.cr.commit()
        exchange = self.case(self.first).exchange_ids
        self.assertEqual(len(exchange.filtered(lambda m: m.type == "case")), 1)

    # === A PERSON AND THE JOB === #

    def test_undo_while_the_job_has_the_case_in_its_hands(self):
        self.request()
        self.run_job(self.first, "collection.case", "_cron_transfer")
        with self.assertRaises(LockError):
            self.case(self.second).action_undo()
        self.second.cr.rollback()
        self.first.cr.commit()
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            self.case(self.second).action_undo()

    def test_undo_that_looked_before_the_job_was_done(self):
        self.request()
        case = self.case(self.second)
        self.assertEqual(case.state, "to_send")
        self.run_job(self.first, "collection.case", "_cron_transfer")
        self.first.cr.commit()
        with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
            case.action_undo()
        self.second.cr.rollback()
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            self.case(self.second).action_undo()

    # === WHO HOLDS MUCH WAITS FOR NOBODY === #

    # While the agency answers, the job holds nothing: nobody waits for it.

    def test_a_setting_changed_while_the_earlier_one_is_being_told(self):
        self.agency(self.first).approve_before_demand = True
        self.first.cr.commit()
        changed = []

        def change_another():
            self.wait_for_nobody(self.first)
            self.agency(self.first).letter_include_lines = True
            self.first.cr.commit()
            changed.append(True)

        self.during("put_settings", change_another)
        with mute_logger("odoo.sql_db"):
            self.run_job(self.second, "collection.message", "_cron_send")
        self.assertTrue(changed, "the person waited for the agency")
        self.second.cr.commit()
        self.run_job(self.second, "collection.message", "_cron_send")
        self.second.cr.commit()
        first, second = self.other.told("settings")
        self.assertEqual(first[0], {"approve_before_demand": True})
        self.assertEqual(second[0], {"letter_include_lines": True})
        self.first.invalidate_all()
        agency = self.agency(self.first)
        self.assertEqual(agency.settings_state, "synced")
        self.assertTrue(agency.approve_before_demand and agency.letter_include_lines)

    def test_suspended_while_a_transfer_is_being_sent(self):
        self.request()
        self.run_job(self.first, "collection.case", "_cron_transfer")
        event = {"event_id": "E-1", "type": "creditor.suspended", "case_id": False}
        self.first["collection.message"]._log_events(self.agency(self.first), [event])
        self.first.cr.commit()
        self.other.creditor["state"] = "suspended"

        def hear_of_it():
            self.wait_for_nobody(self.first)
            self.run_job(self.first, "collection.message", "_work_through_events")
            self.first.cr.commit()
            self.other.failures.append(
                AgencyError("final", "creditor_not_active", "Suspended.")
            )

        self.during("create_case", hear_of_it)
        with mute_logger("odoo.sql_db"):
            self.run_job(self.second, "collection.message", "_cron_send")
        self.second.cr.commit()
        self.first.invalidate_all()
        self.assertEqual(self.messages(self.first, "event").state, "processed")
        self.assertEqual(self.agency(self.first).state, "suspended")
        self.assertEqual(self.case(self.first).state, "to_send")
        self.assertEqual(self.messages(self.first, "case").state, "refused")
        self.agency(self.first)._set_state("active")
        self.first.cr.commit()
        self.run_job(self.first, "collection.case", "_cron_transfer")
        self.run_job(self.first, "collection.message", "_cron_send")
        [first, _key], [second, _key] = self.other.told("case")
        self.assertEqual(first["external_id"], second["external_id"])
        self.assertEqual(self.case(self.first).state, "received")

    def test_the_daily_question_leaves_out_what_is_in_use(self):
        self.request()
        case = self.case(self.first)
        long_ago = fields.Datetime.now() - timedelta(days=2)
        case._set_state("received", next_attempt=False, refreshed_at=long_ago)
        self.first.cr.commit()
        case.action_hint = "Being asked about."
        self.first.flush_all()
        self.wait_for_nobody(self.second)
        self.run_job(self.second, "collection.case", "_cron_refresh")
        self.second.flush_all()
        self.second.cr.rollback()
        self.first.cr.rollback()
        self.run_job(self.second, "collection.case", "_cron_refresh")
        self.second.cr.commit()
        self.assertTrue(self.case(self.second).next_attempt)
