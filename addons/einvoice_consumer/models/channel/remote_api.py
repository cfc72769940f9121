import base64

from odoo import models
from odoo.exceptions import AccessError, UserError

from odoo.addons.receivables_base.tools import Base64, Ids, Text, Whole, remote_call


class EinvoiceChannel(models.Model):
    """What programs and people do with a channel's messages."""

    _inherit = "einvoice.channel"

    @remote_call(ids="one", filename=Text(filled=True), content=Base64())
    def import_message(self, filename, content):
        """Take in a file from the bank; it may hold several messages.

        A file of more than 100 new messages is worked through within minutes, and their
        state is ``received`` until then: the same call again tells what became of them.
        A message that came before is not taken in again: the answer tells what
        became of it the first time. A broken message is kept with its error and
        does not cost the others in the file.

        :param str filename: name of the file, for the log
        :param str content: the file's bytes, base64
        :return: one dict a message: ``{document_id, type, state, agreement_id,
            message}``; ``agreement_id`` is False where there is none, ``message``
            says in a sentence what happened
        :rtype: list[dict]
        """
        self._check_user()
        documents = self.sudo()._take_in(_clean_name(filename), content)
        return [
            {
                "document_id": document.id,
                "type": document.type,
                "state": document.state,
                "agreement_id": document.agreement_id.id,
                "message": document.summary or "",
            }
            for document in documents
        ]

    @remote_call(ids="one", limit=Whole())
    def fetch_outgoing(self, limit=100):
        """Give the messages that wait on a channel carried by hand or a program.

        The same messages come again until :meth:`confirm_outgoing` names them. From now
        on they may have reached the bank, and are not cancelled by themselves. Who
        calls is in the group *Personal Data of Consumers* besides.

        :param int limit: how many at most, oldest first
        :return: ``{document_id, type, filename, content, sha256}``; ``content`` is
            base64, ``sha256`` the hexadecimal digest of the bytes
        :rtype: list[dict]
        """
        self._check_user()
        self.env["einvoice.document"]._check_private()
        self._check_manual()
        documents = self.env["einvoice.document"].search(
            [("channel_id", "=", self.id), ("state", "=", "to_send")],
            order="id",
            limit=limit,
        )
        documents.sudo()._set_handed_out()
        return [
            {
                "document_id": document.id,
                "type": document.type,
                "filename": document.name,
                "content": base64.b64encode(document._get_bytes()).decode(),
                "sha256": document.sha256,
            }
            for document in documents
        ]

    @remote_call(ids="one", document_ids=Ids())
    def confirm_outgoing(self, document_ids):
        """Mark messages got by :meth:`fetch_outgoing` as sent.

        One that a person cancelled meanwhile stays so, and the person responsible is
        told that the bank has it all the same.

        :param list[int] document_ids: ids as given by ``fetch_outgoing``
        :return: True
        """
        self._check_user()
        self._check_manual()
        documents = self.env["einvoice.document"].search(
            [
                ("channel_id", "=", self.id),
                ("direction", "=", "out"),
                ("id", "in", document_ids),
            ]
        )
        if unknown := sorted(set(document_ids) - set(documents.ids)):
            raise UserError(
                self.env._(
                    "These messages are not on the channel %(channel)s: %(ids)s.",
                    channel=self.name,
                    ids=unknown,
                )
            )
        documents.sudo()._set_sent()
        return True

    def _check_user(self):
        """Refuse callers who are not users of this addon or of this company."""
        if not self.env.user.has_group(
            "einvoice_consumer.einvoice_consumer_group_user"
        ):
            raise AccessError(
                self.env._("Only users of consumer e-invoices can exchange messages.")
            )
        self.check_access("read")

    def _check_manual(self):
        if self.is_automatic:
            raise UserError(
                self.env._(
                    "The channel %s sends by itself; there is nothing to fetch.",
                    self.name,
                )
            )
        self._check_enabled()

    def _check_enabled(self):
        if self.environment == "disabled":
            raise UserError(
                self.env._("The channel %s is disabled: switch it on first.", self.name)
            )


def _clean_name(name):
    """Return a file's name without what could forge a line of a log."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name)[:255]
