from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# What tells whose money it is, the surest first: the name that adapters give it, and
# where it stands.
KEYS = (
    ("case_id", "agency_case_id"),
    ("external_id", "external_id"),
    ("case_number", "name"),
    ("reference", "reference"),
    ("invoice_number", "move_id.name"),
    ("reference", "move_id.payment_reference"),
)
AMOUNTS = (
    *("capital", "interest", "fees", "agency_fees", "court_fees"),
    *("commission", "vat", "net"),
)


class CollectionSettlementLine(models.Model):
    """What an agency pays out of one payment of a debtor."""

    _name = "collection.settlement.line"
    _inherit = ["receivables.facts"]
    _description = "Line of a settlement"
    _order = "settlement_id desc, id"
    _check_company_auto = True

    settlement_id = fields.Many2one(
        "collection.settlement", required=True, index=True, ondelete="cascade"
    )
    agency_id = fields.Many2one(
        related="settlement_id.agency_id", store=True, index=True
    )
    company_id = fields.Many2one(
        related="settlement_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(
        related="settlement_id.currency_id", store=True, precompute=True
    )
    state = fields.Selection(related="settlement_id.state", store=True)
    paid_out_on = fields.Date(related="settlement_id.date", store=True)
    case_id = fields.Many2one(
        "collection.case",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        domain="[('agency_id', '=', agency_id), ('state', '!=', 'cancelled')]",
    )
    invoice_id = fields.Many2one(
        related="case_id.move_id", string="Invoice", store=True, index="btree_not_null"
    )
    partner_id = fields.Many2one(
        related="case_id.partner_id", string="Debtor", store=True
    )
    case_ref = fields.Char(string="Agency's case", readonly=True)
    case_number = fields.Char(string="Case number", readonly=True)
    external_id = fields.Char(string="Our reference", readonly=True)
    reference = fields.Char(string="Payment reference", readonly=True)
    invoice_number = fields.Char(string="Invoice number", readonly=True)
    payment_ref = fields.Char(
        string="Agency's payment", readonly=True, index="btree_not_null"
    )
    date = fields.Date(string="Paid on", help="When the debtor paid the agency.")
    capital = fields.Monetary(help="What is taken off the invoice.")
    interest = fields.Monetary(help="Collected for the company.")
    fees = fields.Monetary(
        string="Own fees",
        help="Collection fee paid by the customer to the company: its own reminders.",
    )
    agency_fees = fields.Monetary(
        string="Agency's fees",
        help="Collection fee paid by the customer, which the agency keeps for its "
        "work.",
    )
    court_fees = fields.Monetary(
        string="Court fees",
        help="Paid by the customer and kept by the agency, which had advanced them. "
        "Not booked.",
    )
    commission = fields.Monetary(help="What the agency charges the company.")
    vat = fields.Monetary(
        string="VAT", help="On the commission and on the agency's fees."
    )
    net = fields.Monetary(
        string="Paid out",
        compute="_compute_net",
        store=True,
        readonly=False,
        precompute=True,
        help="Capital, interest and own fees, less commission and VAT.",
    )
    entry_line_id = fields.Many2one(
        "account.move.line",
        string="Journal item",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    candidate_ids = fields.Many2many(
        "collection.case",
        string="Could be",
        compute="_compute_candidates",
        help="Cases for which so much was collected, or on which so much is open.",
    )
    problem = fields.Char(
        compute="_compute_problem", help="Why the line cannot be booked as it is."
    )

    @api.depends("capital", "interest", "fees", "commission", "vat")
    def _compute_net(self):
        for line in self:
            line.net = line._get_expected_net()

    def _get_expected_net(self):
        amount = self.capital + self.interest + self.fees - self.commission - self.vat
        return self.currency_id.round(amount) if self.currency_id else amount

    @api.depends("case_id", "capital", "agency_id", "currency_id")
    def _compute_candidates(self):
        cases = self.env["collection.case"]
        for line in self:
            amount = line.capital
            if line.case_id or not amount:
                line.candidate_ids = cases
                continue
            about = Domain("capital_owed", "=", amount) | Domain(
                "move_id.amount_residual", "=", amount
            )
            line.candidate_ids = cases.search(
                Domain("agency_id", "=", line.agency_id.id)
                & Domain("state", "!=", "cancelled")
                & Domain("currency_id", "=", line.currency_id.id)
                & about,
                order="capital_owed desc, id",
                limit=5,
            )

    @api.depends("case_id", "currency_id", "invoice_number", *AMOUNTS)
    @api.depends_context("lang")
    def _compute_problem(self):
        for line in self:
            line.problem = line._get_problem()

    def _get_problem(self):
        case = self.case_id
        if not case:
            told = self.case_number or self.reference or self.invoice_number
            about = told or self.settlement_id._format(self.capital)
            return self.env._("No case is known for %s. Choose it.", about)
        if case.currency_id != self.currency_id:
            return self.env._(
                "%(case)s is in %(currency)s.",
                case=case.display_name,
                currency=case.currency_id.name,
            )
        numbers = (case.move_id.name, case.move_id.collection_external_number)
        if self.invoice_number and not self._fits_invoice(numbers):
            return self.env._(
                "The agency names invoice %(theirs)s, and %(case)s is about %(ours)s.",
                theirs=self.invoice_number,
                case=case.name or case.display_name,
                ours=case.move_id.name,
            )
        if self.currency_id.compare_amounts(self.net, self._get_expected_net()):
            return self.env._("The amounts of the line do not add up to what is paid.")
        return False

    def _fits_invoice(self, numbers):
        """Whether the line's invoice is the case's, or at least none of our others."""
        others = [
            ("name", "=", self.invoice_number),
            ("company_id", "=", self.company_id.id),
            ("move_type", "=", "out_invoice"),
        ]
        moves = self.env["account.move"].sudo()
        return self.invoice_number in numbers or not moves.search_count(others, limit=1)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.settlement_id._check_changeable()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if not self.env.su:
            self.settlement_id._check_changeable(lines_only=vals.keys() <= {"case_id"})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_own(self):
        if not self.env.su:
            self.settlement_id._check_changeable()

    @api.model
    def _find_cases(self, agency, told):
        """Return the case of each line that an adapter told, an empty one where none
        or more than one fits.

        :param list told: lines as ``get_settlements`` gives them
        """
        cases = self.env["collection.case"]
        found = [cases] * len(told)
        for name, path in KEYS:
            wanted = {
                line[name]
                for line, case in zip(told, found, strict=True)
                if line[name] and not case
            }
            if not wanted:
                continue
            known = cases.search(
                [
                    ("agency_id", "=", agency.id),
                    ("state", "!=", "cancelled"),
                    (path, "in", list(wanted)),
                ]
            ).grouped(lambda case, path=path: case.mapped(path)[0])
            for index, line in enumerate(told):
                if not found[index] and len(known.get(line[name], ())) == 1:
                    found[index] = known[line[name]]
        return found

    def action_use_candidate(self):
        """Take the only case that could be meant."""
        self.settlement_id._check_user()
        for line in self:
            if len(line.candidate_ids) != 1:
                raise UserError(
                    self.env._("More than one case, or none, could be meant: choose.")
                )
            line.case_id = line.candidate_ids
        return True
