from odoo import fields, models
from odoo.tools import SQL

from .owners import COMPARED, compared

# What speaks for an invoice, and how much.
REASONS = {"by_reference": 8, "by_number": 4, "by_name": 2, "by_amount": 1}
MOST_PROPOSED = 5
# An amount alone is proposed only where so few invoices have it.
FEW = 3


class PaymentTerminalFileLine(models.Model):
    """What payments that wait may have been meant for."""

    _inherit = "payment.terminal.file.line"

    proposals = fields.Json(compute="_compute_proposals")
    proposal = fields.Char(compute="_compute_proposals")

    def _compute_proposals(self):
        waiting = self.filtered(lambda line: line.state == "suspense")
        found = waiting._find_proposals()
        words = {
            "by_reference": self.env._("Same reference"),
            "by_number": self.env._("Same number"),
            "by_name": self.env._("Same name"),
            "by_amount": self.env._("Same amount"),
        }
        for line in self:
            line.proposals = found.get(line.id, [])
            best = (line.proposals or [None])[0]
            line.proposal = best and self.env._(
                "%(invoice)s of %(customer)s, %(amount)s (%(reasons)s)",
                invoice=best["name"],
                customer=best["partner"],
                amount=line.currency_id.format(best["amount"]),
                reasons=", ".join(words[name] for name in best["reasons"]),
            )

    def _find_proposals(self):
        """Return, by line, what it may pay, the likeliest first, each as ``{move_id,
        partner_id, name, partner, amount, reasons}``.

        A reference that invoices of several customers have, the number of an invoice in
        the text, the payer's name and the amount: each is a reason to propose, and none
        to book.
        """
        found = {}
        for company, lines in self.grouped("company_id").items():
            for row in lines._read_proposals(company):
                reasons = [name for name in REASONS if row[name]]
                if reasons == ["by_amount"] and row["alike"] > FEW:
                    continue
                found.setdefault(row["line_id"], []).append(
                    {
                        **{
                            name: row[name]
                            for name in ("move_id", "partner_id", "name", "partner")
                        },
                        "amount": float(row["amount"]),
                        "reasons": reasons,
                    }
                )
        for proposals in found.values():
            proposals.sort(
                key=lambda each: (
                    -sum(REASONS[name] for name in each["reasons"]),
                    each["move_id"],
                )
            )
            del proposals[MOST_PROPOSED:]
        return found

    def _read_proposals(self, company):
        """Return open invoices of a company for which something speaks, in one
        query."""
        self.env["account.move"].flush_model()
        self.env["res.partner"].flush_model(["name"])
        facts = [
            (
                line.id,
                line.amount,
                line.currency_id.id,
                compared(line.reference),
                " ".join((line.payer or "").split()).lower(),
                line._get_words(),
            )
            for line in self
            if line.amount > 0
        ]
        if not facts:
            return []
        return self.env.execute_query_dict(
            SQL(
                """WITH line(id, amount, currency, reference, payer, words) AS (
                   VALUES %(lines)s)
                   SELECT *, count(*) OVER (PARTITION BY line_id) AS alike FROM (
                   SELECT line.id AS line_id, move.id AS move_id, move.name,
                          partner.id AS partner_id, partner.name AS partner,
                          move.amount_residual AS amount,
                          line.reference != '' AND %(compared)s = line.reference
                              AS by_reference,
                          upper(move.name) = ANY(line.words) AS by_number,
                          line.payer != '' AND lower(partner.name) = line.payer
                              AS by_name,
                          move.currency_id = line.currency
                              AND move.amount_residual = line.amount::numeric
                              AS by_amount
                     FROM line
                     JOIN account_move move ON move.company_id = %(company)s
                          AND move.move_type = 'out_invoice' AND move.state = 'posted'
                          AND move.payment_state IN ('not_paid', 'partial')
                     JOIN res_partner partner ON partner.id = move.commercial_partner_id
                   ) AS found
                    WHERE by_reference OR by_number OR by_name OR by_amount""",
                lines=SQL(", ").join(
                    SQL("(%s, %s, %s, %s, %s, %s::text[])", *fact) for fact in facts
                ),
                compared=SQL(COMPARED.replace("%", "%%")),
                company=company.id,
            )
        )

    def _get_words(self):
        """Return what may be the number of an invoice in what the payer wrote."""
        text = f"{self.text or ''} {self.reference or ''}".upper()
        return sorted({word.strip(".,;:#()") for word in text.split()})
