from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...adapters.rail import Rail

USER = "einvoice_consumer.einvoice_consumer_group_user"


def private_customers(company):
    """Return the domain of private persons whom a company has invoiced."""
    moves = company.env["account.move"]._search(
        [
            ("company_id", "=", company.id),
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
        ]
    )
    return Domain("is_company", "=", False) & Domain(
        "id", "in", moves.subselect("commercial_partner_id")
    )


class ResPartner(models.Model):
    """A private customer who is reached at an access point: a rail on which the company
    looks consumers up, and does not wait for them to order."""

    _inherit = "res.partner"

    einvoice_access_point = fields.Selection(
        selection=lambda self: Rail.access_points(self.env),
        string="Access point",
        company_dependent=True,
        groups=USER,
        help="B2CNO is eFaktura to private persons in Norway.",
    )
    einvoice_receives = fields.Boolean(
        "Receives e-documents",
        company_dependent=True,
        groups=USER,
        help="Invoices go to the netbank by the access point. Before the first one "
        "the customer is looked up, and asked where they have to approve.",
    )
    einvoice_birth_date = fields.Date(
        "Date of birth",
        groups=USER,
        help="Only to look the customer up, where mobile number and e-mail address do "
        "not tell who it is.",
    )
    einvoice_has_access_points = fields.Boolean(
        "Has access points",
        compute="_compute_einvoice_has_access_points",
        groups=USER,
        help="The company has a channel on which customers are looked up.",
    )
    einvoice_obstacle = fields.Text(
        "What stands in the way",
        compute="_compute_einvoice_obstacle",
        groups=USER,
        help="What to change before the customer can receive e-documents.",
    )
    einvoice_phone_corrected = fields.Char(
        "Number as it must be written",
        compute="_compute_einvoice_phone_corrected",
        groups=USER,
    )
    einvoice_correct_phone = fields.Boolean(
        "Write it so", store=False, groups=USER, help="Corrects the number."
    )

    @api.depends_context("company")
    def _compute_einvoice_has_access_points(self):
        channels = self.env["einvoice.channel"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("rail", "in", Rail.names(self.env, lambda rail: rail.access_point)),
            ],
            limit=1,
        )
        self.einvoice_has_access_points = bool(channels)

    @api.depends(
        "einvoice_access_point",
        "einvoice_receives",
        "is_company",
        "parent_id",
        "phone",
        "email",
    )
    @api.depends_context("company", "lang")
    def _compute_einvoice_obstacle(self):
        for partner in self:
            problems = (
                partner._get_einvoice_obstacles() if partner.einvoice_receives else []
            )
            partner.einvoice_obstacle = "\n".join(
                partner.env._(problem.message) for problem in problems
            )

    @api.depends("einvoice_access_point", "einvoice_receives", "phone")
    @api.depends_context("company")
    def _compute_einvoice_phone_corrected(self):
        for partner in self:
            corrected = False
            if partner.einvoice_receives:
                corrected = partner._get_einvoice_rail().correct_phone(partner.phone)
            partner.einvoice_phone_corrected = corrected != partner.phone and corrected

    def _get_einvoice_rail(self, point=None):
        """Return the rail of an access point, the customer's own if none is given;
        without any, a rail on which nobody is looked up."""
        point = point or self.einvoice_access_point
        names = Rail.names(self.env, lambda rail: point and rail.access_point == point)
        return Rail.get(self.env, names[0]) if names else Rail(self.env)

    def _get_einvoice_obstacles(self):
        """Return what the rail cannot do without, as a list of ``Problem``."""
        self.ensure_one()
        return self._get_einvoice_rail().check_consumer(self)

    def _check_einvoice_consumer(self, point):
        """Say what keeps a customer from an access point.

        :return: ``(sentences, number)``; the number is the customer's own as it must be
            written, False unless writing it so is all there is to do
        """
        self.ensure_one()
        rail = self._get_einvoice_rail(point)
        stops = [p for p in rail.check_consumer(self) if p.level == "danger"]
        number = rail.correct_phone(self.phone)
        is_enough = number and [p.code for p in stops] == ["consumer_phone"]
        return [self.env._(p.message) for p in stops], is_enough and number

    # === WHAT PEOPLE ENTER === #

    @api.onchange("einvoice_receives")
    def _onchange_einvoice_receives(self):
        if self.einvoice_receives and not self.einvoice_access_point:
            points = Rail.access_points(self.env)
            self.einvoice_access_point = len(points) == 1 and points[0][0]

    @api.onchange("einvoice_correct_phone")
    def _onchange_einvoice_correct_phone(self):
        if self.einvoice_correct_phone and self.einvoice_phone_corrected:
            self.phone = self.einvoice_phone_corrected
        self.einvoice_correct_phone = False

    @api.onchange("phone", "country_id", "company_id")
    def _onchange_phone_validation(self):
        # EXTENDS 'phone_validation', which writes spaces: an access point takes none
        result = super()._onchange_phone_validation()
        if self.phone and self.sudo().einvoice_receives:
            rail = self.sudo()._get_einvoice_rail()
            self.phone = rail.correct_phone(self.phone) or self.phone
        return result

    @api.constrains(
        "einvoice_access_point", "einvoice_receives", "is_company", "parent_id", "phone"
    )
    def _check_einvoice_receives(self):
        if not self.env.user._is_internal():
            return  # what customers say of themselves is seen before the next invoice
        for partner in self.sudo().filtered("einvoice_receives"):
            if not partner.einvoice_access_point:
                raise ValidationError(
                    self.env._(
                        "%s is to receive e-documents: choose the access point.",
                        partner.display_name,
                    )
                )
            if stops := [
                self.env._(problem.message)
                for problem in partner._get_einvoice_obstacles()
                if problem.level == "danger"
            ]:
                raise ValidationError(
                    self.env._(
                        "%(customer)s cannot receive e-documents yet.\n- %(problems)s",
                        customer=partner.display_name,
                        problems="\n- ".join(stops),
                    )
                )
