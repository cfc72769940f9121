from odoo import fields, models

from .network.snapshot import PROXIES_PARAMETER, USUAL_PROXIES


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    terminal_number_length = fields.Integer(
        related="company_id.terminal_number_length", readonly=False
    )
    terminal_issue_at_posting = fields.Boolean(
        related="company_id.terminal_issue_at_posting", readonly=False
    )
    terminal_print_number = fields.Boolean(
        related="company_id.terminal_print_number", readonly=False
    )
    terminal_how_to_pay = fields.Char(
        related="company_id.terminal_how_to_pay", readonly=False
    )
    terminal_request_days = fields.Integer(
        related="company_id.terminal_request_days", readonly=False
    )
    terminal_keep_years = fields.Integer(
        related="company_id.terminal_keep_years", readonly=False
    )
    terminal_trusted_proxies = fields.Char(
        string="Own proxies",
        config_parameter=PROXIES_PARAMETER,
        default=USUAL_PROXIES,
        help="Addresses or ranges of the proxies before Odoo. What they say of a "
        "caller's address is believed, nobody else's.",
    )
