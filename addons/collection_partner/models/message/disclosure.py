from odoo import fields, models

# Why an agency is told, by type of the message.
PURPOSES = {
    "case": "transfer",
    "documents": "documents",
    "payment": "money",
    "payment_removed": "money",
    "credit_note": "money",
    "fee": "money",
    "action": "request",
}
# What each type tells of the debtor; what a case tells is noted with it.
TOLD = {
    "documents": ["documents"],
    "payment": ["payment"],
    "payment_removed": ["payment"],
    "credit_note": ["credit_note"],
    "fee": ["fees"],
    "action": ["request"],
}


class CollectionMessage(models.Model):
    """Of each call that told something of a person, what it told is recorded."""

    _inherit = "collection.message"

    told_kinds = fields.Json(
        "What it tells of whom",
        readonly=True,
        help="Kinds of data by person; of a case alone.",
    )

    def _note_disclosure(self):
        """Record what the agency now knows."""
        self.ensure_one()
        if self.type not in PURPOSES:
            return
        debtor = self.case_id.partner_id
        told = self.told_kinds or {str(debtor.id): TOLD.get(self.type, [])}
        self.env["collection.disclosure"].sudo().create(
            [
                {
                    "partner_id": int(partner_id),
                    "case_id": self.case_id.id,
                    "message_id": self.id,
                    "at": fields.Datetime.now(),
                    "kinds": kinds,
                    "purpose": PURPOSES[self.type],
                    "data_role": self.agency_id.data_role,
                }
                for partner_id, kinds in told.items()
                if kinds
            ]
        )
