from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL


class ReceivablesQueue(models.AbstractModel):
    """The scheduled actions that work through a queue."""

    _inherit = "receivables.queue"

    @api.model
    def _wake(self, job, at=None):
        """Have a scheduled action and its duplicates run, now or at a time; one such
        wish for each is enough.

        A wish that a running job has answered already is locked by it: it does not
        count, for the job may have looked before our work was there.

        :param str job: external identifier of the scheduled action
        """
        cron = self.env.ref(job).sudo()
        cron.flush_model(["active"])
        query = SQL(
            """SELECT lane.id
                 FROM ir_cron job
                 JOIN ir_act_server work ON work.id = job.ir_actions_server_id
                 JOIN ir_act_server same USING (model_id, code)
                 JOIN ir_cron lane ON lane.ir_actions_server_id = same.id
                WHERE job.id = %s AND lane.active
                  AND NOT EXISTS (SELECT FROM ir_cron_trigger
                                   WHERE cron_id = lane.id AND call_at <= %s
                                     FOR KEY SHARE SKIP LOCKED)""",
            cron.id,
            at or fields.Datetime.now(),
        )
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(query, log_exceptions=False)
                lanes = cron.browse(row[0] for row in self.env.cr.fetchall())
        except OperationalError:  # a wish was answered and removed in this moment
            lanes = cron
        for lane in lanes:
            lane._trigger(at=at)

    @api.model
    def _switch_jobs(self, jobs):
        """Let scheduled actions run only while they are needed.

        :param dict jobs: external identifier → whether it is needed
        """
        for job, needed in jobs.items():
            # a module that is being removed has lost some already
            cron = self.env.ref(job, raise_if_not_found=False)
            if cron and cron.sudo().active != needed:
                cron.sudo().active = needed
