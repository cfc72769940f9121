from odoo.tools import LazyTranslate

from odoo.addons.collection_partner.adapters import Agency

_lt = LazyTranslate(__name__)


class Letterbox(Agency):
    """An agency that gets letters and never answers one."""

    name = "example_letterbox"
    label = _lt("A letterbox")

    def get_terms(self, line):
        return {
            "terms_version": "1",
            "terms_url": "",
            "price_list_url": "",
            "text": "Put it in.",
        }

    def get_events(self, line, after):
        return [], []

    def send_action(self, line, agency_case_id, action, reason, until, key):
        line.request("PUT", f"{agency_case_id}/{key}", data=action.encode())
