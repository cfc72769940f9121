from odoo import api, fields, models

from ...formats.privacy import mask
from .shown import PRIVATE, show_addresses


class EinvoiceAgreement(models.Model):
    """What a consumer's bank tells of the consumer, and who may read it in full."""

    _inherit = "einvoice.agreement"
    _rec_names_search = ["consumer_name", "partner_id.name"]

    recipient_address = fields.Char("Recipient address in full", groups=PRIVATE)
    identifiers = fields.Json(groups=PRIVATE)
    address_shown = fields.Char(
        "Recipient address",
        compute="_compute_address_shown",
        compute_sudo=True,
        help="Routing address in the consumer's bank, not an account for payments. "
        "Only its ends are shown to who does not need it.",
    )
    identifiers_text = fields.Char(compute_sudo=True)

    @api.depends("recipient_address")
    @api.depends_context("uid")
    def _compute_address_shown(self):
        show_addresses(self)

    @api.depends("identifiers")
    @api.depends_context("uid")
    def _compute_identifiers_text(self):
        result = super()._compute_identifiers_text()
        if not self.env.user.has_group(PRIVATE):
            for agreement in self:
                agreement.identifiers_text = mask(agreement.identifiers_text or "")
        return result
