from odoo import api, models
from odoo.tools.pdf import merge_pdf

from odoo.addons.base.models.ir_actions_report import _wkhtml


class IrActionsReport(models.Model):
    """Several documents at once, also where wkhtmltopdf was built without patched Qt.

    Core hands such a program all documents in one call, which it refuses.
    """

    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        # EXTENDS 'base': record by record. Without patched Qt nothing in a PDF of
        # several tells where one record ends.
        several = res_ids and len(res_ids) > 1 and len(set(res_ids)) == len(res_ids)
        if not several or _wkhtml().is_patched_qt:
            return super()._render_qweb_pdf_prepare_streams(
                report_ref, data, res_ids=res_ids
            )
        streams = {}
        for res_id in res_ids:
            streams |= super()._render_qweb_pdf_prepare_streams(
                report_ref, dict(data or {}), res_ids=[res_id]
            )
        return streams

    @api.model
    def _run_wkhtmltopdf(self, bodies, *args, **kwargs):
        # EXTENDS 'base': document by document
        bodies = list(bodies)
        if len(bodies) < 2 or _wkhtml().is_patched_qt:
            return super()._run_wkhtmltopdf(bodies, *args, **kwargs)
        render = super()._run_wkhtmltopdf
        return merge_pdf([render([body], *args, **kwargs) for body in bodies])
