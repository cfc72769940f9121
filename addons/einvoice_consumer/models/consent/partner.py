from odoo import api, fields, models
from odoo.exceptions import UserError

USER = "einvoice_consumer.einvoice_consumer_group_user"


class ResPartner(models.Model):
    """What customers have said to eFaktura, and asking them by hand."""

    _inherit = "res.partner"

    einvoice_consent = fields.Char(
        "Consent",
        compute="_compute_einvoice_consent",
        groups=USER,
        help="What the customer has said, or how far asking has come.",
    )

    @api.depends("einvoice_agreement_ids.consent_state")
    @api.depends_context("company", "lang")
    def _compute_einvoice_consent(self):
        nothing = self.env["einvoice.agreement"]
        for partners in self.grouped("einvoice_access_point").values():
            channel = partners[0]._get_einvoice_looking_up()
            last = nothing._get_last_of(channel, partners._origin)
            for partner in partners:
                agreement = last.get(partner._origin, nothing)
                partner.einvoice_consent = agreement._get_consent_text()

    def _get_einvoice_looking_up(self):
        """Return the channel on which the customer is looked up, if any is on."""
        return self.env["einvoice.channel"]._get_looking_up(
            self.env.company, self.einvoice_access_point
        )

    def action_einvoice_request_consent(self):
        """Look customers up and ask those who have to approve, without an invoice."""
        agreements = self.env["einvoice.agreement"]
        agreements._check_user()
        results = []
        for partners in self.grouped("einvoice_access_point").values():
            channel = partners[0]._get_einvoice_looking_up()
            if not channel:
                raise UserError(
                    self.env._(
                        "No channel on which %s can be looked up is switched on.",
                        partners[0].display_name,
                    )
                )
            results += agreements.request_consent(partners.ids, channel.id)
        refused = [each for each in results if not each["agreement_id"]]
        names = {partner.id: partner.display_name for partner in self}
        lines = [f"{names[each['partner_id']]}: {each['message']}" for each in refused]
        message = self.env._("Asked, or asked before: %s.", len(results) - len(refused))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if refused else "info",
                "sticky": bool(refused),
                "title": self.env._("Consent to eFaktura"),
                "message": "\n".join([message, *lines[:5]]),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
