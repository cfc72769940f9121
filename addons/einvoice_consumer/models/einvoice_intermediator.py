from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..formats.own_address import is_intermediator
from ..formats.text import address


class EinvoiceIntermediator(models.Model):
    """A bank or operator that carries e-invoices, by its routing code.

    The list is data: codes come and go, so each has the dates it is valid
    between and the place it was read from.
    """

    _name = "einvoice.intermediator"
    _description = "E-invoice bank or operator"
    _order = "country_id, name, code"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True)
    code = fields.Char(
        required=True,
        index=True,
        help="Routing code: a BIC (8 or 11 characters) or an OVT number.",
    )
    kind = fields.Selection(
        [("bank", "Bank"), ("operator", "Operator")], required=True, default="bank"
    )
    country_id = fields.Many2one("res.country")
    date_from = fields.Date(string="Valid from")
    date_to = fields.Date(string="Valid until")
    source = fields.Char(help="Where the code was read, so that it can be checked.")
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint(
        "UNIQUE(code, date_from)",
        "This bank or operator is listed already: change its dates instead.",
    )

    @api.constrains("code")
    def _check_code(self):
        for intermediator in self:
            if not is_intermediator(intermediator.code):
                raise ValidationError(
                    self.env._(
                        "%s is no BIC (8 or 11 characters) and no OVT number with "
                        "right check digits.",
                        intermediator.code,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._clean(vals)
        return super().create(vals_list)

    def write(self, vals):
        vals = dict(vals)
        self._clean(vals)
        return super().write(vals)

    @api.model
    def _clean(self, vals):
        if vals.get("code"):
            vals["code"] = address(vals["code"])

    @api.depends("name", "code")
    def _compute_display_name(self):
        for intermediator in self:
            intermediator.display_name = f"{intermediator.name} ({intermediator.code})"

    @api.model
    def _from_code(self, code, date=None):
        """Return the intermediator that ``code`` stands for on ``date`` (today)."""
        date = date or fields.Date.context_today(self)
        return self.search(
            [
                ("code", "=", (code or "").upper()),
                "|",
                ("date_from", "=", False),
                ("date_from", "<=", date),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", date),
            ],
            limit=1,
        )
