from unicodedata import normalize

from odoo import api, fields, models

from .states import AGENCY_STATES


class CollectionStatus(models.Model):
    """What an agency's own word for the state of a case means, and what follows.

    A word that the catalogue lacks is kept on the case as the agency wrote it.
    """

    _name = "collection.status"
    _inherit = ["receivables.facts"]
    _description = "Collection agency's status"
    _order = "catalogue, sequence, code"
    _rec_names_search = ["code", "name"]

    catalogue = fields.Selection(
        [
            ("agency_api", "Agency API"),
            ("intrum", "Intrum"),
            ("kravia", "Kravia"),
        ],
        required=True,
        default="agency_api",
        help="Whose words these are.",
    )
    code = fields.Char(
        required=True, help="The agency's own word, exactly as the agency writes it."
    )
    code_key = fields.Char(
        "Code key", compute="_compute_code_key", store=True, precompute=True
    )
    name = fields.Char(string="Meaning", required=True, translate=True)
    sequence = fields.Integer(default=10)
    state = fields.Selection(
        AGENCY_STATES,
        help="The state the case takes on. Empty: the word says nothing about the "
        "state, and the case stays as it is.",
    )
    effect = fields.Selection(
        [
            ("none", "Nothing more"),
            ("needs_info", "Ask for what is missing"),
            ("address", "Propose the new address"),
            ("insolvent", "Mark the customer as insolvent"),
            ("insolvent_plan", "Mark the customer as insolvent with a payment plan"),
            ("deceased", "Mark the customer as deceased"),
            ("abroad", "Mark the customer as abroad"),
            ("limitation", "The limitation period starts anew"),
            ("outcome", "Ask what becomes of the invoice"),
            ("consumer_only_error", "Warn if the customer is a consumer"),
        ],
        required=True,
        default="none",
    )
    action_required = fields.Boolean(
        string="Somebody must act",
        help="The case goes no further until somebody does what the remedy says.",
    )
    remedy = fields.Text(string="What to do", translate=True)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint(
        "UNIQUE(catalogue, code_key)",
        "This word is in the agency's catalogue already, perhaps archived.",
    )

    @api.depends("code")
    def _compute_code_key(self):
        for status in self:
            status.code_key = self._get_key(status.code)

    @api.depends("code", "name")
    def _compute_display_name(self):
        for status in self:
            status.display_name = f"{status.code} ({status.name})"

    @api.model
    def _from_code(self, catalogue, code):
        """Return the catalogue's entry for an agency's word, or nothing.

        Upper and lower case and surplus spaces make no difference.
        """
        return self.search(
            [("catalogue", "=", catalogue), ("code_key", "=", self._get_key(code))],
            limit=1,
        )

    @api.model
    def _get_key(self, code):
        # Files may bring "Ö" in one character or two; the database compares bytes.
        return " ".join(normalize("NFC", code or "").casefold().split())
