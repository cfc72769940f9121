from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from ...exceptions import AgencyError

_lt = LazyTranslate(__name__)

# What one call may carry: the invoice and its attachments together
# (docs/agency_api.yaml, ``addDocuments``).
MAX_UPLOAD_BYTES = 30 * 1024 * 1024
MAX_UPLOAD_FILES = 20
LATER = timedelta(minutes=10)
# What is shown as what the agency says it is.
SHOWN_TYPES = ("application/pdf", "image/png", "image/jpeg", "text/plain")
UNKNOWN_TYPE = "application/octet-stream"


class CollectionCase(models.Model):
    """The documents of a case: those that go to the agency and those it makes."""

    _inherit = "collection.case"

    agency_document_ids = fields.Many2many(
        "ir.attachment", string="Documents", readonly=True
    )
    sent_document_ids = fields.Many2many(
        "ir.attachment",
        string="To the agency",
        compute="_compute_sent_document_ids",
        compute_sudo=True,
    )

    @api.depends("exchange_ids.state", "exchange_ids.attachment_ids")
    def _compute_sent_document_ids(self):
        for case in self:
            sent = case.exchange_ids.filtered(
                lambda m: m.type == "documents" and m.state == "sent"
            )
            case.sent_document_ids = sent.attachment_ids

    def _queue_documents(self):
        """Have the invoice and what is attached to it sent."""
        self.ensure_one()
        agency = self.agency_id
        if not agency._takes("documents") or not (
            agency.send_invoice_document or agency._get_sent_attachments(self.move_id)
        ):
            return
        self.env["collection.message"]._queue(self.agency_id, "documents", case=self)

    def _gather_documents(self, message):
        """Choose the files of the message and put the rest in messages of their own:
        beyond what one call may carry, the invoice goes alone and the rest later, one
        by one.

        :raise AgencyError: the invoice could not be printed
        """
        self.ensure_one()
        invoice = self._get_invoice_document()
        others = self.agency_id._get_sent_attachments(self.move_id)
        files = invoice | others
        if sum(len(file.raw or b"") for file in files) <= MAX_UPLOAD_BYTES:
            message.attachment_ids = files[:MAX_UPLOAD_FILES]
            for start in range(MAX_UPLOAD_FILES, len(files), MAX_UPLOAD_FILES):
                self._queue_files(files[start : start + MAX_UPLOAD_FILES])
            return
        message.attachment_ids = invoice
        too_large = others.filtered(lambda a: len(a.raw) > MAX_UPLOAD_BYTES)
        for file in others - too_large:
            self._queue_files(file, next_attempt=fields.Datetime.now() + LATER)
        self._log_event(
            "documents",
            _lt(
                "The attachments exceed 30 MB: the invoice goes alone, the rest "
                "follows."
            ),
        )
        if too_large:
            self._tell(
                _lt(
                    "Larger than 30 MB and not sent: %s. Agree with the agency how it "
                    "gets them.",
                    ", ".join(too_large.mapped("name")),
                ),
                "mail_activity_type_check",
            )

    def _get_invoice_document(self):
        """Return the invoice as PDF, or nothing where the agency is not given one.

        :raise AgencyError: it could not be printed
        """
        if not self.agency_id.send_invoice_document:
            return self.env["ir.attachment"]
        try:
            return self.move_id._get_collection_pdf()
        except UserError as error:
            raise AgencyError(
                "retry",
                "not_printed",
                _lt("The invoice could not be printed: %s", str(error)),
            ) from error

    def _queue_files(self, files, **vals):
        self.env["collection.message"]._queue(
            self.agency_id,
            "documents",
            case=self,
            attachment_ids=[(6, 0, files.ids)],
            **vals,
        )

    def _apply_documents(self, documents):
        """Fetch documents that the agency made; those from here are known."""
        sent = set(self.exchange_ids.attachment_ids.mapped("name"))
        fetched = {
            message._get_values().get("document_id")
            for message in self.exchange_ids.filtered(lambda m: m.type == "fetch")
        }
        for document in documents:
            if document["name"] in sent or document["id"] in fetched:
                continue
            self.env["collection.message"]._queue(
                self.agency_id,
                "fetch",
                case=self,
                values={"document_id": document["id"], "name": document["name"]},
            )

    def _store_document(self, name, data, mimetype):
        """Keep a document of the agency; one that a browser would run is kept as mere
        bytes."""
        attachment = self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": data,
                "mimetype": mimetype if mimetype in SHOWN_TYPES else UNKNOWN_TYPE,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        if attachment.mimetype not in SHOWN_TYPES:
            # Odoo guesses again from the name, but only when there is one.
            attachment.mimetype = UNKNOWN_TYPE
        self.agency_document_ids |= attachment
