from odoo import fields, models


class EinvoiceAgreement(models.Model):
    _inherit = "einvoice.agreement"

    ended_notification_id = fields.Many2one(
        "einvoice.notification",
        "Ended with the service at",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
