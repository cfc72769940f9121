from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from ...formats import kid
from ...formats.errors import FormatError

_lt = LazyTranslate(__name__)

# Records of a database have fewer digits.
LONGEST_ID = 10
# What the preview shows: the layout's own numbers come with the invoices.
EXAMPLE = {kid.CUSTOMER: "1042", kid.INVOICE: "202600017"}


class EinvoiceKidLayout(models.Model):
    """What the digits of a company's KIDs mean, as agreed with its bank."""

    _name = "einvoice.kid.layout"
    _description = "KID layout"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    method = fields.Selection(
        [(kid.MOD10, "Modulus 10"), (kid.MOD11, "Modulus 11")],
        "Check digit",
        required=True,
        default=kid.MOD10,
        help="How the last digit is computed. By modulus 11 it is a minus sign in one "
        "of eleven KIDs.",
    )
    customer_number = fields.Selection(
        [
            ("id", "The customer's number in Odoo"),
            ("ref", "The reference of the customer"),
        ],
        "Number of a customer",
        required=True,
        default="id",
        help="The number in Odoo is always there and never given twice. A Reference "
        "must be of digits alone, and each customer's own.",
    )
    part_ids = fields.One2many("einvoice.kid.part", "layout_id", "Digits")
    journal_ids = fields.One2many("account.journal", "kid_layout_id", "Journals")
    kid_length = fields.Integer(
        "Length",
        compute="_compute_length",
        help="Of the whole KID, with its check digit.",
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    checklist = fields.Json(compute="_compute_checklist")
    agreed_lengths = fields.Char(
        "Agreed lengths",
        help="The lengths of KIDs that the agreement with the bank has, as 15 or "
        "15, 20. The bank refuses payments with others.",
    )
    agreed_method = fields.Selection(
        [(kid.MOD10, "Modulus 10"), (kid.MOD11, "Modulus 11")], "Agreed check digit"
    )
    agreed_payer_start = fields.Integer(
        "First digit of the payer",
        help="For AvtaleGiro the agreement says which digits tell the payer, counted "
        "from 1.",
    )
    agreed_payer_length = fields.Integer("Number of the payer's digits")

    _payer_not_negative = models.Constraint(
        "CHECK(agreed_payer_start >= 0 AND agreed_payer_length >= 0)",
        "Places and lengths cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends("part_ids.kind", "part_ids.digit_count", "part_ids.digits")
    def _compute_length(self):
        for layout in self:
            layout.kid_length = layout._get_layout().length

    @api.depends(
        "method",
        "part_ids.kind",
        "part_ids.digit_count",
        "part_ids.digits",
        "part_ids.sequence",
    )
    @api.depends_context("lang")
    def _compute_preview(self):
        for layout in self:
            layout.preview = layout._get_preview()

    @api.depends(
        "method",
        "part_ids.kind",
        "part_ids.digit_count",
        "part_ids.digits",
        "agreed_lengths",
        "agreed_method",
        "agreed_payer_start",
        "agreed_payer_length",
        "journal_ids",
    )
    @api.depends_context("lang")
    def _compute_checklist(self):
        for layout in self:
            layout.checklist = {
                problem.code: {
                    "level": problem.level,
                    "message": self.env._(problem.message),
                }
                for problem in layout._get_problems()
            }

    def _get_layout(self):
        """Return it as :mod:`formats.kid` knows it."""
        self.ensure_one()
        parts = self.part_ids.sorted(lambda part: (part.sequence, part._origin.id))
        return kid.Layout(
            tuple(
                kid.Part(part.kind, len(part.digits or ""), part.digits or "")
                if part.kind == kid.FIXED
                else kid.Part(part.kind, part.digit_count)
                for part in parts
            ),
            self.method,
        )

    def _get_preview(self):
        """Return a KID as an example, digit by digit."""
        layout = self._get_layout()
        if not layout.parts or any(part.length < 1 for part in layout.parts):
            return False
        example = layout.make(
            *(
                EXAMPLE[kind][-sum(p.length for p in layout.parts if p.kind == kind) :]
                for kind in (kid.CUSTOMER, kid.INVOICE)
            )
        )
        kinds = dict(
            self.env["einvoice.kid.part"]
            ._fields["kind"]
            ._description_selection(self.env)
        )
        rows, place = [], 0
        for part in layout.parts:
            end = place + part.length
            rows.append((place + 1, end, kinds[part.kind], example[place:end]))
            place = end
        rows.append((place + 1, place + 1, self.env._("Check digit"), example[-1]))
        cells = Markup().join(
            Markup("<tr><td>%s</td><td>%s</td><td><code>%s</code></td></tr>")
            % (str(first) if first == last else f"{first}–{last}", what, digits)
            for first, last, what, digits in rows
        )
        return Markup(
            "<p class='fs-3'><code>%s</code></p>"
            "<table class='table table-sm w-auto'><tbody>%s</tbody></table>"
        ) % (example, cells)

    # === NUMBERS === #

    def _make(self, partner, number):
        """Return the KID of an invoice.

        :param partner: the customer
        :param str number: the invoice's number, of which the digits count
        :raise UserError: the customer's or the invoice's number does not fit
        """
        self.ensure_one()
        layout = self._get_layout()
        customer = layout.find(kid.CUSTOMER) and self._get_customer_digits(partner)
        try:
            return layout.make(customer or "", get_digits(number))
        except FormatError as error:
            sentences = {
                kid.CUSTOMER: _lt(
                    "The number of %(customer)s does not fit in the KIDs of "
                    "%(layout)s: make the place of the customer longer.",
                    customer=partner.display_name,
                    layout=self.name,
                ),
                kid.INVOICE: _lt(
                    "The number %(number)s does not fit in the KIDs of %(layout)s: "
                    "make the place of the invoice longer.",
                    number=number,
                    layout=self.name,
                ),
            }
            raise UserError(self.env._(sentences[error.field])) from error

    def _get_customer_digits(self, partner):
        """Return the number by which a KID tells a customer, and nobody else."""
        if self.customer_number == "id":
            return str(partner.id)
        number = "".join((partner.ref or "").split())
        if not number.isascii() or not number.isdigit():
            raise UserError(
                self.env._(
                    "The KID tells the customer by the Reference, which must be of "
                    "digits alone: correct that of %s.",
                    partner.display_name,
                )
            )
        others = self._find_partners(number, "ref", self.company_id) - partner
        if others:
            raise UserError(
                self.env._(
                    "%(one)s and %(other)s have the same Reference %(number)s: "
                    "payments could not be told apart.",
                    one=partner.display_name,
                    other=others[0].display_name,
                    number=number,
                )
            )
        return number

    @api.model
    def _find_partners(self, number, told_by, company):
        """Return the customers of a number in KIDs, leading zeros not counted.

        :param str told_by: as ``customer_number``
        """
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        number = number.lstrip("0")
        if told_by == "ref" and number:
            same = [number.zfill(n) for n in range(len(number), kid.LONGEST)]
            partners = partners.search([("ref", "in", same)])
        elif number and len(number) < LONGEST_ID:
            partners = partners.browse(int(number)).exists()
        return partners.commercial_partner_id.filtered(
            lambda p: not p.company_id or p.company_id == company
        )

    @api.model
    def _find_customers(self, company, reference):
        """Return the customers whom a KID tells, by the layouts of a company."""
        journals = self.env["account.journal"].sudo()
        journals = journals.search(
            [("company_id", "=", company.id), ("type", "=", "sale")]
        )
        layouts = {
            found for journal in journals if (found := journal._get_kid_layout())
        }
        for record in self.sudo().search([("company_id", "=", company.id)]):
            layouts.add((record._get_layout(), record.customer_number))
        customers = self.env["res.partner"].sudo()
        for layout, told_by in layouts:
            number = layout.read_customer(reference)
            customers |= self._find_partners(number, told_by, company)
        return customers


def get_digits(text):
    """Return the digits of our own script in a text."""
    return "".join(char for char in text or "" if char in "0123456789")
