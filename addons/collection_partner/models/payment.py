from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS

PAYERS = [("agency", "The agency"), ("debtor", "The customer")]


class AccountMove(models.Model):
    _inherit = "account.move"

    collection_payer = fields.Selection(
        PAYERS,
        string="Paid by",
        copy=False,
        readonly=True,
        groups=READERS,
        help="Who has paid what this entry takes off an invoice at an agency.",
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        return field.name == "collection_payer" or super()._is_fact(field)


class AccountPayment(models.Model):
    """A payment of the customer, or of the agency that had collected it."""

    _inherit = "account.payment"

    collection_payer = fields.Selection(
        PAYERS,
        string="Paid by",
        copy=False,
        groups=READERS,
        help="Who has paid. What the agency pays out is never told back to it; what "
        "the customer pays directly is told to it by itself.",
    )
    is_collection_settlement = fields.Boolean(
        string="Payment is a settlement from the agency",
        compute="_compute_is_collection_settlement",
        inverse="_inverse_is_collection_settlement",
        groups=READERS,
        help="Untick it when the customer has paid directly: the agency is told then.",
    )
    collection_offered = fields.Boolean(
        "Box for settlements offered",
        compute="_compute_collection_offered",
        groups=READERS,
    )

    @api.depends("collection_payer", "partner_id", "amount", "memo", "payment_type")
    def _compute_is_collection_settlement(self):
        """What is known; of a new payment, what is likely, for the person to say."""
        for payment in self:
            is_agency = payment.collection_payer == "agency"
            if not payment.collection_payer and not payment._origin:
                is_agency = payment._is_likely_settlement()
            payment.is_collection_settlement = is_agency

    def _inverse_is_collection_settlement(self):
        """A box that nobody was shown says nothing."""
        for payment in self:
            if payment.is_collection_settlement:
                payment.collection_payer = "agency"
            elif payment.collection_offered:
                payment.collection_payer = "debtor"

    @api.depends("partner_id", "payment_type", "collection_payer")
    def _compute_collection_offered(self):
        """The box is there where an agency has invoices of the customer, or is the one
        who pays."""
        inbound = self.filtered(lambda payment: payment.payment_type == "inbound")
        customers = inbound.partner_id.commercial_partner_id
        cases = self.env["collection.case"].sudo()
        at_agencies = set(
            cases._read_group(
                [
                    ("partner_id", "in", customers.ids),
                    ("company_id", "in", inbound.company_id.ids),
                    ("agency_case_id", "!=", False),
                ],
                ["company_id", "partner_id"],
            )
        )
        from_agencies = inbound._filter_from_agencies()
        for payment in self:
            customer = payment.partner_id.commercial_partner_id
            payment.collection_offered = payment in inbound and bool(
                payment.collection_payer
                or payment in from_agencies
                or (payment.company_id, customer._origin) in at_agencies
            )

    def _filter_from_agencies(self):
        """Return those that the contact of an agency makes."""
        inbound = self.filtered(lambda payment: payment.payment_type == "inbound")
        agencies = self.env["collection.agency"]
        contacts = agencies._get_paying_contacts(inbound.company_id)
        return inbound.filtered(
            lambda payment: (
                (payment.company_id, payment.partner_id.commercial_partner_id)
                in contacts
            )
        )

    def _get_collection_cases(self):
        """Return the customer's cases that an agency has or had."""
        partner = self.partner_id.commercial_partner_id
        cases = self.env["collection.case"].sudo()
        return partner and cases.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", self.company_id.id),
                ("agency_case_id", "!=", False),
            ]
        )

    def _is_likely_settlement(self):
        """Whether the agency has probably paid: it is the payer, owes us as much for
        the customer's invoices, or the text names its settlement of one."""
        if self.payment_type != "inbound":
            return False
        if self._filter_from_agencies():
            return True
        cases = self._get_collection_cases()
        if not cases:
            return False
        if cases & cases.agency_id._find_named(self.memo).line_ids.case_id:
            return True
        owing = cases.filtered(
            lambda case: case.capital_owed and case.currency_id == self.currency_id
        )
        awaited = float(sum(case._get_awaited() for case in owing))
        return (
            0 < self.amount
            and self.currency_id.compare_amounts(self.amount, awaited) <= 0
        )

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        payments = super().create(vals_list)
        unknown = payments.sudo().filtered(lambda payment: not payment.collection_payer)
        unknown._filter_from_agencies().collection_payer = "agency"
        return payments

    def write(self, vals):
        result = super().write(vals)
        if "collection_payer" in vals:
            moves = self.sudo().move_id.line_ids.matched_debit_ids.debit_move_id.move_id
            moves.collection_case_ids._note_money()
        return result
