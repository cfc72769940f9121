from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exceptions import AgencyError

# What one call may carry: the invoice and its attachments together (docs/agency_api.md,
# limits).
MAX_UPLOAD_BYTES = 30 * 1024 * 1024
MAX_UPLOAD_FILES = 20
LATER = timedelta(minutes=10)


class CollectionCaseDocuments(models.AbstractModel):
    """The documents of a case: those that go to the agency and those it makes."""

    _name = "collection.case.documents"
    _description = "Documents of a collection case"

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
        self.env["collection.message"]._queue(self.agency_id, "documents", case=self)

    def _gather_documents(self, message):
        """Choose the files of the message and put the rest in messages of their own:
        beyond what one call may carry, the invoice goes alone and the rest later, one
        by one.

        :raise AgencyError: the invoice could not be printed
        """
        self.ensure_one()
        try:
            invoice = self.move_id._get_collection_pdf()
        except UserError as error:
            raise AgencyError(
                "retry",
                "not_printed",
                self.env._("The invoice could not be printed: %s", error),
            ) from error
        others = self.move_id._get_collection_attachments()
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
            self.env._(
                "The attachments exceed 30 MB: the invoice goes alone, the rest "
                "follows."
            ),
        )
        if too_large:
            self._warn(
                self.env._(
                    "Larger than 30 MB and not sent: %s. Agree with the agency how it "
                    "gets them.",
                    ", ".join(too_large.mapped("name")),
                ),
                "mail_activity_type_check",
            )

    def _queue_files(self, files, **vals):
        self.env["collection.message"]._queue(
            self.agency_id,
            "documents",
            case=self,
            attachment_ids=[(6, 0, files.ids)],
            **vals,
        )
