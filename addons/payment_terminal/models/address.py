from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..adapters.dialects.dialect import Dialect
from ..formats.access import read_range


class PaymentTerminalAddress(models.Model):
    """An address, or a range of them, from which a network calls.

    Networks change theirs, so each has its days. A network without any valid address is
    admitted from nowhere.
    """

    _name = "payment.terminal.address"
    _inherit = ["receivables.facts"]
    _description = "Address of a terminal network"
    _order = "network_id, date_from desc, range"
    _rec_name = "range"

    network_id = fields.Many2one(
        "payment.terminal.network", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="network_id.company_id", store=True, index=True
    )
    range = fields.Char(
        string="Address or range",
        required=True,
        help="An IP address (91.232.230.14) or a range (79.142.16.0/20).",
    )
    date_from = fields.Date(string="Valid from")
    date_to = fields.Date(string="Valid to")
    note = fields.Char(help="Who gave it, and where it is written.")

    @api.constrains("range")
    def _check_range(self):
        for address in self:
            if not read_range(address.range):
                raise ValidationError(
                    self.env._(
                        "%(range)s is neither an IP address nor a range. A range ends "
                        "in its prefix and has no bits beyond it: 79.142.16.0/20.",
                        range=address.range,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base'
        self.env["payment.terminal.network"]._forget_snapshots()
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'base'
        self.env["payment.terminal.network"]._forget_snapshots()
        return super().write(vals)

    def unlink(self):
        # EXTENDS 'base'
        self.env["payment.terminal.network"]._forget_snapshots()
        return super().unlink()


class PaymentTerminalAddressKnown(models.Model):
    """An address that a network has published, with its source: proposed, never used by
    itself."""

    _name = "payment.terminal.address.known"
    _description = "Published address of a terminal network"
    _order = "dialect, date_from desc, range"
    _rec_name = "range"

    dialect = fields.Selection(
        selection=lambda self: Dialect.selection(self.env),
        string="Protocol",
        required=True,
    )
    range = fields.Char(string="Address or range", required=True)
    date_from = fields.Date(string="Valid from")
    date_to = fields.Date(string="Valid to")
    source = fields.Char(required=True)

    @api.model
    def _get_valid(self, dialect, day):
        """Return the addresses published for a dialect that hold on a day."""
        return self.search(
            Domain("dialect", "=", dialect)
            & (Domain("date_from", "=", False) | Domain("date_from", "<=", day))
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))
        )
