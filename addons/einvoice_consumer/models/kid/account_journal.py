from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...formats import kid

# What core's Norwegian standard makes: the customer's number in Odoo, seven digits of
# the invoice's number, modulus 10.
CORE = kid.Layout((kid.Part(kid.CUSTOMER, 7), kid.Part(kid.INVOICE, 7)), kid.MOD10)


class AccountJournal(models.Model):
    """Invoices whose payment reference is a KID of the company's own layout."""

    _inherit = "account.journal"

    # not "no_...": core makes what begins with the country's code its default
    invoice_reference_model = fields.Selection(
        selection_add=[("own_kid", "Norwegian KID, own layout")],
        ondelete={
            "own_kid": lambda journals: journals.write(
                {"invoice_reference_model": "odoo"}
            )
        },
    )
    kid_layout_id = fields.Many2one(
        "einvoice.kid.layout",
        "KID layout",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Which digits of a KID tell the customer and which the invoice.",
    )
    kid_preview = fields.Html("Example", related="kid_layout_id.preview")

    @api.constrains("invoice_reference_model", "kid_layout_id", "type")
    def _check_kid_layout(self):
        for journal in self.filtered(
            lambda j: j.type == "sale" and j.invoice_reference_model == "own_kid"
        ):
            if not journal.kid_layout_id:
                raise ValidationError(
                    self.env._("Choose the layout of the KIDs of %s.", journal.name)
                )
            journal.kid_layout_id.sudo()._check_usable()

    def _get_kid_layout(self):
        """Return the layout of the journal's KIDs and by what it tells a customer (as
        ``einvoice.kid.layout.customer_number``), or None where it gives no KIDs."""
        self.ensure_one()
        record = self.sudo().kid_layout_id
        if self.invoice_reference_model == "own_kid" and record:
            return record._get_layout(), record.customer_number
        if self.invoice_reference_model == "no":
            return CORE, "id"
        return None
