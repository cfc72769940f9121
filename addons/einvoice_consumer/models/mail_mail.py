import logging

from psycopg2 import OperationalError

from odoo import models

_logger = logging.getLogger(__name__)


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # EXTENDS 'mail': what e-mail does not carry either is posted
        if failure_type:
            for mail in self.filtered(lambda m: m.model == "account.move"):
                move = self.env["account.move"].browse(mail.res_id).exists()
                customer = move.partner_id & mail.recipient_ids
                if customer and customer not in success_pids:
                    move._einvoice_note_undelivered_email()
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _einvoice_note_undelivered_email(self):
        """One invoice's trouble must not keep other people's mail from being sent."""
        try:
            with self.env.cr.savepoint():
                self._einvoice_on_undelivered_email()
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Invoice %s: its undelivered e-mail", self.id)
