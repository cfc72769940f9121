import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import LazyTranslate

from ..adapters import LineError
from ..exceptions import ExchangeError
from ..tools import Sentence

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)
# So many in a row, and a person looks at it.
TELL_AFTER = 3
# How often a success is worth a write.
FRESH = timedelta(minutes=1)
MAX_REFUSED = 100
# When a file that was refused under a name is another matter.
TOLD_AGAIN = timedelta(days=1)
DOWN = "receivables_base.mail_activity_type_connection"
REFUSED = "receivables_base.mail_activity_type_refused_file"


class ReceivablesConnection(models.Model):
    """What is known about how a connection fares: breaker, test, refused files."""

    _inherit = "receivables.connection"

    failures = fields.Integer(readonly=True, copy=False, aggregator=None)
    paused_until = fields.Datetime(
        "Paused until",
        readonly=True,
        copy=False,
        help="After a failure it is left alone for a while, the longer the more often "
        "it failed; what waits for it waits, and nothing else does.",
    )
    last_success = fields.Datetime(string="Last success", readonly=True, copy=False)
    reason = fields.Json(readonly=True, copy=False)
    summary = fields.Text(
        string="What is wrong",
        compute="_compute_summary",
        help="What happened last, and what to do about it.",
    )
    health = fields.Selection(
        [
            ("disabled", "Disabled"),
            ("untried", "Not tried"),
            ("working", "Working"),
            ("failing", "Failing"),
            ("paused", "Paused"),
        ],
        compute="_compute_health",
    )
    report = fields.Json(readonly=True, copy=False, groups="base.group_system")
    report_summary = fields.Text(
        string="Test", compute="_compute_report_summary", groups="base.group_system"
    )
    tested_at = fields.Datetime(
        "Tested at", readonly=True, copy=False, groups="base.group_system"
    )
    refused = fields.Json(readonly=True, copy=False)
    refused_summary = fields.Text(
        string="Refused files", compute="_compute_refused_summary"
    )

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_summary(self):
        for connection in self:
            connection.summary = Sentence.read(connection.reason, self.env)

    @api.depends(
        "environment", "failures", "paused_until", "last_success", "reason", "way"
    )
    def _compute_health(self):
        now = fields.Datetime.now()
        for connection in self:
            if connection.environment == "disabled":
                connection.health = "disabled"
            elif connection.failures or connection.reason:
                paused = connection.paused_until and connection.paused_until > now
                connection.health = "paused" if paused else "failing"
            else:
                known = connection.last_success or connection.way == "manual"
                connection.health = "working" if known else "untried"

    @api.depends("report")
    @api.depends_context("lang")
    def _compute_report_summary(self):
        for connection in self:
            connection.report_summary = "\n".join(
                f"{mark} {Sentence.read(sentence, self.env)}"
                for mark, sentence in connection.report or []
            )

    @api.depends("refused")
    @api.depends_context("lang")
    def _compute_refused_summary(self):
        for connection in self:
            connection.refused_summary = "\n".join(
                Sentence.read(sentence, self.env)
                for _name, sentence, _at in connection.refused or []
            )

    # === BREAKER === #

    def _note(self, fault=None):
        """Note how a call over the line went, in a short transaction.

        To be called with nothing unsaved, straight after the call. A row that somebody
        else writes is left alone: the next call notes the same.

        :param fault: what the call raised, None when it went well
        """
        for connection in self.sudo():
            failed = isinstance(fault, ExchangeError) and fault.is_line
            connection.invalidate_recordset(["failures", "last_success"])
            vals = connection._prepare_note(fault if failed else None)
            try:
                if vals and connection.try_lock_for_update(allow_referencing=True):
                    connection.write(vals)
                    connection._tell(fault if failed else None)
                self.env.cr.commit()  # pylint: disable=invalid-commit
            except OperationalError:
                # Somebody has just changed it; the answer itself is not lost by that.
                self.env.cr.rollback()

    def _prepare_note(self, fault):
        now = fields.Datetime.now()
        if not fault:
            is_fresh = self.last_success and now - self.last_success < FRESH
            if is_fresh and not self.failures:
                return {}
            return self._prepare_working()
        _logger.info("%s: %s (%s)", self, fault.code, fault.kind)
        pause = LONGEST_PAUSE
        if fault.kind == "retry":
            pause = min(FIRST_PAUSE * 2 ** min(self.failures, 8), LONGEST_PAUSE)
        return {
            "failures": self.failures + 1,
            "paused_until": now + pause,
            "reason": Sentence.store(fault),
        }

    def _prepare_working(self):
        return {
            "failures": 0,
            "paused_until": False,
            "last_success": fields.Datetime.now(),
            "reason": False,
        }

    def _tell(self, fault):
        """Tell a person of what does not pass by itself; it is settled when it does."""
        if not fault:
            self._settle(DOWN)
        elif fault.kind != "retry" or self.failures >= TELL_AFTER:
            self._remind(DOWN, self.reason, renew=True)

    # === REFUSED FILES === #

    def _refuse(self, name, problem):
        """Note a file that was put away unread, or that cannot be; each is told once.

        :param str name: an entry's label
        :param problem: a LineError or sentence
        """
        self.ensure_one()
        connection = self.sudo()
        known = connection.refused or []
        now = fields.Datetime.now()
        since = fields.Datetime.to_string(now - TOLD_AGAIN)
        if any(name == other and at > since for other, _sentence, at in known):
            return
        _logger.info("%s: %s was refused", connection, name)
        sentence = Sentence.store(problem)
        entry = [name, sentence, fields.Datetime.to_string(now)]
        connection.refused = [*known, entry][-MAX_REFUSED:]
        connection._remind(REFUSED, sentence)

    def action_forget_refused(self):
        """Clear the list: a person has seen to it."""
        self.check_access("write")
        self.sudo().refused = False
        self._settle(REFUSED)
        return True

    # === SETTING UP === #

    def action_prepare(self):
        """Make what the other place needs, such as a folder's mark, and try it."""
        if not self.carries_files:
            return self.action_test()
        return self._try("prepare", "try_out")

    def action_test(self):
        """Try everything the connection is for, and tell step by step how it went."""
        return self._try("try_out")

    def action_accept_host_key(self):
        """Take the key that the server showed in the last test for the server's."""
        self.check_access("write")
        self.ensure_one()
        if self.host_key_shown:
            accepted = {"host_key": self.host_key_shown, "host_key_shown": False}
            self.sudo().write(accepted)
        return self.action_test()

    def _try(self, *calls):
        """Make calls over the line, without a transaction, and keep their report."""
        self.check_access("write")
        self.ensure_one()
        vals = {"tested_at": fields.Datetime.now()}
        line = None
        try:
            line = self._make_line()
            self.env.cr.commit()  # pylint: disable=invalid-commit
            for call in calls:
                getattr(line, call)()
            vals |= self._prepare_working()
            last = ["✓", Sentence.store(_lt("The connection works."))]
            self._settle(DOWN)
        except LineError as fault:
            vals["reason"] = Sentence.store(fault)
            last = ["✗", vals["reason"]]
        steps = [["✓", Sentence.store(step)] for step in line.steps] if line else []
        if line:
            vals["host_key_shown"] = line.host_key_shown
        self.sudo().write({**vals, "report": [*steps, last]})
        return True
