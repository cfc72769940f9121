from odoo import fields, models


class PaymentTerminalFile(models.Model):
    """A file that tells the account's balances is a bank statement, whose sums and
    order Odoo watches."""

    _inherit = "payment.terminal.file"

    statement_id = fields.Many2one(
        "account.bank.statement",
        "Bank statement",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    statement_problem = fields.Text(
        related="statement_id.problem_description", string="What is wrong with it"
    )

    def _open_statement(self, statement):
        """Make the bank statement of a file that names both balances.

        :param statement: see ``formats.statement``
        """
        if statement.closing is None:
            return
        self.statement_id = self.env["account.bank.statement"].create(
            {
                "name": " ".join(filter(None, (self.journal_id.code, self.number))),
                "reference": self.name,
                "journal_id": self.journal_id.id,
                "balance_start": float(statement.opening),
                "balance_end_real": float(statement.closing),
            }
        )

    def _adopt_known(self):
        """What came in other files without balances belongs to the statement too."""
        if not self.statement_id:
            return
        known = self.env["payment.terminal.file.line"].search(
            [("file_id", "=", self.id), ("state", "=", "known")]
        )
        earlier = known.known_as_id | known.search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("entry_key", "in", known.filtered("entry_key").mapped("entry_key")),
                ("state", "!=", "known"),
            ]
        )
        for statement_line, lines in earlier.grouped("statement_line_id").items():
            together = known.search([("statement_line_id", "=", statement_line.id)])
            if lines == together and not statement_line.statement_id:
                statement_line.statement_id = self.statement_id


class PaymentTerminalFileLine(models.Model):
    _inherit = "payment.terminal.file.line"

    statement_id = fields.Many2one(
        "account.bank.statement",
        "Bank statement",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    def _leave_statement(self, has_twin=False):
        """Take lines out of their bank statements, before they go.

        :param bool has_twin: the money is in the books by another line; the only one of
            the day that has the amount takes the place
        """
        for line in self.statement_line_id.filtered("statement_id"):
            statement = line.statement_id
            line.statement_id = False
            same = has_twin and line.search(
                [
                    ("journal_id", "=", line.journal_id.id),
                    ("date", "=", line.date),
                    ("amount", "=", line.amount),
                    ("statement_id", "=", False),
                    ("id", "!=", line.id),
                ],
                limit=2,
            )
            if has_twin and len(same) == 1:
                same.statement_id = statement


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def action_undo_reconciliation(self):
        """Payments of files wait again with their line, but for those that share one:
        whose they are is proven."""
        # EXTENDS 'account'
        payments = (
            self.env["payment.terminal.file.line"]
            .sudo()
            .search([("statement_line_id", "in", self.ids), ("state", "=", "booked")])
        )
        for lines in payments.grouped("statement_line_id").values():
            if len(lines) > 1 or lines.correction_id:
                raise lines[0]._stands()
        result = super().action_undo_reconciliation()
        payments._wait_again()
        return result
