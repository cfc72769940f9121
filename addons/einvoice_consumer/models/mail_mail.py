import logging

from odoo import models

from odoo.addons.receivables_base.tools import contained

from .account_move_post import EMAIL

_logger = logging.getLogger(__name__)

# What went wrong on our side: the e-mail never left, and is kept to be sent again.
OURS = ("mail_smtp", "mail_from_invalid", "mail_from_missing", "mail_spam")


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # EXTENDS 'mail': what e-mail does not carry either is posted
        for mail in self.filtered(lambda m: m.model == "account.move"):
            move = self.env["account.move"].browse(mail.res_id).exists()
            customer = move.partner_id & mail.recipient_ids
            if customer and failure_type and customer not in success_pids:
                move._einvoice_note_undelivered_email(failure_type)
            elif customer:
                move._settle(EMAIL)
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _einvoice_note_undelivered_email(self, failure_type):
        """One invoice's trouble must not keep other people's mail from being sent."""
        said = "Invoice %s: its undelivered e-mail"
        with contained(_logger, self.env.cr, said, self.id, tell=self._tell_fault):
            if failure_type in OURS:
                self._einvoice_on_unsent_email()
            else:
                self._einvoice_on_undelivered_email()
