import base64
import binascii

from odoo import models
from odoo.exceptions import AccessError, UserError

from ...arguments import check_one, check_text, check_whole_number, clean_name


class EinvoiceChannel(models.Model):
    """What programs and people do with a channel's messages."""

    _inherit = "einvoice.channel"

    def import_message(self, filename, content):
        """Take in a file from the bank; it may hold several messages.

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
        check_one(self)
        self._check_user()
        check_text(self.env, "filename", filename)
        try:
            data = base64.b64decode(content or "", validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UserError(
                self.env._("The content of %s is not base64.", filename)
            ) from error
        documents = self.sudo()._take_in(clean_name(filename), data)
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

    def fetch_outgoing(self, limit=100):
        """Give the messages that wait on a channel carried by hand or a program.

        The same messages come again until :meth:`confirm_outgoing` names them.

        :param int limit: how many at most, oldest first
        :return: ``{document_id, type, filename, content, sha256}``; ``content`` is
            base64, ``sha256`` the hexadecimal digest of the bytes
        :rtype: list[dict]
        """
        check_one(self)
        check_whole_number(self.env, "limit", limit)
        self._check_user()
        self._check_manual()
        documents = self.env["einvoice.document"].search(
            [("channel_id", "=", self.id), ("state", "=", "to_send")],
            order="id",
            limit=limit,
        )
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

    def confirm_outgoing(self, document_ids):
        """Mark messages got by :meth:`fetch_outgoing` as sent.

        :param list[int] document_ids: ids as given by ``fetch_outgoing``
        :return: True
        """
        check_one(self)
        if not isinstance(document_ids, list):
            raise UserError(self.env._("document_ids must be a list of numbers."))
        for document_id in document_ids:
            check_whole_number(self.env, "document_ids", document_id)
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
