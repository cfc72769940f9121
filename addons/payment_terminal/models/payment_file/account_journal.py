from odoo import models
from odoo.exceptions import AccessError, UserError

from odoo.addons.receivables_base.tools import Base64, Ids, Text, remote_call


class AccountJournal(models.Model):
    _inherit = "account.journal"

    def create_document_from_attachment(self, attachment_ids):
        # EXTENDS 'account': what is dropped on a bank journal is a file of payments
        Ids().read(self.env, "attachment_ids", attachment_ids)
        journal = self or self.browse(self.env.context.get("default_journal_id"))
        if journal.type != "bank":
            return super().create_document_from_attachment(attachment_ids)
        journal.check_access("read")
        return self.env["payment.terminal.file"]._import_attachments(
            attachment_ids, journal.sudo()
        )

    @remote_call(ids="one", filename=Text(), content=Base64())
    def import_payment_file(self, filename, content):
        """Take in a file of payments that the bank has sent, and book it.

        The format is recognised by what is in the file. A reference of an invoice pays
        it; what has none, or one of nobody, waits on the suspense account. The same
        file again changes nothing; a file whose totals do not agree is refused whole.

        :param str filename: for people
        :param str content: the file's bytes
        :return: a list of ``{file_id, format, state, count, total, booked, suspense,
            known, message}``, one a statement or batch in the file; amounts in the
            journal's currency. Large files are booked within minutes: their state is
            ``received`` until then. ``state`` is ``error`` for a file that was refused,
            and ``message`` says why
        :rtype: list[dict]
        """
        self.check_access("read")
        files = self.env["payment.terminal.file"]
        files._check_may_handle()
        if self.type != "bank":
            raise UserError(self.env._("%s is no bank journal.", self.display_name))
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("company_id %s is no company of yours.", self.company_id.id)
            )
        found, is_repeat = files._import(filename, content, self.sudo())
        return found._describe(is_repeat)
