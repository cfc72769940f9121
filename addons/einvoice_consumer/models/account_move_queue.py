from odoo import models

from .account_move import REFUSED
from .account_move_check import get_refusals


class AccountMove(models.Model):
    """Invoices on their way to the outbox or to Odoo's own queue, and who is told where
    they cannot go."""

    _inherit = "account.move"

    def _einvoice_render_and_queue(self):
        """Make messages for invoices and put them in the outbox.

        What the consumer must get by e-mail or post as well goes through Odoo's own
        queue, which sends both.

        :return: ``{move: sentences}`` of those that could not be made
        """
        both = self.filtered(lambda move: move._einvoice_lacks_own())
        both._einvoice_send_otherwise()
        return (self - both)._einvoice_queue()

    def _einvoice_queue(self):
        """Put messages in the outbox; tell somebody about those that cannot be made.

        :return: as :meth:`_einvoice_render_and_queue`
        """
        rendered, failed = [], {}
        for move, items, problems in self._einvoice_render():
            rendered += items
            if not items:
                failed[move] = get_refusals(problems)
        if rendered:
            self.env["einvoice.document"]._create_outgoing(rendered)
        for move, sentences in failed.items():
            move._einvoice_warn(sentences)
        return failed

    def _einvoice_send_otherwise(self):
        """Put invoices in Odoo's own sending queue, for the customer's other way."""
        if not self:
            return
        self.sending_data = {
            "author_user_id": self.env.user.id,
            "author_partner_id": self.env.user.partner_id.id,
        }
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()

    def _einvoice_print_anew(self):
        """Put printed invoices aside: how the bank asks for the money has changed."""
        printed = self.filtered("invoice_pdf_report_id")
        if printed:
            printed._detach_attachments()
            printed.invalidate_recordset(
                ["invoice_pdf_report_id", "invoice_pdf_report_file"]
            )

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        channel = self.sudo().einvoice_agreement_id.channel_id
        return super()._get_candidates() + channel.user_id

    def _einvoice_warn(self, sentences=(), document=None):
        """Tell the person responsible, once, that an e-invoice needs attention.

        :param sentences: what is wrong; what happened to ``document`` follows
        """
        for move in self:
            user = move._get_responsible()
            message = _join(move._in_language_of(user).env, sentences)
            if document:
                told = document._in_language_of(user).summary
                message = "\n".join(filter(None, (message, told)))
            move._message_log(body=message)
            move._remind(REFUSED, message)


def _join(env, sentences):
    """Return lazy sentences as one text, in the language of ``env``."""
    return "\n".join(env._(sentence) for sentence in sentences)
