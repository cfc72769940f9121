import re
import unicodedata
from collections import defaultdict
from itertools import compress

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.receivables_base.tools import Whole, remote_call

from ..formats import customer_number

_REST_OF_WORD = re.compile(r"(?<=\w)\w")
STATES = [("active", "Active"), ("replaced", "Replaced"), ("blocked", "Blocked")]


class PaymentTerminalAccount(models.Model):
    """A customer's number: what a customer types at a kiosk.

    It is a text of digits that says nothing about the next one. Replaced and blocked
    numbers stay, because invoices and habits outlive them: whatever is paid to one is
    credited to the customer.
    """

    _name = "payment.terminal.account"
    _inherit = ["receivables.facts"]
    _description = "Customer number at terminals"
    _order = "partner_id, id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "partner_id.name"]

    number = fields.Char(
        required=True,
        copy=False,
        help="Leave it empty for a new one, or enter the number that the customer has "
        "from an earlier system: 3 to 40 letters and digits.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        help="Numbers belong to the company or person who owes, not to its contacts.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        copy=False,
        default="active",
        help="Active: printed on invoices, shows what is owed.\n"
        "Replaced: the customer has a newer one; this one still works.\n"
        "Blocked: shows nothing, but what is paid to it is credited.",
    )
    origin = fields.Selection(
        [("issued", "Issued here"), ("imported", "From an earlier system")],
        required=True,
        readonly=True,
        copy=False,
        default="issued",
    )
    ended_on = fields.Date(string="Replaced or blocked on", readonly=True, copy=False)
    spaced_number = fields.Char(
        string="As printed",
        compute="_compute_spaced_number",
        search="_search_spaced_number",
    )
    transaction_ids = fields.One2many(
        "payment.terminal.transaction", "account_id", string="Payments"
    )

    _number_unique = models.UniqueIndex(
        "(number, company_id)", "This customer number is taken."
    )
    _active_unique = models.UniqueIndex(
        "(partner_id, company_id) WHERE state = 'active'",
        "The customer has an active number: replace it instead.",
    )

    @api.depends("number")
    def _compute_spaced_number(self):
        for account in self:
            account.spaced_number = customer_number.spaced(account.number or "")

    @api.model
    def _search_spaced_number(self, operator, value):
        """Find a number as it is read out, with or without its spaces."""
        if not isinstance(value, str):
            return NotImplemented
        return [("number", operator, customer_number.normalize(value))]

    @api.constrains("number")
    def _check_number(self):
        for account in self:
            if not customer_number.is_possible(account.number):
                raise ValidationError(
                    self.env._(
                        "%(number)s cannot be a customer number: 3 to 40 letters and "
                        "digits without spaces.",
                        number=account.number,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Issue numbers where none is given, keep those that are (an import).

        Contacts are replaced by the company or person who owes.
        """
        waiting = defaultdict(list)
        imported = []
        for vals in vals_list:
            if partner := vals.get("partner_id"):
                Whole().read(self.env, "partner_id", partner)
            partner = self.env["res.partner"].browse(partner)
            vals["partner_id"] = partner.commercial_partner_id.id
            vals.setdefault("company_id", self.env.company.id)
            vals["number"] = self._read_number(vals.get("number"))
            imported.append(bool(vals["number"]))
            if not vals["number"]:
                waiting[vals["company_id"]].append(vals)
        for company in self.env["res.company"].browse(waiting):
            without = waiting[company.id]
            numbers = self._draw(len(without), company.sudo().terminal_number_length)
            for vals, number in zip(without, numbers, strict=True):
                vals["number"] = number
        accounts = super().create(vals_list)
        accounts.browse(compress(accounts.ids, imported)).sudo().origin = "imported"
        return accounts

    @api.model
    def _read_number(self, value):
        """Return a number as it is kept; empty when none is given.

        :raises ValidationError: it is no text; a program's number has lost its zeros
        """
        if value and not isinstance(value, str):
            raise ValidationError(
                self.env._("A customer number is a text: “%s” was given.", value)
            )
        return customer_number.normalize(value or "")

    @api.model
    def _draw(self, count, length):
        """Return so many different numbers that nobody has."""
        drawn = set()
        while len(drawn) < count:
            drawn |= {customer_number.issue(length) for _ in range(count - len(drawn))}
            taken = self.sudo().search([("number", "in", list(drawn))])
            drawn -= set(taken.mapped("number"))
        return drawn

    def write(self, vals):
        # EXTENDS 'base'
        if {"number", "partner_id", "company_id"} & set(vals):
            raise UserError(
                self.env._(
                    "A number stays with its customer: customers have it on paper. "
                    "Replace it, and block it if strangers know it."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("Customer numbers are kept: a customer may still pay to one.")
        )

    def _end(self, state):
        self.check_access("write")
        ended_on = fields.Date.context_today(self)
        self.sudo().write({"state": state, "ended_on": ended_on})
        self.flush_recordset()

    @remote_call()
    def action_replace(self):
        """Give the customers new numbers; the old ones still work.

        A number that was replaced before stays as it is, so a repeated call gets the
        same answer.

        :return: the numbers that the customers have now
        """
        blocked = self.filtered(lambda account: account.state == "blocked")
        if blocked:
            raise UserError(
                self.env._(
                    "Blocked numbers are not replaced: %s. Give the customer a number.",
                    ", ".join(blocked.mapped("number")),
                )
            )
        active = self.filtered(lambda account: account.state == "active")
        active._end("replaced")
        newest = self.browse()
        for company, accounts in self.grouped("company_id").items():
            self._issue_for((accounts & active).partner_id, company)
            newest |= self._find_active(accounts.partner_id, company)
        return newest

    @remote_call()
    def action_block(self):
        """Show nothing to whoever types these numbers; payments are still credited.

        :return: True
        """
        self.filtered(lambda account: account.state != "blocked")._end("blocked")
        return True

    @api.model
    def _find_active(self, partners, company):
        """Return the active numbers of customers at a company."""
        return self.search(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", company.id),
                ("state", "=", "active"),
            ]
        )

    @api.model
    def _issue_for(self, partners, company):
        """Give each customer without an active number one.

        :return: the new numbers
        """
        owners = partners.commercial_partner_id
        without = owners - self._find_active(owners, company).partner_id
        return self.create(
            [
                {"partner_id": partner.id, "company_id": company.id}
                for partner in without
            ]
        )

    @api.model
    def _remember(self, partner, company, numbers):
        """Let numbers that customers keep typing belong to one of them.

        A customer who has an active number keeps that one on invoices.
        """
        having = self._find_active(partner, company)
        self.check_access("create")
        return self.sudo().create(
            [
                {
                    "number": number,
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "state": "replaced" if having or place else "active",
                }
                for place, number in enumerate(numbers)
            ]
        )

    @api.model
    def _mask(self, name):
        """First letters only: ``Айгерим Сулейменова`` is ``А****** С**********``."""
        # accents that are characters of their own would end a word
        return _REST_OF_WORD.sub("*", unicodedata.normalize("NFC", name or ""))
