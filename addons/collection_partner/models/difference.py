from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from .agency.agency import DIFFERENCES

_lt = LazyTranslate(__name__)

# What a click does about each cause; nothing where it mends itself.
REPAIRS = {
    "currency": "ask",
    "payer": "open",
    "failed": "send",
    "under_way": "wait",
    "credited_there": "credit",
    "written_off": "withdraw",
    "credit_unknown": "send",
    "payment_unknown": "send",
    "settlement": "settlement",
    "payout": "wait",
    "unknown": "ask",
}


class CollectionDifference(models.Model):
    """A case on which the agency claims another capital than is open here: found at
    night, with the cause and what mends it."""

    _name = "collection.difference"
    _inherit = ["receivables.facts", "receivables.state"]
    _description = "Difference from an agency"
    _order = "state desc, since desc, id desc"
    _rec_name = "case_id"

    case_id = fields.Many2one(
        "collection.case", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    agency_id = fields.Many2one(related="case_id.agency_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", store=True)
    move_id = fields.Many2one(related="case_id.move_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id", store=True)
    state = fields.Selection(
        [("open", "Open"), ("gone", "Settled"), ("accepted", "Left as it is")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    since = fields.Date("First seen on", required=True, readonly=True)
    seen_on = fields.Date("Last seen on", required=True, readonly=True)
    ours = fields.Monetary("Open here", readonly=True, aggregator=None)
    theirs = fields.Monetary("Open at the agency", readonly=True, aggregator=None)
    amount = fields.Monetary(
        "Difference",
        readonly=True,
        help="Above zero, the agency claims more than is open here.",
    )
    cause = fields.Selection(
        [
            ("currency", "The agency keeps the case in another currency"),
            ("payer", "Nobody knows yet who has paid"),
            ("failed", "The agency could not be told"),
            ("under_way", "The agency is about to be told"),
            ("credited_there", "The agency claims less than was transferred"),
            ("written_off", "Written off here, which the agency does not know"),
            ("credit_unknown", "The agency does not know a credit note"),
            ("payment_unknown", "The agency does not know a payment"),
            ("settlement", "Paid out, and the settlement is not booked"),
            ("payout", "Collected, and not paid out yet"),
            ("unknown", "Unknown"),
        ],
        required=True,
        readonly=True,
    )
    repair = fields.Selection(
        [
            ("wait", "It mends itself"),
            ("send", "Tell it again"),
            ("credit", "Book a credit note"),
            ("withdraw", "Take the case back"),
            ("settlement", "See to the settlement"),
            ("open", "Say who has paid"),
            ("ask", "Ask the agency again"),
        ],
        string="What mends it",
        compute="_compute_repair",
    )

    _open_unique = models.UniqueIndex(
        "(case_id) WHERE state = 'open'", "The case differs already."
    )

    _TRANSITIONS = {"open": ("gone", "accepted")}

    @api.depends("cause")
    def _compute_repair(self):
        for difference in self:
            difference.repair = REPAIRS.get(difference.cause)

    # === AT NIGHT === #

    @api.model
    def _cron_compare(self):
        """Note what differs, and what does no more, and tell who looks after it."""
        today = fields.Date.context_today(self)
        cases = self.env["collection.case"]
        if not cases._work_through(
            cases._get_due_domain()
            & Domain("differs", "=", True)
            & (Domain("compared_on", "=", False) | Domain("compared_on", "<", today)),
            "_note_difference",
        ):
            return
        open_ones = self.search([("state", "=", "open")])
        differing = open_ones.filtered("case_id.differs")
        (open_ones - differing)._set_state("gone")
        to_mend = differing.filtered(lambda one: one.repair != "wait")
        agencies = self.env["collection.agency"]
        for agency in agencies.search([("state", "not in", ("draft", "onboarding"))]):
            count = len(to_mend.filtered(lambda one, a=agency: one.agency_id == a))
            if count:
                agency._tell_differences(count)
            else:
                agency._settle(f"collection_partner.{DIFFERENCES}")

    # === WHAT A PERSON DOES === #

    def _check_user(self):
        if not self.env.user.has_group(
            "collection_partner.collection_partner_group_user"
        ):
            raise AccessError(self.env._("Only users of debt collection can do this."))
        self.check_access("read")

    def action_repair(self):
        """Do what mends the difference, or open where a person decides it."""
        self._check_user()
        action = True
        for difference in self.filtered(lambda one: one.state == "open"):
            case = difference.case_id.sudo()
            if difference.repair == "send":
                case._send_money_again()
            elif difference.repair == "credit":
                # Who collects need not be allowed to make credit notes otherwise.
                action = case._book_credit_note().sudo(False)._get_records_action()
            elif difference.repair == "settlement":
                lines = difference.case_id._get_unbooked_lines()
                action = lines.settlement_id._get_records_action()
            elif difference.repair == "withdraw":
                action = difference.case_id.with_context(
                    collection_action="withdraw"
                ).action_ask()
            elif difference.repair == "open":
                action = difference.case_id._get_records_action()
            else:
                case._ask_refresh()
            difference._look_again()
        return action

    def action_accept(self):
        """Leave it as it is: this difference is not told of again, another one is."""
        self._check_user()
        for difference in self.sudo().filtered(lambda one: one.state == "open"):
            if difference.cause == "currency":
                raise UserError(
                    self.env._("Amounts in two currencies cannot be compared.")
                )
            difference.case_id.accepted_difference = difference.amount
            difference.case_id._log_event(
                "accepted",
                _lt(
                    "Accepted that the agency claims %(theirs)s where %(ours)s are "
                    "open here.",
                    theirs=difference.case_id._format(difference.theirs),
                    ours=difference.case_id._format(difference.ours),
                ),
            )
            difference._set_state("accepted")
        return True

    def _look_again(self):
        """Show at once what has become of it."""
        for difference in self.sudo():
            if difference.case_id.differs:
                difference.case_id._note_difference()
            else:
                difference._set_state("gone")
