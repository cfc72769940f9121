from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.receivables_base.tools import READERS

# What an agency may find out about a debtor; what weighs most comes first.
FLAGS = [
    ("deceased", "Deceased"),
    ("insolvent", "Insolvent"),
    ("abroad", "Moved abroad"),
]

# docs/agency_api.yaml, ``Debtor.co_debtors``
MAX_CO_DEBTORS = 10
_FLAG_ORDER = [flag for flag, _label in FLAGS]


class ResPartner(models.Model):
    _inherit = "res.partner"

    collection_ban = fields.Boolean(
        "Collection ban",
        help="Invoices of this customer are never handed to a collection agency.",
        groups=READERS,
    )
    collection_flag = fields.Selection(
        FLAGS,
        string="Known to the agency as",
        help="What an agency has found out about the customer. Such a customer's "
        "invoices no longer go to collection by themselves.",
        groups=READERS,
    )
    collection_contact_id = fields.Many2one(
        "res.partner",
        string="Default contact",
        compute="_compute_collection_contact_id",
        store=True,
        readonly=False,
        domain="[('parent_id', '=', id)]",
        help="The person at the customer whose telephone number and e-mail address "
        "the agency gets. The first contact person becomes the default contact.",
        groups=READERS,
    )

    collection_co_debtor_ids = fields.Many2many(
        "res.partner",
        "collection_co_debtor_rel",
        "partner_id",
        "co_debtor_id",
        string="Who owes with the customer",
        domain="[('id', '!=', id), ('parent_id', '!=', id)]",
        help="Jointly liable for the customer's invoices, such as a guarantor or the "
        "other tenant. The agency is told, and can turn to them too.",
        groups=READERS,
    )
    collection_disclosure_count = fields.Integer(
        "Number of disclosures to agencies",
        compute="_compute_collection_disclosure_count",
        groups=READERS,
    )

    def _compute_collection_disclosure_count(self):
        counts = dict(
            self.env["collection.disclosure"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.collection_disclosure_count = counts.get(partner, 0)

    @api.constrains("collection_co_debtor_ids")
    def _check_collection_co_debtors(self):
        for partner in self:
            if partner in partner.collection_co_debtor_ids:
                raise ValidationError(
                    self.env._("A customer cannot owe with themselves.")
                )
            if len(partner.collection_co_debtor_ids) > MAX_CO_DEBTORS:
                raise ValidationError(
                    self.env._(
                        "An agency can be told of %s people who owe with a customer.",
                        MAX_CO_DEBTORS,
                    )
                )

    @api.depends("child_ids.type", "child_ids.active")
    def _compute_collection_contact_id(self):
        for partner in self:
            contacts = partner.child_ids.filtered(lambda c: c.type == "contact")
            if partner.collection_contact_id not in contacts:
                first = contacts.sorted(lambda c: (not c.id, c._origin.id or 0))[:1]
                partner.collection_contact_id = first

    def _read_group_groupby(self, alias, groupby_spec, query):
        # EXTENDS 'base', which does not ask who may read a many2many
        if groupby_spec == "collection_co_debtor_ids":
            self._check_field_access(self._fields[groupby_spec], "read")
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _collection_flag(self, flag):
        """Note what an agency found out about customers; what weighs more stays."""
        lighter = {False, *_FLAG_ORDER[_FLAG_ORDER.index(flag) + 1 :]}
        self.commercial_partner_id.filtered(
            lambda partner: partner.collection_flag in lighter
        ).write({"collection_flag": flag})
