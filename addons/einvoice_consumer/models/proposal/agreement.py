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
    def _process_order(self, channel, order):
        # EXTENDS 'einvoice_consumer'
        proposals, ref = self.env["einvoice.proposal"], order["ref_message_id"]
        proposal = ref and order["action"] != "delete" and proposals._find(channel, ref)
        if not proposal:
            return super()._process_order(channel, order)
        order["values"]["proposal_id"] = proposal.id
        agreement, sentence = super()._process_order(channel, order)
        proposal._set_ordered(agreement)
        return agreement, sentence


class EinvoiceAgreementCandidate(models.Model):
    _inherit = "einvoice.agreement.candidate"

    @api.model
    def _find_identified(self, agreement):
        # EXTENDS 'einvoice_consumer'
        found = super()._find_identified(agreement)
        if partner := agreement.proposal_id.partner_id:
            found.append(("proposal", partner.display_name, partner))
        return found

    def _get_labels(self):
        # EXTENDS 'einvoice_consumer'
        return {**super()._get_labels(), "proposal": self.env._("Our proposal to")}
