import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .arrival import MANAGER
from .network import TOKEN_BYTES


class PaymentTerminalNetwork(models.Model):
    """The buttons of a network's form, and what is missing before production."""

    _inherit = "payment.terminal.network"

    checklist = fields.Json(compute="_compute_checklist")
    possible_authentications = fields.Json(compute="_compute_possible_authentications")

    @api.depends(
        "authentication",
        "journal_id",
        "clearing_account_id",
        "suspense_account_id",
        "address_ids",
    )
    @api.depends_context("lang")
    def _compute_checklist(self):
        for network in self:
            network.checklist = {
                f"missing_{number}": {"level": "warning", "message": sentence}
                for number, sentence in enumerate(network._get_missing())
            }

    @api.depends("dialect")
    def _compute_possible_authentications(self):
        for network in self:
            network.possible_authentications = list(
                network._get_dialect_authentications()
            )

    def action_go_live(self):
        """From now on payments are booked."""
        self.environment = "prod"
        return True

    def action_try(self):
        """Answer the network, book nothing."""
        self.environment = "test"
        return True

    def action_disable(self):
        """Tell the network to ask again later."""
        self.environment = "disabled"
        return True

    def action_renew_token(self):
        """Close the old address for the network and open another one.

        For administrators: nobody else can see the new one and tell the network.
        """
        self.ensure_one()
        self.check_access("write")
        self._check_field_access(self._fields["token"], "read")
        self.sudo().token = secrets.token_urlsafe(TOKEN_BYTES)
        return True

    def action_add_known_addresses(self):
        """Propose the addresses that the network has published, as they hold today."""
        self.ensure_one()
        known = self.env["payment.terminal.address.known"]._get_valid(
            self.dialect, fields.Date.context_today(self)
        )
        if not known:
            raise UserError(
                self.env._("No addresses are known for this protocol: ask the network.")
            )
        present = set(self.address_ids.mapped("range"))
        self.address_ids = [
            fields.Command.create(
                {
                    "range": address.range,
                    "date_from": address.date_from,
                    "date_to": address.date_to,
                    "note": address.source,
                }
            )
            for address in known
            if address.range not in present
        ]
        return True

    def action_start_conformance(self):
        """Play the network's certification list against the own endpoint."""
        self.ensure_one()
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("The conformance run is for managers of terminals.")
            )
        account = self.env["payment.terminal.account"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "active")], limit=1
        )
        if not account:
            raise UserError(
                self.env._("Give a customer a number first: the run asks for it.")
            )
        run = self.env["payment.terminal.conformance"]._start(self, account)
        return run._get_records_action(name=self.env._("Conformance run"))

    def action_open_self_test(self):
        """Show how a call reaches the endpoint."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/payment_terminal/self_test/{self.id}",
            "target": "new",
        }

    def action_open_entries(self):
        """Show what was booked for the network."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "account.action_move_journal_line"
            ),
            "display_name": self.name,
            "domain": [("terminal_network_id", "=", self.id)],
            "context": {"create": False},
        }
