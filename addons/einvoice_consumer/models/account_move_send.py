from odoo import api, models

METHOD = "einvoice_consumer"


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
            return bool(move.sudo().einvoice_agreement_id)
        return super()._is_applicable_to_move(method, move, **move_data)

    @api.model
    def _get_default_sending_methods(self, move):
        # EXTENDS 'account'
        methods = super()._get_default_sending_methods(move)
        if METHOD not in methods:
            return methods
        agreement = move.sudo().einvoice_agreement_id
        if not agreement:
            # The order was ended or its channel disabled: nothing may get stuck.
            return (methods - {METHOD}) or {"email"}
        if agreement.service == "direct_payment" and move.move_type == "out_invoice":
            # The bank gets a copy to pay from; the consumer must still get the
            # invoice itself (Finvoice guidelines, 4).
            return methods | {agreement.previous_sending_method or "email"}
        return methods

    # === ALERTS === #

    @api.model
    def _get_alerts(self, moves, moves_data):
        # EXTENDS 'account'
        alerts = super()._get_alerts(moves, moves_data)
        chosen = moves.filtered(lambda m: METHOD in moves_data[m]["sending_methods"])
        if chosen:
            alerts.update(self._get_einvoice_alerts(chosen._einvoice_check()))
        return alerts

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
                "%(count)s invoices cannot go to the netbank and stay unsent:\n"
                "%(lines)s",
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
    def _call_web_service_after_invoice_pdf_render(self, invoices_data):
        # EXTENDS 'account'
        # Only the outbox is written here: the job, not this request, calls out.
        super()._call_web_service_after_invoice_pdf_render(invoices_data)
        chosen = {
            invoice: data
            for invoice, data in invoices_data.items()
            if METHOD in data["sending_methods"]
        }
        if not chosen:
            return
        moves = self.env["account.move"].union(*chosen)
        rendered = []
        for move, item, problems in moves._einvoice_render():
            if item:
                rendered.append(item)
            else:
                chosen[move]["error"] = {
                    "error_title": self.env._(
                        "The invoice cannot go to the consumer's netbank:"
                    ),
                    "errors": [
                        self.env._(problem.message)
                        for problem in problems
                        if problem.level == "danger"
                    ],
                }
        if rendered:
            self.env["einvoice.document"]._create_outgoing(rendered)
            self.env["account.move"].union(
                *[item["move"] for item in rendered]
            ).is_move_sent = True

    @api.model
    def _hook_if_errors(self, moves_data, allow_raising=True):
        # EXTENDS 'account'
        result = super()._hook_if_errors(moves_data, allow_raising=allow_raising)
        for move, move_data in moves_data.items():
            if METHOD in move_data["sending_methods"]:
                move._einvoice_warn([self._format_error_text(move_data["error"])])
        return result
