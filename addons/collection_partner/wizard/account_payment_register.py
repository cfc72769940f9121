from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS


class AccountPaymentRegister(models.TransientModel):
    """The box that keeps an agency's payout from being told back to it."""

    _inherit = "account.payment.register"

    collection_offered = fields.Boolean(
        "Box for settlements offered",
        compute="_compute_collection_offered",
        groups=READERS,
    )
    is_collection_settlement = fields.Boolean(
        string="Payment is a settlement from the agency",
        compute="_compute_is_collection_settlement",
        store=True,
        readonly=False,
        groups=READERS,
        help="Set by itself where the agency has collected as much and not paid it "
        "out. Untick it when the customer has paid directly: the agency is told then.",
    )

    @api.depends("line_ids")
    def _compute_collection_offered(self):
        for wizard in self:
            cases = wizard._get_collection_cases()
            wizard.collection_offered = bool(cases.filtered("agency_case_id"))

    @api.depends("line_ids", "amount", "currency_id", "communication")
    def _compute_is_collection_settlement(self):
        for wizard in self:
            wizard.is_collection_settlement = wizard._is_from_agency()

    def _get_collection_cases(self):
        return self.line_ids.move_id.sudo().collection_case_id

    def _is_from_agency(self):
        """Whether the agency has probably paid: it owes us as much for the invoices, or
        the text names its settlement of one."""
        cases = self._get_collection_cases()
        named = cases.agency_id._find_named(self.communication)
        if cases & named.line_ids.case_id:
            return True
        awaited = sum(case._get_awaited() for case in cases)
        if not awaited or cases.currency_id != self.currency_id:
            return False
        return self.currency_id.compare_amounts(self.amount, float(awaited)) <= 0

    def _get_collection_payer(self):
        """Return who has paid, as far as the person at the dialog has said: a box that
        was offered ticked and is not ticked any more tells it too."""
        if self.is_collection_settlement:
            return "agency"
        return "debtor" if self._is_from_agency() else False

    def _create_payment_vals_from_wizard(self, batch_result):
        # EXTENDS 'account'
        vals = super()._create_payment_vals_from_wizard(batch_result)
        return {**vals, "collection_payer": self._get_collection_payer()}

    def _create_payment_vals_from_batch(self, batch_result):
        # EXTENDS 'account'
        vals = super()._create_payment_vals_from_batch(batch_result)
        return {**vals, "collection_payer": self._get_collection_payer()}
