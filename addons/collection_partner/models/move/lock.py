from odoo import models
from odoo.exceptions import UserError

from ..lock import changed_fields
from ..states import CLOSED_STATES, WAITING_STATES

# What the agency was told and what therefore stays as it is while it has the invoice
# (Netvisor's list: accounting date, value date, payment term, due date, delivery date,
# delivery term, delivery method, currency, reference).
LOCKED_FIELDS = {
    "date",
    "invoice_date",
    "taxable_supply_date",
    "invoice_payment_term_id",
    "invoice_date_due",
    "delivery_date",
    "invoice_incoterm_id",
    "incoterm_location",
    "partner_shipping_id",
    "currency_id",
    "payment_reference",
    "name",
    "partner_id",
    "collection_external_number",
}


class AccountMove(models.Model):
    """What no longer changes on an invoice while an agency has it."""

    _inherit = "account.move"

    def _get_collection_case_at_agency(self):
        """Return the case while an agency has it or is about to get it."""
        return self.sudo().collection_case_ids.filtered(
            lambda c: c.state not in CLOSED_STATES
        )

    def _compute_show_reset_to_draft_button(self):
        # EXTENDS 'account'
        result = super()._compute_show_reset_to_draft_button()
        for move in self:
            state = move.sudo().collection_state
            if state and state not in CLOSED_STATES:
                move.show_reset_to_draft_button = False
        return result

    def _check_draftable(self):
        # EXTENDS 'account'
        self._check_not_in_collection(
            self.env._("It cannot be reset to draft; make a credit note instead.")
        )
        return super()._check_draftable()

    def button_cancel(self):
        # EXTENDS 'account'
        self.check_access("write")
        self._check_not_in_collection(
            self.env._("It cannot be cancelled; make a credit note instead.")
        )
        return super().button_cancel()

    def write(self, vals):
        # EXTENDS 'account'
        locked = LOCKED_FIELDS & vals.keys()
        if locked and not self.env.context.get("skip_collection_lock"):
            self._check_collection_lock({name: vals[name] for name in locked})
        return super().write(vals)

    def _check_collection_lock(self, vals):
        for move in self.sudo().filtered("collection_state"):
            for field in changed_fields(move, vals):
                move._check_not_in_collection(
                    self.env._(
                        "%s cannot change while the agency has it.",
                        field._description_string(self.env),
                    )
                )

    def _check_not_in_collection(self, what):
        """Refuse a change of what the agency has, and say what to do instead."""
        for move in self:
            case = move._get_collection_case_at_agency()
            if not case:
                continue
            if case.state in WAITING_STATES:
                remedy = self.env._("Undo the transfer first.")
            else:
                remedy = self.env._("Or take the invoice back from the agency first.")
            raise UserError(
                self.env._(
                    "%(invoice)s is with the collection agency %(agency)s. %(what)s "
                    "%(remedy)s",
                    invoice=move.name,
                    agency=case.agency_id.name,
                    what=what,
                    remedy=remedy,
                )
            )
