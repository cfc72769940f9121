from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CollectionReminder(models.Model):
    """A payment reminder that the company sent itself, before collection.

    An agency that gets an invoice with a reminder begins with its demand, and
    collects what the reminder cost. What one costs that is entered later reaches it
    too.
    """

    _name = "collection.reminder"
    _inherit = ["receivables.facts"]
    _description = "Payment reminder sent"
    _order = "date desc, id desc"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    date = fields.Date(
        string="Sent on", required=True, default=fields.Date.context_today
    )
    fee = fields.Monetary(
        help="What the reminder cost the customer, in the invoice's currency. The "
        "agency goes on collecting it.",
    )
    name = fields.Char(string="Note")

    _fee_not_negative = models.Constraint(
        "CHECK(fee >= 0)", "The fee of a reminder cannot be negative."
    )

    @api.constrains("date", "move_id")
    def _check_date(self):
        for reminder in self:
            due = reminder.move_id.invoice_date_due
            if due and reminder.date <= due:
                raise UserError(
                    self.env._(
                        "The reminder of %(invoice)s is dated %(date)s, but it "
                        "fell due on %(due)s. A reminder comes after the due date.",
                        invoice=reminder.move_id.name,
                        date=format_date(self.env, reminder.date),
                        due=format_date(self.env, due),
                    )
                )
            # Where the user is, it may be tomorrow already.
            today = max(
                fields.Date.context_today(reminder),
                reminder.company_id._get_collection_today(),
            )
            if reminder.date > today:
                raise UserError(
                    self.env._(
                        "A reminder dated %s has not been sent yet. Enter it when it "
                        "has.",
                        format_date(self.env, reminder.date),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        reminders = super().create(vals_list)
        new = reminders.filtered(lambda reminder: reminder._get_case_to_tell())
        (reminders - new)._check_not_at_agency()
        for reminder in new.filtered("fee"):
            reminder._get_case_to_tell()._report_fee(reminder)
        return reminders

    def _get_case_to_tell(self):
        """Return the case of an agency that has the invoice, if one has."""
        case = self.move_id._get_collection_case_at_agency()
        return case.filtered("agency_case_id")

    def write(self, vals):
        # EXTENDS 'base': a reminder may leave one invoice for another
        left = self.move_id
        result = super().write(vals)
        self._check_not_at_agency(left)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_at_agency(self):
        self._check_not_at_agency()

    def _check_not_at_agency(self, left=()):
        """The agency was told of the reminders at the transfer."""
        for move in self.move_id.union(*left):
            if move._get_collection_case_at_agency():
                raise UserError(
                    self.env._(
                        "%s is at the collection agency, which was told of its "
                        "reminders. Write to the agency, or take the invoice back "
                        "first.",
                        move.name,
                    )
                )
