import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...formats import kid


class EinvoiceKidPart(models.Model):
    """Neighbouring digits of a KID that tell one thing."""

    _name = "einvoice.kid.part"
    _description = "Digits of a KID"
    _order = "sequence, id"

    layout_id = fields.Many2one(
        "einvoice.kid.layout", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="layout_id.company_id")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            (kid.CUSTOMER, "Customer"),
            (kid.INVOICE, "Invoice"),
            (kid.FIXED, "Always the same"),
        ],
        required=True,
        default=kid.CUSTOMER,
    )
    digit_count = fields.Integer("Number of digits", required=True, default=7)
    digits = fields.Char(help="What is always the same, as the company's product.")

    _length_positive = models.Constraint(
        "CHECK(digit_count > 0)", "Each part of a KID has at least one digit."
    )

    @api.constrains("kind", "digit_count", "digits", "sequence")
    def _check_parts(self):
        for layout in self.layout_id:
            kinds = layout.part_ids.mapped("kind")
            for kind in (kid.CUSTOMER, kid.INVOICE, kid.FIXED):
                if kinds.count(kind) > 1:
                    raise ValidationError(
                        self.env._("A KID has only one part of each kind.")
                    )
            for part in layout.part_ids.filtered(lambda p: p.kind == kid.FIXED):
                if not re.fullmatch("[0-9]+", part.digits or ""):
                    raise ValidationError(
                        self.env._("What is always the same must be digits.")
                    )
        self.layout_id._check_used()
