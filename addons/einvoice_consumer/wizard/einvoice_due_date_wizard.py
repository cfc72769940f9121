from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class EinvoiceDueDateWizard(models.TransientModel):
    """Moves the due date of a posted invoice that banks would refuse as too soon."""

    _name = "einvoice.due.date.wizard"
    _description = "Move the due date of an e-invoice"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True
    )
    current_date = fields.Date(
        "Due date now", related="move_id.invoice_date_due", related_sudo=False
    )
    earliest_date = fields.Date(
        string="Earliest date that banks take", compute="_compute_earliest_date"
    )
    date = fields.Date(
        string="New due date",
        compute="_compute_date",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )

    def _get_channel(self):
        self.move_id.check_access("read")
        agreement = self.move_id.sudo().einvoice_agreement_id
        if not agreement:
            problem = self.move_id._einvoice_problem_no_agreement()
            raise UserError(self.env._(problem.message))
        return agreement.channel_id

    @api.depends("move_id")
    def _compute_earliest_date(self):
        for wizard in self:
            channel = wizard._get_channel()
            wizard.earliest_date = channel._get_today() + timedelta(
                days=channel.min_days_to_due
            )

    @api.depends("move_id")
    def _compute_date(self):
        for wizard in self:
            channel = wizard._get_channel()
            wizard.date = channel._get_today() + timedelta(
                days=max(channel.min_days_to_due, channel.advised_days_to_due)
            )

    def action_apply(self):
        """Write the new date on the invoice and its receivable, and go on sending.

        A PDF that shows the old date is put aside, so that a new one is made.
        """
        self.ensure_one()
        move = self.move_id
        move.check_access("write")
        if self.date < self.earliest_date:
            raise UserError(
                self.env._(
                    "Banks refuse a due date before %s.",
                    format_date(self.env, self.earliest_date),
                )
            )
        previous = move.invoice_date_due
        terms = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        # The amounts stay as they are: nothing has to be worked out again.
        terms.with_context(skip_invoice_sync=True).date_maturity = self.date
        move.with_context(skip_invoice_sync=True).invoice_date_due = self.date
        move._einvoice_print_anew()
        move.message_post(
            body=self.env._(
                "Due date moved from %(old)s to %(new)s, so that the bank takes the "
                "e-invoice.",
                old=format_date(self.env, previous),
                new=format_date(self.env, self.date),
            )
        )
        return move.action_send_and_print()
