from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NORTH, SENDER, SOUTH, EinvoiceCommon, receiver_info


@tagged("post_install", "-at_install")
class TestAgreement(EinvoiceCommon):
    """Orders are allocated on proof, and a change of bank loses nothing."""

    has_invoice_ready = False

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

    def test_a_telephone_number_in_any_form_names_the_customer(self):
        self.kerttu.phone = "040 123 4567"
        for number, typed in enumerate(
            [("05", "0401234567"), ("06", "+358401234567"), ("05", "040-123 45 67")]
        ):
            with self.subTest(typed=typed):
                agreement = self.order_later(number, identifiers=[typed])
                self.assertEqual(
                    (agreement.state, agreement.partner_id), ("active", self.kerttu)
                )

    def test_a_telephone_number_of_two_waits(self):
        self.kerttu.phone = "040 123 4567"
        self.kerttu.copy({"phone": "+358 40 1234567"})
        agreement = self.order(identifiers=[("05", "0401234567")])
        self.assertEqual(agreement.state, "to_review")
        self.assertEqual(len(agreement.candidate_ids), 2)

    def test_a_business_id_names_its_company_which_is_no_consumer(self):
        self.kerttu.write({"vat": "FI20774740", "is_company": True})
        agreement = self.order(identifiers=[("04", "2077474-0")])
        self.assertEqual(agreement.state, "to_review")
        self.assertTrue(agreement.candidate_ids.identified)
        self.kerttu.is_company = False
        agreement.action_find_candidates()
        self.assertEqual(agreement.state, "active")

    def test_a_personal_code_is_compared_with_the_customer_number(self):
        self.kerttu.ref = "131052-308T"
        agreement = self.order(identifiers=[("03", "131052-308T")])
        self.assertEqual(agreement.state, "active")

    def test_a_wrong_check_digit_waits_for_a_person(self):
        """Though it stands so in the register."""
        for number, (kind, wrong) in enumerate(
            [("03", "131052-308U"), ("07", "FI2112345600000786"), ("08", "12A")]
        ):
            with self.subTest(kind=kind):
                self.kerttu.ref = wrong
                agreement = self.order_later(number, identifiers=[(kind, wrong)])
                self.assertEqual(agreement.state, "to_review")
                [candidate] = agreement.candidate_ids
                self.assertIn("check digit", candidate.evidence_html)
                agreement.reject("Not known")

    def test_what_a_bank_converts_or_maintains_says_so(self):
        agreement = self.order(origin="01", conversion="DD-77")
        self.assertEqual(agreement.state, "active")
        self.assertEqual(
            (agreement.origin, agreement.conversion_code), ("conversion", "DD-77")
        )
        changed = self.order_later(1, action="CHANGE", origin="02")
        self.assertEqual(changed, agreement)
        self.assertEqual(
            (agreement.origin, agreement.conversion_code), ("maintenance", False)
        )

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

    def test_two_alike_are_told_apart(self):
        twin = self.kerttu.copy({"name": "Kerttu Talvela", "ref": "70014"})
        move = self.make_invoice(partner=twin)
        candidates = self.order().candidate_ids
        self.assertEqual(
            [
                (c.partner_id, c.ref, c.last_invoice_id)
                for c in candidates.sorted(lambda c: c.partner_id.id)
            ],
            [
                (self.kerttu, "70014", self.env["account.move"]),
                (twin, "70014", move),
            ],
        )

    # === WISHES === #

    WISHES = (
        "<ProposedDueDate>15</ProposedDueDate>"
        "<ProposedInvoicePeriod>4</ProposedInvoicePeriod>"
    )

    def test_wishes_wait_for_a_person(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        agreement = self.order(wishes=self.WISHES, language="SV")
        self.assertEqual((agreement.state, agreement.wish_state), ("active", "open"))
        self.assertIn("day 15", agreement.activity_ids.note)
        self.assertIn("Invoices a year: 4.", agreement.wishes)
        self.assertFalse(self.kerttu.property_payment_term_id.line_ids.days_next_month)
        agreement.action_accept_wishes()
        self.assertEqual(agreement.wish_state, "accepted")
        self.assertFalse(agreement.activity_ids)
        self.assertEqual(self.kerttu.lang, "sv_SE")
        term = self.kerttu.property_payment_term_id
        move = self.make_invoice(
            invoice_date="2026-11-20", invoice_payment_term_id=term.id
        )
        self.assertEqual(str(move.invoice_date_due), "2026-12-15")
        other = self.order(
            wishes=self.WISHES, message_id="RI-2", address=SOUTH, language="SV"
        )
        self.assertEqual(other._get_wished_term(), term)

    def test_wishes_are_told_in_the_language_of_who_decides(self):
        """A job has no language of its own."""
        self.env["res.lang"]._activate_lang("sv_SE")
        self.bookkeeper.lang = "sv_SE"
        self.channel.sudo().user_id = self.bookkeeper
        agreement = self.order()
        for day in (15, 20):
            agreement.sudo().proposed_due_date = day
            agreement.sudo().with_context(lang=False)._ask_about_wishes()
            note = agreement.activity_ids.note
            self.assertIn(f"Fakturor som förfaller den {day} i månaden.", note)

    def test_wishes_declined(self):
        term = self.kerttu.property_payment_term_id
        agreement = self.order(wishes=self.WISHES)
        agreement.action_decline_wishes()
        self.assertEqual(agreement.wish_state, "declined")
        self.assertFalse(agreement.activity_ids)
        self.assertEqual(self.kerttu.property_payment_term_id, term)
        self.order_later(2, action="CHANGE", ref="RI-1", wishes=self.WISHES)
        self.assertEqual(agreement.wish_state, "declined")

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

    # === WHEN IT WAS ORDERED === #

    def take_unframed(self, stamp, day="20261120", **values):
        """Take in an order without a frame, as some banks' files have them."""
        data = receiver_info(**values)
        stamped = b"<ReceiverInfoTimeStamp>2026-11-20T10:00:00<"
        self.assertIn(stamped, data)
        data = data[data.index(b"<?xml") :].replace(
            stamped, f"<ReceiverInfoTimeStamp>{stamp}<".encode()
        )
        data = data.replace(
            b">20261120</MessageDate>", f">{day}</MessageDate>".encode()
        )
        [result] = self.take_in(data)
        return self.env["einvoice.document"].browse(result["document_id"])

    def test_an_old_end_does_not_end_a_newer_order(self):
        agreement = self.order()
        document = self.take_unframed("20250101120000", "20250101", action="DELETE")
        self.assertEqual(agreement.state, "active")
        self.assertIn("Older", document.summary)

    def test_the_day_of_the_message_counts_without_a_stamp(self):
        agreement = self.order()
        self.take_unframed("", "20250101", action="DELETE")
        self.assertEqual(agreement.state, "active")
        self.take_unframed("", "20261121", action="DELETE")
        self.assertEqual(agreement.state, "ended")

    def test_a_person_decides_what_cannot_be_dated(self):
        agreement = self.order()
        for stamp, day in (("", "20261120"), ("sometime", "sometime")):
            with self.subTest(stamp=stamp):
                document = self.take_unframed(stamp, day, action="DELETE")
                self.assertEqual(document.state, "error")
                self.assertEqual(agreement.state, "active")
                self.assertIn("Count as newest", document.activity_ids.note)
                document.action_process_again()
                self.assertEqual(document.state, "error")
        document.action_count_as_newest()
        self.assertEqual(document.state, "processed")
        self.assertFalse(document.activity_ids)
        self.assertEqual(agreement.state, "ended")

    def test_an_undated_order_of_somebody_new(self):
        document = self.take_unframed("sometime", "sometime")
        self.assertEqual(document.agreement_id.state, "active")

    def test_addresses_in_groups_are_the_same(self):
        grouped = "FI49 5000 9420 0287 30"
        self.assertEqual(grouped.replace(" ", ""), NORTH[0])
        agreement = self.order(address=(grouped, "ndeafihh"))
        self.assertEqual(agreement.recipient_address, NORTH[0])
        self.assertEqual(agreement.recipient_intermediator, NORTH[1])
        self.order_later(2, action="DELETE")
        self.assertEqual(agreement.state, "ended")
        self.address.address = "0037 2345 6780"
        self.assertEqual(self.channel.sender_address, SENDER)

    def test_times_are_kept_in_utc(self):
        self.assertEqual(
            self.order().ordered_at, fields.Datetime.to_datetime("2026-11-20 08:00:00")
        )
