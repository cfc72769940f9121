from odoo import api, models


class AccountMove(models.Model):
    """What the debtor sees of an invoice that an agency has."""

    _inherit = "account.move"

    def _has_to_be_paid(self):
        # EXTENDS 'account_payment': what an agency has is paid to the agency
        return not self._is_paid_to_agency() and super()._has_to_be_paid()

    def _get_online_payment_error(self):
        # EXTENDS 'account_payment'
        if self._is_paid_to_agency():
            return self.env._("A collection agency has this invoice. Pay there.")
        return super()._get_online_payment_error()

    def _is_paid_to_agency(self):
        """Whether an agency collects the invoice, or has collected it already."""
        return bool(self._get_collecting_case())

    def _get_collecting_case(self):
        """Return the case by which an agency collects the invoice, or has collected
        it without having paid that out."""
        return self.sudo().collection_case_ids.filtered(
            lambda case: case.phase == "open" or case.capital_owed
        )[:1]

    def _get_collection_notice(self):
        """Return what the debtor reads on the portal of an invoice that an agency has.

        :return: ``{is_open, agency, contact, reference, instructions}``; ``contact`` is
            a ``res.partner`` or empty; None where no agency has it
        """
        self.ensure_one()
        case = self._get_collecting_case()
        if not case:
            return None
        agency = case.agency_id
        return {
            "is_open": case.phase == "open",
            "agency": agency.partner_id.name or agency.name,
            "contact": agency.partner_id,
            "reference": case.reference or "",
            "instructions": agency.pay_instructions or "",
        }

    @api.model
    def _get_payable_domain(self, partner):
        """Return the domain of a customer's invoices that no agency collects.

        :param partner: ``res.partner``
        """
        cases = (
            self.env["collection.case"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", partner.sudo().commercial_partner_id.id),
                    "|",
                    ("phase", "=", "open"),
                    ("capital_owed", ">", 0),
                ]
            )
        )
        return [("id", "not in", cases.move_id.ids)]
