from odoo import api, fields, models

from ...adapters.rail import Rail

CONSENT_JOB = "einvoice_consumer.ir_cron_einvoice_consent"


class EinvoiceChannel(models.Model):
    """A channel on which the company looks consumers up, and asks them."""

    _inherit = "einvoice.channel"

    has_access_point = fields.Boolean(
        "Looks consumers up",
        compute="_compute_has_access_point",
        help="Consumers do not order here: the company looks them up, and asks those "
        "who have to approve.",
    )
    consent_days = fields.Integer(
        "Days to approve",
        default=3,
        help="A customer who was asked has so many days. Then the invoice goes by "
        "e-mail, or by post where there is no e-mail address.",
    )

    _consent_days_positive = models.Constraint(
        "CHECK(consent_days > 0)", "Customers need at least one day to approve."
    )

    @api.depends("rail")
    def _compute_has_access_point(self):
        for channel in self:
            channel.has_access_point = bool(channel._get_rail().access_point)

    @api.model
    def _get_looking_up(self, company, point):
        """Return the channel that is on and serves an access point, or any where none
        is named; the real one before a test's, nothing where there is none."""
        rails = Rail.names(
            self.env,
            lambda rail: rail.access_point and point in (False, rail.access_point),
        )
        channels = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("environment", "!=", "disabled"),
                ("rail", "in", rails),
            ]
        )
        return channels.sorted(lambda c: c.environment != "prod")[:1]

    @api.model
    def _toggle_crons(self):
        result = super()._toggle_crons()
        asking = self.sudo().search(
            [
                ("environment", "!=", "disabled"),
                ("rail", "in", Rail.names(self.env, lambda rail: rail.access_point)),
            ],
            limit=1,
        )
        self.env["einvoice.document"]._switch_jobs({CONSENT_JOB: bool(asking)})
        return result
