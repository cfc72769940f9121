from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS

# What an agency may find out about a debtor; what weighs most comes first.
FLAGS = [
    ("deceased", "Deceased"),
    ("insolvent", "Insolvent"),
    ("abroad", "Moved abroad"),
]

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

    @api.depends("child_ids.type", "child_ids.active")
    def _compute_collection_contact_id(self):
        for partner in self:
            contacts = partner.child_ids.filtered(lambda c: c.type == "contact")
            if partner.collection_contact_id not in contacts:
                first = contacts.sorted(lambda c: (not c.id, c._origin.id or 0))[:1]
                partner.collection_contact_id = first

    def _collection_flag(self, flag):
        """Note what an agency found out about customers; what weighs more stays."""
        lighter = {False, *_FLAG_ORDER[_FLAG_ORDER.index(flag) + 1 :]}
        self.commercial_partner_id.filtered(
            lambda partner: partner.collection_flag in lighter
        ).write({"collection_flag": flag})
