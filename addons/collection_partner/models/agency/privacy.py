from odoo import fields, models


class CollectionAgency(models.Model):
    """How little of a customer the agency is told, and how long that is kept here."""

    _inherit = "collection.agency"

    send_email = fields.Boolean(
        string="Send the e-mail address",
        default=True,
        tracking=True,
        help="Of the customer, or of the default contact.",
    )
    send_phone = fields.Boolean(
        string="Send the telephone number",
        default=True,
        tracking=True,
        help="Of the customer, or of the default contact.",
    )
    send_language = fields.Boolean(
        string="Send the language", default=True, tracking=True
    )
    send_reminders = fields.Boolean(
        string="Send earlier reminders",
        default=True,
        tracking=True,
        help="Which reminders the company has sent itself and what they cost. Without "
        "them the agency does not collect that cost.",
    )
    send_invoice_document = fields.Boolean(
        string="Send the invoice as PDF",
        default=True,
        tracking=True,
        help="What proves the claim. Without it the agency asks when it needs one.",
    )
    send_attachments = fields.Boolean(
        string="Send the invoice's attachments",
        default=True,
        tracking=True,
        help="Whatever people have attached to the invoice. Off: choose what the "
        "agency gets in its portal.",
    )
    retention_months = fields.Integer(
        string="Months until personal data is removed",
        tracking=True,
        help="After a case has closed: messages' contents, the agency's documents, "
        "notes and the timeline's texts are removed then; amounts, dates and the "
        "record of what was disclosed stay. 0: everything is kept.",
    )

    _retention_not_negative = models.Constraint(
        "CHECK(retention_months >= 0)", "The months cannot be negative."
    )

    def _get_sent_attachments(self, move):
        """Return the attachments of an invoice that the agency is given."""
        self.ensure_one()
        sent = move._get_collection_attachments()
        return sent if self.send_attachments else sent.browse()
