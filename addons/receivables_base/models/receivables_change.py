from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL

# Only one transaction at a time gives numbers.
_NUMBERING = 1_947_120_836
_KEPT_DAYS = 90


class ReceivablesChange(models.Model):
    """What other programs ask for page by page: which records have changed.

    A change gets its number when it is asked for, not when it is made: what is
    committed and has none gets the next ones. So nothing is passed over, however long
    the transaction ran that made it, and nothing comes twice.
    """

    _name = "receivables.change"
    _description = "Change for other programs"
    _order = "number, id"
    _log_access = False

    topic = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    res_id = fields.Integer("Record", required=True, aggregator=None)
    number = fields.Integer(aggregator=None)
    at = fields.Datetime(required=True, default=fields.Datetime.now)

    _unnumbered_idx = models.Index("(topic) WHERE number IS NULL")
    _number_unique = models.UniqueIndex("(topic, number) WHERE number IS NOT NULL")
    _company_idx = models.Index("(topic, company_id, number)")

    @api.model
    def _note(self, topic, ids_by_company):
        """Note that records have changed.

        :param str topic: what is asked for; one numbering each
        :param dict ids_by_company: ids of records by id of their company
        """
        rows = [
            (topic, company_id, res_id, fields.Datetime.now())
            for company_id, ids in ids_by_company.items()
            for res_id in ids
        ]
        if rows:
            self.env.cr.execute_values(
                "INSERT INTO receivables_change (topic, company_id, res_id, at) "
                "VALUES %s",
                rows,
            )
            self.invalidate_model()

    @api.model
    def _read(self, topic, company, since, limit):
        """Return a page of changes after ``since``, the oldest first.

        :param str since: ``next`` of the page before; empty for the first
        :return: ``([(res_id, at)], next, more)``; a record that changed several times
            on a page is there once
        :raises UserError: ``since`` was never given as ``next``
        """
        if since and not (since.isascii() and since.isdecimal()):
            raise UserError(
                self.env._(
                    "The argument since is the next of an earlier answer, or empty."
                )
            )
        self._give_numbers(topic)
        rows = self.env.execute_query(
            SQL(
                """SELECT number, res_id, at FROM receivables_change
                    WHERE topic = %s AND company_id = %s AND number > %s
                 ORDER BY number LIMIT %s""",
                topic,
                company.id,
                min(int(since or 0), 2**31 - 1),
                limit + 1,
            )
        )
        more = len(rows) > limit
        page = rows[:limit]
        last = str(page[-1][0]) if page else since
        return list({row[1]: row[1:] for row in page}.values()), last, more

    @api.model
    def _give_numbers(self, topic):
        """Number what is committed and has no number.

        :raise ConcurrencyError: somebody else did meanwhile: Odoo makes the whole
            call again
        """
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_NUMBERING, topic]
        )
        try:
            cr.execute(
                """UPDATE receivables_change AS change
                      SET number = last.number + new.place
                     FROM (SELECT coalesce(max(number), 0) AS number
                             FROM receivables_change WHERE topic = %(topic)s) AS last,
                          (SELECT id, row_number() OVER (ORDER BY id) AS place
                             FROM receivables_change
                            WHERE topic = %(topic)s AND number IS NULL) AS new
                    WHERE new.id = change.id""",
                {"topic": topic},
                log_exceptions=False,
            )
        except UniqueViolation as fault:
            # The lock came after the snapshot, in which the others' numbers are not.
            raise ConcurrencyError("Changes were numbered meanwhile") from fault

    @api.autovacuum
    def _gc_changes(self):
        """Nobody asks for what is older; the newest stays, for the numbering."""
        self.env.cr.execute(
            """DELETE FROM receivables_change AS change
                WHERE at < %s
                  AND (number IS NULL
                       OR number < (SELECT max(number) FROM receivables_change AS other
                                     WHERE other.topic = change.topic))""",
            [fields.Datetime.subtract(fields.Datetime.now(), days=_KEPT_DAYS)],
        )
