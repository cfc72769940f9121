from odoo import models
from odoo.exceptions import AccessError

from odoo.addons.receivables_base.tools import reason, remote_call, split_usable

from .account_move import METHOD


class AccountMove(models.Model):
    """What programs do with invoices to netbanks."""

    _inherit = "account.move"

    @remote_call()
    def send_einvoice(self):
        """Send posted invoices to their consumers' netbanks.

        The same path as the Send dialog: the invoice is checked, printed where it goes
        by e-mail or post as well, the message written to the outbox; the job hands it
        to the bank. An invoice that cannot go is left as it was and its reasons say
        why; one that is on its way already stays there, and a repeated call gets the
        same answer.

        :return: one dict an invoice: ``{move_id, state, document_id, message,
            reasons}``; ``state`` is as in ``einvoice_state``, or False where nothing
            was made; ``reasons`` are dicts ``{code, message, level, fix, ...}``, of
            which those of level ``danger`` stopped it; ``message`` is their sentences
        :rtype: list[dict]
        """
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only who may send invoices can send them."))
        self.browse().check_access("write")
        moves, unknown = split_usable(self, "write")
        reasons = {number: [refusal] for number, refusal in unknown.items()}
        found, there = moves._einvoice_get_reasons()
        reasons.update(found)
        stopped = {
            number
            for number, found in reasons.items()
            if any(each["level"] == "danger" for each in found)
        }
        sendable = moves.filtered(lambda m: m.id not in stopped and m not in there)
        for company, ready in sendable.grouped("company_id").items():
            self.env["account.move.send"].with_company(
                company
            )._generate_and_send_invoices(ready, sending_methods=[METHOD])
        documents = {move.id: move._get_einvoice() for move in moves}
        states = {move.id: move.einvoice_state for move in moves}
        nothing = self.env["einvoice.document"]
        return [
            {
                "move_id": number,
                "state": states.get(number, False),
                "document_id": documents.get(number, nothing).id,
                "message": "\n".join(
                    each["message"]
                    for each in reasons[number]
                    if each["level"] == "danger"
                ),
                "reasons": reasons[number],
            }
            for number in self.ids
        ]

    def _einvoice_get_reasons(self):
        """Return what stops invoices, or what their sender should know.

        What is on its way already is not stopped any more.

        :return: ``{id: reasons}``, see ``receivables_base.tools.reason``, and the
            invoices that are on their way
        """
        reasons, fit, there = {}, self.browse(), self.browse()
        for move in self:
            constraints = self.env["account.move.send"]._get_move_constraints(move)
            reasons[move.id] = [
                reason(code, message, fix="move")
                for code, message in constraints.items()
            ]
            if not constraints:
                fit += move
        for move, problems in fit._einvoice_check().items():
            if any(problem.code == "sent" for problem in problems):
                there += move
            reasons[move.id] = [
                reason(
                    problem.code,
                    self.env._(problem.message),
                    problem.level,
                    problem.fix,
                    **problem.more,
                )
                for problem in problems
                if move not in there or problem.level != "danger"
            ]
        return reasons, there
