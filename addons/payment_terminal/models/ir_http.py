from urllib.parse import unquote

from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _serve_fallback(cls):
        """An endpoint's address in another spelling is looked for nowhere: what stands
        in it is a secret, and may be no text at all.

        EXTENDS 'base'
        """
        if "payment_terminal" in unquote(request.httprequest.path):
            return None
        return super()._serve_fallback()
