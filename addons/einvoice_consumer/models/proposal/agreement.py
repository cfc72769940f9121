from odoo import api, fields, models


class EinvoiceAgreement(models.Model):
    """Orders that answer a proposal: the bank names it, so whose order it is is known,
    unless something contradicts."""

    _inherit = "einvoice.agreement"

    proposal_id = fields.Many2one(
        "einvoice.proposal",
        "Answers the proposal to",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
    )

    @api.model
    def _process_orders(self, channel, orders):
        # EXTENDS 'einvoice_consumer'
        refs = {o["ref_message_id"] for o in orders if o["action"] != "delete"}
        proposals = self.env["einvoice.proposal"]._find(channel, refs)
        answered = [
            order["action"] != "delete" and proposals.get(order["ref_message_id"])
            for order in orders
        ]
        for order, proposal in zip(orders, answered, strict=True):
            if proposal:
                order["values"]["proposal_id"] = proposal.id
        told = super()._process_orders(channel, orders)
        for proposal, (agreement, _sentence) in zip(answered, told, strict=True):
            if proposal and agreement:
                proposal._set_ordered(agreement)
        return told


class EinvoiceAgreementCandidate(models.Model):
    _inherit = "einvoice.agreement.candidate"

    @api.model
    def _find_identified(self, agreements):
        # EXTENDS 'einvoice_consumer'
        found = super()._find_identified(agreements)
        for agreement in agreements:
            if partner := agreement.proposal_id.partner_id:
                found[agreement].append(("proposal", partner.display_name, partner))
        return found

    def _get_labels(self):
        # EXTENDS 'einvoice_consumer'
        return {**super()._get_labels(), "proposal": self.env._("Our proposal to")}
