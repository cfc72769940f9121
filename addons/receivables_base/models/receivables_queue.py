import logging
import time
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate

from ..exceptions import ExchangeError
from ..tools import NO_RECORDS_FAULT, Sentence, log_fault

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

# How often in a row work is tried again at once: another transaction was in its way.
COLLISIONS = 3
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
# What waits for a line goes soon after the line is there again.
LONGEST_WAIT_FOR_LINE = timedelta(minutes=10)
# A line that alone has work makes so many calls before others are looked for again.
CALLS_ALONE = 10
# Longer than any call over a line may take: then the server that made it is gone.
LEASE = timedelta(minutes=2)


class ReceivablesQueue(models.AbstractModel):
    """Work in small batches that any number of jobs on any number of hosts share.

    A row is worked on by whoever has locked it (:meth:`_work_through`) or leased it
    (:meth:`_call_through`, for work that waits for a network). What cannot be done
    waits with its reason, ever longer, and never stops its neighbours. A run ends
    when its share of time is over and begins anew after the other jobs.
    """

    _name = "receivables.queue"
    _description = "Queue of receivables"

    #: after so many failures a person is asked; None: never given up
    _MAX_ATTEMPTS = 12
    #: path to the line that :meth:`_call_through` uses, to pass over one that is
    #: paused; ``id`` where the rows are lines themselves
    _CONNECTION = None

    attempts = fields.Integer(readonly=True, copy=False, aggregator=None)
    next_attempt = fields.Datetime(
        "Next attempt", readonly=True, copy=False, index="btree_not_null"
    )
    leased_until = fields.Datetime(
        "Leased until",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="A job is waiting for the other party's answer until then at most.",
    )
    reason = fields.Json(readonly=True, copy=False)
    summary = fields.Text(
        compute="_compute_summary",
        help="What happened, in a sentence, and what to do about it.",
    )

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_summary(self):
        for record in self:
            record.summary = Sentence.read(record.reason, record.env)

    # === THE LOOPS === #

    @api.model
    def _work_through(self, find, work, keys=(), batch=100, order="id"):
        """Do ``work`` on what there is to be done, a batch in each transaction, on each
        record once: what cannot be done is left to the next run, if not for longer.

        :param find: a domain that records leave when they are worked on, or the name of
            a method that returns one
        :param str work: name of the method, called on records with the same ``keys``
        :return: False when the run ended before all was done; the rest goes on with
            the job's next run
        """
        collisions = done = 0
        left = self.browse()
        while not self._is_time_up():
            try:
                domain = self._get_domain(find) & Domain("id", "not in", left.ids)
                records = self._claim(domain, batch, order)
                groups = records.grouped(lambda r: tuple(r[key] for key in keys))
                undone = [group._try(work) for group in groups.values()]
                self.env.flush_all()
            except OperationalError:
                self.env.cr.rollback()
                collisions += 1
                if collisions > COLLISIONS:
                    break
                continue
            collisions = 0
            done += len(records)
            left = left.union(*undone)
            if not records:
                if done:
                    self.env["ir.cron"]._commit_progress(remaining=0)
                return True
            if not self.env["ir.cron"]._commit_progress(len(records), remaining=1):
                break
        self._go_on_later()
        return False

    @api.model
    def _call_through(self, find, call, order="id", batch=1):
        """Make the calls that wait, a lease and a transaction for each batch.

        No transaction is open and no lock is held while the other party is waited for.
        Lines take turns, and one that is paused is passed over. What a line keeps open
        serves the next call over it.

        :param find: as for :meth:`_work_through`
        :param str call: name of a generator method of a batch, whose records have one
            line. What stands before a ``yield`` is committed; what it yields is called
            without a database and must not touch one; its result, or what it raised,
            comes back from the ``yield`` in a new transaction, where nothing that was
            read before holds any more.
        :param int batch: so many records at most; what the method leaves undone is
            taken up again
        :return: False when the run ended before all was done
        """
        lines = {}
        try:
            return self.with_context(receivables_lines=lines)._call_each(
                find, call, order, batch
            )
        finally:
            for line in lines.values():
                line.close()

    @api.model
    def _call_each(self, find, call, order, batch):
        collisions = done = alone = 0
        served = nobody = self.env["receivables.connection"]
        while not self._is_time_up():
            records = self.browse()
            try:
                records = self._lease(find, order, served, batch)
                if not records and served:
                    alone = CALLS_ALONE // batch if len(served) == 1 else 0
                    served = nobody
                    continue
                if not records:
                    if done:
                        self.env["ir.cron"]._commit_progress(remaining=0)
                    return True
                alone = max(alone - 1, 0)
                if not alone:
                    served |= records._get_connection()
                records._make_call(call)
            except OperationalError:
                # What was said is said again, with the same key.
                self.env.cr.rollback()
                records._release()
                collisions += 1
                if collisions > COLLISIONS:
                    break
                continue
            collisions = 0
            done += len(records)
            if not self.env["ir.cron"]._commit_progress(len(records), remaining=1):
                break
        self._go_on_later()
        return False

    @api.model
    def _is_time_up(self):
        """Whether this run has had its share; other jobs wait."""
        return time.monotonic() > self.env.context.get("cron_end_time", float("inf"))

    @api.model
    def _go_on_later(self):
        """Run again when the other jobs had their turn, without waiting for a minute
        to be over."""
        cron = self.env["ir.cron"].sudo().browse(self.env.context.get("cron_id"))
        if cron:
            cron._trigger()
            self.env["ir.cron"]._commit_progress()

    # === ONE BATCH === #

    @api.model
    def _get_domain(self, find):
        return Domain(getattr(self, find)() if isinstance(find, str) else find)

    @api.model
    def _get_due_domain(self):
        """Return the domain of what need not wait, or not any longer."""
        return Domain("next_attempt", "=", False) | Domain(
            "next_attempt", "<=", fields.Datetime.now()
        )

    @api.model
    def _claim(self, find, limit, order):
        """Lock records that no other job holds.

        One statement finds and locks, so what is read afterwards is as it was found; a
        row that was changed since the transaction began is a serialization failure.
        """
        query = self._search(self._get_domain(find), order=order, limit=limit)
        claim = SQL(
            "%s FOR NO KEY UPDATE OF %s SKIP LOCKED",
            query.select(),
            SQL.identifier(self._table),
        )
        self.env.flush_query(claim)
        self.env.cr.execute(claim, log_exceptions=False)
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _try(self, work):
        """Do ``work`` on all, or find by halves on which of them it cannot be done.

        :return: these
        """
        try:
            with self.env.cr.savepoint():
                getattr(self, work)()
        except NO_RECORDS_FAULT:
            raise
        except Exception as fault:
            if len(self) > 1:
                half = len(self) // 2
                return self[:half]._try(work) | self[half:]._try(work)
            self._on_fault(fault)
            return self
        return self.browse()

    # === ONE CALL === #

    @api.model
    def _lease(self, find, order, served, batch=1):
        """Lock records of one line and note that they are being worked on; prepared and
        committed with their call."""
        now = fields.Datetime.now()
        domain = self._get_domain(find) & (
            Domain("leased_until", "=", False) | Domain("leased_until", "<", now)
        )
        if self._CONNECTION:
            paused = "paused_until"
            if self._CONNECTION != "id":
                paused = f"{self._CONNECTION}.{paused}"
            domain &= Domain(self._CONNECTION, "not in", served.ids) & (
                Domain(paused, "=", False) | Domain(paused, "<=", now)
            )
        records = self._claim(domain, 1, order)
        if records and batch > 1:
            if self._CONNECTION:
                line = records._get_connection()
                domain &= Domain(self._CONNECTION, "=", line.id)
            records = self._claim(domain, batch, order)
        records.leased_until = now + LEASE
        return records

    def _get_connection(self):
        """Return the line that the call takes, or none."""
        if not self._CONNECTION:
            return self.env["receivables.connection"]
        if self._CONNECTION == "id":
            return self.sudo()
        return self.sudo().mapped(self._CONNECTION)

    def _make_call(self, call):
        """Go through the stages of a call, each answer in a new transaction."""
        connection = self._get_connection()
        stages = getattr(self, call)()
        answer = fault = None
        while True:
            try:
                with self.env.cr.savepoint():
                    try:
                        ask = stages.throw(fault) if fault else stages.send(answer)
                    except StopIteration:
                        ask = None
            except NO_RECORDS_FAULT:
                stages.close()
                raise
            except Exception as caught:
                for record in self:
                    record._on_fault(caught)
                ask = None
            if not ask:
                break
            # Each call has a lease of its own: many of them take longer than one.
            now = fields.Datetime.now()
            self.filtered(
                lambda r, now=now: r.leased_until and r.leased_until < now + LEASE / 2
            ).leased_until = now + LEASE
            self.env.cr.commit()  # pylint: disable=invalid-commit
            answer = fault = None
            try:
                answer = ask()
            except Exception as caught:
                fault = caught
            connection._note(fault)
        self.leased_until = False
        self.flush_recordset()

    def _release(self):
        """Give back the lease of what somebody else wrote meanwhile."""
        try:
            self.leased_until = False
            self.env.cr.commit()  # pylint: disable=invalid-commit
        except OperationalError:
            self.env.cr.rollback()  # then it runs out

    # === WHAT GOES WRONG === #

    def _on_fault(self, fault):
        """Note why the work on one record failed, and let it wait or ask a person."""
        self.ensure_one()
        sentence = self._explain(fault)
        is_final = isinstance(fault, ExchangeError) and fault.kind != "retry"
        if is_final and not fault.is_line:
            self._give_up(sentence, fault)
        else:
            self._park(sentence, fault)

    def _explain(self, fault):
        """Return a sentence about an exception, to be stored."""
        if not isinstance(fault, (ExchangeError, UserError)):
            log_fault(_logger, fault, "%s: unexpected fault", self)
        return self._say(fault)

    @api.model
    def _say(self, fault):
        """Return a sentence about an exception that is in the log."""
        if isinstance(fault, (ExchangeError, UserError)):
            return Sentence.store(fault)
        return Sentence.store(
            _lt(
                "An unexpected fault (%s); the server's log says more. What it was "
                "about is kept and tried again.",
                type(fault).__name__,
            )
        )

    def _park(self, sentence, fault=None):
        """Let records wait, the longer the more often it was tried, or ask a person.

        What waits because its line is down is not given up.
        """
        now = fields.Datetime.now()
        stored = Sentence.store(sentence)
        asked = getattr(fault, "retry_after", 0)
        is_line = getattr(fault, "is_line", False)
        longest = LONGEST_WAIT_FOR_LINE if is_line else LONGEST_WAIT
        for attempts, records in self.grouped("attempts").items():
            wait = min(FIRST_WAIT * 2 ** min(attempts, 16), longest)
            records.write(
                {
                    "attempts": attempts + 1,
                    "next_attempt": now + (timedelta(seconds=asked) if asked else wait),
                    "reason": stored,
                }
            )
            tired = self._MAX_ATTEMPTS and attempts + 1 >= self._MAX_ATTEMPTS
            if tired and not is_line:
                records._give_up(stored, fault)
            else:
                records._on_parked(stored)

    def _on_parked(self, sentence):
        """Do what belongs to waiting: wake the job when it is over, tell somebody."""

    def _give_up(self, sentence, fault=None):
        """Leave records to a person: their model says in which state, and who is told.

        :param fault: what was raised; None when attempts are used up
        """
        raise NotImplementedError
