from odoo import api, fields, models


class EinvoiceChannel(models.Model):
    """The issuer agreement that a rail may ask for."""

    _inherit = "einvoice.channel"

    has_issuer_agreement = fields.Boolean(
        "Asks for an issuer agreement", compute="_compute_has_issuer_agreement"
    )
    issuer_agreement_ids = fields.One2many(
        "einvoice.issuer.agreement", "channel_id", "Issuer agreements"
    )
    issuer_state = fields.Selection(
        related="issuer_agreement_ids.state", string="Issuer agreement"
    )
    issuer_reminder_days = fields.Integer(
        "Days between reminders",
        default=3,
        help="So many days after the order, and after each reminder, an approver who "
        "has not answered is reminded.",
    )
    issuer_reminders = fields.Integer(
        "Reminders, at most",
        default=3,
        help="After so many reminders somebody is asked to call the approver.",
    )

    _issuer_days_positive = models.Constraint(
        "CHECK(issuer_reminder_days > 0 AND issuer_reminders >= 0)",
        "There must be a day at least between reminders.",
    )

    @api.depends("rail")
    def _compute_has_issuer_agreement(self):
        for channel in self:
            channel.has_issuer_agreement = channel._get_rail().has_issuer_agreement

    @api.depends("issuer_agreement_ids.state")
    def _compute_checklist(self):
        # EXTENDS 'receivables_base'
        return super()._compute_checklist()

    def _get_checklist(self):
        # EXTENDS 'einvoice_consumer': it can be ordered only when the channel is on
        checklist = super()._get_checklist()
        if self._lacks_issuer_agreement():
            checklist["issuer_agreement"] = {
                "level": "warning",
                "message": self.env._(
                    "The issuer agreement is not approved: no invoice can be sent yet."
                ),
                **(
                    self.issuer_agreement_ids
                    and self._get_link(
                        self.env._("Open the issuer agreement"),
                        self.issuer_agreement_ids,
                    )
                    or {}
                ),
            }
        return checklist

    def _lacks_issuer_agreement(self):
        """Whether nothing can be sent, for want of an approved agreement."""
        self.ensure_one()
        return self._get_rail().has_issuer_agreement and self.issuer_state != "approved"

    @api.model
    def _toggle_crons(self):
        # EXTENDS 'einvoice_consumer'
        result = super()._toggle_crons()
        channels = self.sudo().search([("environment", "!=", "disabled")])
        asking = any(channel._get_rail().has_issuer_agreement for channel in channels)
        self.env["einvoice.document"]._switch_jobs(
            {"einvoice_consumer.ir_cron_einvoice_issuer": asking}
        )
        return result

    def _leave_test(self):
        # EXTENDS 'einvoice_consumer'
        leaving = self.sudo().filtered(
            lambda c: c.environment == "prod" and not c.live_since
        )
        result = super()._leave_test()
        leaving.issuer_agreement_ids._leave_test()
        return result

    def action_view_issuer_agreement(self):
        """Open the issuer agreement; a manager begins one where there is none."""
        self.ensure_one()
        self.check_access("read")
        agreement = self.issuer_agreement_ids
        if not agreement and self.has_issuer_agreement:
            self._check_manager()
            agreement = agreement.sudo().create(
                {
                    "channel_id": self.id,
                    "approver_name": self.env.user.name,
                    "approver_email": self.env.user.email,
                }
            )
        return agreement.sudo(False)._get_records_action(
            name=self.env._("Issuer agreement")
        )
