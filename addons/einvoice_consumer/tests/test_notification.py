import base64

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import IBAN, NORTH, SENDER, SOUTH, EinvoiceCommon, acknowledgement

SECOND = "FI9757800750155448"
THIRD = "FI4819503000000010"


@tagged("post_install", "-at_install")
class TestNotification(EinvoiceCommon):
    """The service is opened, changed and ended at the banks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north, cls.south = (
            cls.env.ref(f"einvoice_consumer.einvoice_intermediator_{code}")
            for code in ("ndeafihh", "okoyfihh")
        )

    @classmethod
    def make_account(cls, number, bic="NDEAFIHH"):
        bank = cls.env["res.bank"].search([("bic", "=", bic)], limit=1)
        bank = bank or cls.env["res.bank"].create({"name": bic, "bic": bic})
        return cls.env["res.partner.bank"].create(
            {
                "acc_number": number,
                "partner_id": cls.company.partner_id.id,
                "bank_id": bank.id,
                "allow_out_payment": True,
            }
        )

    def open_wizard(self, action=None, **values):
        """The wizard as a button opens it, and what a person changes in it."""
        action = action or self.channel.action_announce()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard.write(values)
        return wizard

    def tell(self, *banks, **values):
        """Tell banks, and carry the messages there; the notifications."""
        if banks:
            values["intermediator_ids"] = [bank.id for bank in banks]
        wizard = self.open_wizard(**values)
        wizard.action_check()
        wizard.action_send()
        self.carry()
        return self.channel.notification_ids

    def carry(self):
        waiting = self.channel.document_ids.filtered(lambda d: d.state == "to_send")
        self.channel.confirm_outgoing(waiting.ids)
        return waiting

    def last_message(self, notification=None):
        """The last message, as a bank reads it."""
        notification = notification or self.channel.notification_ids
        return notification.last_document_id._get_bytes().decode("iso-8859-15")

    def refuse(self, document, code="6"):
        self.take_in(acknowledgement(document, code, "No", f"ACK-{document.id}"))

    def accounts_in(self, message):
        """(old, new) accounts of a message."""
        pairs = []
        for block in message.split("<SellerAccountDetails>")[1:]:
            old = block.split('Scheme="IBAN"')[0]
            ibans = [part[:18] for part in block.split('"IBAN">')[1:]]
            self.assertTrue(old)
            pairs.append((ibans[0], ibans[1] if len(ibans) > 1 else None))
        return pairs

    def test_each_bank_gets_a_message_of_its_own(self):
        wizard = self.open_wizard(intermediator_ids=[self.north.id, self.south.id])
        self.assertEqual(wizard.names_fi, "Revontuli Sähkö Oy")
        wizard.action_check()
        self.assertFalse(
            self.channel.notification_ids, "nothing before it was compared"
        )
        wizard.action_send()
        notifications = self.channel.notification_ids
        self.assertEqual(set(notifications.mapped("state")), {"waiting"})
        documents = notifications.document_ids
        self.assertEqual(documents.mapped("action"), ["add", "add"])
        for notification in notifications:
            message = self.last_message(notification)
            code = notification.intermediator_id.code
            self.assertIn("<eb:PartyId>SENDERINFO</eb:PartyId>", message)
            self.assertIn(f"<eb:PartyId>{code}</eb:PartyId>", message)
            self.assertIn(f"<InvoiceSenderAddress>{SENDER}<", message)
        self.carry()
        self.assertEqual(set(notifications.mapped("state")), {"announced"})
        self.assertEqual(notifications[0].terms["accounts"], [[IBAN, "NDEAFIHH"]])
        self.assertIn("Asiakasnumero", notifications[0].terms_html)

    def test_a_bank_that_refuses_knows_nothing(self):
        notification = self.tell(self.north, self.south)[:1]
        self.refuse(notification.document_ids, "803")
        self.assertEqual(notification.state, "refused")
        self.assertFalse(notification.terms)
        activity = notification.activity_ids
        self.assertIn("exists already", activity.note)
        self.assertEqual(
            set((self.channel.notification_ids - notification).mapped("state")),
            {"announced"},
        )
        # the remedy: it is taken over, and the matter is settled
        wizard = self.open_wizard(notification.action_take_over(), identifier="SI-77")
        wizard.action_check()
        wizard.action_take_over()
        self.assertEqual(notification.state, "announced")
        self.assertFalse(notification.activity_ids)
        self.tell(topics_fi="Sähkölasku")
        self.assertIn("<SenderInfoIdentifier>SI-77<", self.last_message(notification))

    def test_a_change_carries_everything_with_old_and_new_accounts(self):
        second = self.make_account(SECOND, "OKOYFIHH")
        notification = self.tell(self.north)
        cases = (
            ("street", {"street": "Uusikatu 2"}, [(IBAN, IBAN)]),
            (
                "one more",
                self.having(self.account, second),
                [(IBAN, IBAN), (IBAN, SECOND)],
            ),
            ("one less", self.having(second), [(SECOND, SECOND), (IBAN, None)]),
            ("another", self.having(self.make_account(THIRD)), [(SECOND, THIRD)]),
        )
        for name, values, pairs in cases:
            with self.subTest(name):
                self.tell(**values)
                message = self.last_message()
                self.assertIn("<MessageActionCode>CHANGE<", message)
                self.assertIn("<SellerStreetName>Uusikatu 2<", message)
                self.assertIn("<PaymentInstructionIdentifier>KAAMOS-1<", message)
                self.assertEqual(self.accounts_in(message), pairs)
                self.assertEqual(
                    {iban for iban, _bic in notification.terms["accounts"]},
                    {new for _old, new in pairs if new},
                )
        self.assertEqual(self.channel.bank_account_ids.sanitized_acc_number, THIRD)

    def having(self, *accounts):
        return {"account_ids": [account.id for account in accounts]}

    def test_before_and_after_stand_side_by_side(self):
        second = self.make_account(SECOND, "OKOYFIHH")
        self.tell(self.north)
        wizard = self.open_wizard(**self.having(second), street="Uusikatu 2")
        self.assertFalse(wizard.comparison)
        wizard.action_check()
        for text in ("Sähkötie 1", "Uusikatu 2", SECOND, IBAN, "Removed", "Added"):
            self.assertIn(text, wizard.comparison)
        wizard.action_back()
        self.assertEqual(wizard.step, "compose")

    def test_a_refused_change_leaves_what_the_bank_knew(self):
        notification = self.tell(self.north)
        self.tell(street="Uusikatu 2")
        changed = notification.last_document_id
        self.assertEqual(notification.terms["street"], "Uusikatu 2")
        self.refuse(changed)
        self.assertEqual(notification.state, "announced")
        self.assertEqual(notification.terms["street"], "Sähkötie 1")
        self.assertTrue(notification.activity_ids)
        changed.action_handled()
        self.assertFalse(notification.activity_ids)

    def test_a_message_that_was_not_sent_is_replaced_or_withdrawn(self):
        notification = self.tell(self.north)
        for street in ("Uusikatu 2", "Uusikatu 3"):
            wizard = self.open_wizard(street=street)
            wizard.action_check()
            wizard.action_send()
        states = notification.document_ids.sorted("id").mapped("state")
        self.assertEqual(states, ["sent", "cancelled", "to_send"])
        self.assertEqual(notification.terms["street"], "Sähkötie 1")
        notification.action_withdraw()
        self.assertFalse(self.carry())
        self.assertEqual(notification.state, "announced")

    def test_a_message_that_may_have_left_stays(self):
        notification = self.tell(self.north)
        wizard = self.open_wizard(street="Uusikatu 2")
        wizard.action_check()
        wizard.action_send()
        self.channel.fetch_outgoing()
        message = notification.last_document_id
        wizard = self.open_wizard(street="Uusikatu 3")
        wizard.action_check()
        for call in (notification.action_withdraw, wizard.action_send):
            with self.assertRaisesRegex(UserError, "on its way to Nordea"):
                call()
        self.assertEqual(message.state, "to_send")
        message.action_take_back()
        wizard.action_send()
        self.assertEqual(message.state, "cancelled")
        # a program carries it all the same
        self.channel.confirm_outgoing(message.ids)
        self.assertIn("carried to the bank", notification.activity_ids.note)

    def test_a_notification_that_ended_is_taken_over(self):
        notification = self.tell(self.north)
        self.open_wizard(notification.action_end()).action_end()
        self.carry()
        self.assertEqual(notification.state, "ended")
        wizard = self.open_wizard(notification.action_take_over(), street="Uusikatu 2")
        wizard.action_check()
        wizard.action_take_over()
        self.assertEqual(notification.state, "announced")
        self.assertEqual(notification.terms["street"], "Uusikatu 2")
        self.tell(street="Uusikatu 3")
        self.assertIn("<MessageActionCode>CHANGE<", self.last_message(notification))
        self.assertEqual(notification.terms["street"], "Uusikatu 3")

    def test_what_the_banks_know_already_is_not_sent(self):
        self.tell(self.north)
        wizard = self.open_wizard()
        wizard.action_check()
        with self.assertRaisesRegex(UserError, "know exactly this"):
            wizard.action_send()

    def test_a_change_of_bank_goes_through_the_old_one(self):
        new = self.make_address(SOUTH[0], "okoyfihh")
        notification = self.tell(self.north)
        self.tell(address_id=new.id)
        message = self.last_message()
        head, body = message.split("<FinvoiceSenderInfo ")
        self.assertIn(f"<eb:PartyId>{SENDER}</eb:PartyId>", head)
        self.assertIn(f"<InvoiceSenderAddress>{SENDER}<", body)
        self.assertIn(f"<NewInvoiceSenderAddress>{SOUTH[0]}<", body)
        self.assertIn("<NewInvoiceSenderIntermediatorAddress>OKOYFIHH<", body)
        self.assertEqual(notification.terms["sender_address"], SOUTH[0])
        self.assertEqual(self.channel.address_id, self.address)
        self.assertIn("address_NDEAFIHH", self.channel.checklist)
        self.channel.address_id = new
        self.assertFalse(self.channel.checklist)
        self.assertEqual(
            self.order().state, "active", "orders to the old one still come"
        )

    def test_the_end_ends_agreements_and_lists_whom_to_tell(self):
        self.tell(self.north, self.south)
        agreement = self.order()
        other = self.order_later(2, address=SOUTH, name="Somebody", identifiers=())
        known = self.channel.notification_ids
        north = known.filtered(lambda n: n.intermediator_id == self.north)
        wizard = self.open_wizard(north.action_end())
        self.assertEqual(wizard.agreement_ids, agreement)
        wizard.action_end()
        self.assertEqual(agreement.state, "active", "until the bank has the message")
        self.carry()
        self.assertIn("<MessageActionCode>DELETE<", self.last_message(north))
        self.assertEqual((north.state, agreement.state), ("ended", "ended"))
        self.assertEqual(other.state, "to_review")
        self.assertEqual(north.ended_agreement_ids, agreement)
        self.assertEqual(
            north.activity_ids.activity_type_id,
            self.env.ref("einvoice_consumer.mail_activity_type_tell_customers"),
        )
        self.assertNotEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")
        # the last one ends what was passed on by it, too
        self.open_wizard((known - north).action_end()).action_end()
        self.carry()
        self.assertEqual(other.state, "ended")

    def test_an_end_that_was_refused_ends_nothing(self):
        notification = self.tell(self.north)
        self.kerttu.invoice_sending_method = "email"
        agreement = self.order()
        other = self.order_later(2, name="Somebody", identifiers=())
        gone = self.order_later(3, name="Anybody", address=SOUTH, identifiers=())
        self.open_wizard(notification.action_end()).action_end()
        self.carry()
        agreements = agreement | other | gone
        self.assertEqual(set(agreements.mapped("state")), {"ended"})
        self.order_later(4, action="DELETE", address=SOUTH, identifiers=())
        self.refuse(notification.last_document_id, "804")
        self.assertEqual(agreements.mapped("state"), ["active", "to_review", "ended"])
        self.assertEqual(agreement.partner_id, self.kerttu)
        self.assertFalse(agreement.ended_at or agreement.reason)
        self.assertEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")
        self.assertEqual(notification.state, "announced")
        self.assertFalse(notification.ended_count, "nobody is to be told")
        self.assertEqual(
            notification.activity_ids.activity_type_id,
            self.env.ref("einvoice_consumer.mail_activity_type_notification_refused"),
        )
        agreement.end()
        self.assertEqual(self.kerttu.invoice_sending_method, "email")

    def test_a_notification_is_taken_over_from_its_file(self):
        notification = self.tell(self.south, topics_fi="Sähkölasku")
        data = notification.last_document_id._get_bytes()
        channel = self.channel.copy({"name": "Again", "environment": "prod"})
        wizard = self.open_wizard(channel.action_take_over(), topics_fi="Else")
        wizard.file = base64.b64encode(data)
        wizard._onchange_file()
        self.assertEqual(wizard.topics_fi, "Sähkölasku")
        self.assertEqual(wizard.intermediator_ids, self.south)
        wizard.action_check()
        wizard.action_take_over()
        taken = channel.notification_ids
        self.assertEqual(
            (taken.state, taken.identifier), ("announced", notification.identifier)
        )
        self.assertFalse(taken.document_ids, "nothing is sent")
        with self.assertRaises(UserError):
            wizard.action_take_over()

    def test_an_account_that_was_not_announced_is_warned_of(self):
        second = self.make_account(SECOND, "OKOYFIHH")
        self.tell(self.north)
        self.assertIs(self.make_invoice().einvoice_account_warning, False)
        self.order()
        move = self.make_invoice()
        self.assertFalse(move.einvoice_account_warning)
        other = self.make_invoice(partner_bank_id=second.id)
        self.assertIn("FI97 5780", other.einvoice_account_warning)
        # listed on the channel, but the bank was not told
        self.channel.bank_account_ids += second
        other.invalidate_recordset(["einvoice_account_warning"])
        self.assertIn("Nordea", other.einvoice_account_warning)
        [(_move, items, problems)] = other._einvoice_render()
        self.assertEqual((items, problems[0].code), ([], "account"))
        self.assertIn("untold_NDEAFIHH", self.channel.checklist)
        self.tell(**self.having(self.account, second))
        other.invalidate_recordset(["einvoice_account_warning"])
        self.assertFalse(other.einvoice_account_warning)
        self.assertTrue(other._einvoice_render()[0][1])

    def test_what_a_bank_would_refuse_is_found_before(self):
        line = self.open_wizard().identifier_ids
        for values, words in (
            ({"intermediator_ids": False}, "Choose the banks"),
            ({"topics_fi": "x" * 36}, "in Finnish has 36 characters"),
            ({"topics_sv": False}, "in Swedish"),
            ({"street": "K"}, "street"),
            ({"identifier_ids": False}, "asked for"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                self.open_wizard(**values).action_check()
        self.account.bank_id = False
        with self.assertRaisesRegex(UserError, "BIC"):
            self.open_wizard().action_check()
        with self.assertRaises(ValidationError):
            line.wizard_id.identifier_ids = [
                (0, 0, {"type": "other", "label_fi": "Toinen"}) for _number in range(2)
            ]

    def test_the_payment_subject_stays(self):
        self.tell(self.north)
        with self.assertRaisesRegex(UserError, "end the service first"):
            self.open_wizard(payment_subject="OTHER").action_check()
        self.assertFalse(self.channel.checklist)
        self.channel.payment_subject = "OTHER"
        self.assertIn("subject_NDEAFIHH", self.channel.checklist)

    def test_test_and_production_are_two_worlds(self):
        channel = self.channel.copy({"name": "Tried", "environment": "test"})
        self.open_wizard(channel.action_announce()).action_send()
        notification = channel.notification_ids
        channel.confirm_outgoing(channel.document_ids.ids)
        self.assertEqual(notification.state, "announced")
        channel.action_go_live()
        self.assertEqual(notification.state, "draft")
        self.open_wizard(channel.action_announce()).action_send()
        self.assertEqual(notification.last_document_id.environment, "prod")
        self.assertEqual(notification.last_action, "add")

    def test_only_managers_decide_what_banks_know(self):
        user = new_test_user(
            self.env,
            "clerk",
            groups="einvoice_consumer.einvoice_consumer_group_user",
            company_id=self.company.id,
        )
        notification = self.tell(self.north)
        self.assertIn(NORTH[1], notification.with_user(user).intermediator_id.code)
        for call in (
            self.channel.with_user(user).action_announce,
            notification.with_user(user).action_end,
            notification.with_user(user).action_withdraw,
        ):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(AccessError):
            notification.with_user(self.bookkeeper).terms = {}

    def test_own_addresses_are_checked(self):
        for address in ("003723456781", "FI7944052020036083", "2345678-9", "X"):
            with self.subTest(address), self.assertRaises(ValidationError):
                self.make_address(address)
        address = self.make_address("fi79 4405 2020 0360 82")
        self.assertEqual((address.address, address.kind), (IBAN, "iban"))
        with self.assertRaises(ValidationError):
            self.north.code = "NORDEA"

    def test_a_channel_needs_an_address_that_is_valid_today(self):
        today = self.channel._get_today()
        self.address.date_to = today
        self.assertFalse(self.channel.checklist)
        self.address.date_to = today.replace(year=today.year - 1)
        self.assertIn("address_dates", self.channel.checklist)
