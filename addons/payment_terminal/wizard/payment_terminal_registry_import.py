import base64

from odoo import fields, models
from odoo.exceptions import UserError


class PaymentTerminalRegistryImport(models.TransientModel):
    """Takes in files that a network has sent by mail."""

    _name = "payment.terminal.registry.import"
    _description = "Import of registries"

    network_id = fields.Many2one(
        "payment.terminal.network",
        required=True,
        default=lambda self: self._get_usual_network(),
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Files")

    def _get_usual_network(self):
        if self.env.context.get("active_model") == "payment.terminal.network":
            return self.env.context.get("active_id")
        networks = self.env["payment.terminal.network"].search([], limit=2)
        return networks if len(networks) == 1 else False

    def action_import(self):
        """Take the files in, and show what became of them."""
        self.ensure_one()
        if not self.attachment_ids:
            raise UserError(self.env._("Choose a file first."))
        registries = self.env["payment.terminal.registry"]
        for attachment in self.attachment_ids:
            data = base64.b64decode(attachment.with_context(bin_size=False).datas)
            registries |= self.network_id._import_registry(attachment.name, data)
        self.sudo().attachment_ids.filtered(
            lambda attachment: attachment.res_model == self._name
        ).unlink()
        return registries._get_records_action(name=self.env._("Registries"))
