from odoo import fields, models
from odoo.exceptions import UserError


class EinvoiceImportWizard(models.TransientModel):
    """Takes in a file that a person downloaded from the bank."""

    _name = "einvoice.import.wizard"
    _description = "Import messages from the bank"

    channel_id = fields.Many2one(
        "einvoice.channel",
        required=True,
        domain="[('environment', '!=', 'disabled')]",
        default=lambda self: self.env["einvoice.channel"].search(
            [
                ("environment", "!=", "disabled"),
                ("company_id", "=", self.env.company.id),
            ],
            limit=1,
        ),
    )
    content = fields.Binary(string="File", required=True)
    filename = fields.Char()

    def action_import(self):
        """Take the file in and show its messages."""
        self.ensure_one()
        self.channel_id.check_access("read")
        if not self.content:
            raise UserError(self.env._("Choose the file that the bank gave you."))
        results = self.channel_id.import_message(
            self.filename or self.env._("Uploaded file"), self.content.decode()
        )
        documents = self.env["einvoice.document"].browse(
            [result["document_id"] for result in results]
        )
        return documents._get_records_action(name=self.env._("Imported messages"))
