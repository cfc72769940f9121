import base64
import io
from datetime import timedelta

import openpyxl

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.agreement.existing_rows import ExistingRows
from .common import EinvoiceCommon

# made up; their check digits are right
ADDRESS = "FI2112345600000785"
OTHER_ADDRESS = "FI5810171000000122"
BANK = "NDEAFIHH"


class ExistingCommon(EinvoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreements = cls.env["einvoice.agreement"]
        cls.first = cls.make_person("Aino Alku", "70001")
        cls.second = cls.make_person("Eino Ensi", "70002")

    @classmethod
    def make_person(cls, name, number, **values):
        address = {"street": "Kuja 1", "zip": "00100", "city": "Helsinki"}
        return cls.env["res.partner"].create(
            {"name": name, "ref": number, **address, **values}
        )

    def row(self, **values):
        return {
            "customer_number": "70001",
            "address": ADDRESS,
            "intermediator": BANK,
            "since": "2024-05-31",
            **values,
        }

    def codes(self, answers):
        return [[each["code"] for each in answer["reasons"]] for answer in answers]


@tagged("post_install", "-at_install")
class TestImportExisting(ExistingCommon):
    """Consumers who ordered before Odoo knew of it get e-invoices at once."""

    def bring(self, *rows):
        return self.agreements.import_existing(self.channel.id, list(rows))

    def test_brought_in(self):
        before = self.env["einvoice.document"].search([])
        answers = self.bring(
            self.row(address="fi21 1234 5600 0007 85", name="Alku Aino"),
            {
                "partner_id": self.second.id,
                "address": OTHER_ADDRESS,
                "intermediator": BANK.lower(),
                "service": "direct_payment",
            },
        )
        self.assertEqual(self.codes(answers), [[], []])
        self.assertEqual([answer["row"] for answer in answers], [0, 1])
        self.assertEqual([answer["state"] for answer in answers], ["active"] * 2)
        first, second = self.agreements.browse(
            [answer["agreement_id"] for answer in answers]
        )
        self.assertEqual(first.partner_id, self.first)
        self.assertEqual(first.recipient_address, ADDRESS)
        self.assertEqual(first.recipient_intermediator, BANK)
        self.assertTrue(first.intermediator_id)
        self.assertEqual(first.consumer_name, "Alku Aino")
        self.assertEqual(str(first.ordered_at), "2024-05-31 00:00:00")
        self.assertEqual(second.service, "direct_payment")
        self.assertEqual(second.consumer_name, "Eino Ensi")
        self.assertEqual(second.ordered_at.date(), fields.Date.context_today(second))
        for person in (self.first, self.second):
            person = person.with_company(self.company)
            self.assertEqual(person.invoice_sending_method, "einvoice_consumer")
        self.assertIn("earlier system", first.message_ids[0].body)
        # nothing is sent to anybody
        self.assertEqual(self.env["einvoice.document"].search([]), before)

    def test_the_next_invoice_goes_there(self):
        self.bring(self.row())
        move = self.make_invoice(partner=self.first)
        [answer] = move.send_einvoice()
        self.assertEqual((answer["state"], answer["reasons"]), ("to_send", []))
        self.assertIn(ADDRESS, move._get_einvoice()._get_bytes().decode("iso-8859-15"))

    def test_the_same_rows_again_change_nothing(self):
        rows = (self.row(), self.row(), self.row(customer_number="70002"))
        first = self.bring(*rows)
        self.assertEqual(first[0]["agreement_id"], first[1]["agreement_id"])
        count = self.agreements.search_count([])
        agreement = self.agreements.browse(first[0]["agreement_id"])
        before = agreement.read(["write_date", "message_ids", "activated_at"])
        again = self.bring(*rows)
        self.assertEqual(
            [answer["agreement_id"] for answer in again],
            [answer["agreement_id"] for answer in first],
        )
        self.assertEqual([answer["state"] for answer in again], ["active"] * 3)
        self.assertEqual(self.agreements.search_count([]), count)
        self.assertEqual(
            agreement.read(["write_date", "message_ids", "activated_at"]), before
        )

    def test_a_row_that_cannot_be_done_says_why_alone(self):
        self.make_person("Onni Toinen", "70003")
        self.make_person("Onni Toinen", "70003")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.make_person("Ilta Muualla", "70004", company_id=elsewhere.id)
        gone = self.make_person("Unto Poissa", "70005", active=False)
        tomorrow = fields.Date.today() + timedelta(days=2)
        rows = {
            "nobody": self.row(customer_number="999"),
            "two": self.row(customer_number="70003"),
            "theirs": self.row(partner_id=theirs.id),
            "archived": self.row(partner_id=gone.id),
            "no such": self.row(partner_id=2**31 - 7),
            "unnamed": {"address": ADDRESS, "intermediator": BANK},
            "check digits": self.row(address="FI2112345600000786"),
            "no address": self.row(address="Mannerheimintie 1!"),
            "bank": self.row(intermediator="NOBANKXX"),
            "day": self.row(since=tomorrow.isoformat()),
            "no day": self.row(since="31.5.2024"),
            "service": self.row(service="paper"),
            "key": self.row(colour="red"),
            "number": self.row(customer_number=70001),
            "right": self.row(),
        }
        answers = self.bring(*rows.values())
        self.assertEqual(
            dict(zip(rows, self.codes(answers), strict=True)),
            {
                "nobody": ["not_found"],
                "two": ["ambiguous"],
                "theirs": ["other_company"],
                "archived": ["archived"],
                "no such": ["not_found"],
                "unnamed": ["customer"],
                "check digits": ["address"],
                "no address": ["address"],
                "bank": ["intermediator"],
                "day": ["since"],
                "no day": ["argument"],
                "service": ["argument"],
                "key": ["argument"],
                "number": ["argument"],
                "right": [],
            },
        )
        for answer in answers[:-1]:
            self.assertFalse(answer["agreement_id"] or answer["state"])
            self.assertTrue(answer["reasons"][0]["message"])

    def test_what_is_known_here_wins(self):
        [mine] = self.bring(self.row())
        agreement = self.agreements.browse(mine["agreement_id"])

        [answer] = self.bring(self.row(service="direct_payment"))
        self.assertEqual(self.codes([answer]), [["differs"]])
        self.assertEqual(agreement.service, "einvoice")

        [answer] = self.bring(self.row(address=OTHER_ADDRESS, since="2023-01-31"))
        self.assertEqual(self.codes([answer]), [["newer"]])

        agreement.end()
        [answer] = self.bring(self.row())
        self.assertEqual(self.codes([answer]), [["ended"]])
        self.assertEqual(answer["agreement_id"], agreement.id)
        self.assertEqual(answer["state"], "ended")

    def test_an_order_that_waits_is_decided_by_a_person(self):
        order = self.order(identifiers=[("09", "1")])
        self.assertEqual(order.state, "to_review")
        row = self.row(
            address=order.recipient_address,
            intermediator=order.recipient_intermediator,
        )
        [answer] = self.bring(row)
        self.assertEqual(self.codes([answer]), [["waits"]])
        self.assertEqual(answer["agreement_id"], order.id)
        order.reject("Somebody else's")
        self.assertEqual(self.codes(self.bring(row)), [["rejected"]])
        self.assertEqual(order.state, "rejected")

    def test_one_address_for_two_customers_is_told(self):
        answers = self.bring(self.row(), self.row(partner_id=self.second.id))
        self.assertEqual(self.codes(answers), [[], ["shared"]])
        self.assertEqual(answers[1]["reasons"][0]["level"], "warning")
        self.assertIn("Aino Alku", answers[1]["reasons"][0]["message"])
        self.assertEqual(answers[1]["state"], "active")

    def test_the_banks_next_message_is_recognised(self):
        known = self.order()
        partner = known.partner_id
        row = self.row(
            partner_id=partner.id,
            address=known.recipient_address,
            intermediator=known.recipient_intermediator,
            since=known.ordered_at.date().isoformat(),
        )
        [answer] = self.bring(row)
        self.assertEqual((answer["agreement_id"], answer["reasons"]), (known.id, []))

    def test_what_the_bank_refused_before_is_not_sent_again(self):
        """Only a new order of the consumer does that."""
        called = []
        self.patch(
            type(self.agreements),
            "_send_stranded",
            lambda agreement, partner: called.append(partner),
        )
        self.bring(self.row())
        self.assertFalse(called)

    def test_only_managers(self):
        clerk = new_test_user(
            self.env, "clerk", "einvoice_consumer.einvoice_consumer_group_user"
        )
        with self.assertRaises(AccessError):
            self.agreements.with_user(clerk).import_existing(
                self.channel.id, [self.row()]
            )

    def test_wrong_arguments(self):
        for channel, rows, word in (
            ("x", [self.row()], "channel_id"),
            (self.channel.id, {}, "rows"),
            (self.channel.id, [], "rows"),
        ):
            with self.subTest(word), self.assertRaisesRegex(UserError, word):
                self.agreements.import_existing(channel, rows)

    def test_a_channel_of_others(self):
        with self.assertRaisesRegex(AccessError, "channel_id"):
            self.agreements.import_existing(2**31 - 7, [self.row()])

    def test_many_cost_few_queries_to_judge(self):
        def judge(count):
            rows = [
                (
                    {
                        "customer_number": str(number),
                        "address": ADDRESS,
                        "intermediator": BANK,
                    },
                    "",
                )
                for number in range(count)
            ]
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(ExistingRows(self.channel).judge(rows)), count)
            return self.env.cr.sql_log_count - before

        judge(2)
        self.assertLessEqual(judge(200), judge(2) + 2)


@tagged("post_install", "-at_install")
class TestExistingWizard(ExistingCommon):
    """A bookkeeper brings the list of the earlier system as a spreadsheet."""

    def open(self, content, filename, **context):
        if isinstance(content, str):
            content = content.encode()
        wizard = self.env["einvoice.existing.wizard"].with_context(**context)
        return wizard.create(
            {
                "channel_id": self.channel.id,
                "content": base64.b64encode(content),
                "filename": filename,
            }
        )

    def workbook(self, *rows):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()

    def outcomes(self, wizard):
        return [(line.row, line.outcome) for line in wizard.line_ids]

    def test_from_template_to_agreement(self):
        form = Form(self.env["einvoice.existing.wizard"])
        form.channel_id = self.channel
        wizard = form.save()
        self.assertIn(f"/{wizard.id}/template?", wizard.action_template()["url"])
        template = base64.b64decode(wizard.template)
        book = openpyxl.load_workbook(io.BytesIO(template))
        headings, example = book.active.iter_rows(values_only=True)
        self.assertEqual(headings[0], "Customer number")
        self.assertEqual(example[1], ADDRESS)
        self.env["res.partner"].search([("ref", "=", example[0])]).ref = False
        self.make_person("Maija Meikäläinen", example[0])

        wizard = self.open(template, "list.xlsx")
        wizard.action_preview()
        self.assertEqual(self.outcomes(wizard), [(2, "new")])
        self.assertEqual(wizard.line_ids.partner_id.ref, example[0])
        self.assertFalse(wizard.line_ids.agreement_id)
        self.assertEqual(wizard.step, "preview")

        wizard.action_import()
        self.assertEqual((wizard.step, wizard.new_count), ("done", 1))
        agreement = wizard.line_ids.agreement_id
        self.assertEqual(agreement.state, "active")
        self.assertEqual(str(agreement.ordered_at.date()), "2024-05-31")
        self.assertEqual(wizard.action_view_agreements()["res_id"], agreement.id)

        wizard = self.open(template, "list.xlsx")
        wizard.action_import()
        self.assertEqual(self.outcomes(wizard), [(2, "known")])
        self.assertEqual(wizard.line_ids.agreement_id, agreement)

    def test_as_spreadsheets_are(self):
        """Numbers and days of a cell, other columns, any order."""
        content = self.workbook(
            [
                "Phone",
                "Bank code",
                "Ordered on",
                "Customer number",
                "E-invoice address",
            ],
            ["050", BANK, fields.Date.to_date("2024-05-31"), 70001, ADDRESS],
            [None] * 5,
            ["051", BANK, "31.05.2024", "70002", OTHER_ADDRESS],
        )
        wizard = self.open(content, "list.xlsx")
        wizard.action_import()
        self.assertEqual(wizard.line_ids.partner_id, self.first + self.second)
        days = {day.date() for day in wizard.line_ids.agreement_id.mapped("ordered_at")}
        self.assertEqual(days, {fields.Date.to_date("2024-05-31")})

    def test_csv_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("fi_FI")
        services = dict(
            self.agreements.with_context(lang="fi_FI")
            ._fields["service"]
            ._description_selection(self.agreements.with_context(lang="fi_FI").env)
        )
        wizard = self.open("", "x", lang="fi_FI")
        template = base64.b64decode(wizard.template)
        [headings, *_rest] = openpyxl.load_workbook(
            io.BytesIO(template)
        ).active.iter_rows(values_only=True)
        row = ["70001", ADDRESS, BANK, services["direct_payment"], "31.5.2024", ""]
        text = "\n".join(";".join(cells) for cells in (headings, row))
        wizard.content = base64.b64encode(text.encode("utf-8"))
        wizard.filename = "list.csv"
        wizard.action_import()
        self.assertEqual(wizard.line_ids.outcome, "new", wizard.line_ids.message)
        self.assertEqual(wizard.line_ids.agreement_id.service, "direct_payment")

    def test_a_row_may_end_before_the_last_columns(self):
        wizard = self.open("", "x")
        template = base64.b64decode(wizard.template)
        book = openpyxl.load_workbook(io.BytesIO(template))
        [headings, *_rest] = book.active.iter_rows(values_only=True)
        text = "\n".join([",".join(headings), f"70001,{ADDRESS},{BANK}"])
        wizard.content = base64.b64encode(text.encode())
        wizard.filename = "list.csv"
        wizard.action_import()
        self.assertEqual(self.outcomes(wizard), [(2, "new")])

    def test_the_report_tells_of_each_row(self):
        head = "customer_number,address,intermediator,service,since"
        rows = (
            f"70001,{ADDRESS},{BANK},,",
            f"70001,{ADDRESS},{BANK},,",
            f"999,{ADDRESS},{BANK},,",
            f"70002,,{BANK},,",
            f"70002,{OTHER_ADDRESS},{BANK},paper,",
            f"70002,{OTHER_ADDRESS},{BANK},,soon",
        )
        wizard = self.open("\n".join((head, *rows)), "list.csv")
        wizard.action_preview()
        expected = ["new", "known", *["refused"] * 4]
        self.assertEqual(wizard.line_ids.mapped("outcome"), expected)
        counts = (wizard.new_count, wizard.known_count, wizard.refused_count)
        self.assertEqual(counts, (1, 1, 4))
        self.assertFalse(self.agreements.search([("partner_id", "=", self.first.id)]))
        wizard.action_import()
        self.assertEqual(wizard.line_ids.mapped("outcome"), expected)
        messages = wizard.line_ids.mapped("message")[2:]
        for message, words in zip(
            messages,
            ("999", "E-invoice address is missing", "paper", "soon"),
            strict=True,
        ):
            self.assertIn(words, message)

    @mute_logger("odoo.addons.base_import.models.base_import")
    def test_files_that_are_none(self):
        for content, filename, sentence in (
            ("customer_number,address\n1,2", "a.csv", "Bank code"),
            ("customer_number,address,intermediator", "a.csv", "below the headings"),
            (b"\x00\x01\x02", "a.xlsx", ""),
            ("", "a.csv", "below the headings"),
        ):
            wizard = self.open(content or b"\n", filename)
            with self.subTest(filename), self.assertRaisesRegex(UserError, sentence):
                wizard.action_preview()

    def test_no_file(self):
        wizard = self.env["einvoice.existing.wizard"].create(
            {"channel_id": self.channel.id}
        )
        with self.assertRaisesRegex(UserError, "Choose the spreadsheet"):
            wizard.action_preview()

    def test_another_file(self):
        wizard = self.open(f"customer_number,address,intermediator\n1,{ADDRESS},X", "a")
        wizard.filename = "a.csv"
        wizard.action_preview()
        self.assertTrue(wizard.line_ids)
        wizard.action_back()
        self.assertEqual(wizard.step, "choose")
        self.assertFalse(wizard.line_ids)

    def test_only_managers(self):
        clerk = new_test_user(
            self.env, "clerk", "einvoice_consumer.einvoice_consumer_group_user"
        )
        with self.assertRaises(AccessError):
            self.env["einvoice.existing.wizard"].with_user(clerk).create(
                {"channel_id": self.channel.id, "content": "eA=="}
            )
