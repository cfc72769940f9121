from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CollectionAgency(models.Model):
    """Which transfers a second person has to approve before they leave."""

    _inherit = "collection.agency"

    transfer_approval = fields.Selection(
        [
            ("none", "None"),
            ("manual", "Those that people ask for"),
            ("all", "All, also those by night"),
        ],
        string="Transfers that a second person approves",
        required=True,
        default="none",
        tracking=True,
        help="Nobody approves a transfer that they asked for themselves.",
    )
    approver_id = fields.Many2one(
        "res.users",
        string="Asked to approve",
        check_company=True,
        help="Gets the activities. Somebody else who may approve gets those that this "
        "person cannot, having asked for the transfer.",
    )
    approval_days = fields.Integer(
        string="Days until the reminder",
        default=1,
        help="Everybody who may approve is reminded daily of what waits longer.",
    )

    _approval_days_positive = models.Constraint(
        "CHECK(approval_days >= 0)", "The days until the reminder cannot be negative."
    )

    @api.constrains("approver_id")
    def _check_approver(self):
        cases = self.env["collection.case"]
        for agency in self:
            approver = agency.approver_id
            if approver and not cases._is_approver(approver):
                raise ValidationError(
                    self.env._(
                        "%s may not approve transfers. An administrator gives the "
                        "group Debt Collection: Approver.",
                        approver.name,
                    )
                )

    def _needs_approval(self, origin):
        """Whether a transfer waits for a second person.

        :param str origin: of the case: ``manual`` or ``automatic``
        """
        self.ensure_one()
        return self.transfer_approval == "all" or (
            self.transfer_approval == "manual" and origin == "manual"
        )
