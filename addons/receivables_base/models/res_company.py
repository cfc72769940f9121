from datetime import timedelta

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    receivables_user_id = fields.Many2one(
        "res.users",
        string="Responsible for receivables",
        domain=[("share", "=", False)],
        groups="account.group_account_readonly,account.group_account_invoice",
        help="Is told what a person must see where the record itself names nobody who "
        "is there and may open it.",
    )

    def _get_open_date(self, day, today, journal, has_tax=False):
        """Return when something of a day is booked: on that day, or on the first one
        whose books are open. None when that is still to come.

        :param today: where the books are kept; nothing is booked ahead
        :param bool has_tax: the entry goes into the tax report
        """
        self.ensure_one()
        day = min(day or today, today)
        locks = self._get_violated_lock_dates(day, has_tax, journal)
        if locks:
            day = locks[-1][0] + timedelta(days=1)
        return day if day <= today else None
