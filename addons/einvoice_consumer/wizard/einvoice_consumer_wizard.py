from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..models.consumer.partner import private_customers

# So many customers are checked at once: they are read one by one.
MOST = 2000


class EinvoiceConsumerWizard(models.TransientModel):
    """Checks private customers for an access point, and corrects their numbers."""

    _name = "einvoice.consumer.wizard"
    _description = "Check private customers"

    access_point = fields.Selection(
        selection=lambda self: (
            self.env["res.partner"]
            ._fields["einvoice_access_point"]
            ._description_selection(self.env)
        ),
        string="Access point",
        required=True,
        default=lambda self: self._get_default_access_point(),
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    line_ids = fields.One2many(
        "einvoice.consumer.wizard.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    fine_count = fields.Integer("As they must be", compute="_compute_counts")
    correct_count = fields.Integer("To be corrected", compute="_compute_counts")
    other_count = fields.Integer("To be seen to by hand", compute="_compute_counts")
    is_cut = fields.Boolean("More are there", compute="_compute_counts")
    switch_on = fields.Boolean(
        "Let them receive e-documents",
        default=True,
        help="Who is as they must be, before or after the correction, gets invoices by "
        "the access point from now on.",
    )

    @api.model
    def _get_default_access_point(self):
        field = self.env["res.partner"]._fields["einvoice_access_point"]
        points = field.get_values(self.env)
        return points[0] if points else False

    @api.model
    def _get_partners(self):
        """Return the customers that were chosen in a list, else all private ones."""
        domain = Domain("parent_id", "=", False)
        if self.env.context.get("active_model") == "res.partner":
            domain &= Domain("id", "in", self.env.context.get("active_ids") or [])
        else:
            domain &= private_customers(self.env.company)
        return self.env["res.partner"].search(domain, limit=MOST + 1)

    @api.depends("access_point")
    def _compute_line_ids(self):
        partners = self._get_partners()[:MOST]
        for wizard in self:
            checked = [
                wizard._check(partner) for partner in partners if wizard.access_point
            ]
            wizard.line_ids = [
                fields.Command.clear(),
                *map(fields.Command.create, checked),
            ]

    @api.depends("line_ids.state")
    def _compute_counts(self):
        for wizard in self:
            states = wizard.line_ids.mapped("state")
            wizard.fine_count = states.count("fine")
            wizard.correct_count = states.count("correct")
            wizard.other_count = states.count("other")
            wizard.is_cut = len(states) >= MOST

    def _check(self, partner):
        """Return the line of a customer: how it is, and how it would be."""
        stops, after = partner._check_einvoice_consumer(self.access_point)
        return {
            "partner_id": partner.id,
            "phone_before": partner.phone,
            "phone_after": after,
            "problem": "\n".join(stops),
            "state": "fine" if not stops else "correct" if after else "other",
            "is_chosen": not stops or bool(after),
        }

    def action_apply(self):
        """Correct the chosen numbers, and let their owners receive e-documents."""
        self.ensure_one()
        self.env["einvoice.agreement"].browse()._check_user()
        self.company_id.check_access("read")
        chosen = self.line_ids.filtered(lambda r: r.is_chosen and r.state != "other")
        if not chosen:
            raise UserError(self.env._("Choose the customers to be corrected."))
        partners = chosen.partner_id.with_company(self.company_id)
        partners.check_access("write")
        for line in chosen.filtered(lambda r: r.state == "correct"):
            line._correct()
        if self.switch_on:
            partners.write(
                {
                    "einvoice_access_point": self.access_point,
                    "einvoice_receives": True,
                }
            )
        return partners._get_records_action(name=self.env._("Corrected customers"))


class EinvoiceConsumerWizardLine(models.TransientModel):
    """One customer: the number as it is, and as it would be."""

    _name = "einvoice.consumer.wizard.line"
    _description = "Private customer to check"
    _order = "state, id"

    wizard_id = fields.Many2one(
        "einvoice.consumer.wizard", required=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one("res.partner", "Customer", required=True)
    phone_before = fields.Char("Now")
    phone_after = fields.Char("Corrected")
    problem = fields.Text("What to change")
    state = fields.Selection(
        [
            ("correct", "To be corrected"),
            ("fine", "As it must be"),
            ("other", "By hand"),
        ],
        required=True,
    )
    is_chosen = fields.Boolean("Chosen")

    def _correct(self):
        """Write the number as it was shown, unless it has changed since."""
        self.ensure_one()
        if self.partner_id.phone != self.phone_before:
            return
        stops, after = self.partner_id._check_einvoice_consumer(
            self.wizard_id.access_point
        )
        if not stops or not after:
            return
        self.partner_id.phone = after
        self.partner_id._message_log(
            body=self.env._(
                "The mobile number was corrected from %(before)s to %(after)s.",
                before=self.phone_before,
                after=after,
            )
        )
