from collections import defaultdict

from odoo import fields, models
from odoo.tools import SQL

from ...tools import take_turn
from ..plain_insert import MANY, analyze
from ..transaction.jobs import BOOKING_JOB
from ..transaction.transaction import MONEY
from .line import OPEN
from .missing import LINE_NUMBER, PAYMENT_NUMBER, YEARLY_ID

# The same identifier so many days apart is another payment: networks use theirs again.
NEAR = 180
_TAKEN = ("cancelled", "reversing", "reversed")
#: statuses of lines that say of a payment of ours that the network has it
_LISTED = ("matched", "only_theirs", "differs", "known")
_COUNTS = {
    "matched": "matched",
    "only_ours": "only_ours",
    "only_theirs": "only_theirs",
    "differs": "differing",
    "refund": "differing",
    "duplicate": "duplicates",
    "known": "known",
}


class PaymentTerminalRegistry(models.Model):
    """Compares a registry with what came online: a few statements for any number of
    payments."""

    _inherit = "payment.terminal.registry"

    def _compare(self):
        """Compare the lines with our payments, and book what only the network knows."""
        self.ensure_one()
        self.env.flush_all()
        take_turn(self.network_id)
        self._mark_duplicates()
        self._match_payments()
        booked = self._insert_missing()
        if booked:
            if booked > MANY:
                analyze(self.env["payment.terminal.transaction"])
            self._match_payments()
        if self.row_count > MANY:
            analyze(self.env["payment.terminal.registry.line"])
        self._close_rest()
        self._perform_announced()
        self._list_only_ours()
        others = self._find_elsewhere()
        self._open_differences()
        self.env["payment.terminal.transaction"].invalidate_model()
        self.env["payment.terminal.registry.line"].invalidate_model()
        (self + others)._recount()
        self._book_fee()
        if booked and not self.is_test:
            self.env["payment.terminal.transaction"]._wake(BOOKING_JOB)

    def _mark_duplicates(self):
        """A payment that stands twice in the file counts once."""
        self.env.cr.execute(
            SQL(
                """UPDATE payment_terminal_registry_line line
                      SET status = 'duplicate'
                     FROM (SELECT id, row_number() OVER (
                                  PARTITION BY txn_id, amount < 0 ORDER BY place)
                                  AS number
                             FROM payment_terminal_registry_line
                            WHERE registry_id = %s) same
                    WHERE same.id = line.id AND same.number > 1
                      AND line.registry_id = %s""",
                self.id,
                self.id,
            )
        )

    def _match_payments(self):
        """Find the payment of each line by the network's identifier."""
        for identifier in (YEARLY_ID, SQL("line.txn_id")):
            self.env.cr.execute(
                SQL(
                    """UPDATE payment_terminal_registry_line line
                          SET transaction_id = payment.id,
                              business_date = payment.business_date,
                              our_amount = CASE WHEN payment.state IN %(money)s
                                                THEN payment.amount ELSE 0 END,
                              status = CASE
                                  WHEN line.amount < 0 AND %(known)s THEN 'known'
                                  WHEN line.amount < 0 THEN 'refund'
                                  WHEN payment.registry_id = line.registry_id
                                      THEN 'only_theirs'
                                  WHEN %(known)s THEN 'known'
                                  WHEN payment.state IN %(taken)s
                                      OR payment.amount != line.amount
                                      OR %(other)s THEN 'differs'
                                  WHEN payment.state = 'reserved' THEN 'only_theirs'
                                  ELSE 'matched' END
                         FROM payment_terminal_transaction payment
                        WHERE line.registry_id = %(registry)s
                          AND line.status = 'new'
                          AND payment.network_id = line.network_id
                          AND payment.txn_id = %(identifier)s
                          AND payment.is_test = %(is_test)s
                          AND abs(payment.business_date - line.business_date)
                              <= %(near)s""",
                    registry=self.id,
                    is_test=self.is_test,
                    identifier=identifier,
                    money=MONEY,
                    taken=_TAKEN,
                    near=NEAR,
                    known=self._get_known(SQL("= payment.id")),
                    other=self._get_other_customer(),
                )
            )

    def _get_known(self, of_payment):
        """Whether another registry has listed the same already, of a payment of ours or
        of none: what it was then, it is still."""
        return SQL(
            """EXISTS (SELECT FROM payment_terminal_registry_line earlier
                        WHERE earlier.transaction_id %s
                          AND earlier.network_id = line.network_id
                          AND earlier.txn_id = line.txn_id
                          AND earlier.registry_id != line.registry_id
                          AND earlier.amount = line.amount
                          AND abs(earlier.business_date - line.business_date) <= %s
                          AND (earlier.status IN ('matched', 'only_theirs', 'refund')
                               OR earlier.status = 'differs'
                               AND earlier.account_number
                                   IS NOT DISTINCT FROM line.account_number))""",
            of_payment,
            NEAR,
        )

    def _get_other_customer(self):
        """Whether the network names the number of another customer of ours."""
        return SQL(
            """(line.account_number != payment.account_number
                AND %(line)s != %(payment)s
                AND EXISTS (SELECT FROM payment_terminal_account account
                             WHERE account.number IN (
                                   %(line)s, ltrim(%(line)s, '0'))
                               AND account.company_id = %(company)s
                               AND account.partner_id
                                   IS DISTINCT FROM payment.partner_id))""",
            company=self.company_id.id,
            line=LINE_NUMBER,
            payment=PAYMENT_NUMBER,
        )

    def _close_rest(self):
        """What is left was given back and never came, or has an identifier that two
        other payments have."""
        self.env.cr.execute(
            SQL(
                """UPDATE payment_terminal_registry_line line
                      SET our_amount = 0,
                          status = CASE
                              WHEN %(known)s THEN 'known'
                              WHEN amount < 0 THEN 'refund' ELSE 'differs' END
                    WHERE registry_id = %(registry)s AND status = 'new'""",
                known=self._get_known(SQL("IS NULL")),
                registry=self.id,
            )
        )

    def _perform_announced(self):
        """The money of an announced payment was taken, and we were not told."""
        announced = (
            self.env["payment.terminal.registry.line"]
            .search([("registry_id", "=", self.id), ("status", "=", "only_theirs")])
            .transaction_id.filtered(lambda payment: payment.state == "reserved")
            if self._has_announced()
            else self.env["payment.terminal.transaction"]
        )
        if announced:
            announced._set_state(
                "accepted", accepted_at=fields.Datetime.now(), registry_id=self.id
            )
            announced.flush_recordset()
            announced._wake(BOOKING_JOB)

    def _has_announced(self):
        self.env["payment.terminal.registry.line"].invalidate_model()
        self.env["payment.terminal.transaction"].invalidate_model()
        return self.env["payment.terminal.transaction"].search_count(
            [("network_id", "=", self.network_id.id), ("state", "=", "reserved")],
            limit=1,
        )

    def _list_only_ours(self):
        """Add what came online in the days of the registry and stands in none."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO payment_terminal_registry_line (
                       registry_id, network_id, txn_id, account_number, amount,
                       our_amount, fee, paid_at, business_date, terminal, status,
                       transaction_id)
                   SELECT %(registry)s, payment.network_id, payment.txn_id,
                          payment.account_number, 0, payment.amount, 0,
                          payment.paid_at, payment.business_date, payment.terminal,
                          'only_ours', payment.id
                     FROM payment_terminal_transaction payment
                    WHERE payment.network_id = %(network)s
                      AND payment.is_test = %(is_test)s
                      AND payment.state IN %(money)s
                      AND payment.paid_at >= %(first)s AND payment.paid_at < %(last)s
                      AND NOT EXISTS (
                          SELECT FROM payment_terminal_registry_line line
                           WHERE line.transaction_id = payment.id
                             AND line.status IN %(listed)s)""",
                registry=self.id,
                network=self.network_id.id,
                is_test=self.is_test,
                money=MONEY,
                first=self.starts_at,
                last=self.ends_at,
                listed=(*_LISTED, "only_ours", "refund"),
            )
        )

    def _find_elsewhere(self):
        """What other registries missed stands in this one.

        :return: those registries
        """
        rows = self.env.execute_query(
            SQL(
                """UPDATE payment_terminal_registry_line missed
                      SET status = 'elsewhere', is_open = FALSE
                     FROM payment_terminal_registry_line line
                    WHERE line.registry_id = %s AND line.status IN %s
                      AND missed.transaction_id = line.transaction_id
                      AND missed.registry_id != line.registry_id
                      AND missed.status = 'only_ours'
                RETURNING missed.registry_id""",
                self.id,
                _LISTED,
            )
        )
        return self.browse({row[0] for row in rows})

    def _open_differences(self):
        self.env.cr.execute(
            SQL(
                """UPDATE payment_terminal_registry_line line
                      SET is_open = TRUE
                    WHERE registry_id = %s AND status IN %s AND NOT (
                          status = 'refund' AND EXISTS (
                          SELECT FROM payment_terminal_transaction payment
                           WHERE payment.id = line.transaction_id
                             AND payment.state IN %s))""",
                self.id,
                OPEN,
                _TAKEN,
            )
        )

    def _close_taken_back(self):
        """Close what was only ours and is ours no more, and what both gave back.

        :param self: registries of any networks
        """
        self.env["payment.terminal.transaction"].flush_model(["state"])
        self.env["payment.terminal.registry.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """UPDATE payment_terminal_registry_line line
                      SET is_open = FALSE, our_amount = 0
                     FROM payment_terminal_transaction payment
                    WHERE line.is_open AND line.registry_id IN %s
                      AND line.status IN ('only_ours', 'refund')
                      AND payment.id = line.transaction_id
                      AND payment.state IN %s
                RETURNING line.registry_id""",
                (*self.ids, 0),
                _TAKEN,
            )
        )
        closed = self.browse({row[0] for row in rows})
        if closed:
            self.env["payment.terminal.registry.line"].invalidate_model()
            closed._recount()

    def _recount(self):
        """Count what became of the lines, and say whether all of them agree."""
        self.env["payment.terminal.registry.line"].flush_model()
        counts = defaultdict(lambda: dict.fromkeys(_COUNTS.values(), 0))
        left = defaultdict(lambda: {"open_count": 0, "open_amount": 0})
        for registry, status, count, still_open, amount in self.env.execute_query(
            SQL(
                """SELECT registry_id, status, count(*),
                          count(*) FILTER (WHERE is_open),
                          coalesce(sum(amount - our_amount) FILTER (WHERE is_open), 0)
                     FROM payment_terminal_registry_line
                    WHERE registry_id IN %s
                 GROUP BY registry_id, status""",
                (*self.ids, 0),
            )
        ):
            if status in _COUNTS:
                counts[registry][_COUNTS[status]] += count
            left[registry]["open_count"] += still_open
            left[registry]["open_amount"] += float(amount)
        for registry in self.sudo():
            figures = left[registry.id]
            registry.write({**counts[registry.id], **figures})
            registry._set_state("differs" if figures["open_count"] else "matched")
        self.sudo()._tell_of_differences()
