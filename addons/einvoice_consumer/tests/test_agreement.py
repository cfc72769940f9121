from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NORTH, SOUTH, EinvoiceCommon


@tagged("post_install", "-at_install")
class TestAgreement(EinvoiceCommon):
    """Orders are allocated on proof, and a change of bank loses nothing."""

    # === ALLOCATION === #

    def test_complete_proof_activates(self):
        agreement = self.order()
        self.assertRecordValues(
            agreement,
            [
                {
                    "state": "active",
                    "partner_id": self.kerttu.id,
                    "recipient_address": NORTH[0],
                    "intermediator_id": self.env.ref(
                        "einvoice_consumer.einvoice_intermediator_ndeafihh"
                    ).id,
                }
            ],
        )
        self.assertEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")
        self.assertFalse(agreement.activity_ids)
        self.assertIn("70014", agreement.message_ids[0].body)

    def test_number_typed_with_spaces_and_hyphens(self):
        self.assertEqual(self.order(identifiers=[("09", "700 14")]).state, "active")

    def test_name_in_another_order_and_case(self):
        self.assertEqual(self.order(name="TALVELA KERTTU").state, "active")

    def test_second_given_name_is_no_contradiction(self):
        self.assertEqual(self.order(name="Kerttu Maria Talvela").state, "active")

    def test_unknown_number_waits_with_similar_customers(self):
        agreement = self.order(identifiers=[("09", "99999")])
        self.assertEqual(agreement.state, "to_review")
        self.assertEqual(agreement.candidate_ids.partner_id, self.kerttu)
        self.assertFalse(agreement.candidate_ids.is_proven)
        self.assertEqual(agreement.activity_ids.user_id, self.channel.user_id)
        self.assertNotEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")

    def test_nobody_similar_waits_without_candidates(self):
        agreement = self.order(name="Xerxes Öberg", identifiers=[("09", "99999")])
        self.assertEqual(agreement.state, "to_review")
        self.assertFalse(agreement.candidate_ids)

    def test_two_customers_with_the_number_wait(self):
        twin = self.kerttu.copy({"name": "Kerttu Talvela", "ref": "70014"})
        agreement = self.order()
        self.assertEqual(agreement.state, "to_review")
        self.assertEqual(agreement.candidate_ids.partner_id, self.kerttu | twin)
        self.assertFalse(any(agreement.candidate_ids.mapped("is_proven")))

    def test_each_contradiction_waits(self):
        for number, values in enumerate(
            (
                {"name": "Eero Talvela"},
                {"postcode": "33100"},
                {"street": "Hämeentie 1"},
            )
        ):
            with self.subTest(values):
                agreement = self.order(message_id=f"RI-{number}", **values)
                self.assertEqual(agreement.state, "to_review")
                agreement.reject("Next case")

    def test_a_company_is_no_consumer(self):
        self.kerttu.is_company = True
        self.assertEqual(self.order().state, "to_review")

    def test_other_companys_customer_is_never_found(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.kerttu.company_id = other
        agreement = self.order()
        self.assertEqual(agreement.state, "to_review")
        self.assertFalse(agreement.candidate_ids)
        both = self.company | other
        with self.assertRaisesRegex(UserError, "belongs to Other"):
            agreement.with_context(allowed_company_ids=both.ids).allocate(
                self.kerttu.id
            )

    def test_reference_of_an_earlier_invoice(self):
        self.channel.asked_identifiers = "reference"
        reference = self.make_invoice().payment_reference
        agreement = self.order(identifiers=[("01", f"00 {reference}")])
        self.assertEqual(agreement.state, "active")
        self.assertEqual(agreement.partner_id, self.kerttu)

    def test_reference_of_another_companys_invoice_proves_nothing(self):
        self.channel.asked_identifiers = "reference"
        move = self.make_invoice()
        other = self.env["res.company"].create({"name": "Other"})
        move.flush_recordset()
        self.env.cr.execute(
            "UPDATE account_move SET company_id = %s WHERE id = %s", [other.id, move.id]
        )
        move.invalidate_recordset()
        agreement = self.order(identifiers=[("01", move.payment_reference)])
        self.assertEqual(agreement.state, "to_review")

    def test_both_asked_and_only_one_given_waits(self):
        self.channel.asked_identifiers = "both"
        self.assertEqual(self.order().state, "to_review")

    def test_identifiers_that_point_to_two_customers_wait(self):
        self.channel.asked_identifiers = "both"
        eero = self.kerttu.copy({"name": "Eero", "ref": "70022"})
        reference = self.make_invoice(partner=eero).payment_reference
        agreement = self.order(identifiers=[("09", "70014"), ("01", reference)])
        self.assertEqual(agreement.state, "to_review")
        self.assertEqual(agreement.candidate_ids.partner_id, self.kerttu | eero)

    def test_an_identifier_that_points_nowhere_waits(self):
        """Also beside one that points to a customer."""
        self.channel.asked_identifiers = "both"
        agreement = self.order(identifiers=[("09", "70014"), ("01", "1232")])
        self.assertEqual(agreement.state, "to_review")
        self.assertEqual(agreement.candidate_ids.partner_id, self.kerttu)

    def test_a_number_is_not_a_pattern(self):
        agreement = self.order(identifiers=[("09", "7001_")])
        self.assertEqual(agreement.state, "to_review")

    def test_reference_of_the_invoice_paid_at_the_bank_must_not_contradict(self):
        eero = self.kerttu.copy({"name": "Eero", "ref": "70022"})
        paid = self.make_invoice(partner=eero).payment_reference
        self.assertEqual(self.order(paid=paid).state, "to_review")

    # === DECISIONS OF A PERSON === #

    def test_accept_and_reject(self):
        agreement = self.order(name="K. Talvela")
        agreement.candidate_ids.action_accept()
        self.assertEqual(agreement.state, "active")
        self.assertFalse(agreement.activity_ids)
        agreement.allocate(self.kerttu.id)  # twice is harmless
        rejected = self.order(identifiers=[("09", "1")], message_id="2")
        with self.assertRaises(UserError):
            rejected.reject(" ")
        rejected.reject("Not our customer")
        self.assertRecordValues(
            rejected, [{"state": "rejected", "reason": "Not our customer"}]
        )
        with self.assertRaises(UserError):
            agreement.reject("It is in use")

    def test_choose_a_customer_who_is_no_candidate(self):
        agreement = self.order(name="Xerxes Öberg", identifiers=[("09", "99999")])
        wizard = self.env["einvoice.allocate.wizard"].create(
            {"agreement_id": agreement.id, "partner_id": self.kerttu.id}
        )
        wizard.action_allocate()
        self.assertRecordValues(
            agreement, [{"state": "active", "partner_id": self.kerttu.id}]
        )
        # what spoke against it stays on record
        self.assertIn("contradicts", agreement.message_ids[0].body)

    def test_search_again_after_mending_the_customer(self):
        self.kerttu.ref = "7001"
        agreement = self.order()
        self.assertEqual(agreement.state, "to_review")
        self.kerttu.ref = "70014"
        agreement.action_find_candidates()
        self.assertEqual(agreement.state, "active")

    def test_ended_cannot_be_allocated(self):
        agreement = self.order()
        agreement.end()
        with self.assertRaises(UserError):
            agreement.allocate(self.kerttu.id)

    # === CHANGE AND DELETE === #

    def test_end_restores_how_the_customer_got_invoices(self):
        self.kerttu.invoice_sending_method = "manual"
        self.order()
        self.order_later(2, action="DELETE")
        self.assertEqual(self.kerttu.invoice_sending_method, "manual")

    def test_change_without_known_order_is_an_order(self):
        agreement = self.order(action="CHANGE")
        self.assertEqual(agreement.state, "active")

    def test_change_updates_and_keeps(self):
        agreement = self.order()
        changed = self.order_later(2, action="CHANGE", ref="RI-1", service="01")
        self.assertEqual(changed, agreement)
        self.assertRecordValues(
            agreement, [{"state": "active", "service": "direct_payment"}]
        )

    def test_change_to_another_person_stops_sending_until_decided(self):
        agreement = self.order()
        self.order_later(2, action="CHANGE", ref="RI-1", name="Eero Makkonen")
        self.assertEqual(agreement.state, "to_review")
        self.assertNotEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")

    def test_older_change_that_comes_late_changes_nothing(self):
        agreement = self.order(timestamp="2026-11-20T10:00:00+02:00")
        self.order(
            action="CHANGE",
            message_id="RI-0",
            service="01",
            timestamp="2026-11-19T10:00:00+02:00",
        )
        self.assertEqual(agreement.service, "einvoice")

    def test_delete_before_its_order(self):
        self.order_later(2, action="DELETE")
        agreement = self.order()
        self.assertEqual(agreement.state, "ended")
        again = self.order(message_id="RI-3", timestamp="2026-11-22T10:00:00+02:00")
        self.assertEqual(again.state, "active")

    def test_repeated_message_is_recognised(self):
        first = self.order()
        self.assertEqual(self.order(), first)
        self.assertEqual(len(self.channel.agreement_ids), 1)
        self.assertEqual(len(self.channel.document_ids), 1)

    def test_same_identifier_and_time_with_other_contents_is_a_conflict(self):
        self.order()
        documents = self.env["einvoice.document"]
        self.assertFalse(self.order(name="Somebody Else"))
        conflict = documents.search([("state", "=", "error")])
        self.assertIn("other contents", conflict.summary)

    # === CHANGE OF BANK === #

    def test_add_then_delete_keeps_the_netbank(self):
        self.kerttu.invoice_sending_method = "email"
        old = self.order()
        new = self.order_later(2, address=SOUTH)
        move = self.make_invoice()
        self.assertEqual(move.einvoice_agreement_id, new)
        self.order_later(3, action="DELETE")
        self.assertEqual((old | new).mapped("state"), ["ended", "active"])
        self.assertEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")
        self.order(
            action="DELETE",
            address=SOUTH,
            message_id="RI-4",
            timestamp="2026-11-22T11:00:00+02:00",
        )
        self.assertEqual(self.kerttu.invoice_sending_method, "email")

    def test_delete_then_add_sends_by_email_in_between(self):
        self.order()
        move = self.make_invoice()
        self.order_later(2, action="DELETE")
        sending = self.env["account.move.send"]
        self.assertEqual(sending._get_default_sending_methods(move), {"email"})
        self.order_later(3, address=SOUTH)
        self.assertEqual(
            sending._get_default_sending_methods(move), {"einvoice_consumer"}
        )

    def test_waiting_invoice_follows_to_the_new_bank(self):
        self.order()
        move = self.make_invoice()
        waiting = self.send(move)
        self.order_later(2, address=SOUTH)
        self.order_later(3, action="DELETE")
        self.assertEqual(waiting.state, "cancelled")
        self.assertEqual(move.einvoice_state, "to_send")
        self.assertEqual(move._get_einvoice().recipient_address, SOUTH[0])

    def test_waiting_invoice_goes_by_email_without_a_new_bank(self):
        self.order()
        move = self.make_invoice()
        waiting = self.send(move)
        self.order_later(3, action="DELETE")
        self.assertEqual(waiting.state, "cancelled")
        self.assertTrue(move.sending_data)
        self.assertEqual(
            self.env["account.move.send"]._get_default_sending_methods(move), {"email"}
        )

    def test_times_are_kept_in_utc(self):
        self.assertEqual(
            self.order().ordered_at, fields.Datetime.to_datetime("2026-11-20 08:00:00")
        )
