from odoo import fields, models


class CollectionAgency(models.Model):
    """What debtors are told of an agency."""

    _inherit = "collection.agency"

    pay_instructions = fields.Text(
        string="How customers pay the agency",
        translate=True,
        help="Shown in the customer portal on invoices that the agency has, under the "
        "agency's payment reference: its account, for example.",
    )
