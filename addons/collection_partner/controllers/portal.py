from odoo.http import request

from odoo.addons.account_payment.controllers.portal import PortalAccount


class CollectionPortal(PortalAccount):
    def _get_overdue_invoices_domain(self, partner_id=None):
        # EXTENDS 'account': they are counted as payable, and paid together
        domain = super()._get_overdue_invoices_domain(partner_id)
        partner = request.env["res.partner"].browse(
            partner_id or request.env.user.partner_id.id
        )
        return [*domain, *request.env["account.move"]._get_payable_domain(partner)]
