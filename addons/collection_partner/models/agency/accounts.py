import re

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

ACCOUNTS = {
    "clearing": "clearing_account_id",
    "interest": "interest_account_id",
    "fee": "fee_account_id",
    "commission": "commission_account_id",
    "rounding": "rounding_account_id",
}
# Accounts of Odoo's charts by code, the first that exists: BAS (Sweden; 1512 is what
# Kravia books on), Liikekirjuri (Finland), Norsk Standard Kontoplan (Norway).
USUAL = {
    "SE": {
        "clearing": ("1512",),
        "interest": ("8313", "8310"),
        "fee": ("3990", "3540"),
        "commission": ("6062", "6064", "6990", "6570"),
        "rounding": ("3740",),
    },
    "FI": {
        "clearing": ("1727",),
        "interest": ("9170", "9250"),
        "fee": ("3990",),
        "commission": ("8420",),
        "rounding": ("8570",),
    },
    "NO": {
        "clearing": ("1579",),
        "interest": ("8050", "8055"),
        "fee": ("3900",),
        "commission": ("6790", "7798"),
        "rounding": ("7740",),
    },
}
NEW_CLEARING = {"SE": "1512"}


class CollectionAgency(models.Model):
    """Where the payouts of an agency are booked, and how they are known at the bank."""

    _inherit = "collection.agency"

    book_by_itself = fields.Boolean(
        string="Book settlements by themselves",
        default=True,
        help="A settlement in which everything fits is booked as it comes. One in "
        "which something does not always waits for a person.",
    )
    settlement_journal_id = fields.Many2one(
        "account.journal",
        string="Journal for settlements",
        domain="[('type', '=', 'general'), ('company_id', '=', company_id)]",
        check_company=True,
        compute="_compute_accounts",
        store=True,
        readonly=False,
    )
    clearing_account_id = fields.Many2one(
        "account.account",
        string="Clearing account of payouts",
        domain="[('reconcile', '=', True)]",
        check_company=True,
        compute="_compute_accounts",
        store=True,
        readonly=False,
        help="What the agency owes between its settlement and its payout. In Swedish "
        "charts 1512; the agency's portal must name the same one.",
    )
    interest_account_id = fields.Many2one(
        "account.account",
        string="Interest",
        check_company=True,
        compute="_compute_accounts",
        store=True,
        readonly=False,
        help="Income: interest that the agency collected.",
    )
    fee_account_id = fields.Many2one(
        "account.account",
        string="Collection fees paid by customers",
        check_company=True,
        compute="_compute_accounts",
        store=True,
        readonly=False,
        help="Income: what customers paid for reminders and collection beside the "
        "invoice. The invoice itself is never raised by it.",
    )
    commission_account_id = fields.Many2one(
        "account.account",
        string="Collection costs",
        check_company=True,
        compute="_compute_accounts",
        store=True,
        readonly=False,
        help="Cost: the agency's commission and its fees.",
    )
    commission_tax_id = fields.Many2one(
        "account.tax",
        string="VAT on collection costs",
        domain="[('type_tax_use', '=', 'purchase'), ('amount_type', '=', 'percent')]",
        check_company=True,
        compute="_compute_accounts",
        store=True,
        readonly=False,
        help="By which the VAT that the agency charged is deducted. None: it is a "
        "cost.",
    )
    rounding_account_id = fields.Many2one(
        "account.account",
        string="Rounding",
        check_company=True,
        compute="_compute_accounts",
        store=True,
        readonly=False,
    )
    rounding_limit = fields.Float(
        string="Rounding up to",
        default=0.05,
        digits="Account",
        help="What is paid out may differ by so much from the sum of the lines, in the "
        "settlement's currency. More waits for a person.",
    )
    payer_name = fields.Char(
        string="Payer on the bank statement",
        help="Transactions of this payer are the agency's. Learned from its first "
        "settlement.",
    )
    payer_account = fields.Char(
        string="Payer's account",
        help="Transactions from this account are the agency's.",
    )
    settlement_ids = fields.One2many("collection.settlement", "agency_id")
    settlement_count = fields.Integer(
        string="Settlements to see to", compute="_compute_settlement_count"
    )

    _rounding_not_negative = models.Constraint(
        "CHECK(rounding_limit >= 0)", "The rounding cannot be negative."
    )

    @api.depends("company_id")
    def _compute_accounts(self):
        """Propose the chart's usual accounts; what is chosen stays."""
        for agency in self:
            company = agency.company_id
            usual = USUAL.get(company.account_fiscal_country_id.code, {})
            for kind, name in ACCOUNTS.items():
                if company not in agency[name].company_ids:
                    agency[name] = agency._find_account(usual.get(kind, ()))
            if agency.settlement_journal_id.company_id != company:
                agency.settlement_journal_id = self.env["account.journal"].search(
                    [("type", "=", "general"), ("company_id", "=", company.id)],
                    limit=1,
                )
            if agency.commission_tax_id.company_id != company:
                tax = company.account_purchase_tax_id
                is_usable = tax.amount_type == "percent"
                agency.commission_tax_id = tax if is_usable else False

    def _find_account(self, codes):
        accounts = self.env["account.account"].with_company(self.company_id)
        found = accounts.search(
            [("code", "in", codes), ("company_ids", "in", self.company_id.id)]
        )
        return next(
            (one for code in codes for one in found if one.code == code), accounts
        )

    def _compute_settlement_count(self):
        counts = dict(
            self.env["collection.settlement"]._read_group(
                [
                    ("agency_id", "in", self._origin.ids),
                    ("state", "in", ("to_review", "parked")),
                ],
                ["agency_id"],
                ["__count"],
            )
        )
        for agency in self:
            agency.settlement_count = counts.get(agency._origin, 0)

    def action_view_settlements(self):
        """Show the agency's settlements."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "collection_partner.collection_settlement_action"
            ),
            "context": {
                "search_default_agency_id": self.id,
                "default_agency_id": self.id,
            },
        }

    def action_use_usual_accounts(self):
        """Fill in the accounts that are not chosen yet; Swedish charts without account
        1512 get it."""
        self._check_user("manager")
        for agency in self.sudo():
            country = agency.company_id.account_fiscal_country_id.code
            agency._compute_accounts()
            code = NEW_CLEARING.get(country)
            if not agency.clearing_account_id and code:
                agency.clearing_account_id = (
                    self.env["account.account"]
                    .sudo()
                    .with_company(agency.company_id)
                    .create(
                        {
                            "code": code,
                            "name": self.env._("Mortgaged receivables"),
                            "account_type": "asset_receivable",
                            "reconcile": True,
                            "company_ids": [Command.link(agency.company_id.id)],
                        }
                    )
                )
            if not agency.clearing_account_id:
                raise UserError(
                    self.env._(
                        "The chart of accounts has no usual account for this. Choose "
                        "one that allows reconciliation."
                    )
                )
        return True

    def _get_account_obstacle(self, settlement):
        """Return which account a settlement needs and the agency lacks, as a lazy
        translation, or an empty text."""
        lines = settlement.line_ids
        kept = any(lines.mapped("agency_fees"))
        needed = {
            "settlement_journal_id": True,
            "clearing_account_id": True,
            "interest_account_id": settlement.interest,
            "fee_account_id": settlement.fees or kept,
            "commission_account_id": settlement.commission or settlement.vat or kept,
            "rounding_account_id": settlement.rounding,
        }
        missing = [
            self._fields[name]._description_string(self.env)
            for name, is_needed in needed.items()
            if is_needed and (not self[name] or not self[name].active)
        ]
        if not missing:
            return ""
        return _lt(
            "%(agency)s has no account for: %(names)s. Choose it on the agency, page "
            "Settlements.",
            agency=self.name,
            names=", ".join(missing),
        )

    # === THE AGENCY AT THE BANK === #

    def _learn_payer(self, name, account):
        if name and not self.payer_name:
            self.payer_name = name
        if account and not self.payer_account:
            self.payer_account = account

    @api.model
    def _get_paying_contacts(self, companies):
        """Return the contacts of agencies, each with the company that it pays."""
        agencies = self.sudo().search(
            [("company_id", "in", companies.ids), ("partner_id", "!=", False)]
        )
        return {
            (agency.company_id, agency.partner_id.commercial_partner_id)
            for agency in agencies
        }

    def _find_named(self, text):
        """Return settlements that a text names. That proves nothing: whoever pays
        writes what they like. Those of single payments carry the number of an invoice
        at the bank, with which its debtor pays too."""
        settlements = self.env["collection.settlement"].sudo()
        words = (text or "").split()
        if not words or not self:
            return settlements
        numbers = [("name", "in", words)]
        batches = [("bank_reference", "in", words), ("kind", "=", "daily_batch")]
        return settlements.search(
            Domain("agency_id", "in", self.ids) & (Domain(numbers) | Domain(batches))
        )

    def _is_mentioned(self, text):
        """Whether a text has the agency's name or the number of a settlement in it, so
        that a person had better say who has paid."""
        self.ensure_one()
        words, name = _split(text), _split(self.payer_name)
        starts = range(len(words) - len(name) + 1)
        is_there = any(words[start : start + len(name)] == name for start in starts)
        return bool(name and is_there) or bool(self._find_named(text))

    def _is_payer(self, line):
        """Whether the agency has made a bank transaction: its contact, its account or
        its name is what the bank tells of the payer. What the payer wrote proves
        nothing."""
        self.ensure_one()
        contact = self.partner_id.commercial_partner_id
        if contact and line.partner_id.commercial_partner_id == contact:
            return True
        accounts = [self.payer_account, *contact.bank_ids.mapped("acc_number")]
        account = _bare(line.account_number)
        if account and account in map(_bare, accounts):
            return True
        name = _split(self.payer_name)
        return bool(name) and _split(line.partner_name)[: len(name)] == name


def _bare(account):
    return "".join(filter(str.isalnum, account or "")).upper()


def _split(text):
    """The words of a name, however it is written."""
    return re.findall(r"\w+", (text or "").casefold())
