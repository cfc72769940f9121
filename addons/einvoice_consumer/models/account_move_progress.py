from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS

from .document.progress import PROGRESS


class AccountMove(models.Model):
    """How far an e-invoice has come, where an operator tells of it."""

    _inherit = "account.move"

    einvoice_progress = fields.Selection(
        PROGRESS,
        "At the customer",
        compute="_compute_einvoice_progress",
        groups=READERS,
        help="How far the e-invoice has come, as the operator told it last.",
    )

    @api.depends("einvoice_document_ids.progress", "einvoice_document_ids.is_latest")
    def _compute_einvoice_progress(self):
        for move in self:
            move.einvoice_progress = move._get_einvoice().progress
