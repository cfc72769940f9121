import logging

from odoo import http
from odoo.http import request

from odoo.addons.receivables_base.tools import HiddenAddress

# A batch of 500 thin events is about 100 kB (docs/agency_api.yaml, ``Batch``).
MAX_BODY_BYTES = 512 * 1024


class CollectionWebhook(http.Controller):
    @http.route(
        "/collection_partner/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BODY_BYTES,
    )
    def receive(self, token, **_kwargs):
        """Keep the events of an agency; the job works on them.

        Answers 204 when they are kept (also when they were before), 404 for an unknown
        address, 413 for a body that is too large, 401 for a signature that does not
        hold.
        """
        agency = request.env["collection.agency"].sudo()._from_webhook_token(token)
        if not agency:
            return request.make_response("", status=404)
        # It is read again when the transaction met another one and is repeated.
        body = request.httprequest.get_data()
        if not agency._receive_webhook(request.httprequest.headers, body):
            return request.make_response("", status=401)
        return request.make_response("", status=204)


logging.getLogger("werkzeug").addFilter(HiddenAddress("/collection_partner/webhook"))
