from odoo import api, models
from odoo.exceptions import AccessError

from odoo.addons.receivables_base.tools import (
    Rows,
    Text,
    Whole,
    reason,
    remote_call,
    split_usable,
)

from ..formats import customer_number


class PaymentTerminalAccount(models.Model):
    """How programs give many customers their numbers."""

    _inherit = "payment.terminal.account"

    @api.model
    @remote_call(
        ids="none",
        rows=Rows("partner_id", partner_id=Whole(), number=Text()),
        company_id=Whole(),
    )
    def issue_numbers(self, rows, company_id=False):
        """Give customers numbers, or take over those of an earlier system.

        A customer who has a number keeps it, and the same rows again change nothing.
        A row that cannot be done says why and does not hold up the others.

        :param list rows: dicts ``{partner_id, number}``; without ``number`` a new one
            is issued, with it that one is taken over: a text of 3 to 40 letters and
            digits, which keeps its leading zeros
        :param int company_id: at which company; that of the caller if left out
        :return: one dict a row: ``{row, account_id, number, state, reasons}``; ``row``
            is its place from 0, ``account_id`` and ``number`` are False where
            ``reasons`` has any
        :rtype: list[dict]
        """
        self.check_access("create")
        company = self.env["res.company"].browse(company_id) or self.env.company
        if company not in self.env.companies:
            raise AccessError(
                self.env._("company_id %s is no company of yours.", company_id)
            )
        return [
            {"row": place, **self._issue_row(row, fault, company)}
            for place, (row, fault) in enumerate(rows)
        ]

    @api.model
    def _issue_row(self, row, fault, company):
        """Do one row; return its answer."""
        account = self.browse()
        refusal = reason("argument", fault) if fault else False
        if not refusal:
            number = customer_number.normalize(row.get("number", ""))
            named = self.env["res.partner"].browse(row["partner_id"])
            partner, unknown = split_usable(named)
            owner = partner.commercial_partner_id
            account = self._find_number(owner, number, company)
            refusal = unknown.get(named.id) or self._refuse_number(
                owner, number, company, account
            )
        if refusal:
            account = self.browse()
        elif not account:
            account = self.create(
                {"partner_id": owner.id, "company_id": company.id, "number": number}
            )
        return {
            "account_id": account.id,
            "number": account.number,
            "state": account.state,
            "reasons": [refusal] if refusal else [],
        }

    @api.model
    def _find_number(self, owner, number, company):
        """Return the number that is asked for, or whatever the customer has."""
        if not number:
            return self._find_active(owner, company)
        return self.search(
            [("number", "=", number), ("company_id", "=", company.id)], limit=1
        )

    @api.model
    def _refuse_number(self, owner, number, company, account):
        """Return why a customer cannot have a number, or False."""
        if account:
            if account.partner_id == owner:
                return False
            return reason("taken", self.env._("This customer number is taken."))
        if owner.company_id and owner.company_id != company:
            sentence = self.env._(
                "%(customer)s belongs to %(company)s: it has numbers there.",
                customer=owner.display_name,
                company=owner.company_id.name,
            )
            return reason("other_company", sentence, fix="partner")
        if number and not customer_number.is_possible(number):
            sentence = self.env._(
                "%(number)s cannot be a customer number: 3 to 40 letters and digits "
                "without spaces.",
                number=number,
            )
            return reason("impossible", sentence)
        if number and self._find_active(owner, company):
            sentence = self.env._(
                "The customer has an active number: replace it instead."
            )
            return reason("has_number", sentence, fix="account")
        return False
