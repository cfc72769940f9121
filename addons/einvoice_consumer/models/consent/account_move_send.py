from odoo import api, models

from ..account_move import METHOD
from ..account_move_send import goes_alone


class AccountMoveSend(models.AbstractModel):
    """Sending of first invoices: their customers are asked before."""

    _inherit = "account.move.send"

    @api.model
    def _is_applicable_to_move(self, method, move, **move_data):
        # EXTENDS 'account'
        if method == METHOD and move._einvoice_get_asking():
            return True
        return super()._is_applicable_to_move(method, move, **move_data)

    @api.model
    def _get_default_sending_methods(self, move):
        # EXTENDS 'account'
        if move._einvoice_get_asking():
            return {METHOD}
        return super()._get_default_sending_methods(move)

    @api.model
    def _get_alerts(self, moves, moves_data):
        # EXTENDS 'account'
        alerts = super()._get_alerts(moves, moves_data)
        kept_out = {}
        for move in moves:
            partner = move._einvoice_get_customer()
            if move.move_type == "out_invoice" and partner.einvoice_receives:
                kept_out[move] = [
                    problem._replace(level="warning")
                    for problem in partner._get_einvoice_obstacles()
                    if problem.level == "danger"
                ]
        alerts.update(self._get_einvoice_alerts(kept_out))
        return alerts

    @api.model
    def _call_web_service_before_invoice_pdf_render(self, invoices_data):
        # EXTENDS 'account'
        nothing = self.env["account.move"]
        alone = nothing.union(
            *[move for move, data in invoices_data.items() if goes_alone(data)]
        )
        alone = nothing.union(*alone._einvoice_get_asking().values())
        result = super()._call_web_service_before_invoice_pdf_render(invoices_data)
        alone.filtered(lambda m: not invoices_data[m].get("error"))._einvoice_wait()
        return result

    @api.model
    def _prepare_invoice_pdf_report(self, invoices_data):
        # EXTENDS 'account': what waits is printed when it goes, by whatever way
        to_print = {}
        for move, data in invoices_data.items():
            if move.sudo().einvoice_waits_until and goes_alone(data):
                data["proforma_pdf_attachment"] = self.env["ir.attachment"]
            else:
                to_print[move] = data
        return to_print and super()._prepare_invoice_pdf_report(to_print)
