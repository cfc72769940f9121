from odoo import api, fields, models

from ..document.outcome import TEST_OVER

CLAIM_JOB = "einvoice_consumer.ir_cron_einvoice_claims"


class EinvoiceChannel(models.Model):
    """Channels on which banks pay by mandates."""

    _inherit = "einvoice.channel"

    has_mandates = fields.Boolean("Has mandates", compute="_compute_has_mandates")
    avtalegiro_unit = fields.Char(
        "Customer unit",
        tracking=True,
        help="Kundeenhet-ID: eight digits by which Nets knows who sends files.",
    )
    avtalegiro_number = fields.Integer(
        "Number of the last file",
        copy=False,
        help="Each file has the next number. Who sent files with another program goes "
        "on after its last one: none of the last 12 months comes twice.",
    )
    mandate_ids = fields.One2many(
        "einvoice.avtalegiro.mandate", "channel_id", "Mandates"
    )
    claim_ids = fields.One2many("einvoice.avtalegiro.claim", "channel_id", "Claims")
    mandate_count = fields.Integer(
        "Number of mandates", compute="_compute_mandate_count"
    )

    _avtalegiro_number_not_negative = models.Constraint(
        "CHECK(avtalegiro_number >= 0)", "The number of a file cannot be negative."
    )

    @api.depends("rail")
    def _compute_has_mandates(self):
        for channel in self:
            channel.has_mandates = channel._get_rail().has_mandates

    @api.depends("mandate_ids.state")
    def _compute_mandate_count(self):
        counts = dict(
            self.env["einvoice.avtalegiro.mandate"]._read_group(
                [("channel_id", "in", self.ids), ("state", "=", "active")],
                ["channel_id"],
                ["__count"],
            )
        )
        for channel in self:
            channel.mandate_count = counts.get(channel, 0)

    @api.depends("avtalegiro_unit")
    def _compute_checklist(self):
        # EXTENDS 'einvoice_consumer'
        return super()._compute_checklist()

    @api.constrains("avtalegiro_unit")
    def _check_unit(self):
        self._check_ready()

    @api.model
    def _toggle_crons(self):
        # EXTENDS 'einvoice_consumer'
        result = super()._toggle_crons()
        channels = self.sudo().search([("environment", "!=", "disabled")])
        self.env["einvoice.document"]._switch_jobs(
            {CLAIM_JOB: any(channels.mapped("has_mandates"))}
        )
        return result

    def _leave_test(self):
        # EXTENDS 'einvoice_consumer'
        live = self.sudo().filtered(
            lambda c: c.environment == "prod" and not c.live_since
        )
        result = super()._leave_test()
        live.claim_ids._set_aside(TEST_OVER)
        live.mandate_ids._end(TEST_OVER)
        return result

    def _wake_claims(self):
        """Have the job write files now, and not within the hour."""
        self.env["einvoice.document"]._wake(CLAIM_JOB)

    # === ACTIONS === #

    def action_view_mandates(self):
        return self._get_view_action("einvoice_avtalegiro_mandate_action")

    def action_view_claims(self):
        return self._get_view_action("einvoice_avtalegiro_claim_action")

    def action_claim_now(self):
        """Have the next file written at once."""
        self.ensure_one()
        self._check_user()
        self._check_enabled()
        self._wake_claims()
        return True
