import base64

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.receivables_base.tools import Ids


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
        """Return the network that is looked at, or the only one there is."""
        if network := self.env.context.get("default_network_id"):
            return network
        if self.env.context.get("active_model") == "payment.terminal.network":
            return self.env.context.get("active_id")
        networks = self.env["payment.terminal.network"].search([], limit=2)
        return networks.id if len(networks) == 1 else False

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


class PaymentTerminalRegistry(models.Model):
    _inherit = "payment.terminal.registry"

    def create_document_from_attachment(self, attachment_ids):
        """Take in registries that a person has dropped on the list. Where there are
        several networks, the person is asked of which they are."""
        Ids().read(self.env, "attachment_ids", attachment_ids)
        self._check_may_handle()
        dialog = self.env["payment.terminal.registry.import"]
        dropped = self.env["ir.attachment"].browse(attachment_ids)
        dropped.check_access("read")
        # they are the dialog's own, as if they had been chosen in it
        dropped.filtered(lambda attachment: not attachment.res_model).write(
            {"res_model": dialog._name, "res_id": 0}
        )
        if network := dialog._get_usual_network():
            return dialog.create(
                {
                    "network_id": network,
                    "attachment_ids": [Command.set(attachment_ids)],
                }
            ).action_import()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_registry_import_action"
            ),
            "context": {"default_attachment_ids": attachment_ids},
        }
