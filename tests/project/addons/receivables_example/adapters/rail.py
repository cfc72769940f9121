from odoo.tools import LazyTranslate

from odoo.addons.einvoice_consumer.adapters import Rail

_lt = LazyTranslate(__name__)


class Postcard(Rail):
    """Orders as ``number address name``, invoices as ``number amount``."""

    name = "example_postcard"
    label = _lt("Postcards")

    def get_missing(self, channel):
        return []

    def split(self, data):
        return [
            {
                "type": "receiver_info",
                "raw": line,
                "message_id": "",
                "message_timestamp": "",
                "error": "",
            }
            for line in data.splitlines()
        ]

    def get_payload(self, raw):
        return raw

    def get_profiles(self, root):
        return []

    def read_order(self, channel, raw):
        number, address, name = raw.decode().split(" ", 2)
        return {
            "action": "add",
            "ref_message_id": "",
            "ordered_until": False,
            "values": {
                "ordered_at": False,
                "service": "einvoice",
                "recipient_address": address,
                "recipient_intermediator": "POST",
                "consumer_name": name,
                "identifiers": [{"kind": "customer", "value": number}],
            },
        }

    def get_reference_variants(self, value):
        return [value]

    def render_invoices(self, channel, pairs):
        return [
            (
                move,
                [
                    {
                        "move": move,
                        "agreement": agreement,
                        "type": "invoice",
                        "part": 1,
                        "due_date": move.invoice_date_due,
                        "content": f"{move.name} {move.amount_residual}".encode(),
                        "message_id": move.name,
                        "message_timestamp": "",
                        "filename": f"{move.id}.txt",
                    }
                ],
                [],
            )
            for move, agreement in pairs
        ]
