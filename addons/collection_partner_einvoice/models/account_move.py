from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

# The netbank has the invoice, as far as the bank has not said otherwise.
DELIVERED = ("sent", "presumed_delivered")
# It has not, and no other way was found yet.
UNDELIVERED = ("to_send", "rejected", "error")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_collection_delivery(self):
        # EXTENDS 'collection_partner'
        # what was sent in a test was not
        if self.einvoice_state in DELIVERED and self._einvoice_is_at_bank(DELIVERED):
            return "einvoice"
        return super()._get_collection_delivery()

    @api.model
    def _get_collection_withheld(self, domain):
        # EXTENDS 'collection_partner'
        withheld = super()._get_collection_withheld(domain)
        today = fields.Date.context_today(self)
        documents = (
            self.env["einvoice.document"]
            .sudo()
            .search_fetch(
                Domain("move_id", "any", domain)
                & Domain(
                    [
                        ("direction", "=", "out"),
                        ("is_latest", "=", True),
                        ("environment", "=", "prod"),
                    ]
                )
                & (
                    Domain("state", "in", UNDELIVERED)
                    | Domain([("state", "=", "sent"), ("deadline", ">=", today)])
                ),
                ["deadline", "move_id", "state"],
                order="deadline, id",
            )
        )
        for document in documents:
            reason = ("not_delivered", None)
            if document.state == "sent":
                reason = ("delivery_open", document.deadline + timedelta(days=1))
            if withheld.get(document.move_id.id) != ("not_delivered", None):
                withheld[document.move_id.id] = reason
        return withheld
