from odoo import fields, models
from odoo.exceptions import UserError


class CollectionImportWizard(models.TransientModel):
    """Takes in a file that an agency gave to a person."""

    _name = "collection.import.wizard"
    _description = "Import of a file from the agency"

    agency_id = fields.Many2one("collection.agency", required=True, readonly=True)
    content = fields.Binary(string="File", required=True)
    filename = fields.Char()

    def action_import(self):
        """Take the file in and show what became of it."""
        self.ensure_one()
        if not self.content:
            raise UserError(self.env._("Choose the file that the agency gave you."))
        name = self.filename or self.env._("Uploaded file")
        self.agency_id.import_file(name, self.content.decode())
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collection_partner.collection_message_action"
        )
        domain = [("agency_id", "=", self.agency_id.id), ("type", "=", "file")]
        return {**action, "domain": domain, "context": {}}
