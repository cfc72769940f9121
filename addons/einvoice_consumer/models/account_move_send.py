from odoo import api, models
from odoo.tools import LazyTranslate

from ..adapters.rail import Problem
from .account_move import CONFIRMED, METHOD
from .account_move_check import get_refusals

_lt = LazyTranslate(__name__)


def goes_alone(data):
    """Whether the netbank is the only way: core's defaults are a set of ways, what the
    dialog and programs choose is a list."""
    return set(data["sending_methods"]) == {METHOD}


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    # === APPLICABILITY === #

    @api.model
    def _is_applicable_to_company(self, method, company):
        # EXTENDS 'account'
        if method == METHOD:
            return bool(
                self.env["einvoice.channel"]
                .sudo()
                .search_count(
                    [
                        ("company_id", "=", company.id),
                        ("environment", "!=", "disabled"),
                    ],
                    limit=1,
                )
            )
        return super()._is_applicable_to_company(method, company)

    @api.model
    def _is_applicable_to_move(self, method, move, **move_data):
        # EXTENDS 'account'
        if method == METHOD:
            agreement = move.sudo().einvoice_agreement_id
            # Some banks and operators take invoices to pay, nothing else.
            return bool(agreement) and agreement._takes(move)
        return super()._is_applicable_to_move(method, move, **move_data)

    @api.model
    def _get_default_sending_methods(self, move):
        # EXTENDS 'account'
        methods = super()._get_default_sending_methods(move)
        if METHOD not in methods:
            lost = methods == {"email"} and not move.partner_id.email
            if lost and move._einvoice_was_tried():
                return {"manual"}  # the end of the cascade: somebody posts it
            return methods
        agreement = move.sudo().einvoice_agreement_id
        if not agreement:
            # The order was ended or its channel disabled: nothing may get stuck.
            return (methods - {METHOD}) or {"email"}
        if move._get_einvoice().state == "handled" or not agreement._takes(move):
            # seen to another way, or nothing that the bank takes
            return (methods - {METHOD}) | {self._get_own_way(move, agreement)}
        if move._einvoice_lacks_own():
            return methods | {self._get_own_way(move, agreement)}
        return methods

    @api.model
    def _get_own_way(self, move, agreement):
        """How a consumer whose bank pays gets the invoice itself: as before; printed
        and posted where there is no e-mail address."""
        way = agreement.previous_sending_method or "email"
        known = dict(move.partner_id._fields["invoice_sending_method"].selection)
        if way not in known or not self._is_applicable_to_company(way, move.company_id):
            way = "email"
        return "manual" if way == "email" and not move.partner_id.email else way

    @api.model
    def _get_default_sending_settings(self, move, from_cron=False, **custom_settings):
        # EXTENDS 'account': dialog, batch, job and remote call all come by here
        methods = custom_settings.get("sending_methods") or ()
        if METHOD in methods and len(methods) == 1 and move._einvoice_lacks_own():
            way = self._get_own_way(move, move.sudo().einvoice_agreement_id)
            custom_settings["sending_methods"] = [METHOD, way]
        return super()._get_default_sending_settings(
            move, from_cron=from_cron, **custom_settings
        )

    @api.model
    def _get_default_mail_template_id(self, move):
        # EXTENDS 'account': an e-mail beside the bank's message asks for no money
        to_bank = METHOD in self._get_default_sending_methods(move) and (
            move.sudo().einvoice_agreement_id._is_live()
        )
        if move.move_type == "out_invoice" and (
            to_bank or move._einvoice_is_asked_by_bank()
        ):
            return self.env.ref("einvoice_consumer.mail_template_invoice_at_bank")
        return super()._get_default_mail_template_id(move)

    # === ALERTS === #

    @api.model
    def _get_alerts(self, moves, moves_data):
        # EXTENDS 'account'
        alerts = super()._get_alerts(moves, moves_data)
        chosen = moves.filtered(lambda m: METHOD in moves_data[m]["sending_methods"])
        if chosen:
            checked = chosen._einvoice_check()
            for move in chosen.filtered(lambda m: m._einvoice_lacks_own()):
                checked[move].append(self._get_own_way_notice(move))
            alerts.update(self._get_einvoice_alerts(checked))
        return alerts

    @api.model
    def _get_own_way_notice(self, move):
        way = self._get_own_way(move, move.sudo().einvoice_agreement_id)
        message = _lt(
            "The bank gets a copy to pay by direct payment; the invoice itself goes to "
            "%s by the customer's earlier way.",
            move.partner_id.display_name,
        )
        if way == "manual":
            message = _lt(
                "The bank gets a copy to pay by direct payment; the invoice itself "
                "must be posted to %s: an activity asks for it.",
                move.partner_id.display_name,
            )
        return Problem("direct_payment", "info", False, message)

    @api.model
    def _get_einvoice_alerts(self, checked):
        """Turn problems into alerts, one a kind; in a batch an invoice that cannot
        go does not stop the others."""
        single = len(checked) == 1
        grouped = {}
        for move, problems in checked.items():
            for problem in problems:
                grouped.setdefault(problem.code, []).append((move, problem))
        alerts = {}
        for code, pairs in grouped.items():
            problem = pairs[0][1]
            level = problem.level
            if single:
                # who presses Send then has seen it
                level = "warning" if code in CONFIRMED else level
                message, fix = self.env._(problem.message), self._get_fix(*pairs[0])
            else:
                message = self._get_batch_message(pairs, problem)
                moves = self.env["account.move"].union(*[move for move, _p in pairs])
                level = "info" if level == "info" else "warning"
                fix = {
                    "action_text": self.env._("View invoices"),
                    "action": moves._get_records_action(
                        name=self.env._("Check invoices")
                    ),
                }
            alerts[f"einvoice_consumer_{code}"] = {
                "level": level,
                "message": message,
                **fix,
            }
        return alerts

    @api.model
    def _get_batch_message(self, pairs, problem):
        lines = "\n".join(
            f"{move.name}: {self.env._(found.message)}" for move, found in pairs[:5]
        )
        if len(pairs) > 5:
            lines += "\n" + self.env._("… and %s more.", len(pairs) - 5)
        if problem.level == "danger":
            return self.env._(
                "Not sent to the netbank (%(count)s):\n%(lines)s",
                count=len(pairs),
                lines=lines,
            )
        return lines

    @api.model
    def _get_fix(self, move, problem):
        """Return the link that leads to where the problem is fixed."""
        if problem.fix == "due_date":
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "einvoice_consumer.einvoice_due_date_wizard_action"
            )
            return {
                "action_text": self.env._("Move the due date"),
                "action": {**action, "context": {"default_move_id": move.id}},
            }
        if button := move._einvoice_get_button(problem.code):
            return button
        channel = move.sudo().einvoice_agreement_id.channel_id
        fixes = {
            "partner": (self.env._("Open the customer"), move.commercial_partner_id),
            "channel": (self.env._("Open the channel"), channel),
            "journal": (self.env._("Open the journal"), move.journal_id),
            "bank_account": (
                self.env._("Open the bank account"),
                move.partner_bank_id,
            ),
            "company": (
                self.env._("Open the company's address"),
                move.company_id.partner_id,
            ),
            "move": (self.env._("Open the invoice"), move),
            "document": (self.env._("See the message"), move._get_einvoice()),
        }
        if problem.fix not in fixes:
            return {}
        text, record = fixes[problem.fix]
        return {"action_text": text, "action": record._get_records_action()}

    # === GENERATION === #

    @api.model
    def _call_web_service_before_invoice_pdf_render(self, invoices_data):
        # EXTENDS 'account'
        # Only the outbox is written here: the job, not this request, calls out. It is
        # written first because the paper says how the bank asks for the money.
        super()._call_web_service_before_invoice_pdf_render(invoices_data)
        chosen = {
            invoice: data
            for invoice, data in invoices_data.items()
            if METHOD in data["sending_methods"]
        }
        if not chosen:
            return
        moves = self.env["account.move"].union(*chosen)
        rendered = []
        for move, items, problems in moves._einvoice_render():
            rendered += items
            if stopped := get_refusals(problems):
                chosen[move]["error"] = {
                    "error_title": self.env._(
                        "The invoice cannot go to the consumer's netbank:"
                    ),
                    "errors": [self.env._(sentence) for sentence in stopped],
                }
        if rendered:
            sent = moves & moves.browse().union(*[item["move"] for item in rendered])
            self._leave_out_paper({move: chosen[move] for move in sent})
            self.env["einvoice.document"]._create_outgoing(rendered)
            sent.filtered(
                lambda m: m.sudo().einvoice_agreement_id._is_live()
            ).is_move_sent = True

    @api.model
    def _prepare_invoice_pdf_report(self, invoices_data):
        # EXTENDS 'account': a netbank shows its own
        to_print = {}
        for move, data in invoices_data.items():
            if self._is_without_paper(move, data):
                # what core looks for where there is no PDF
                data["proforma_pdf_attachment"] = self.env["ir.attachment"]
            else:
                to_print[move] = data
        return to_print and super()._prepare_invoice_pdf_report(to_print)

    @api.model
    def _is_without_paper(self, move, data):
        """Whether an invoice goes to the netbank alone: it is printed when somebody
        asks for it."""
        agreement = move.sudo().einvoice_agreement_id
        alone = goes_alone(data) and agreement._is_live()
        return alone and agreement.channel_id.print_on_demand

    @api.model
    def _hook_invoice_document_after_pdf_report_render(self, invoice, invoice_data):
        # EXTENDS 'account': other formats are put into a PDF, and of what was not
        # printed there is none
        if "proforma_pdf_attachment" in invoice_data:
            return None
        return super()._hook_invoice_document_after_pdf_report_render(
            invoice, invoice_data
        )

    @api.model
    def _leave_out_paper(self, invoices_data):
        """Attach no invoice that was printed before: it is printed anew."""
        for move, data in invoices_data.items():
            old = move.invoice_pdf_report_id.id
            if old and "mail_attachments_widget" in data:
                data["mail_attachments_widget"] = [
                    item
                    for item in data["mail_attachments_widget"]
                    if item["id"] != old
                ]

    @api.model
    def _link_invoice_documents(self, invoices_data):
        # EXTENDS 'account', for which what was printed was sent
        tried = self.env["account.move"].union(
            *[
                move
                for move, data in invoices_data.items()
                if goes_alone(data)
                and not move.is_move_sent
                and not move.sudo().einvoice_agreement_id._is_live()
            ]
        )
        result = super()._link_invoice_documents(invoices_data)
        tried.is_move_sent = False
        return result

    @api.model
    def _hook_if_success(self, moves_data, from_cron=False):
        # EXTENDS 'account'
        result = super()._hook_if_success(moves_data, from_cron=from_cron)
        nothing = self.env["account.move"]
        to_post = nothing.union(
            *[
                move
                for move, data in moves_data.items()
                if "manual" in data["sending_methods"]
                and (METHOD in data["sending_methods"] or from_cron)
                and (move.einvoice_agreement_id or move._einvoice_was_tried())
            ]
        )
        to_post._einvoice_ask_to_post()
        elsewhere = nothing.union(
            *[
                move
                for move, data in moves_data.items()
                if METHOD not in data["sending_methods"]
            ]
        )
        (elsewhere - to_post)._einvoice_on_sent_otherwise()
        return result

    @api.model
    def _hook_if_errors(self, moves_data, allow_raising=True):
        # EXTENDS 'account'
        result = super()._hook_if_errors(moves_data, allow_raising=allow_raising)
        for move, move_data in moves_data.items():
            if METHOD in move_data["sending_methods"]:
                move._einvoice_warn([self._format_error_text(move_data["error"])])
        return result
