from odoo import models


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
                    move._einvoice_on_undelivered_email()
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )
