import hashlib
import io
import zipfile
from base64 import b64encode

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from .network.access import MANAGER

STATES = [
    ("draft", "To archive"),
    ("archived", "Archived"),
    ("removing", "Being removed"),
    ("removed", "Removed from the database"),
]
REMOVED_AT_ONCE = 5_000
# What has come to its end: nothing of it can be paid, corrected or taken back any more.
_FINISHED = SQL(
    """payment.state IN ('booked', 'reversed', 'cancelled')
       AND payment.next_attempt IS NULL
       AND NOT EXISTS (SELECT FROM account_move_line line
                        WHERE line.terminal_transaction_id = payment.id
                          AND line.reconciled IS NOT TRUE)"""
)
_PAYMENTS = (
    *("id", "txn_id", "state", "is_test", "account_number", "partner_id", "amount"),
    *("paid_at", "business_date", "terminal", "invoice_reference", "reserved_at"),
    *("accepted_at", "cancelled_at", "cancel_reason", "move_id", "reversal_move_id"),
)
_REQUESTS = (
    *("id", "create_date", "transaction_id", "operation", "result", "is_binding"),
    *("is_repeat", "terminal", "remote_address", "method", "query", "body"),
    *("answer", "answer_type", "answer_status", "duration"),
)


class PaymentTerminalArchive(models.Model):
    """The way out of the database after the years that the law asks for.

    Payments and what was said about them go into a file; its checksum and the proof of
    each day stay here when they are removed. Journal entries stay in any case.
    """

    _name = "payment.terminal.archive"
    _inherit = ["mail.thread", "receivables.facts", "receivables.state"]
    _description = "Archive of payments at terminals"
    _order = "date_until desc, id desc"
    _check_company_auto = True
    _TRANSITIONS = {
        "draft": ("archived",),
        "archived": ("removing",),
        "removing": ("removed",),
    }

    network_id = fields.Many2one(
        "payment.terminal.network", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="network_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="network_id.currency_id")
    date_until = fields.Date(
        string="Payments until",
        required=True,
        help="Business days up to this one, older than the company keeps them.",
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, copy=False, default="draft"
    )
    payment_count = fields.Integer(string="Payments", readonly=True, copy=False)
    left_count = fields.Integer(
        string="Not finished",
        readonly=True,
        copy=False,
        help="They have something open still, and stay.",
    )
    amount = fields.Monetary(
        string="Money in it", readonly=True, copy=False, aggregator=None
    )
    proof = fields.Json(
        string="Sums of the days",
        readonly=True,
        copy=False,
        help="What came in, was booked and was reversed on each day.",
    )
    content = fields.Binary(
        string="File",
        readonly=True,
        copy=False,
        attachment=False,  # whoever may not read it does not search for it either
        groups="payment_terminal.payment_terminal_group_manager",
    )
    filename = fields.Char(readonly=True, copy=False)
    sha256 = fields.Char(string="SHA-256", readonly=True, copy=False)

    @api.depends("network_id", "date_until")
    def _compute_display_name(self):
        for archive in self:
            day = fields.Date.to_string(archive.date_until) or ""
            archive.display_name = f"{archive.network_id.name or ''} {day}".strip()

    @api.constrains("date_until", "network_id")
    def _check_date_until(self):
        for archive in self:
            years = archive.company_id.sudo().terminal_keep_years
            newest = archive.network_id._get_today() - relativedelta(years=years)
            if archive.date_until > newest:
                raise ValidationError(
                    self.env._(
                        "Payments are kept for %(years)s years: archive those until "
                        "%(day)s.",
                        years=years,
                        day=fields.Date.to_string(newest),
                    )
                )

    def write(self, vals):
        # EXTENDS 'base'
        if {"network_id", "date_until"} & set(vals) and set(self.mapped("state")) - {
            "draft"
        }:
            raise UserError(self.env._("What is archived stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        if set(self.mapped("state")) - {"draft"}:
            raise UserError(
                self.env._("An archive is the proof of what was removed: it is kept.")
            )

    def _check_manager(self):
        self.check_access("write")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Archives are for managers of terminals."))

    def action_create_file(self):
        """Write the file, and the proof of each day."""
        self.ensure_one()
        self._check_manager()
        archive = self.sudo()
        if archive.state != "draft":
            raise UserError(self.env._("What is archived stays as it is."))
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE payment_terminal_transaction payment SET archive_id = %s "
                "WHERE %s AND %s AND archive_id IS NULL RETURNING 1",
                archive.id,
                archive._get_condition(),
                _FINISHED,
            )
        )
        self.env["payment.terminal.transaction"].invalidate_model(["archive_id"])
        [[count, amount, first]] = self.env.execute_query(
            SQL(
                "SELECT count(*), coalesce(sum(money), 0), min(business_date) "
                "FROM (%s) payment",
                archive._select(SQL("payment.money, payment.business_date")),
            )
        )
        if not count:
            raise UserError(self.env._("There is nothing to archive until then."))
        [[left]] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM payment_terminal_transaction payment "
                "WHERE %s AND archive_id IS NULL",
                archive._get_condition(),
            )
        )
        proof = archive._get_proof(first)
        content = archive._make_file(proof)
        archive._set_state(
            "archived",
            payment_count=count,
            left_count=left,
            amount=amount,
            proof=proof,
            filename=f"payments_{self.network_id.id}_{self.date_until}.zip",
            content=b64encode(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        return True

    def action_remove(self):
        """Remove what the file holds from the database, in the background."""
        self.ensure_one()
        self._check_manager()
        if not self.sudo()._set_state("removing"):
            raise UserError(self.env._("Archive the payments first."))
        self.env.ref("base.autovacuum_job").sudo()._trigger()
        return True

    # === WHAT GOES IN === #

    def _get_condition(self):
        return SQL(
            "payment.network_id = %s AND payment.business_date <= %s",
            self.network_id.id,
            self.date_until,
        )

    def _select(self, columns):
        """Return the query of the payments that are in the file."""
        return SQL(
            "SELECT %s FROM payment_terminal_transaction payment WHERE archive_id = %s",
            columns,
            self.id,
        )

    def _get_proof(self, first):
        totals = self.network_id._read_day_totals(first, self.date_until)
        return {
            fields.Date.to_string(day): figures
            for (_network, day), figures in sorted(totals.items(), key=str)
        }

    def _make_file(self, proof):
        """Return a ZIP of tables with a header: payments, requests, days."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, query in (
                (
                    "payments.csv",
                    SQL(
                        "%s ORDER BY payment.id",
                        self._select(_columns("payment", _PAYMENTS)),
                    ),
                ),
                (
                    "requests.csv",
                    SQL(
                        "SELECT %s FROM payment_terminal_request request "
                        "WHERE transaction_id IN (%s) ORDER BY id",
                        _columns("request", _REQUESTS),
                        self._select(SQL("payment.id")),
                    ),
                ),
            ):
                bundle.writestr(name, self._copy_out(query))
            rows = [["day", *next(iter(proof.values()), {})]]
            rows += [[day, *figures.values()] for day, figures in proof.items()]
            days = "".join(",".join(map(str, row)) + "\n" for row in rows)
            bundle.writestr("days.csv", days)
        return packed.getvalue()

    def _copy_out(self, query):
        """Return the rows of a query as the database writes them as CSV."""
        out = io.BytesIO()
        cursor = self.env.cr
        text = cursor.mogrify(query.code, query.params).decode()
        cursor.copy_expert(f"COPY ({text}) TO STDOUT WITH (FORMAT csv, HEADER)", out)
        return out.getvalue()

    # === WHAT GOES OUT === #

    @api.autovacuum
    def _gc_archived(self):
        """Remove what was archived, in portions.

        :return: how many, and whether there are more; then it is called again
        """
        archive = self.sudo().search([("state", "=", "removing")], limit=1)
        if not archive:
            return 0, 0
        rows = self.env.execute_query(
            SQL(
                "%s AND %s ORDER BY payment.id LIMIT %s",
                archive._select(SQL("payment.id")),
                _FINISHED,
                REMOVED_AT_ONCE,
            )
        )
        ids = tuple(row[0] for row in rows)
        if ids:
            archive._remove(ids)
        if len(ids) < REMOVED_AT_ONCE:
            archive._set_state("removed")
            # what was corrected since the file was written stays, for a later one
            archive.env["payment.terminal.transaction"].search(
                [("archive_id", "=", archive.id)]
            ).archive_id = False
        return len(ids), 1

    def _remove(self, ids):
        """Delete payments with all that hangs on them; journal items stay."""
        payments = self.env["payment.terminal.transaction"].browse(ids)
        self.env.flush_all()
        for statement in (
            "UPDATE account_move_line SET terminal_transaction_id = NULL "
            "WHERE terminal_transaction_id IN %s",
            "DELETE FROM payment_terminal_request WHERE transaction_id IN %s",
        ):
            self.env.execute_query(SQL(f"{statement} RETURNING 1", ids))
        self.env.invalidate_all()
        payments.unlink()

    @api.model
    def _covers(self, payments):
        """Whether all of these payments are being removed, for they are in a file."""
        return all(
            payment.archive_id.state == "removing" for payment in payments.sudo()
        )


def _columns(table, names):
    return SQL(", ").join(SQL.identifier(table, name) for name in names)
