from odoo import fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    invoice_sending_method = fields.Selection(
        selection_add=[("einvoice_consumer", "by Consumer E-Invoice")],
    )
    einvoice_agreement_ids = fields.One2many(
        "einvoice.agreement",
        "partner_id",
        string="E-invoice agreements",
        groups="einvoice_consumer.einvoice_consumer_group_user",
    )
    einvoice_agreement_count = fields.Integer(
        "Number of e-invoice agreements",
        compute="_compute_einvoice_agreement_count",
        groups="einvoice_consumer.einvoice_consumer_group_user",
    )

    # Orders are compared with the customer register by these.
    _einvoice_number_index = models.Index(
        r"(lower(regexp_replace(ref, '[\s-]', '', 'g'))) WHERE ref IS NOT NULL"
    )
    _einvoice_words_index = models.Index("USING gin (to_tsvector('simple', name))")

    def _compute_einvoice_agreement_count(self):
        counts = dict(
            self.env["einvoice.agreement"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.einvoice_agreement_count = counts.get(partner, 0)

    def action_view_einvoice_agreements(self):
        self.ensure_one()
        self.check_access("read")
        self.env["einvoice.agreement"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "einvoice_consumer.einvoice_agreement_action"
        )
        return {**action, "domain": [("partner_id", "=", self.id)], "context": {}}

    def action_view_einvoice_timeline(self):
        """Show what was exchanged about the customer, the latest first: orders, changes
        and ends, invoices, refusals."""
        self.ensure_one()
        self.check_access("read")
        self.env["einvoice.document"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "einvoice_consumer.einvoice_document_action"
        )
        about = Domain("partner_id", "=", self.id)
        about |= Domain("agreement_id.partner_id", "=", self.id)
        return {
            **action,
            "name": self.env._("E-invoices of %s", self.display_name),
            "domain": list(about),
            "context": {},
        }
