import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ..tools import NO_RECORDS_FAULT, Sentence, log_fault

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

NOT_SENT = "receivables_base.mail_activity_type_not_sent"


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "receivables.facts", "receivables.responsible"]

    @api.model
    def _is_fact(self, field):
        # OVERRIDES 'receivables.facts': core's fields stay as they are
        return False

    @api.model
    def _cron_account_move_send(self, job_count=10):
        # EXTENDS 'account': one that cannot be printed makes the whole batch fail, and
        # core repeats that for ever. So its invoices are taken one by one.
        try:
            return super()._cron_account_move_send(job_count=job_count)
        except NO_RECORDS_FAULT:
            raise
        except Exception:
            _logger.info("A batch of invoices failed: they are sent one by one")
            self.env.cr.rollback()
        return self._send_one_by_one(job_count)

    @api.model
    def _send_one_by_one(self, limit):
        """Send the invoices that core would have sent together.

        What is wrong with one of them is written on it, its responsible is reminded,
        and it waits until a person sends it again.
        """
        waiting = [("sending_data", "!=", False), ("state", "=", "posted")]
        moves = self.search(
            waiting,
            order="date, invoice_date, sequence_number, id",
            limit=limit,
        )
        jobs = self.env["ir.cron"]
        jobs._commit_progress(remaining=self.search_count(waiting))
        for move in moves:
            locked = move.try_lock_for_update().filtered_domain(waiting)
            try:
                if locked:
                    self.env["account.move.send"]._generate_and_send_invoices(
                        locked, from_cron=True
                    )
            except NO_RECORDS_FAULT:
                raise
            except Exception as error:
                self.env.cr.rollback()
                locked._give_up_sending(error)
            if not jobs._commit_progress(len(locked)):
                return

    def _give_up_sending(self, error):
        """Take an invoice out of what is being sent, and say why."""
        self.ensure_one()
        if isinstance(error, UserError):
            sentence = Sentence.store(error)
        else:
            log_fault(_logger, error, "Invoice %s was not sent", self.id)
            sentence = Sentence.store(
                _lt("Something went wrong inside Odoo. The server's log tells more.")
            )
        author = (self.sending_data or {}).get("author_partner_id")
        self.sending_data = False
        reader = self._in_language_of(self._get_responsible()).env
        send = self.env["account.move.send"]
        told = {
            "error_title": reader._("The invoice was not sent:"),
            "errors": [Sentence.read(sentence, reader)],
        }
        self.message_post(body=send._format_error_html(told))
        if author:
            send._send_notifications_to_partners({author: self.ids}, is_success=False)
        self._remind(NOT_SENT, sentence, renew=True)
