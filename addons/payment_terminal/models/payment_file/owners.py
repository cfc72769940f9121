from odoo import models
from odoo.tools import SQL

from odoo.addons.receivables_base.formats import references

# How references are compared: without white space, the letters and check digits of a
# creditor reference and leading zeros; the index of the same words finds them.
COMPARED = (
    "regexp_replace(upper(regexp_replace(payment_reference, '\\s', '', 'g')), "
    "'^(RF[0-9]{2})?0*', '')"
)
# Shorter ones prove nothing.
SHORTEST = 4


def compared(reference):
    """Return a reference as it is compared, or an empty text."""
    plain = references.normalise(reference or "")
    if plain.startswith("RF") and plain[2:4].isdigit():
        plain = plain[4:].lstrip("0")
    return plain if len(plain) >= SHORTEST else ""


class AccountMove(models.Model):
    _inherit = "account.move"

    _terminal_reference_idx = models.Index(
        f"(company_id, ({COMPARED})) WHERE move_type = 'out_invoice' "
        "AND state = 'posted' AND payment_reference IS NOT NULL"
    )


class PaymentTerminalFileLine(models.Model):
    """Whose payments these are: told by the reference, or by a person."""

    _inherit = "payment.terminal.file.line"

    def _find_owners(self):
        """Return ``(customer, what is paid first)`` of payments whose structured
        reference is that of invoices of exactly one customer.

        An amount, a name or a text alone proves nothing.
        """
        by_line = {
            line: compared(line.reference)
            for line in self
            if line.amount > 0 and not line.is_correction and not line.is_doubtful
        }
        found = self._read_references(set(by_line.values()) - {""})
        one = {key: who for key, who in found.items() if len(who[0]) == 1}
        together = {partner for [partner], _written in one.values()}
        everybody = self.env["res.partner"].browse(together)
        return {
            line: (everybody.browse(one[key][0]).with_prefetch(together), one[key][1])
            for line, key in by_line.items()
            if key in one
        }

    def _read_references(self, keys):
        """Return ``(ids of customers, what is paid first)`` by reference."""
        if not keys:
            return {}
        self.env["account.move"].flush_model(
            ["payment_reference", "commercial_partner_id", "state", "name"]
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT %(compared)s, array_agg(DISTINCT commercial_partner_id),
                          array_agg(DISTINCT payment_reference)
                     FROM account_move
                    WHERE company_id = %(company)s
                      AND move_type = 'out_invoice' AND state = 'posted'
                      AND payment_reference IS NOT NULL
                      AND %(compared)s = ANY(%(keys)s)
                 GROUP BY 1""",
                compared=SQL(COMPARED.replace("%", "%%")),
                company=self.company_id.id,
                keys=list(keys),
            )
        )
        return {
            key: (tuple(filter(None, partners)), written[0])
            for key, partners, written in rows
        }
