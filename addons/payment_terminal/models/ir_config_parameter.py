from odoo import api, models
from odoo.exceptions import ValidationError

from ..formats import access
from .network.snapshot import PROXIES_PARAMETER


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.constrains("key", "value")
    def _check_terminal_proxies(self):
        for parameter in self.filtered(lambda p: p.key == PROXIES_PARAMETER):
            _ranges, wrong = access.read_proxies(parameter.value or "")
            if wrong:
                raise ValidationError(
                    self.env._(
                        "%s cannot be an own proxy. Enter IP addresses, or ranges of "
                        "your own network: whatever a proxy says of a caller's address "
                        "is believed.",
                        ", ".join(wrong),
                    )
                )
