from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import check_user
from ..plain_insert import copy_in

BOOKING_JOB = "payment_terminal.ir_cron_payment_terminal_files"
TO_ASSIGN = "payment_terminal.mail_activity_type_file_assign"
# So many payments are booked at once, while the caller waits; more by the job.
AT_ONCE = 200
_COLUMNS = (
    *("file_id", "company_id", "journal_id", "currency_id", "place", "amount"),
    *("booked_on", "paid_on", "bank_id", "reference", "payer", "payer_account"),
    *("text", "is_correction", "is_whole", "key", "entry_key", "is_doubtful", "state"),
    *("statement_id", "known_as_id"),
    *("create_uid", "create_date", "write_uid", "write_date"),
)


class PaymentTerminalFileLine(models.Model):
    """A payment in a file, and what became of it.

    It is known again by the bank's identifier, day and amount; then it is ``known``,
    and the money counts where it was booked first.
    """

    _name = "payment.terminal.file.line"
    _inherit = ["receivables.queue", "receivables.facts", "receivables.state"]
    _description = "Payment in a file"
    _order = "id"
    _rec_names_search = ["reference", "payer", "bank_id"]
    _check_company_auto = True
    _MAX_ATTEMPTS = None  # it is money: never given up
    _TRANSITIONS = {
        "received": ("booked", "suspense", "known"),
        "suspense": ("booked", "known"),
        "booked": ("suspense",),
    }

    file_id = fields.Many2one(
        "payment.terminal.file",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    journal_id = fields.Many2one("account.journal", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    place = fields.Char(
        "Line", readonly=True, help="The line, or the element, of the file."
    )
    amount = fields.Monetary(
        readonly=True, help="Above zero: it came in. Below: it went, or was taken back."
    )
    booked_on = fields.Date(
        "Booked on", readonly=True, help="The bank's day: it decides the date."
    )
    paid_on = fields.Date("Paid on", readonly=True)
    bank_id = fields.Char(
        "Identifier of the bank",
        readonly=True,
        index="btree_not_null",
        help="Together with day and amount it tells the payment from all others.",
    )
    reference = fields.Char(readonly=True)
    payer = fields.Char(readonly=True)
    payer_account = fields.Char("Account of the payer", readonly=True)
    text = fields.Char("Message", readonly=True)
    is_correction = fields.Boolean("Is a correction", readonly=True)
    is_whole = fields.Boolean(
        "Is a whole entry",
        readonly=True,
        help="The bank has booked it by itself, not as one of several in one sum.",
    )
    key = fields.Char(required=True, readonly=True)
    entry_key = fields.Char("Entry key", readonly=True)
    is_doubtful = fields.Boolean(
        "May have come before",
        readonly=True,
        help="The bank gave it no identifier, and one like it came in another file.",
    )
    known_as_id = fields.Many2one(
        "payment.terminal.file.line",
        "Came before as",
        readonly=True,
        index="btree_not_null",
    )
    state = fields.Selection(
        [
            ("received", "To book"),
            ("suspense", "To assign"),
            ("booked", "Booked"),
            ("known", "Known before"),
        ],
        required=True,
        readonly=True,
        default="received",
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", readonly=True, index="btree_not_null"
    )
    statement_line_id = fields.Many2one(
        "account.bank.statement.line",
        "Line of the bank statement",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    item_id = fields.Many2one(
        "account.move.line",
        "Journal item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="What it is in the books: a credit of the customer, or money to assign.",
    )
    correction_id = fields.Many2one(
        "payment.terminal.file.line",
        "Taken back by",
        readonly=True,
        index="btree_not_null",
    )
    invoice_ids = fields.Many2many(
        "account.move", string="Invoices paid", compute="_compute_invoice_ids"
    )

    _key_unique = models.UniqueIndex(
        "(journal_id, key) WHERE state != 'known' AND is_doubtful IS NOT TRUE",
        "This payment is booked already.",
    )
    _entry_idx = models.Index("(journal_id, entry_key) WHERE entry_key IS NOT NULL")
    _to_book_idx = models.Index("(booked_on, id) WHERE state = 'received'")
    _to_assign_idx = models.Index("(journal_id) WHERE state = 'suspense'")
    _taken_idx = models.Index("(journal_id, reference) WHERE state = 'booked'")

    @api.depends("payer", "reference", "amount")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.payer or line.reference or line.bank_id or "-"

    @api.depends("item_id.matched_debit_ids")
    def _compute_invoice_ids(self):
        for line in self:
            partials = line.item_id.sudo().matched_debit_ids
            line.invoice_ids = partials.debit_move_id.move_id.filtered(
                lambda move: move.is_invoice(include_receipts=True)
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Payments are kept: they are part of the books."))

    # === NEW LINES === #

    @api.model
    def _add(self, file, rows, statement):
        """Make the lines of a file, each told apart from what came before.

        An entry of which the bank has now sent the single payments takes the place of
        the sum that waits to be assigned.

        :param rows: see :func:`.keys.get_entry_keys`
        """
        journal = file.journal_id
        before = self._find_before(journal, "key", {row[3] for row in rows})
        entries = self._find_before(journal, "entry_key", {row[2] for row in rows})
        nothing = replaced = self.browse()
        whose = file.id, file.company_id.id, journal.id, file.currency_id.id
        written = (self.env.uid, fields.Datetime.now()) * 2
        values = []
        for entry, payment, entry_key, key, has_id in rows:
            earlier = entries.get(entry_key, nothing)
            same = earlier or before.get(key, nothing)
            is_doubtful = bool(same) and not earlier and not has_id
            is_known = bool(same) and not is_doubtful
            if earlier and entry.details and earlier._is_plain_sum():
                replaced |= earlier
                is_known = False
            place = earlier if earlier in replaced else file
            values.append(
                (
                    *whose,
                    *(payment.place, payment.amount, payment.booked_on),
                    *(payment.paid_on, payment.bank_id, payment.reference),
                    *(payment.payer, payment.payer_account, payment.text),
                    *(payment.is_correction, payment is entry, key, entry_key),
                    is_doubtful,
                    "known" if is_known else "received",
                    place.statement_id.id or None,
                    same.id if is_known or is_doubtful else None,
                    *written,
                )
            )
        replaced._withdraw()
        copy_in(self, _COLUMNS, values)

    @api.model
    def _find_before(self, journal, name, keys):
        """Return the first line of each key; also what a person took for known."""
        keys.discard("")
        lines = self.search(
            Domain("journal_id", "=", journal.id)
            & Domain(name, "in", list(keys))
            & (Domain("state", "!=", "known") | Domain("known_as_id", "=", False))
        )
        found = {}
        for line in lines:
            found.setdefault(line[name], line)
        return found

    def _is_plain_sum(self):
        """Whether nothing but a sum is known of it yet."""
        return (
            self.state in ("received", "suspense")
            and self.is_whole
            and not self.reference
            and not self.payer
            and not self.statement_line_id.is_reconciled
        )

    @api.model
    def _start(self, files):
        """Book what is new in files: a few at once, many by the job."""
        new = self.search(
            [("file_id", "in", files.ids), ("state", "=", "received")],
            limit=AT_ONCE + 1,
        )
        if len(new) > AT_ONCE:
            self._wake(BOOKING_JOB)
            return
        for lines in (
            new.sorted("booked_on")
            .grouped(lambda line: (line.journal_id, line.booked_on))
            .values()
        ):
            lines._try("_book")
        files._note_progress()

    # === THE JOB === #

    @api.model
    def _cron_book(self):
        """Book what came in files, close these, and note what was reconciled in Odoo's
        own list of the bank meanwhile."""
        lines = self.sudo().with_context(tracking_disable=True)
        lines._work_through(
            "_find_to_book", "_book_and_note", ("journal_id", "booked_on"), batch=500
        )
        lines._work_through("_find_reconciled", "_note_reconciled")

    @api.model
    def _find_to_book(self):
        return self._get_due_domain() & Domain("state", "=", "received")

    def _book_and_note(self):
        files = self.file_id
        self._book()
        self.flush_recordset()
        files._note_progress()

    def _on_parked(self, sentence):
        # EXTENDS 'receivables_base'
        result = super()._on_parked(sentence)
        self._wake(BOOKING_JOB, at=max(self.mapped("next_attempt")))
        self.file_id._remind(TO_ASSIGN, sentence, renew=True)
        return result

    # === WHAT PEOPLE DO === #

    def action_take_proposal(self):
        """Take the best proposal of each payment."""
        check_user(self)
        for line in self:
            best = (line.proposals or [None])[0]
            if not best:
                raise UserError(
                    self.env._("There is no proposal: choose the customer yourself.")
                )
            line.sudo()._assign(
                self.env["res.partner"].browse(best["partner_id"]),
                self.env["account.move"].browse(best["move_id"]).sudo(),
            )
        return True

    def action_is_known(self):
        """Take payments out of the books that are there already: a person has seen
        that it is the same money."""
        check_user(self)
        waiting = self.sudo().filtered(lambda line: line.state == "suspense")
        waiting._withdraw(has_twin=True)
        waiting._note(self.env._("%(user)s, known before: lines %(places)s."))
        return True

    def action_undo(self):
        """Let payments that were assigned wait for their customer again."""
        check_user(self)
        self.sudo()._undo()
        return True

    def action_assign(self):
        """Choose customer and invoice in a dialog."""
        check_user(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Whose payment is this?"),
            "res_model": "payment.terminal.file.assign",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": self.ids},
        }

    def _note(self, sentence):
        """Write to the files who did what.

        :param str sentence: with places for ``user`` and ``places``
        """
        for file, lines in self.grouped("file_id").items():
            places = ", ".join(filter(None, lines.mapped("place")))
            file._message_log(
                body=sentence % {"user": self.env.user.name, "places": places}
            )
