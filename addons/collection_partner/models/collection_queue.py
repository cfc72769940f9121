from psycopg2 import OperationalError

from odoo import api, models

SEEN_AT_ONCE = 50


class CollectionQueue(models.AbstractModel):
    """Work in small bites that any number of workers on any number of hosts share."""

    _name = "collection.queue"
    _description = "Queue of work with agencies"

    @api.model
    def _work_through(self, domain, work, limit=1, order="id"):
        """Do ``work`` on the records of ``domain``, some in each transaction.

        Rows are locked, so no two workers do the same, and looked at again after the
        lock.

        :param str work: the method called on at most ``limit`` records at a time; it
            must move them out of ``domain``
        :return: False when another transaction was in the way; what was done before
            it is kept, the rest waits for the next run
        """
        while True:
            try:
                with self.env.cr.savepoint():
                    records = (
                        self.search(domain, limit=SEEN_AT_ONCE + limit, order=order)
                        .try_lock_for_update(limit=limit)
                        .filtered_domain(domain)
                    )
                    getattr(records, work)()
            except OperationalError:
                # Calls that were made are recognised by their key next time.
                self.env.cr.rollback()
                return False
            if not records or not self.env["ir.cron"]._commit_progress(
                len(records), remaining=self.search_count(domain)
            ):
                return True
