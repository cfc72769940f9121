from odoo import api, models
from odoo.tools import LazyTranslate, format_date

from ...adapters.rail import Problem
from ..account_move import METHOD

_lt = LazyTranslate(__name__)

NOT_SENT = _lt("The invoice was not sent.")


class AccountMoveSend(models.AbstractModel):
    """However an invoice is sent (dialog, batch, job, remote call), the customer's bank
    is asked to pay it in the same moment."""

    _inherit = "account.move.send"

    @api.model
    def _call_web_service_before_invoice_pdf_render(self, invoices_data):
        # EXTENDS 'account': first, for eFaktura and the paper tell who pays
        moves = self.env["account.move"].union(*invoices_data)
        for number, plan in moves._avtalegiro_get_plans().items():
            move = moves.browse(number)
            data = invoices_data[move]
            if plan.demands:
                self._leave_out_paper({move: data})
                move._einvoice_print_anew()
                move._avtalegiro_claim(
                    plan.mandate, plan.demands, METHOD in data["sending_methods"]
                )
            elif plan.problem and plan.problem.level == "warning":
                move._avtalegiro_warn(plan.problem.message)
        return super()._call_web_service_before_invoice_pdf_render(invoices_data)

    @api.model
    def _hook_if_errors(self, moves_data, allow_raising=True):
        # EXTENDS 'account'
        for move in moves_data:
            if not move.is_move_sent:
                waiting = move.avtalegiro_claim_ids.filtered(
                    lambda c: c.state == "waiting"
                )
                waiting._revoke(NOT_SENT)
        return super()._hook_if_errors(moves_data, allow_raising=allow_raising)

    @api.model
    def _get_alerts(self, moves, moves_data):
        # EXTENDS 'account'
        alerts = super()._get_alerts(moves, moves_data)
        found = {}
        for number, plan in moves._avtalegiro_get_plans().items():
            move = moves.browse(number)
            if problem := plan.problem or self._get_avtalegiro_notice(move, plan):
                found[move] = [problem]
        return {**alerts, **self._get_einvoice_alerts(found)}

    @api.model
    def _get_avtalegiro_notice(self, move, plan):
        if not plan.demands:
            return None
        days = ", ".join(format_date(self.env, due) for due, _amount in plan.demands)
        message = _lt(
            "AvtaleGiro: the bank of %(customer)s is asked to pay on %(days)s.",
            customer=move.partner_id.display_name,
            days=days,
        )
        return Problem("avtalegiro", "info", False, message)
