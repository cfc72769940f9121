import base64
from datetime import timedelta

from lxml import etree

from odoo.tests import tagged

from .common_norway import ACCOUNT, NorwayCommon

UBL = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
RECIPIENT = "920000000123456789"


@tagged("post_install", "-at_install")
class TestEfakturaInvoice(NorwayCommon):
    """Invoices as eFaktura: what goes, what comes back, and what stops them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approve_issuer()
        cls.agreement = (
            cls.env["einvoice.agreement"]
            .sudo()
            .create(
                {
                    "channel_id": cls.channel.id,
                    "recipient_address": RECIPIENT,
                    "consumer_name": cls.kari.name,
                }
            )
        )
        cls.agreement._put_in_force({cls.agreement: cls.kari})

    def send(self, move):
        """Send as the Send dialog does; return the message as the operator reads it."""
        result = move.send_einvoice()
        [told] = self.fetch("invoice")
        return result[0], told

    def get_codes(self, move):
        return {problem.code for problem in move._einvoice_check()[move]}

    def test_an_invoice_goes_as_ehf_with_its_picture(self):
        move = self.make_invoice(days=14, price=100.0)
        move.payment_reference = "12345678903"
        result, told = self.send(move)
        self.assertEqual((result["state"], result["reasons"]), ("to_send", []))
        self.assertEqual(move.einvoice_state, "sent")
        due = move.invoice_date_due.isoformat()
        ehf = etree.fromstring(base64.b64decode(told.pop("ehf")))
        self.assertEqual(base64.b64decode(told.pop("pdf")), b"%PDF-1.4")
        told.pop("created_at")
        self.assertEqual(told.pop("message_id"), move._get_einvoice().message_id)
        self.assertEqual(
            told,
            {
                "type": "invoice",
                "recipient": RECIPIENT,
                "number": move.name,
                "kid": "12345678903",
                "amount": "125.00",
                "currency": "NOK",
                "due_date": due,
                "avtalegiro": False,
            },
        )
        expected = {
            "cbc:CustomizationID": "urn:cen.eu:en16931:2017#compliant#"
            "urn:fdc:peppol.eu:2017:poacc:billing:3.0",
            "cbc:ProfileID": "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
            "cbc:ID": move.name,
            "cbc:DueDate": due,
            "cbc:DocumentCurrencyCode": "NOK",
            "cbc:BuyerReference": RECIPIENT,
            "cac:PaymentMeans/cbc:PaymentID": "12345678903",
            "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID": ACCOUNT,
            "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount": "100.00",
            "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount": "125.00",
            "cac:LegalMonetaryTotal/cbc:PayableAmount": "125.00",
            "cac:AccountingSupplierParty//cac:PartyLegalEntity/cbc:RegistrationName": (
                "Fjordkraft og Lys AS"
            ),
            "cac:AccountingCustomerParty//cac:PartyLegalEntity/cbc:RegistrationName": (
                "Kari Nordmann"
            ),
        }
        found = {path: ehf.findtext(path, namespaces=UBL) for path in expected}
        self.assertEqual(found, expected)

    def test_a_check_draws_no_picture(self):
        drawn = []

        def draw(reports, *args, **kwargs):
            drawn.append(args)

        self.patch(self.registry["ir.actions.report"], "_pre_render_qweb_pdf", draw)
        self.assertFalse(self.get_codes(self.make_invoice(days=14)))
        self.assertFalse(drawn)

    def test_the_picture_has_the_layout_that_the_customer_has(self):
        layout = self.env.ref("account.account_invoices").copy(
            {"report_name": "account.report_invoice", "name": "Simple"}
        )
        self.kari.invoice_template_pdf_report_id = layout
        drawn = []
        original = self.registry["ir.actions.report"]._pre_render_qweb_pdf

        def draw(reports, report_ref, **kwargs):
            drawn.append(report_ref)
            return original(reports, report_ref, **kwargs)

        self.patch(self.registry["ir.actions.report"], "_pre_render_qweb_pdf", draw)
        self.send(self.make_invoice(days=14))
        self.assertEqual(drawn, ["account.report_invoice"])

    def test_what_stops_an_invoice(self):
        move = self.make_invoice(days=4)
        self.assertFalse(self.get_codes(move))
        self.assertEqual(self.get_codes(self.make_invoice(days=3)), {"due_date"})
        self.agreement.recipient_address = False
        self.assertEqual(self.get_codes(move), {"recipient"})
        self.agreement.recipient_address = RECIPIENT
        other = self.account.copy({"acc_number": "15032080119"})
        wrong = self.make_invoice(days=14, partner_bank_id=other.id)
        self.assertEqual(self.get_codes(wrong), {"account"})
        euros = self.env.ref("base.EUR")
        euros.active = True
        foreign = self.make_invoice(days=14, currency_id=euros.id)
        self.assertEqual(self.get_codes(foreign), {"currency"})
        self.channel.issuer_agreement_ids.sudo().state = "ended"
        self.assertEqual(self.get_codes(move), {"issuer_agreement"})
        [refused] = move.send_einvoice()
        self.assertFalse(refused["state"])
        self.assertIn("issuer agreement", refused["message"])

    def test_what_ehf_asks_for_is_found_before(self):
        move = self.make_invoice(days=14, post=False)
        move.invoice_line_ids.tax_ids = False
        move.action_post()
        [problem] = move._einvoice_check()[move]
        self.assertEqual((problem.level, problem.fix), ("danger", "move"))
        self.assertTrue(problem.code.startswith("ehf_"))
        self.assertIn("at least one tax", str(problem.message))

    def test_an_invoice_in_parts_is_stopped(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (14, 30)
                ],
            }
        )
        move = self.make_invoice(invoice_payment_term_id=term.id)
        self.assertEqual(self.get_codes(move), {"instalments"})

    def test_what_the_operator_tells_is_on_message_and_invoice(self):
        move = self.make_invoice(days=14)
        _result, told = self.send(move)
        key = told["message_id"]
        document = move._get_einvoice()
        self.assertFalse(document.deadline)
        steps = (
            ("received", "sent"),
            ("awaiting_approval", "delivered"),
            ("opened", "delivered"),
            ("approved", "delivered"),
        )
        for word, state in steps:
            answer = self.tell("invoice_status", message_id=key, state=word)
            self.assertEqual(answer.state, "processed")
            self.assertEqual((document.progress, document.state), (word, state))
            self.assertEqual(
                (move.einvoice_progress, move.einvoice_state), (word, state)
            )
        late = self.tell(
            "invoice_status",
            message_id=key,
            state="opened",
            created_at="2026-11-01T08:00:00Z",
        )
        self.assertIn("Older", late.summary)
        self.assertEqual(document.progress, "approved")

    def test_an_operator_may_tell_before_we_know_that_it_was_sent(self):
        move = self.make_invoice(days=14)
        move.send_einvoice()
        key = move._get_einvoice().message_id
        self.tell("invoice_status", message_id=key, state="awaiting_approval")
        self.assertEqual(move.einvoice_state, "delivered")
        self.assertTrue(move._get_einvoice().sent_at)

    def test_a_deleted_invoice_is_for_a_person_or_goes_another_way(self):
        move = self.make_invoice(days=14)
        _result, told = self.send(move)
        self.tell("invoice_status", message_id=told["message_id"], state="deleted")
        self.assertEqual(move.einvoice_state, "rejected")
        self.assertIn("The customer deleted it", move.einvoice_summary)
        self.assertNotIn("bank refused", move.einvoice_summary)
        self.assertTrue(move.activity_ids)
        self.channel.after_refusal = "otherwise"
        second = self.make_invoice(days=14)
        _result, told = self.send(second)
        self.tell("invoice_status", message_id=told["message_id"], state="deleted")
        self.assertEqual(second.einvoice_state, "handled")
        self.assertTrue(second.sending_data)
        methods = self.env["account.move.send"]._get_default_sending_methods(second)
        self.assertEqual(methods, {"email"})

    def test_a_refusal_has_the_operators_code_and_words(self):
        move = self.make_invoice(days=14)
        _result, told = self.send(move)
        self.tell(
            "invoice_status",
            message_id=told["message_id"],
            state="refused",
            code="blocked",
            text="Sperret",
        )
        document = move._get_einvoice()
        self.assertEqual(
            (document.state, document.reason_code), ("rejected", "blocked")
        )
        self.assertIn("Sperret", document.summary)

    def test_a_status_of_nothing_of_ours_is_parked(self):
        answer = self.tell("invoice_status", message_id="strange", state="opened")
        self.assertEqual(answer.state, "error")
        self.assertIn("strange", answer.summary)

    def test_a_credit_note_goes_another_way(self):
        move = self.make_invoice(days=14)
        self.send(move)
        credit_note = move._reverse_moves([{"date": move.date}])
        credit_note.action_post()
        self.assertEqual(self.get_codes(credit_note), {"credit_note"})
        methods = self.env["account.move.send"]._get_default_sending_methods(
            credit_note
        )
        self.assertEqual(methods, {"email"})

    def credit(self, move):
        credit_note = move._reverse_moves([{"date": move.date}], cancel=True)
        return credit_note

    def test_what_was_credited_is_taken_back_from_the_netbank(self):
        move = self.make_invoice(days=14)
        _result, told = self.send(move)
        credit_note = self.credit(move)
        self.assertTrue(credit_note.einvoice_can_cancel)
        credit_note.action_einvoice_cancel()
        [cancellation] = self.fetch("cancellation")
        self.assertEqual(cancellation["cancels"], told["message_id"])
        self.tell(
            "invoice_status",
            message_id=cancellation["message_id"],
            state="cancelled",
        )
        self.assertEqual(move._get_einvoice().state, "cancelled")
        self.assertEqual(credit_note._get_einvoice().state, "delivered")

    def test_what_the_customer_approved_is_not_taken_back(self):
        move = self.make_invoice(days=14)
        _result, told = self.send(move)
        now = self.env.cr.now().isoformat(timespec="seconds")
        self.tell(
            "invoice_status",
            message_id=told["message_id"],
            state="approved",
            created_at=f"{now}Z",
        )
        credit_note = self.credit(move)
        self.assertFalse(credit_note.einvoice_can_cancel)
        document = move._get_einvoice()
        yesterday = self.channel._get_today() - timedelta(days=1)
        self.assertEqual(document._get_last_cancel_day(), yesterday)

    def test_a_cancellation_that_came_too_late_is_told(self):
        move = self.make_invoice(days=14)
        self.send(move)
        credit_note = self.credit(move)
        credit_note.action_einvoice_cancel()
        [cancellation] = self.fetch("cancellation")
        self.tell(
            "invoice_status",
            message_id=cancellation["message_id"],
            state="refused",
            code="approved",
        )
        self.assertEqual(move._get_einvoice().state, "sent")
        self.assertEqual(credit_note._get_einvoice().state, "rejected")
        self.assertTrue(credit_note.activity_ids)

    def test_what_holds_a_picture_is_sent_by_few_at_a_time(self):
        moves = self.make_invoice(days=14) | self.make_invoice(days=14)
        moves._einvoice_send_otherwise()
        self.assertFalse(self.env["account.move"]._einvoice_send_batch())
        self.assertEqual(set(moves.mapped("einvoice_state")), {False})
