from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.exceptions import ExchangeError
from odoo.addons.receivables_base.models.receivables_queue import LONGEST_WAIT
from odoo.addons.receivables_base.tools import Sentence, remote_call

from ...tools import check_user

_lt = LazyTranslate(__name__)
JOB = "payment_terminal.ir_cron_payment_terminal_debts"
NOT_TOLD = "payment_terminal.mail_activity_type_debts"
WORKING = _lt("The other side is still working on it.")
REPLACED = _lt("A newer list took its place before it was handed over.")


class PaymentTerminalDebtList(models.Model):
    """How lists leave: by hand, by a program, or over the network's connection."""

    _inherit = "payment.terminal.debt.list"

    # === BY HAND, OR BY A PROGRAM === #

    @remote_call()
    def action_mark_sent(self):
        """Tell that these lists were handed over; later ones tell what changed since.

        A list that was handed over before stays as it is.

        :return: True
        """
        check_user(self)
        self.sudo()._set_sent()
        return True

    def _set_sent(self):
        sent = self._set_state(
            "sent", sent_at=fields.Datetime.now(), reason=False, next_attempt=False
        )
        sent.filtered(lambda each: not each.line_ids.filtered("refusal"))._settle(
            NOT_TOLD
        )

    def _replace(self):
        """Newer lists take the place of these, which have not left."""
        replaced = self._set_state(
            "superseded", reason=Sentence.store(REPLACED), next_attempt=False
        )
        replaced._settle(NOT_TOLD)

    # === OVER THE CONNECTION === #

    @api.model
    def _get_send_domain(self):
        return (
            self._get_due_domain()
            & Domain("state", "=", "to_send")
            & self._get_open_network()
        )

    @api.model
    def _get_follow_domain(self):
        return (
            self._get_due_domain()
            & Domain([("state", "=", "sent"), ("batches", "!=", False)])
            & self._get_open_network()
        )

    @api.model
    def _get_open_network(self):
        """What is of a test is not sent by a network in production, or the other way
        round."""
        return Domain.OR(
            Domain(
                [
                    ("environment", "=", environment),
                    ("network_id.environment", "=", environment),
                    ("network_id.debt_connection_id", "!=", False),
                ]
            )
            for environment in ("test", "prod")
        )

    @api.model
    def _cron_send(self):
        """Write the lists whose time has come, send them, and ask what became of those
        that the other side works on."""
        self.env["payment.terminal.network"].sudo()._write_due_debts()
        lists = self.sudo()
        if lists._call_through("_get_send_domain", "_send"):
            lists._call_through("_get_follow_domain", "_follow")

    def _send(self):
        """Hand a list over: stages of a call, see ``receivables.queue``."""
        connection = self.network_id.debt_connection_id
        line = connection._open()
        content = self._get_bytes()
        adapter = self._get_format()
        is_file = connection.carries_files
        calls = (
            [partial(line.send, self.name, content)]
            if is_file
            else [
                partial(line.request, **call)
                for call in adapter.get_calls(content, f"{self.id}/{self.sha256}")
            ]
        )
        self.may_have_arrived = True
        for place, call in enumerate(calls):
            try:
                answer = yield call
                status = None if is_file else adapter.hear(answer)
            except ExchangeError as fault:
                if place or fault.kind != "final" or fault.is_line:
                    raise
                # refused before any of it was taken
                self.may_have_arrived = False
                self._give_up(self._explain(fault), fault)
                return
            self._note(status)
        self._set_sent()
        if self.batches:
            self._park(WORKING)

    def _follow(self):
        """Ask what became of batches: stages of a call."""
        line = self.network_id.debt_connection_id._open()
        adapter = self._get_format()
        for batch_id in list(self.batches):
            call = adapter.get_question(batch_id)
            answer = yield partial(line.request, **call)
            self._note(adapter.hear(answer))
        if self.batches:
            self._park(WORKING)
        else:
            self.write({"attempts": 0, "next_attempt": False, "reason": False})

    def _note(self, status):
        """Keep what the other side says of a batch; a person sees to what it refused.

        :param status: ``formats.claims_is.BatchStatus``, or None
        """
        if status is None:
            return
        batches = dict(self.batches or {})
        batches.pop(status.batch_id, None)
        if status.pending:
            batches[status.batch_id] = status.pending
        self.batches = batches or False
        refused = {
            key: f"{code}: {text}" if text else code
            for key, code, text in status.refused
        }
        for line in self.line_ids.filtered(lambda line: line.key in refused):
            line.refusal = refused[line.key] or "?"
        if refused:
            self._remind(
                NOT_TOLD,
                _lt(
                    "The other side refused %(count)s debts of %(file)s. The lines of "
                    "the list say why.",
                    count=len(refused),
                    file=self.name,
                ),
                renew=True,
            )

    def _on_parked(self, sentence):
        for debt_list in self:
            debt_list._wake(JOB, at=debt_list.next_attempt)

    def _give_up(self, sentence, fault=None):
        stored = Sentence.store(sentence)
        following = self.filtered(lambda each: each.state == "sent")
        following.write(
            {"reason": stored, "next_attempt": fields.Datetime.now() + LONGEST_WAIT}
        )
        (self - following)._set_state("error", reason=stored, next_attempt=False)
        self._remind(NOT_TOLD, stored, renew=True)

    def action_retry(self):
        """Send again, or ask what became of it, at once."""
        check_user(self)
        lists = self.sudo().filtered(
            lambda each: each.state in ("error", "to_send") or each.batches
        )
        lists.write({"attempts": 0, "next_attempt": False})
        lists.filtered(lambda each: each.state == "error")._set_state(
            "to_send", reason=False
        )
        lists._wake(JOB)
        return True
