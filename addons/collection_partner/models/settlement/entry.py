from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.receivables_base.tools import AS_IT_IS, PLAIN, READERS


class AccountMove(models.Model):
    _inherit = "account.move"

    collection_settlement_id = fields.Many2one(
        "collection.settlement",
        string="Settlement of the agency",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=READERS,
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        return field.name == "collection_settlement_id" or super()._is_fact(field)

    def _compute_show_reset_to_draft_button(self):
        # EXTENDS 'account'
        result = super()._compute_show_reset_to_draft_button()
        for move in self:
            if move.sudo().collection_settlement_id.move_id:
                move.show_reset_to_draft_button = False
        return result

    def _check_draftable(self):
        # EXTENDS 'account'
        self._check_not_settled()
        return super()._check_draftable()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        # EXTENDS 'account'
        if not self.env.context.get("collection_undo_booking"):
            self._check_not_settled()
        return super()._reverse_moves(default_values_list, cancel)

    def button_cancel(self):
        # EXTENDS 'account'
        self.check_access("write")
        self._check_not_settled()
        return super().button_cancel()

    def _check_not_settled(self):
        """The entry of a settlement is taken back where it came from."""
        settled = self.sudo().filtered(
            lambda move: move.collection_settlement_id.move_id == move
        )
        if settled:
            raise UserError(
                self.env._(
                    "%(entry)s books settlement %(settlement)s. Undo the booking "
                    "there.",
                    entry=settled[0].name,
                    settlement=settled[0].collection_settlement_id.name,
                )
            )

    def action_view_collection_settlement(self):
        """Show the settlement that the entry books."""
        self.ensure_one()
        return self.collection_settlement_id._get_records_action()


class CollectionSettlement(models.Model):
    """The entry of a settlement: each part where it belongs, the rest on the clearing
    account until the bank has it."""

    _inherit = "collection.settlement"

    move_id = fields.Many2one(
        "account.move",
        string="Journal entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    clearing_item_id = fields.Many2one(
        "account.move.line",
        string="Clearing item",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="What waits for the bank.",
    )

    def _book(self):
        """Write the entry, and match it with the invoices."""
        self.ensure_one()
        rows = [self._prepare_capital_row(line) for line in self.line_ids]
        count = len(rows)
        rows += self._prepare_own_rows()
        date = self._get_accounting_date()
        for row in rows:
            row.setdefault("balance", self._convert(row["amount_currency"], date))
        rows.append(self._prepare_clearing_row(rows))
        entry = self._post_entry(date, rows)
        items = entry.line_ids.sorted("id")
        for line, item in zip(self.line_ids, items[:count], strict=True):
            line.entry_line_id = item
        self.write(
            {"move_id": entry.id, "clearing_item_id": items[-1].id, "reason": False}
        )
        self._set_state("booked")
        over, unknown = self._match_invoices()
        self._copy_pdf()
        self._after_booking(over, unknown)

    def _convert(self, amount, date):
        company = self.company_id
        return self.currency_id._convert(amount, company.currency_id, company, date)

    def _prepare_row(self, account, amount, name, **vals):
        """Return the values of a journal item.

        :param float amount: in the settlement's currency, negative on the credit side
        """
        return {
            "account_id": account.id,
            "name": name,
            "currency_id": self.currency_id.id,
            "amount_currency": self.currency_id.round(amount),
            "partner_id": self.agency_id.partner_id.id,
            **vals,
        }

    def _prepare_capital_row(self, line):
        """The customer owes so much less, on the account of the original invoice."""
        invoice = line.case_id.move_id
        owed = line.case_id._get_receivable_lines()
        owed = owed.filtered(lambda item: not item.reconciled) or owed
        return self._prepare_row(
            owed.sorted("date_maturity")[:1].account_id,
            -line.capital,
            f"{self.name} {invoice.name}",
            partner_id=invoice.commercial_partner_id.id,
            date_maturity=line.date or self.date,
        )

    def _prepare_own_rows(self):
        """What is the company's own result: collected for it, and charged to it.

        What a customer has paid the agency for its work is a cost that the customer
        bears: it stands on both sides, as the base of the VAT on it.
        """
        agency, lines = self.agency_id, self.line_ids
        kept = sum(lines.mapped("agency_fees"))
        interest = self.env._("Interest, settlement %s", self.name)
        fees = self.env._(
            "Collection fees paid by the customer, settlement %s", self.name
        )
        costs = self.env._("Collection costs, settlement %s", self.name)
        rounding = self.env._("Rounding, settlement %s", self.name)
        tax = agency.commission_tax_id if self.vat else self.env["account.tax"]
        base_tags = tax.get_tax_tags(False, "base").ids if tax else []
        rows = [
            self._prepare_row(agency.interest_account_id, -self.interest, interest),
            self._prepare_row(agency.fee_account_id, -self.fees - kept, fees),
            self._prepare_row(
                agency.commission_account_id,
                self.commission + kept,
                costs,
                tax_ids=[Command.set(tax.ids)],
                tax_tag_ids=[Command.set(base_tags)],
            ),
            *self._prepare_vat_rows(tax, self.commission + kept, costs),
            self._prepare_row(agency.rounding_account_id, -self.rounding, rounding),
        ]
        return [
            row for row in rows if not self.currency_id.is_zero(row["amount_currency"])
        ]

    def _prepare_vat_rows(self, tax, base, name):
        """The VAT as the agency charged it, split as the tax says; where it cannot be
        deducted, it is a cost."""
        cost = self.agency_id.commission_account_id
        shares = tax.invoice_repartition_line_ids.filtered(
            lambda share: share.repartition_type == "tax" and share.factor
        )
        if not shares:
            return [self._prepare_row(cost, self.vat, name)]
        rows, left = [], self.vat
        for share in shares:
            is_last = share == shares[-1]
            amount = (
                left if is_last else self.currency_id.round(self.vat * share.factor)
            )
            left -= amount
            rows.append(
                self._prepare_row(
                    share.account_id or cost,
                    amount,
                    tax.name,
                    tax_repartition_line_id=share.id,
                    tax_tag_ids=[Command.set(share.tag_ids.ids)],
                    tax_base_amount=base,
                )
            )
        return rows

    def _prepare_clearing_row(self, rows):
        """What comes to the bank; in the company's currency, what balances the rest."""
        balance = self.company_id.currency_id.round(
            -sum(row["balance"] for row in rows)
        )
        name = " ".join(filter(None, (self.name, self.bank_reference)))
        return self._prepare_row(
            self.agency_id.clearing_account_id,
            self.total,
            name,
            balance=balance,
            date_maturity=self.date,
        )

    def _post_entry(self, date, rows):
        writer = self.env["account.move"].with_context(**AS_IT_IS)
        entry = writer.create(
            {
                "move_type": "entry",
                "journal_id": self.agency_id.settlement_journal_id.id,
                "date": date,
                "ref": f"{self.agency_id.name} {self.name}",
                "currency_id": self.currency_id.id,
                "partner_id": self.agency_id.partner_id.id,
                "collection_settlement_id": self.id,
                "line_ids": [Command.create({**PLAIN, **row}) for row in rows],
            }
        )
        entry = self.env["account.move"].browse(entry.id)
        entry._post(soft=False)
        return entry

    def _match_invoices(self):
        """Match what was paid out with the invoices; what was taken back is taken off
        them again.

        :return: case -> how much more was paid out than was open, and case -> how much
            was taken back that was not paid out from here
        """
        by_case = defaultdict(lambda: self.line_ids.browse())
        for line in self.line_ids.filtered("entry_line_id"):
            by_case[line.case_id] |= line
        plan, over, unknown = [], {}, {}
        for case, lines in by_case.items():
            items = lines.filtered(lambda line: line.capital > 0).entry_line_id
            for line in lines.filtered(lambda line: line.capital < 0):
                earlier, missing = line._free_earlier()
                plan.append(earlier + line.entry_line_id)
                items |= earlier
                if missing:
                    unknown[case] = unknown.get(case, 0) + missing
            plan.append(items + case._get_owed_items(items.account_id))
        self._match_items(plan)
        for case, lines in by_case.items():
            items = lines.filtered(lambda line: line.capital > 0).entry_line_id
            left = -sum(items.mapped("amount_residual_currency"))
            if self.currency_id.compare_amounts(left, 0) > 0:
                over[case] = left
        return over, unknown

    def _match_items(self, plan):
        """Match sets of items in their order, those in which there is something to be
        matched."""
        plan = [items for items in plan if len(items) > 1]
        together = self.env["account.move.line"].union(*plan)
        is_foreign = self.currency_id != self.company_id.currency_id
        # Without an exchange difference nothing of an invoice is worked out anew.
        matching = together.with_context(
            no_exchange_difference=not is_foreign,
            skip_invoice_sync=not is_foreign,
            tracking_disable=True,
        )
        matching._reconcile_plan(
            [
                matching.browse(items.ids).with_prefetch(together._prefetch_ids)
                for items in plan
            ]
        )

    def _copy_pdf(self):
        """Keep the agency's paper with the entry."""
        paper = self.with_context(bin_size=False)
        if paper.pdf and paper.move_id:
            self.env["ir.attachment"].create(
                {
                    "name": self.pdf_name or f"{self.name}.pdf",
                    "datas": paper.pdf,
                    "mimetype": "application/pdf",
                    "res_model": "account.move",
                    "res_id": self.move_id.id,
                }
            )


class CollectionSettlementLine(models.Model):
    _inherit = "collection.settlement.line"

    def _free_earlier(self):
        """Make what was paid out earlier free of the invoice, as much of it as this
        line takes back, the latest first. What a person has matched otherwise stays.

        :return: its items, and how much was not paid out by settlements here
        """
        currency, left = self.currency_id, -self.capital
        items = self.env["account.move.line"]
        for earlier in self._get_earlier():
            item = earlier.entry_line_id
            partials = item.matched_debit_ids.filtered(
                lambda partial: partial.debit_move_id.move_id == self.case_id.move_id
            )
            for partial in partials.sorted("id", reverse=True):
                if currency.compare_amounts(-item.amount_residual_currency, left) < 0:
                    partial.unlink()
            if not currency.is_zero(item.amount_residual_currency):
                items |= item
                left = max(left + item.amount_residual_currency, 0)
            if currency.is_zero(left):
                break
        return items, currency.round(left)

    def _get_earlier(self):
        """Return the lines that paid out what this one takes back: the same payment,
        or all of the case where an agency gives payments no identifier."""
        lines = self.search(
            [
                ("agency_id", "=", self.agency_id.id),
                ("case_id", "=", self.case_id.id),
                ("capital", ">", 0),
                ("entry_line_id", "!=", False),
            ],
            order="id desc",
        )
        if not self.payment_ref:
            return lines
        return lines.filtered(lambda line: line.payment_ref == self.payment_ref)
