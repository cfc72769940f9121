"""What debtors have already given and nobody has matched yet."""

from odoo.tools import SQL

# What is read, by model, flushed before the query.
READ_FIELDS = {
    "account.move.line": [
        "partner_id",
        "company_id",
        "account_id",
        "move_id",
        "date_maturity",
        "reconciled",
        "parent_state",
        "amount_residual",
        "balance",
    ],
    "account.account": ["account_type"],
    "account.bank.statement.line": ["move_id", "journal_id", "is_reconciled"],
    "account.journal": ["suspense_account_id"],
    "account.payment": [
        "partner_id",
        "company_id",
        "move_id",
        "state",
        "payment_type",
        "is_matched",
        "amount_company_currency_signed",
    ],
    "res.partner": ["commercial_partner_id"],
}


def select_given(debtors):
    """Return the query of what each debtor has given a company, in its currency.

    Open credits on receivable accounts (payments, credit notes), statement lines that
    name the customer, and payments that have no entry yet. The debtors stand in each
    part, so that one of them is looked up and very many are joined.

    :param SQL debtors: the ids of the commercial partners that are asked about
    """
    return SQL(
        """(SELECT commercial_partner_id, company_id, sum(amount) AS amount FROM (
                SELECT p.commercial_partner_id, l.company_id,
                       -l.amount_residual AS amount
                  FROM account_move_line l
                  JOIN res_partner p ON p.id = l.partner_id
                  JOIN account_account a ON a.id = l.account_id
                 WHERE p.commercial_partner_id IN %(debtors)s
                   AND a.account_type = 'asset_receivable'
                   AND l.reconciled IS NOT TRUE
                   AND l.parent_state = 'posted'
                   AND l.amount_residual < 0
             UNION ALL
                SELECT p.commercial_partner_id, l.company_id, -l.balance
                  FROM account_move_line l
                  JOIN res_partner p ON p.id = l.partner_id
                  JOIN account_bank_statement_line s ON s.move_id = l.move_id
                  JOIN account_journal j ON j.id = s.journal_id
                 WHERE p.commercial_partner_id IN %(debtors)s
                   AND l.account_id = j.suspense_account_id
                   AND s.is_reconciled IS NOT TRUE
                   AND l.parent_state = 'posted'
                   AND l.balance < 0
             UNION ALL
                SELECT p.commercial_partner_id, y.company_id,
                       y.amount_company_currency_signed
                  FROM account_payment y
                  JOIN res_partner p ON p.id = y.partner_id
                 WHERE p.commercial_partner_id IN %(debtors)s
                   AND y.is_matched IS NOT TRUE
                   AND y.move_id IS NULL
                   AND y.state = 'in_process'
                   AND y.payment_type = 'inbound'
                   AND NOT EXISTS (SELECT FROM account_move__account_payment m
                                    WHERE m.payment_id = y.id)
            ) AS given GROUP BY commercial_partner_id, company_id)""",
        debtors=debtors,
    )
