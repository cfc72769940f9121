from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

# What an agency can be told of a person, by the word that is kept.
KINDS = {
    "name": _lt("Name"),
    "customer_number": _lt("Customer number"),
    "id_number": _lt("Identity or organisation number"),
    "address": _lt("Address"),
    "language": _lt("Language"),
    "email": _lt("E-mail address"),
    "phone": _lt("Telephone number"),
    "contact": _lt("Contact person"),
    "invoice": _lt("Invoice, dates and amounts"),
    "letter_text": _lt("What was sold"),
    "fees": _lt("Earlier reminders"),
    "note": _lt("Note"),
    "co_debtors": _lt("Who owes with the customer"),
    "documents": _lt("Documents"),
    "payment": _lt("Payment"),
    "credit_note": _lt("Credit note"),
    "request": _lt("Request about the case"),
}


class CollectionDisclosure(models.Model):
    """What an agency was told of a person, when, and why.

    Answers a person who asks to whom data about them went (GDPR articles 15 and 30).
    The data itself is in the message as long as it is kept; this stays.
    """

    _name = "collection.disclosure"
    _description = "Disclosure to a collection agency"
    _rec_name = "partner_id"
    _order = "at desc, id desc"

    partner_id = fields.Many2one(
        "res.partner",
        string="Person",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    case_id = fields.Many2one(
        "collection.case", required=True, readonly=True, index=True, ondelete="restrict"
    )
    message_id = fields.Many2one(
        "collection.message",
        readonly=True,
        ondelete="restrict",
        index=True,
        groups="collection_partner.collection_partner_group_user",
    )
    agency_id = fields.Many2one(related="case_id.agency_id", store=True, index=True)
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    move_id = fields.Many2one(related="case_id.move_id", string="Invoice")
    at = fields.Datetime(string="When", required=True, readonly=True)
    kinds = fields.Json(required=True, readonly=True)
    what = fields.Char(compute="_compute_what")
    purpose = fields.Selection(
        [
            ("transfer", "To have the invoice collected"),
            ("documents", "To prove the claim"),
            ("money", "To keep the claim right"),
            ("request", "To say how to go on"),
        ],
        string="Why",
        required=True,
        readonly=True,
    )
    data_role = fields.Selection(
        [
            ("controller", "To a controller of its own, GDPR 6(1)(f)"),
            ("processor", "To our processor, GDPR 28"),
        ],
        string="On which ground",
        required=True,
        readonly=True,
    )

    @api.depends("kinds")
    @api.depends_context("lang")
    def _compute_what(self):
        for disclosure in self:
            known = [kind for kind in disclosure.kinds or () if kind in KINDS]
            disclosure.what = ", ".join(self.env._(KINDS[kind]) for kind in known)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("This is a record of what was disclosed and is kept.")
        )
