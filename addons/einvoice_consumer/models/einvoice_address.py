from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..formats.errors import FormatError
from ..formats.own_address import kind_of
from ..formats.text import address as plain


class EinvoiceAddress(models.Model):
    """One of the company's own e-invoice addresses.

    Each was agreed with a bank or operator, who carries the messages; a company may
    have several, and change from one to the next.
    """

    _name = "einvoice.address"
    _description = "Own e-invoice address"
    _order = "company_id, date_from desc, id"
    _check_company_auto = True
    _rec_names_search = ["address", "intermediator_id.name"]

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    address = fields.Char(
        "E-invoice address",
        required=True,
        help="As agreed with the bank or operator: OVT number (0037 and the digits of "
        "the business ID), business ID, IBAN, or another of 2-35 characters.",
    )
    kind = fields.Selection(
        [
            ("ovt", "OVT number"),
            ("business_id", "Business ID"),
            ("iban", "IBAN"),
            ("agreed", "As agreed"),
        ],
        string="What it is",
        compute="_compute_kind",
    )
    intermediator_id = fields.Many2one(
        "einvoice.intermediator",
        string="Bank or operator",
        required=True,
        ondelete="restrict",
        help="Who carries the messages to and from the address.",
    )
    date_from = fields.Date("Valid from")
    date_to = fields.Date("Valid until")
    active = fields.Boolean(default=True)
    channel_ids = fields.One2many("einvoice.channel", "address_id", "Channels")

    _address_unique = models.Constraint(
        "UNIQUE(company_id, address, intermediator_id)",
        "The company has this address already: change its dates instead.",
    )
    _dates_in_order = models.Constraint(
        "CHECK(date_from <= date_to)", "The address ends before it begins."
    )

    @api.depends("address")
    def _compute_kind(self):
        for address in self:
            try:
                address.kind = kind_of(address.address or "")
            except FormatError:
                address.kind = False

    @api.depends("address", "intermediator_id.name")
    def _compute_display_name(self):
        for address in self:
            name = f"{address.address or ''} ({address.intermediator_id.name or ''})"
            address.display_name = name

    @api.constrains("address")
    def _check_address(self):
        for address in self:
            try:
                kind_of(address.address)
            except FormatError as error:
                raise ValidationError(address._get_fault(error)) from error

    def _get_fault(self, error):
        return {
            "checksum": self.env._(
                "The check digits of the e-invoice address %s are wrong.", self.address
            ),
            "pattern": self.env._(
                "%s is no OVT number: that is 0037, the eight digits of the business "
                "ID and at most five characters more.",
                self.address,
            ),
        }.get(error.code) or self.env._(
            "The e-invoice address %s needs 2 to 35 characters.", self.address
        )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._clean(vals)
        addresses = super().create(vals_list)
        self.env.registry.clear_cache()
        return addresses

    def write(self, vals):
        vals = dict(vals)
        self._clean(vals)
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    def _clean(self, vals):
        """Write the address as it is sent, without the spaces of an IBAN."""
        if vals.get("address"):
            vals["address"] = plain(vals["address"])

    def _is_valid_on(self, day):
        self.ensure_one()
        return not (
            (self.date_from and day < self.date_from)
            or (self.date_to and day > self.date_to)
        )

    @api.model
    def _is_own(self, company, address):
        """Whether an address is, or was, one of a company's own."""
        return address in self._get_own(company.id)

    @api.model
    @ormcache("company_id")
    def _get_own(self, company_id):
        addresses = self.sudo().with_context(active_test=False)
        found = addresses.search_fetch([("company_id", "=", company_id)], ["address"])
        return frozenset(found.mapped("address"))
