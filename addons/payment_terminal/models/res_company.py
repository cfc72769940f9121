from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.receivables_base.tools import READERS

from ..formats import customer_number


class ResCompany(models.Model):
    _inherit = "res.company"

    terminal_number_length = fields.Integer(
        string="Digits of a customer number",
        default=customer_number.USUAL,
        groups=READERS,
        help="With the two check digits. The longer, the rarer a guess hits somebody.",
    )
    terminal_issue_at_posting = fields.Boolean(
        string="Give customers a number with their first invoice", groups=READERS
    )
    terminal_print_number = fields.Boolean(
        string="Print the customer number on invoices", default=True, groups=READERS
    )
    terminal_how_to_pay = fields.Char(
        string="How to pay",
        translate=True,
        groups=READERS,
        help="Printed beside the customer number. Empty: the names of the networks.",
    )
    terminal_request_days = fields.Integer(
        string="Keep lookups for (days)", default=90, groups=READERS
    )
    terminal_keep_years = fields.Integer(
        string="Keep payments for (years)",
        default=10,
        groups=READERS,
        help="As long as the law asks for. Older ones can be archived and removed.",
    )

    _terminal_keep_years = models.Constraint(
        "CHECK(terminal_keep_years >= 2)",
        "Payments are kept for at least two years: a network may repeat one so late.",
    )

    @api.constrains("terminal_number_length")
    def _check_terminal_number_length(self):
        shortest, longest = customer_number.SHORTEST, customer_number.LONGEST
        for company in self.sudo():
            if not shortest <= company.terminal_number_length <= longest:
                raise ValidationError(
                    self.env._(
                        "Customer numbers have %(shortest)s to %(longest)s digits.",
                        shortest=shortest,
                        longest=longest,
                    )
                )
