from odoo import api, fields, models

from ...formats.privacy import mask
from .shown import PRIVATE


class EinvoiceAgreementCandidate(models.Model):
    """The comparison is shown in full to who may read it, and kept in no history."""

    _inherit = "einvoice.agreement.candidate"

    evidence = fields.Json(groups=PRIVATE)
    evidence_html = fields.Html(compute_sudo=True)

    @api.depends("evidence")
    @api.depends_context("uid", "lang")
    def _compute_evidence_html(self):
        in_full = self.env.user.has_group(PRIVATE)
        for candidate in self:
            shown = candidate.with_context(einvoice_in_full=in_full)
            candidate.evidence_html = shown._get_evidence_html()

    def _get_given(self, item):
        return self._show(super()._get_given(item))

    def _get_known(self, item):
        return self._show(super()._get_known(item))

    def _show(self, text):
        return text if self.env.context.get("einvoice_in_full") else mask(text)
