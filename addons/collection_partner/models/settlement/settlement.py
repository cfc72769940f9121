from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.receivables_base.tools import Sentence

# What an agency told, or a person typed from its paper.
CONTENTS = {
    "name",
    "agency_id",
    "kind",
    "date",
    "currency_id",
    "total",
    "bank_reference",
    "payer_name",
    "payer_account",
    "line_ids",
}
UNBOOKED = ("to_review", "parked")
TO_CHECK = "collection_partner.mail_activity_type_settlement"
SUMS = ("capital", "interest", "fees", "commission", "vat")


class CollectionSettlement(models.Model):
    """A payout of an agency: what it collected, kept and sent.

    It is accepted before it is understood. One in which everything fits is booked by
    itself, any other waits for a person with its reason. It is matched with the bank
    when the money has come.
    """

    _name = "collection.settlement"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.queue",
        "receivables.responsible",
        "receivables.state",
    ]
    _description = "Settlement of an agency"
    _order = "date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _rec_names_search = ["name", "bank_reference"]

    name = fields.Char(
        string="Settlement number",
        required=True,
        copy=False,
        tracking=True,
        help="The agency's own number. One settlement has it only once.",
    )
    agency_id = fields.Many2one(
        "collection.agency",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self._get_usual_agency(),
    )
    company_id = fields.Many2one(related="agency_id.company_id", store=True, index=True)
    user_id = fields.Many2one(related="agency_id.user_id")
    origin = fields.Selection(
        [("agency", "Told by the agency"), ("manual", "Entered by hand")],
        required=True,
        readonly=True,
        default="manual",
        copy=False,
    )
    kind = fields.Selection(
        [
            ("per_invoice", "Reference payment"),
            ("daily_batch", "Daily batch"),
        ],
        required=True,
        default="per_invoice",
        help="A reference payment pays out what one debtor paid; a daily batch all "
        "that was paid on a day.",
    )
    state = fields.Selection(
        [
            ("to_review", "To review"),
            ("parked", "Parked"),
            ("booked", "Booked"),
            ("matched", "Matched with the bank"),
            ("cancelled", "Set aside"),
        ],
        required=True,
        readonly=True,
        default="to_review",
        copy=False,
        index=True,
        tracking=True,
    )
    date = fields.Date(
        string="Paid out on",
        required=True,
        default=fields.Date.context_today,
        index=True,
    )
    bank_reference = fields.Char(
        string="Reference on the bank statement", index="btree_not_null"
    )
    payer_name = fields.Char(string="Payer")
    payer_account = fields.Char(string="Payer's account")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    total = fields.Monetary(
        string="Paid out",
        required=True,
        help="What comes to the bank account, as the agency tells it.",
    )
    line_ids = fields.One2many(
        "collection.settlement.line", "settlement_id", string="Lines"
    )
    line_count = fields.Integer("Number of lines", compute="_compute_sums", store=True)
    line_total = fields.Monetary(
        string="Sum of the lines", compute="_compute_sums", store=True
    )
    capital = fields.Monetary(compute="_compute_sums", store=True)
    interest = fields.Monetary(compute="_compute_sums", store=True)
    fees = fields.Monetary(compute="_compute_sums", store=True)
    commission = fields.Monetary(compute="_compute_sums", store=True)
    vat = fields.Monetary(string="VAT", compute="_compute_sums", store=True)
    difference = fields.Monetary(
        compute="_compute_sums",
        store=True,
        help="What is paid out, less the sum of the lines.",
    )
    pdf = fields.Binary(string="PDF", attachment=True, copy=False)
    pdf_name = fields.Char("Name of the PDF", copy=False)
    case_ids = fields.Many2many(
        "collection.case", string="Cases", compute="_compute_cases"
    )
    case_count = fields.Integer("Number of cases", compute="_compute_cases")

    _name_unique = models.UniqueIndex(
        "(agency_id, name)", "This agency's settlement is here already."
    )

    _TRANSITIONS = {
        "to_review": ("parked", "booked", "cancelled"),
        "parked": ("to_review", "booked", "cancelled"),
        "booked": ("matched", "parked"),
        "matched": ("booked", "parked"),
        "cancelled": ("to_review",),
    }

    @api.model
    def _get_usual_agency(self):
        company = self.env.company
        agencies = self.env["collection.agency"].search(
            [("company_id", "=", company.id)], limit=2
        )
        return company.collection_agency_id or agencies.filtered(
            lambda agency: len(agencies) == 1
        )

    @api.depends("agency_id")
    def _compute_currency_id(self):
        for settlement in self:
            settlement.currency_id = (
                settlement.currency_id
                or settlement.agency_id.currency_id
                or self.env.company.currency_id
            )

    @api.depends(
        "total", "currency_id", *(f"line_ids.{name}" for name in (*SUMS, "net"))
    )
    def _compute_sums(self):
        for settlement in self:
            lines, currency = settlement.line_ids, settlement.currency_id
            for name in SUMS:
                settlement[name] = sum(lines.mapped(name))
            settlement.line_count = len(lines)
            settlement.line_total = sum(lines.mapped("net"))
            difference = settlement.total - settlement.line_total
            settlement.difference = (
                currency.round(difference) if currency else difference
            )

    def _compute_cases(self):
        for settlement in self:
            settlement.case_ids = settlement.line_ids.case_id
            settlement.case_count = len(settlement.case_ids)

    def write(self, vals):
        if CONTENTS & vals.keys() and not self.env.su:
            self._check_changeable(lines_only=CONTENTS & vals.keys() == {"line_ids"})
        return super().write(vals)

    def _check_changeable(self, lines_only=False):
        """Refuse a change of what is booked, or of what an agency told; the lines
        themselves know what of them may change."""
        for settlement in self:
            if settlement.state not in UNBOOKED:
                raise UserError(
                    self.env._(
                        "Settlement %s is booked or set aside, and stays as it is.",
                        settlement.name,
                    )
                )
            if settlement.origin == "agency" and not lines_only:
                raise UserError(
                    self.env._(
                        "Settlement %s was told by the agency, and stays as it came.",
                        settlement.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_own(self):
        self._check_changeable()

    def _check_user(self):
        if not self.env.user.has_group(
            "collection_partner.collection_partner_group_user"
        ):
            raise AccessError(self.env._("Only users of debt collection can do this."))
        self.check_access("read")

    def _tell(self, sentence):
        """Tell the person responsible that a settlement needs attention."""
        new = self.sudo()._remind(TO_CHECK, sentence, renew=True)
        new.activity_search([TO_CHECK]).filtered(
            lambda activity: activity.user_id != self.env.user
        ).action_notify()

    def _park_for_person(self, sentence):
        """Leave settlements to a person, who is told why."""
        self.sudo()._set_state("parked", next_attempt=False)
        self.sudo().reason = Sentence.store(sentence)
        self._tell(sentence)

    def _give_up(self, sentence, fault=None):
        # OVERRIDES 'receivables_base'
        self._park_for_person(sentence)

    # === WHAT A PERSON DOES === #

    def action_set_aside(self):
        """Put settlements aside that are not booked here: somebody did it otherwise."""
        self._check_user()
        aside = self.sudo()._set_state("cancelled", reason=False, next_attempt=False)
        aside._settle(TO_CHECK)
        return True

    def action_review(self):
        """Take up again what was set aside."""
        self._check_user()
        self.sudo().filtered(lambda s: s.state == "cancelled")._set_state("to_review")
        return True

    def action_view_cases(self):
        """Show the cases that were paid out."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "collection_partner.collection_case_action"
            ),
            "domain": [("id", "in", self.line_ids.case_id.ids)],
            "context": {},
        }

    def action_view_entry(self):
        """Show the journal entry."""
        self.ensure_one()
        return self.move_id._get_records_action()
