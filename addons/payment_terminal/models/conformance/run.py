from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.receivables_base.adapters import LineError

# A run that has not ended by then was interrupted with its server.
LOST_AFTER = timedelta(minutes=15)


class PaymentTerminalConformance(models.Model):
    """A rehearsal: what a network certifies, played against the own endpoint.

    It runs in a job, because requests to oneself from inside a request could wait for
    each other. The network must be under test: payments are made, and none is booked.
    """

    _name = "payment.terminal.conformance"
    _description = "Conformance run of a terminal network"
    _order = "id desc"
    _rec_name = "network_id"

    network_id = fields.Many2one(
        "payment.terminal.network", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="network_id.company_id", store=True, index=True
    )
    account_id = fields.Many2one(
        "payment.terminal.account",
        string="Customer number to try with",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("passed", "Passed"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    started_at = fields.Datetime(string="Started at", readonly=True)
    ended_at = fields.Datetime(string="Ended at", readonly=True)
    summary = fields.Char(string="What stopped it", readonly=True)
    line_ids = fields.One2many(
        "payment.terminal.conformance.line", "run_id", string="Steps", readonly=True
    )
    passed_count = fields.Integer(string="Steps passed", compute="_compute_counts")
    failed_count = fields.Integer(string="Steps failed", compute="_compute_counts")
    slowest = fields.Integer(string="Slowest answer (ms)", compute="_compute_counts")

    @api.depends("line_ids.is_passed", "line_ids.duration")
    def _compute_counts(self):
        for run in self:
            run.passed_count = len(run.line_ids.filtered("is_passed"))
            run.failed_count = len(run.line_ids) - run.passed_count
            run.slowest = max(run.line_ids.mapped("duration"), default=0)

    @api.model
    def _cron_try(self):
        """Play a run that waits, with commits of its own: the endpoint answers in other
        transactions."""
        cron = self.env["ir.cron"]
        lost = self.search(
            [
                ("state", "=", "running"),
                ("started_at", "<", fields.Datetime.now() - LOST_AFTER),
            ]
        )
        for run in lost:
            run._end(
                self.env._("The server was stopped in the middle: start it again.")
            )
        waiting = [("state", "=", "waiting")]
        run = self.search(waiting, limit=1).try_lock_for_update()
        if run:
            run.write({"state": "running", "started_at": fields.Datetime.now()})
            cron._commit_progress(0)
            # it is read by whoever started it
            run.with_context(lang=run.create_uid.lang)._play_all()
            cron._commit_progress(1, remaining=self.search_count(waiting))

    def _play_all(self):
        """Play every step and keep what was said."""
        self.ensure_one()
        try:
            for values in self._play():
                self.env["payment.terminal.conformance.line"].create(
                    {"run_id": self.id, **values}
                )
                self.env["ir.cron"]._commit_progress(0)
        except LineError as error:
            self._end(
                self.env._(
                    "The endpoint cannot be reached at the address of this database "
                    "(system parameter web.base.url). Correct the address or the "
                    "proxy. %s",
                    self.env._(error.sentence),
                )
            )
        else:
            self._end()

    def _end(self, summary=False):
        self._close_door()
        passed = not summary and all(self.line_ids.mapped("is_passed"))
        self.write(
            {
                "state": "passed" if passed else "failed",
                "ended_at": fields.Datetime.now(),
                "summary": summary,
            }
        )

    def action_refresh(self):
        """Nothing but a reload of what is shown."""
        self.check_access("read")
        return True

    def action_print(self):
        """Print the report."""
        self.check_access("read")
        report = self.env.ref(
            "payment_terminal.action_report_payment_terminal_conformance"
        )
        return report.report_action(self, data={})


class PaymentTerminalConformanceLine(models.Model):
    """One step of a run: what was asked, what should come, what came."""

    _name = "payment.terminal.conformance.line"
    _description = "Step of a conformance run"
    _order = "run_id, id"

    run_id = fields.Many2one(
        "payment.terminal.conformance",
        string="Conformance run",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    name = fields.Char(string="Step", required=True)
    expected = fields.Char(required=True)
    found = fields.Char(required=True)
    is_passed = fields.Boolean(string="Passed")
    duration = fields.Integer(string="Time taken (ms)", aggregator="avg")
    request = fields.Text()
    answer = fields.Text()
