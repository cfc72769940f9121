from odoo import api, fields, models

from ..adapters.rail import Rail


class EinvoiceReason(models.Model):
    """What a code in an acknowledgement means, and what to do about it.

    Codes that the catalogue lacks are shown as the other party wrote them.
    """

    _name = "einvoice.reason"
    _description = "E-invoice reason code"
    _order = "rail, code"
    _rec_names_search = ["code", "name"]

    rail = fields.Selection(
        selection=lambda self: Rail.selection(self.env),
        required=True,
        default="finvoice",
    )
    code = fields.Char(required=True)
    name = fields.Char(string="Meaning", required=True, translate=True)
    remedy = fields.Text(string="What to do", translate=True)
    effect = fields.Selection(
        [
            ("none", "Keep waiting"),
            ("final", "Refused"),
            ("reroute", "Refused, use the customer's newer address if there is one"),
        ],
        required=True,
        default="final",
    )
    source = fields.Char(help="The document and section that defines the code.")

    _code_unique = models.Constraint(
        "UNIQUE(rail, code)", "This code is in the catalogue already."
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for reason in self:
            reason.display_name = f"{reason.code} {reason.name}"

    @api.model
    def _from_code(self, rail, code):
        """Return the catalogue's entry for ``code`` on ``rail``, or nothing."""
        return self.search([("rail", "=", rail), ("code", "=", code)], limit=1)
