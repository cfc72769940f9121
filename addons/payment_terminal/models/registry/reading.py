import hashlib
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import LazyTranslate

from ...formats import registries, registry
from ...formats.statement import FileError
from ...tools import take_turn
from ..plain_insert import copy_in
from .faults import explain
from .registry import JOB

_lt = LazyTranslate(__name__)

# What is larger is read by the job: nobody waits for it.
LARGE = 1_000_000
_SHOWN_PROBLEMS = 50
_SHOWN_BYTES = 120
_FUTURE = timedelta(days=2)
_COLUMNS = (
    *("registry_id", "network_id", "status"),
    *("place", "txn_id", "account_number", "amount", "fee", "paid_at"),
    *("business_date", "terminal"),
)


class PaymentTerminalRegistry(models.Model):
    """Takes files in: each once, whole or not at all."""

    _inherit = "payment.terminal.registry"

    @api.model
    def _take_in(self, network, filename, data):
        """Keep a file of a network and compare it, or leave that to the job.

        :return: the registry; the one that is there for bytes that came before
        """
        registries_ = self.sudo().with_company(network.company_id)
        take_turn(network)
        known = registries_._find_same(network, data).filtered(
            lambda same: same.state != "handled"
        )
        if known and known.state != "error":
            return known
        if known:
            known._set_state("received", attempts=0, next_attempt=False, reason=False)
        else:
            known = registries_.create(
                {
                    "name": filename,
                    "network_id": network.id,
                    "direction": "in",
                    "is_test": network.environment == "test",
                }
            )
            known._store_bytes([data])
        if len(data) > LARGE:
            self._wake(JOB)
        else:
            known._read()
            if known.state == "read":
                known._compare()
        return known

    @api.model
    def _find_same(self, network, data):
        """Return what came with the same bytes, the newest first."""
        return self.search(
            [
                ("network_id", "=", network.id),
                ("sha256", "=", hashlib.sha256(data).hexdigest()),
            ],
            order="id desc",
        )

    @api.model
    def _cron_take_in(self):
        """Read and compare what has come in."""
        waiting = self.sudo().with_context(tracking_disable=True)
        due = self._get_due_domain()
        for state, work in (("received", "_read"), ("read", "_compare")):
            find = due & fields.Domain("state", "=", state)
            if not waiting._work_through(find, work, batch=1):
                break

    def _read(self):
        """Read the bytes and make the lines; or refuse the file as a whole."""
        self.ensure_one()
        network = self.network_id
        mapping = network.registry_mapping_id
        try:
            found = registries.read(
                self._get_bytes(),
                network.currency_id.decimal_places,
                mapping._get_mapping() if mapping else None,
            )
            if found.currency and found.currency != network.currency_id.name:
                raise FileError(
                    "currency",
                    found=found.currency,
                    expected=network.currency_id.name,
                )
        except FileError as error:
            place = error.field.partition(".")[0]
            self._refuse(
                _lt(
                    "The file was refused as a whole: %s Ask the network for it again.",
                    explain(error),
                ),
                [[place, explain(error), ""]] if place.isdecimal() else [],
            )
            return
        problems = registry.get_problems(found) or self._find_impossible(found)
        if problems:
            self._refuse(
                _lt(
                    "The file was refused as a whole. Places that are wrong: "
                    "%(count)s, the first in line %(place)s: %(fault)s Ask the network "
                    "for it again.",
                    count=len(problems),
                    place=problems[0].place,
                    fault=explain(problems[0].error),
                ),
                [
                    [problem.place, explain(problem.error), show(problem.content)]
                    for problem in problems[:_SHOWN_PROBLEMS]
                ],
            )
            return
        self._fill(found)

    def _find_impossible(self, found):
        """Return problems with rows that no payment can be like."""
        latest = datetime.now() + _FUTURE
        bookable = self.network_id.sudo()._take_snapshot().bookable
        return [
            registry.Problem(
                row.place, b"", FileError("out_of_range", value=str(wrong))
            )
            for row in found.rows
            for wrong in (
                row.paid_at if row.paid_at > latest else None,
                row.amount if abs(row.amount) > bookable else None,
            )
            if wrong
        ]

    def _fill(self, found):
        """Write the lines, in one statement, and note which days they cover."""
        network = self.network_id
        own = ZoneInfo(network.tz)
        zone = ZoneInfo(found.zone) if found.zone else own
        first, last = found.days or (self._get_day_before(),) * 2
        self.line_ids.unlink()  # of a reading whose comparison failed
        self._copy_in(found.rows, zone, own)
        self._set_state(
            "read",
            format=found.format,
            date_from=first,
            date_until=last,
            starts_at=_to_utc(datetime.combine(first, time()), zone),
            ends_at=_to_utc(datetime.combine(last + timedelta(days=1), time()), zone),
            row_count=len(found.rows),
            total=float(found.amount),
            fee=float(found.fee),
            protest_until=self._get_protest_end(network),
            reason=False,
            problems=False,
            attempts=0,
            next_attempt=False,
        )

    def _get_day_before(self):
        """Return the day that an empty file is of: the one before it came."""
        return self.network_id._get_today() - timedelta(days=1)

    def _copy_in(self, rows, zone, own):
        network = self.network_id
        same = zone.key == own.key
        values = []
        for row in rows:
            paid_at = _to_utc(row.paid_at, zone)
            day = row.paid_at.date() if same else _to_local(paid_at, own).date()
            values.append(
                (
                    *(self.id, network.id, "new"),
                    *(row.place, row.txn_id, row.account, row.amount, row.fee, paid_at),
                    *(day, row.terminal),
                )
            )
        copy_in(self.env["payment.terminal.registry.line"], _COLUMNS, values)


def _to_utc(moment, zone):
    return moment.replace(tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)


def _to_local(moment, zone):
    return moment.replace(tzinfo=timezone.utc).astimezone(zone)


def show(content):
    """Bytes as people can compare them: what is no plain character as its number."""
    text = content[:_SHOWN_BYTES].decode("ascii", "backslashreplace")
    return text.replace("\t", "⇥") + ("…" if len(content) > _SHOWN_BYTES else "")
