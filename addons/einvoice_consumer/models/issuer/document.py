from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from .issuer_agreement import ACTIVITY

_lt = LazyTranslate(__name__)


class EinvoiceDocument(models.Model):
    """Messages about issuer agreements."""

    _inherit = "einvoice.document"

    issuer_agreement_id = fields.Many2one(
        "einvoice.issuer.agreement",
        "Issuer agreement",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )

    @api.depends("issuer_agreement_id")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        types = dict(self._fields["type"]._description_selection(self.env))
        for document in self.filtered("issuer_agreement_id"):
            channel = document.channel_id.name
            document.display_name = f"{types.get(document.type, '')} {channel}"
        return result

    def _process_issuer_agreement_status(self):
        self.ensure_one()
        agreement = self.channel_id.issuer_agreement_ids
        if not agreement:
            raise UserError(
                _lt("No issuer agreement was ordered from here: ask the operator why.")
            )
        event = self.channel_id._get_rail().read_event(self._get_bytes())
        sentence = agreement._take_status(event)
        self._set_state(
            "processed",
            issuer_agreement_id=agreement.id,
            reason=Sentence.store(sentence),
        )

    def _give_up(self, sentence, fault=None):
        # EXTENDS 'einvoice_consumer'
        result = super()._give_up(sentence, fault=fault)
        self.issuer_agreement_id._remind(ACTIVITY, sentence, renew=True)
        return result
