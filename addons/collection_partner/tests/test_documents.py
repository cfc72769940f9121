from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.case import documents
from .transfer_common import TransferCommon

# In place of 30 MB.
LIMIT = 3000
PDF = b"%PDF-1.7 sent to the customer"


@tagged("post_install", "-at_install")
class TestDocuments(TransferCommon):
    """The invoice and its attachments follow the transfer, as far as they fit."""

    def setUp(self):
        super().setUp()
        self.limit = documents.MAX_UPLOAD_BYTES
        self.patch(documents, "MAX_UPLOAD_BYTES", LIMIT)

    def attach(self, move, name, size, mimetype="application/pdf"):
        # The filestore keeps equal contents once, so they differ.
        raw = name.encode() + b"\0" * (size - len(name.encode()))
        return self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": raw,
                "mimetype": mimetype,
                "res_model": move._name,
                "res_id": move.id,
            }
        )

    def sent_pdf(self, move):
        """The PDF that the customer got with the invoice."""
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{move.name}.pdf",
                "raw": PDF,
                "mimetype": "application/pdf",
                "res_model": move._name,
                "res_id": move.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        move.invalidate_recordset(["invoice_pdf_report_id"])
        self.assertEqual(move.invoice_pdf_report_id, attachment)
        return attachment

    def names(self):
        """The files of each call, in the order of the calls."""
        return [
            [name for name, _mimetype, _data in files]
            for _case, files, _key in self.other.told("documents")
        ]

    def later(self):
        """Ten minutes pass."""
        messages = self.env["collection.message"].sudo()
        messages.search([("state", "=", "to_send")]).write({"next_attempt": False})
        self.run_jobs()

    def test_the_limit_is_30_megabytes(self):
        """All files of one call together (docs/agency_api.yaml)."""
        self.assertEqual(self.limit, 31_457_280)

    # === WHAT GOES === #

    def test_the_pdf_that_the_customer_got_is_the_one_the_agency_gets(self):
        move = self.make_invoice()
        self.sent_pdf(move)
        case = self.transfer(move)
        [(case_id, [(_name, mimetype, data)], key)] = self.other.told("documents")
        self.assertEqual(case_id, case.agency_case_id)
        self.assertEqual((mimetype, data), ("application/pdf", PDF))
        self.assertEqual(key, self.messages(case, "documents").idempotency_key)
        self.assertIn("documents", case.event_ids.mapped("code"))

    def test_an_invoice_without_pdf_is_printed(self):
        move = self.make_invoice()
        case = self.transfer(move)
        [[name]] = self.names()
        self.assertTrue(name.endswith(".pdf"))
        printed = self.messages(case, "documents").attachment_ids
        self.assertEqual((printed.res_model, printed.res_id), (case._name, case.id))

    def test_the_printed_invoice_is_a_pdf(self):
        state = self.env["ir.actions.report"].get_wkhtmltopdf_state()
        if state not in ("ok", "upgrade"):
            self.skipTest("wkhtmltopdf, which prints PDF files, is not installed")
        move = self.make_invoice()
        self.printer.stop()
        # Distributions build it without page headers, and it says so each time.
        quiet = mute_logger("odoo.addons.base.models.ir_actions_report")
        with quiet, self.allow_pdf_render():
            printed = move.with_context(
                force_report_rendering=True
            )._get_collection_pdf()
        self.assertTrue(printed.raw.startswith(b"%PDF-"))
        self.assertGreater(len(printed.raw), 5000)

    def test_what_people_attached_goes_along_and_the_rest_does_not(self):
        move = self.make_invoice()
        self.sent_pdf(move)
        self.attach(move, "Contract.pdf", 1000)
        self.attach(self.make_invoice(), "Other invoice.pdf", 1000)
        self.env["ir.attachment"].create(
            {
                "name": "A link",
                "type": "url",
                "url": "https://example.com",
                "res_model": move._name,
                "res_id": move.id,
            }
        )
        self.transfer(move)
        self.assertEqual(self.names(), [[f"{move.name}.pdf", "Contract.pdf"]])

    def test_a_company_cannot_send_what_belongs_to_another_invoice(self):
        """The job works with all rights; it must still take this invoice's files."""
        first, second = self.make_invoice(), self.make_invoice()
        self.attach(first, "First.pdf", 10)
        self.attach(second, "Second.pdf", 20)
        (first | second).transfer_to_collection()
        self.run_jobs()
        [one, two] = self.names()
        self.assertIn("First.pdf", one)
        self.assertNotIn("Second.pdf", one)
        self.assertIn("Second.pdf", two)

    # === 30 MB === #

    def test_row_59_exactly_30_megabytes_go_together(self):
        move = self.make_invoice()
        self.sent_pdf(move)
        self.attach(move, "Drawings.pdf", LIMIT - len(PDF))
        self.transfer(move)
        self.assertEqual(self.names(), [[f"{move.name}.pdf", "Drawings.pdf"]])

    def test_row_59_a_byte_more_and_the_invoice_goes_alone(self):
        move = self.make_invoice()
        self.sent_pdf(move)
        self.attach(move, "Drawings.pdf", LIMIT - len(PDF) + 1)
        case = self.transfer(move)
        self.assertEqual(self.names(), [[f"{move.name}.pdf"]])
        self.assertIn("30 MB", " ".join(case.event_ids.mapped("name")))
        self.later()
        self.assertEqual(self.names()[1:], [["Drawings.pdf"]])
        self.assertFalse(self.activities(case, "check"))

    def test_row_59_the_rest_follows_one_by_one(self):
        move = self.make_invoice()
        self.sent_pdf(move)
        for name in ("A.pdf", "B.pdf", "C.pdf"):
            self.attach(move, name, LIMIT // 2)
        self.transfer(move)
        self.later()
        self.assertEqual(
            self.names(), [[f"{move.name}.pdf"], ["A.pdf"], ["B.pdf"], ["C.pdf"]]
        )
        keys = [key for _case, _files, key in self.other.told("documents")]
        self.assertEqual(len(set(keys)), 4)

    def test_row_59_a_file_that_never_fits_is_told_to_a_person(self):
        move = self.make_invoice()
        self.sent_pdf(move)
        self.attach(move, "Small.pdf", 100)
        self.attach(move, "Film.mp4", LIMIT + 1, "video/mp4")
        case = self.transfer(move)
        self.later()
        self.assertEqual(self.names(), [[f"{move.name}.pdf"], ["Small.pdf"]])
        [activity] = self.activities(case, "check")
        self.assertIn("Film.mp4", activity.note)
        self.happen(case, state="reminder", status_code="reminder")
        self.assertTrue(self.activities(case, "check"))

    def test_row_59_more_files_than_one_call_takes_go_in_several(self):
        """The contract takes twenty files in one call."""
        move = self.make_invoice()
        self.sent_pdf(move)
        for number in range(25):
            self.attach(move, f"{number:02}.pdf", 100 + number)
        self.transfer(move)
        self.later()
        calls = self.names()
        self.assertEqual(calls[0][0], f"{move.name}.pdf")
        self.assertLessEqual(max(map(len, calls)), 20)
        self.assertEqual(sum(map(len, calls)), 26)

    # === WHAT GOES WRONG === #

    def test_a_refused_document_does_not_touch_the_case(self):
        move = self.make_invoice()
        self.sent_pdf(move)
        move.transfer_to_collection()
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
        create = self.other.create_case

        def create_then_refuse(*args):
            made = create(*args)
            self.other.fail("final", "unsupported_media_type", "No such files.")
            return made

        with patch.object(self.other, "create_case", create_then_refuse):
            self.run_jobs()
        case = move.collection_case_id
        self.assertEqual(case.state, "received")
        self.assertEqual(self.messages(case, "documents").state, "refused")
        [activity] = self.activities(case, "refused")
        self.assertIn("No such files.", activity.note)
        self.happen(case, state="reminder", status_code="reminder")
        self.assertTrue(self.activities(case, "refused"))

    def test_an_invoice_that_cannot_be_printed_is_at_the_agency_all_the_same(self):
        """The case exists there; that the printer is out must not hide it."""
        move = self.make_invoice()

        failure = UserError("The printer of PDF files is not installed.")

        def out_of_order(*_args, **_kwargs):
            raise failure

        reports = self.registry["ir.actions.report"]
        with patch.object(reports, "_render_qweb_pdf", out_of_order):
            case = self.transfer(move)
        self.assertEqual(case.state, "received")
        self.assertEqual(len(self.other.cases), 1)
        self.assertFalse(self.other.told("documents"))
        message = self.messages(case, "documents")
        self.assertEqual(message.state, "to_send")
        self.assertIn("not installed", message.summary)
        self.later()
        self.assertEqual(len(self.names()), 1)
        self.assertEqual(message.state, "sent")

    def test_a_repeated_call_carries_the_same_bytes(self):
        """A PDF printed anew would differ by its date, and the agency would take the
        key for misused."""
        move = self.make_invoice()
        move.transfer_to_collection()
        create = self.other.create_case

        def create_then_fail(*args):
            made = create(*args)
            self.other.fail("retry", "timeout", "No answer in time.")
            return made

        with patch.object(self.other, "create_case", create_then_fail):
            self.run_jobs()
        self.later()
        first, second = self.other.told("documents")
        self.assertEqual(first, second)
        self.assertEqual(len(self.messages(move.collection_case_id, "documents")), 1)

    # === DOCUMENTS OF THE AGENCY === #

    def test_row_66_what_the_agency_wrote_is_fetched_once(self):
        case = self.transfer(self.make_invoice())
        self.other.documents["D-1"] = (b"%PDF demand", "application/pdf")
        documents = [
            {"id": "D-1", "name": "Demand.pdf", "size": 11, "created_at": None}
        ]
        self.happen(case, state="demand", status_code="demand", documents=documents)
        self.happen(case)
        self.assertEqual(self.other.told("document"), [("D-1",)])
        [attachment] = case.agency_document_ids
        self.assertEqual(attachment.name, "Demand.pdf")
        self.assertEqual(attachment.with_user(self.collector).raw, b"%PDF demand")

    def test_a_document_that_a_browser_would_run_is_kept_as_bytes(self):
        case = self.transfer(self.make_invoice())
        for number, kind in enumerate(("text/html", "image/svg+xml", "text/xml")):
            self.other.documents[f"D-{number}"] = (b"<script>alert(1)</script>", kind)
        documents = [
            {"id": key, "name": f"{key}.html", "size": 1, "created_at": False}
            for key in self.other.documents
        ]
        self.happen(case, documents=documents)
        self.assertEqual(len(case.agency_document_ids), 3)
        kinds = set(case.agency_document_ids.mapped("mimetype"))
        self.assertEqual(kinds, {"application/octet-stream"})
