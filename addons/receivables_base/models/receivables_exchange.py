import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReceivablesExchange(models.AbstractModel):
    """What crosses the border to another party, byte for byte (rule 1 of the design).

    Written once, never changed, never deleted; state and reason tell what became of it.
    """

    _name = "receivables.exchange"
    _inherit = ["receivables.queue", "receivables.state"]
    _description = "Exchange with another party"

    #: what is fixed once it has a value
    _FROZEN = {"direction", "attachment_id", "sha256"}

    direction = fields.Selection(
        [("out", "Sent"), ("in", "Received")], required=True, readonly=True
    )
    # an attachment's own access follows the record that it belongs to
    attachment_id = fields.Many2one(
        "ir.attachment",
        string="Contents",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        bypass_search_access=True,
    )
    sha256 = fields.Char(string="SHA-256", readonly=True, copy=False)

    def _store_bytes(self, contents, mimetype="application/octet-stream"):
        """Keep the bytes of each record, one write for all.

        :param list contents: bytes, in the order of the records
        """
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": record.display_name or "content",
                        "res_model": record._name,
                        "res_id": record.id,
                        "raw": content,
                        "mimetype": mimetype,
                    }
                    for record, content in zip(self, contents, strict=True)
                ]
            )
        )
        for record, attachment, content in zip(
            self, attachments, contents, strict=True
        ):
            record.write(
                {
                    "attachment_id": attachment.id,
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )

    def _get_bytes(self):
        """Return the contents byte for byte."""
        self.ensure_one()
        # Screens ask for the size of binary fields instead of their contents.
        return self.sudo().with_context(bin_size=False).attachment_id.raw or b""

    def write(self, vals):
        frozen = self._FROZEN & vals.keys()
        if any(record[name] for record in self for name in frozen):
            raise UserError(
                self.env._(
                    "This is a record of what was exchanged and cannot be changed."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("This is a record of what was exchanged and is kept.")
        )

    # === WHAT CAME IN AND WAS PARKED === #

    def _check_may_handle(self):
        """Refuse who may not decide about what came in."""
        raise NotImplementedError

    def _process_anew(self):
        """Have what came in worked through again: it is ``received`` as before."""
        raise NotImplementedError

    def _on_handled(self):
        """Close what people were asked to look into."""
        raise NotImplementedError

    def action_process_again(self):
        """Work through what came in and was parked, after its cause was removed."""
        self.check_access("read")
        self._check_may_handle()
        parked = self.sudo().filtered(
            lambda r: r.direction == "in" and r.state == "error"
        )
        if parked:
            parked._set_state("received", attempts=0, next_attempt=False)
            parked._process_anew()
        return True

    def action_handled(self):
        """Put aside what came in and was parked: a person has seen to it."""
        self.check_access("read")
        self._check_may_handle()
        parked = self.sudo().filtered(
            lambda r: r.direction == "in" and r.state == "error"
        )
        if parked:
            parked._set_state("handled", next_attempt=False)
            parked._on_handled()
        return True
