from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..models.notification.notification_comparison import IDENTIFIERS, LANGUAGES


class EinvoiceNotificationIdentifier(models.TransientModel):
    """Something that consumers are asked for in the netbank, so that the order finds
    the customer."""

    _name = "einvoice.notification.identifier"
    _description = "Asked of consumers"
    _order = "id"

    wizard_id = fields.Many2one(
        "einvoice.notification.wizard", required=True, ondelete="cascade"
    )
    type = fields.Selection(IDENTIFIERS, string="What it is", required=True)
    label_fi = fields.Char("In Finnish", required=True)
    label_sv = fields.Char("In Swedish")
    label_en = fields.Char("In English")
    min_length = fields.Integer("At least", default=1, required=True)
    max_length = fields.Integer("At most", default=35, required=True)
    spaces = fields.Boolean("Spaces allowed")
    hyphens = fields.Boolean("Hyphens allowed")

    @api.constrains("wizard_id")
    def _check_count(self):
        for wizard in self.wizard_id:
            if len(wizard.identifier_ids) > 2:
                raise ValidationError(
                    self.env._("Banks ask consumers for two identifiers at most.")
                )

    def _get_terms(self):
        self.ensure_one()
        return {
            "type": self.type,
            "labels": {
                code: self[f"label_{code.lower()}"].strip()
                for code in LANGUAGES
                if (self[f"label_{code.lower()}"] or "").strip()
            },
            "min_length": self.min_length,
            "max_length": self.max_length,
            "spaces": self.spaces,
            "hyphens": self.hyphens,
        }
