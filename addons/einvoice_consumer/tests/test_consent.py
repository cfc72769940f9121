from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_norway import MOBILE, NorwayCommon

IDENTIFIER = "5f0e1c9a-2b7d-4a53-9a55-3f1f0a7c2d11"
LINK = "https://operator.example.com/consent/1"
POST = "einvoice_consumer.mail_activity_type_post"


@tagged("post_install", "-at_install")
class ConsentCommon(NorwayCommon):
    """Kari receives e-documents; nobody has asked her yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approve_issuer()
        cls.receive(cls.kari)
        cls.move = cls.make_invoice()

    @classmethod
    def receive(cls, partner):
        partner.write({"einvoice_access_point": "B2CNO", "einvoice_receives": True})

    def send_first(self, move=None):
        """Send as the Send dialog does by itself; return the agreement."""
        move = move or self.move
        self.env["account.move.send"]._generate_and_send_invoices(move)
        return move.sudo().einvoice_consent_id

    def answer(self, **values):
        """Let the operator answer the lookup that waits."""
        [asked] = self.fetch("lookup")
        return self.tell("lookup_answer", key=asked["message_id"], **values)

    def find(self, **values):
        """Kari is known, and has to approve."""
        return self.answer(found=True, identifier=IDENTIFIER, **values)

    def ask(self):
        """Let the operator give the link to approve; return what asked for it."""
        self.find()
        [asked] = self.fetch("consent_request")
        self.tell("consent_status", key=asked["message_id"], state="link", link=LINK)
        return asked["message_id"]

    def run_send_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()

    def let_days_pass(self, days):
        with freeze_time(fields.Datetime.now() + timedelta(days=days, minutes=1)):
            with self.enter_registry_test_mode():
                job = "einvoice_consumer.ir_cron_einvoice_consent"
                self.env.ref(job).method_direct_trigger()

    def make_clerk(self):
        """Somebody who sends invoices, and has nothing to do with agreements."""
        return new_test_user(
            self.env,
            "clerk",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

    def get_log(self, record):
        return " ".join(record.sudo().message_ids.mapped("body"))

    def get_sms(self):
        return self.env["sms.sms"].sudo().search([("number", "=", MOBILE)])

    def get_mails(self, record):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", record._name), ("res_id", "=", record.id)])
        )


class TestConsent(ConsentCommon):
    """From the first invoice to the consent, or to the end of the wait for it."""

    def test_the_first_invoice_waits_while_the_customer_is_looked_up(self):
        self.kari.einvoice_birth_date = "1990-05-17"
        agreement = self.send_first()
        self.assertEqual(
            (agreement.state, self.move.einvoice_state), ("invited", "waits")
        )
        self.assertFalse(self.move.is_move_sent)
        self.assertFalse(self.move.einvoice_account_warning)
        # into a print core puts a file, and would miss the print (see TestPrint)
        embedded = [("name", "=", "factur-x.xml"), ("res_id", "=", self.move.id)]
        self.assertFalse(self.env["ir.attachment"].search(embedded))
        [asked] = self.fetch("lookup")
        told = {
            "mobile": MOBILE,
            "email": "kari@example.com",
            "name": "Kari Nordmann",
            "street": self.kari.street,
            "postcode": "5013",
            "city": self.kari.city,
            "birth_date": "1990-05-17",
        }
        self.assertLessEqual(told.items(), asked.items())
        self.assertIn("looked up", self.get_log(agreement))
        self.assertIn("waits for the customer", self.get_log(self.move))

    def test_general_consent_needs_no_question(self):
        agreement = self.send_first()
        self.find(general_consent=True)
        self.assertEqual(
            (agreement.state, agreement.consent_state), ("active", "general")
        )
        self.assertEqual(agreement.recipient_address, IDENTIFIER)
        self.assertFalse(self.get_sms())
        [told] = self.fetch()
        self.assertEqual(
            (told["recipient"], told["number"]), (IDENTIFIER, self.move.name)
        )
        self.assertEqual(self.move.einvoice_state, "sent")
        self.assertTrue(self.move.is_move_sent)
        self.assertEqual(self.kari.invoice_sending_method, "einvoice_consumer")

    def test_who_has_to_approve_is_asked_by_sms_and_email(self):
        agreement = self.send_first()
        asked = self.ask()
        self.assertEqual(
            (agreement.state, agreement.consent_state), ("invited", "asked")
        )
        sms = self.get_sms()
        self.assertEqual(len(sms), 1)
        for text in (sms.body, self.get_mails(agreement).body_html):
            self.assertIn("Fjordkraft og Lys AS", text)
            self.assertIn(LINK, text)
        self.assertEqual(self.move.einvoice_state, "waits")
        self.tell("consent_status", key=asked, state="approved", identifier=IDENTIFIER)
        self.assertEqual(
            (agreement.state, agreement.consent_state), ("active", "approved")
        )
        self.assertEqual(len(self.fetch("invoice")), 1)

    def test_the_email_leaves_at_once(self):
        job = self.env.ref("mail.ir_cron_mail_scheduler_action")
        wishes = self.env["ir.cron.trigger"].sudo()
        wishes.search([("cron_id", "=", job.id)]).unlink()
        self.send_first()
        self.find()
        self.assertFalse(wishes.search([("cron_id", "=", job.id)]))
        [asked] = self.fetch("consent_request")
        self.tell("consent_status", key=asked["message_id"], state="link", link=LINK)
        self.assertTrue(wishes.search([("cron_id", "=", job.id)]))

    def test_who_approved_is_not_asked_again(self):
        agreement = self.send_first()
        asked = self.ask()
        self.tell("consent_status", key=asked, state="approved", identifier=IDENTIFIER)
        again = self.make_invoice()
        self.assertEqual(again.einvoice_agreement_id, agreement)
        self.send_first(again)
        self.assertFalse(again.sudo().einvoice_consent_id)
        self.assertFalse(self.fetch("lookup"))
        self.assertEqual(len(self.get_sms()), 1)

    def test_a_second_invoice_waits_for_the_same_answer(self):
        agreement = self.send_first()
        second = self.make_invoice()
        self.assertEqual(self.send_first(second), agreement)
        self.assertEqual(len(self.fetch("lookup")), 1)

    def test_many_invoices_are_looked_at_in_as_few_queries_as_one(self):
        others = [self.kari.copy({"phone": f"+479000001{n}"}) for n in range(3)]
        self.receive(self.kari.union(*others))
        moves = self.move.union(*[self.make_invoice(partner) for partner in others])
        counts = []
        for some in (self.move, moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(some._einvoice_get_asking(), {self.channel: some})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_who_sends_invoices_sees_what_they_wait_for(self):
        self.send_first()
        clerk = self.make_clerk()
        action = self.move.with_user(clerk).action_view_einvoice_documents()
        document = self.env["einvoice.document"].browse(action["res_id"])
        self.assertEqual(document.type, "lookup")

    # === NOT GIVEN === #

    def assertSentByEmail(self, move=None):
        move = move or self.move
        self.run_send_job()
        self.assertTrue(move.is_move_sent)
        self.assertEqual(move.einvoice_way, "email")
        self.assertFalse(move.einvoice_state)

    def assertToPost(self):
        self.run_send_job()
        self.assertEqual(self.move.activity_ids.activity_type_id, self.env.ref(POST))

    def test_after_three_days_it_goes_by_email(self):
        agreement = self.send_first()
        self.ask()
        self.let_days_pass(2)
        self.assertEqual(self.move.einvoice_state, "waits")
        self.let_days_pass(3)
        self.assertEqual(
            (agreement.state, agreement.consent_state), ("rejected", "expired")
        )
        self.assertIn("did not approve in time", self.get_log(self.move))
        self.assertIn("did not approve in time", self.get_log(agreement))
        self.assertSentByEmail()

    def test_the_channel_says_how_many_days(self):
        self.channel.consent_days = 5
        agreement = self.send_first()
        self.ask()
        self.let_days_pass(4)
        self.assertEqual(agreement.state, "invited")
        self.let_days_pass(5)
        self.assertEqual(agreement.state, "rejected")

    def test_without_an_email_address_it_is_posted(self):
        self.kari.email = False
        agreement = self.send_first()
        self.ask()
        self.assertEqual(len(self.get_sms()), 1)
        self.assertFalse(self.get_mails(agreement))
        self.let_days_pass(3)
        self.assertToPost()

    def test_an_email_that_does_not_arrive_is_posted(self):
        self.send_first()
        self.answer(found=False)
        self.assertSentByEmail()
        self.move._einvoice_on_undelivered_email()
        self.assertToPost()

    def test_nobody_is_found(self):
        agreement = self.send_first()
        self.answer(found=False)
        self.assertEqual(
            (agreement.state, agreement.consent_state), ("rejected", "unknown")
        )
        self.assertSentByEmail()

    def test_who_blocks_us_is_not_asked(self):
        agreement = self.send_first()
        self.find(blocked=True, general_consent=True)
        self.assertEqual(
            (agreement.state, agreement.consent_state), ("rejected", "blocked")
        )
        self.assertFalse(self.fetch("consent_request"))
        self.assertSentByEmail()

    def test_who_refuses_gets_an_email(self):
        self.send_first()
        asked = self.ask()
        self.tell("consent_status", key=asked, state="refused")
        self.assertSentByEmail()

    def test_an_operator_that_does_not_answer_holds_nothing_up(self):
        agreement = self.send_first()
        self.let_days_pass(3)
        self.assertEqual(agreement.consent_state, "unanswered")
        self.assertSentByEmail()

    def test_one_that_cannot_be_let_go_does_not_hold_up_the_others(self):
        ola = self.kari.copy({"name": "Ola", "phone": "+4790000002"})
        self.receive(ola)
        broken, fine = self.send_first(), self.send_first(self.make_invoice(ola))
        original = self.registry["einvoice.agreement"]._end_consent

        def end(agreement, state):
            if agreement == broken:
                raise ValueError(state)
            return original(agreement, state)

        self.patch(self.registry["einvoice.agreement"], "_end_consent", end)
        with mute_logger("odoo.addons.einvoice_consumer.models.consent.agreement"):
            self.let_days_pass(3)
        self.assertEqual((broken.state, fine.state), ("invited", "rejected"))
        self.assertIn("ValueError", broken.activity_ids.note)

    def test_after_a_refusal_the_next_invoice_asks_nobody(self):
        self.send_first()
        self.answer(found=False)
        second = self.make_invoice()
        self.send_first(second)
        self.assertEqual(second.einvoice_way, "email")
        self.assertFalse(self.fetch("lookup"))

    def test_who_approves_late_gets_the_next_invoice_in_the_netbank(self):
        agreement = self.send_first()
        asked = self.ask()
        self.let_days_pass(3)
        self.run_send_job()
        self.tell("consent_status", key=asked, state="approved", identifier=IDENTIFIER)
        self.assertEqual(agreement.state, "active")
        self.assertFalse(self.move.einvoice_state)  # asked for by e-mail: not twice
        self.assertEqual(self.make_invoice().einvoice_agreement_id, agreement)

    def test_what_would_be_refused_is_said_before_it_waits(self):
        late = self.make_invoice(days=self.channel.min_days_to_due - 1)
        with self.assertRaisesRegex(UserError, "falls due"):
            self.send_first(late)
        self.assertFalse(late.sudo().einvoice_waits_until)
        self.assertFalse(self.fetch("lookup"))

    def test_it_waits_no_longer_than_its_due_date_allows(self):
        soon = self.make_invoice(days=self.channel.min_days_to_due)
        self.send_first(soon)
        self.let_days_pass(1)
        self.assertFalse(soon.sudo().einvoice_waits_until)
        self.assertSentByEmail(soon)
        self.assertEqual(soon.sudo().einvoice_consent_id.state, "invited")

    # === THE MONEY IS ASKED FOR ONCE === #

    def test_what_a_person_sends_by_email_waits_no_longer(self):
        agreement = self.send_first()
        self.env["account.move.send"]._generate_and_send_invoices(
            self.move, sending_methods=["email"]
        )
        self.assertEqual(self.move.einvoice_way, "email")
        self.find(general_consent=True)
        self.assertEqual(agreement.state, "active")
        self.assertFalse(self.move.einvoice_state)
        self.assertFalse(self.fetch("invoice"))

    def test_what_was_paid_waits_no_longer(self):
        self.send_first()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.move.ids
        ).create({})._create_payments()
        self.let_days_pass(3)
        self.assertFalse(self.move.einvoice_state)
        self.assertFalse(self.move.sending_data)

    def test_what_was_reset_waits_no_longer(self):
        self.send_first()
        self.move.button_draft()
        self.assertFalse(self.move.einvoice_state)
        self.find(general_consent=True)
        self.assertFalse(self.fetch("invoice"))

    def test_sending_again_asks_nobody_again(self):
        agreement = self.send_first()
        self.fetch()
        self.send_first()
        [result] = self.move.send_einvoice()
        self.assertEqual((result["state"], result["document_id"]), ("waits", False))
        self.assertEqual(self.move.sudo().einvoice_consent_id, agreement)
        self.assertFalse(self.fetch("lookup"))

    def test_in_a_test_no_customer_hears_of_it(self):
        self.channel.environment = "disabled"
        tried = self.channel.copy({"name": "Test", "environment": "test"})
        self.patch(type(self), "channel", tried)
        self.approve_issuer()
        agreement = self.send_first()
        self.ask()
        self.assertEqual(agreement.consent_link, LINK)
        self.assertFalse(self.get_sms() or self.get_mails(agreement))
        self.let_days_pass(3)
        self.run_send_job()
        self.assertFalse(self.move.is_move_sent or self.move.einvoice_way)

    def test_what_a_person_rejects_waits_no_longer(self):
        agreement = self.send_first()
        agreement.reject("Moved abroad")
        self.assertIn("Moved abroad", self.get_log(self.move))
        self.assertSentByEmail()

    def test_what_was_said_is_forgotten_with_the_agreement(self):
        agreement = self.send_first()
        self.ask()
        self.let_days_pass(3)
        told = agreement.document_ids.filtered(lambda d: d.type == "lookup_answer")
        months = timedelta(days=31 * (self.channel.order_months + 1))
        with freeze_time(fields.Datetime.now() + months):
            agreement._purge()
            due = told.sudo().search(told._get_purge_domain())
        self.assertFalse(agreement.consent_link)
        self.assertLessEqual(set(told.ids), set(due.ids))

    def test_a_customer_who_is_asked_is_not_allocated(self):
        agreement = self.send_first()
        with self.assertRaisesRegex(UserError, "asked"):
            agreement.allocate(self.kari.id)

    def test_a_program_sends_a_first_invoice(self):
        [result] = self.move.send_einvoice()
        self.assertEqual((result["state"], result["message"]), ("waits", ""))
        self.assertFalse(self.move.is_move_sent)
        self.assertEqual(len(self.fetch("lookup")), 1)

    # === WHAT CUSTOMERS DECIDE BY THEMSELVES === #

    def approve(self):
        agreement = self.send_first()
        self.find(general_consent=True)
        return agreement

    def test_who_blocks_us_later_gets_invoices_as_before(self):
        agreement = self.approve()
        self.tell("consent_status", identifier=IDENTIFIER, state="blocked")
        self.assertEqual(
            (agreement.state, agreement.consent_state), ("ended", "blocked")
        )
        self.assertNotEqual(self.kari.invoice_sending_method, "einvoice_consumer")
        self.assertFalse(self.make_invoice().einvoice_agreement_id)

    def test_who_unblocks_us_is_looked_up_again(self):
        agreement = self.approve()
        self.tell("consent_status", identifier=IDENTIFIER, state="blocked")
        self.tell("consent_status", identifier=IDENTIFIER, state="unblocked")
        self.find(general_consent=True)
        new = self.make_invoice().einvoice_agreement_id
        self.assertEqual((agreement.state, new.state), ("ended", "active"))
        self.assertNotEqual(agreement, new)

    def test_who_takes_it_back_gets_invoices_as_before(self):
        agreement = self.approve()
        self.tell("consent_status", identifier=IDENTIFIER, state="ended")
        self.assertEqual(agreement.state, "ended")

    def test_what_the_operator_tells_late_does_not_count(self):
        agreement = self.approve()
        document = self.tell(
            "consent_status",
            identifier=IDENTIFIER,
            state="blocked",
            created_at="2026-11-01T08:00:00Z",
        )
        self.assertEqual(agreement.state, "active")
        self.assertIn("Older", document.summary)

    def test_a_stranger_is_nobody_here(self):
        document = self.tell("consent_status", identifier="x", state="blocked")
        self.assertEqual(document.state, "processed")
        document = self.tell("consent_status", key="x", state="approved")
        self.assertEqual(document.state, "error")
        document = self.tell("lookup_answer", key="x", found=False)
        self.assertEqual(document.state, "error")


class TestRequestConsent(ConsentCommon):
    """Asking without an invoice, by a program."""

    def request(self, partners, channel=None):
        return self.env["einvoice.agreement"].request_consent(
            partners.ids, (channel or self.channel).id
        )

    def test_each_customer_has_an_answer(self):
        firm = self.kari.copy({"is_company": True})
        kari, other = self.request(self.kari + firm)
        agreement = self.env["einvoice.agreement"].browse(kari["agreement_id"])
        self.assertEqual(
            (kari["partner_id"], kari["state"], agreement.partner_id),
            (self.kari.id, "invited", self.kari),
        )
        self.assertEqual(kari["message"], "Being looked up")
        self.assertEqual((other["state"], other["agreement_id"]), (False, False))
        self.assertIn("private persons", other["message"])
        self.assertEqual(other["reasons"][0]["code"], "consumer_company")
        self.assertEqual(self.request(self.kari + firm), [kari, other])
        self.assertEqual(len(self.fetch("lookup")), 1)

    def test_a_customer_of_another_company_does_not_stop_the_others(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        self.bookkeeper.sudo().company_ids += other
        theirs = self.kari.copy({"einvoice_receives": False, "company_id": other.id})
        kari, refused = self.request(self.kari + theirs)
        self.assertEqual(kari["state"], "invited")
        self.assertEqual(refused["reasons"][0]["code"], "other_company")
        self.assertFalse(refused["agreement_id"] or theirs.einvoice_receives)

    def test_of_a_contact_the_customer_is_asked_once(self):
        contact = self.env["res.partner"].create(
            {"name": "Cabin", "type": "delivery", "parent_id": self.kari.id}
        )
        answers = self.request(contact + self.kari)
        [agreement] = {answer["agreement_id"] for answer in answers}
        found = self.env["einvoice.agreement"].browse(agreement)
        self.assertEqual(found.partner_id, self.kari)
        self.assertEqual(len(self.fetch("lookup")), 1)

    def test_who_was_asked_receives_from_now_on(self):
        partner = self.kari.copy({"einvoice_receives": False})
        self.request(partner)
        self.assertTrue(partner.einvoice_receives)

    def test_who_refused_is_asked_anew(self):
        [first] = self.request(self.kari)
        self.answer(found=False)
        [second] = self.request(self.kari)
        self.assertNotEqual(first["agreement_id"], second["agreement_id"])
        self.assertEqual(second["state"], "invited")

    def test_a_channel_where_consumers_order_is_refused(self):
        self.channel.environment = "disabled"
        with self.assertRaisesRegex(UserError, "disabled"):
            self.request(self.kari)

    def test_a_person_asks_from_the_list_of_customers(self):
        firm = self.kari.copy({"is_company": True, "einvoice_receives": False})
        told = (self.kari + firm).action_einvoice_request_consent()["params"]
        self.assertEqual(told["type"], "warning")
        self.assertIn("Asked, or asked before: 1.", told["message"])
        self.assertIn("private persons", told["message"])
        self.assertEqual(self.kari.einvoice_consent, "Being looked up")
        self.answer(found=False)
        self.assertIn("Nobody takes eFaktura", self.kari.einvoice_consent)
        agreement = self.kari.einvoice_agreement_ids
        again = agreement.browse(agreement.action_ask_again()["res_id"])
        self.assertEqual((again.partner_id, again.state), (self.kari, "invited"))

    def test_who_is_no_user_is_refused(self):
        clerk = self.make_clerk()
        with self.assertRaises(AccessError):
            self.env["einvoice.agreement"].with_user(clerk).request_consent(
                self.kari.ids, self.channel.id
            )
