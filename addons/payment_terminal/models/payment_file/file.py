import hashlib
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import format_amount

from odoo.addons.receivables_base.tools import Ids, Sentence

from ...formats import payment_files
from ...formats.statement import FileError, disagreements
from ...tools import check_user, take_turn
from .faults import explain
from .keys import get_entry_keys
from .line import TO_ASSIGN

REFUSED = "payment_terminal.mail_activity_type_file"


class PaymentTerminalFile(models.Model):
    """One statement or batch in a file of payments that a bank has sent.

    Several in one file share its bytes. A file is proven against its own totals before
    a payment of it counts, or it is refused as a whole.
    """

    _name = "payment.terminal.file"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.exchange",
        "receivables.facts",
        "receivables.responsible",
    ]
    _description = "Payment file"
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _TRANSITIONS = {
        "received": ("booked", "error"),
        "error": ("received", "handled"),
    }

    name = fields.Char("File", required=True, readonly=True)
    direction = fields.Selection(default="in")
    position = fields.Integer(
        "Place in the file", readonly=True, default=1, aggregator=None
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    journal_id = fields.Many2one(
        "account.journal",
        readonly=True,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    state = fields.Selection(
        [
            ("received", "Being booked"),
            ("booked", "Booked"),
            ("error", "Refused"),
            ("handled", "Handled"),
        ],
        required=True,
        readonly=True,
        default="received",
    )
    format = fields.Char(
        readonly=True, help="Recognised by what is in the file, not by its name."
    )
    account = fields.Char(
        "Bank account", readonly=True, help="As it stands in the file."
    )
    number = fields.Char(
        "Number at the bank",
        readonly=True,
        help="By which the bank knows the statement or batch.",
    )
    made_on = fields.Date("Made on", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    count = fields.Integer("Payments", readonly=True)
    total = fields.Monetary(
        readonly=True, help="What came, less what went, as the file says."
    )
    line_ids = fields.One2many("payment.terminal.file.line", "file_id", readonly=True)
    booked = fields.Monetary(compute="_compute_figures")
    suspense = fields.Monetary("To assign", compute="_compute_figures")
    known = fields.Monetary(
        "Known before",
        compute="_compute_figures",
        help="It came in another file and was booked from there.",
    )
    waiting = fields.Monetary("To book", compute="_compute_figures")
    suspense_count = fields.Integer(
        "Payments to assign", compute="_compute_figures", search="_search_suspense"
    )
    progress = fields.Float(compute="_compute_figures")

    _bytes_unique = models.UniqueIndex(
        "(company_id, sha256, position) WHERE sha256 IS NOT NULL",
        "This file is here already.",
    )

    @api.depends("line_ids.state", "line_ids.amount")
    def _compute_figures(self):
        sums = {}
        for file, state, amount, count in self.env[
            "payment.terminal.file.line"
        ]._read_group(
            [("file_id", "in", self.ids)],
            ["file_id", "state"],
            ["amount:sum", "__count"],
        ):
            sums[file.id, state] = amount, count
        for file in self:
            amounts = {
                state: sums.get((file.id, state), (0, 0))
                for state in ("booked", "suspense", "known", "received")
            }
            for state, name in (
                ("booked", "booked"),
                ("suspense", "suspense"),
                ("known", "known"),
                ("received", "waiting"),
            ):
                file[name] = amounts[state][0]
            file.suspense_count = amounts["suspense"][1]
            left = amounts["received"][1]
            file.progress = 100 * (1 - left / file.count) if file.count else 100

    def _search_suspense(self, operator, value):
        if operator != ">" or value:
            return NotImplemented
        return [("line_ids.state", "=", "suspense")]

    # === IMPORT === #

    @api.model
    def _import(self, filename, data, journal=None, company=None, usual=None):
        """Take in a file, once, and have its payments booked.

        :param str filename: for people
        :param bytes data: the file
        :param journal: the bank journal that it must belong to; without one each
            statement finds its own by its account
        :param usual: the bank journal of a statement that names no account
        :return: ``(files, is_repeat)``: the files, one a statement, and whether they
            were there already, so that nothing was changed
        """
        company = journal.company_id if journal else company
        files = self.sudo().with_company(company)
        digest = hashlib.sha256(data).hexdigest()
        take_turn(company)
        known = files._find_same(company, digest)
        if "error" in known.mapped("state"):
            known._process_again(journal)
            return files._find_same(company, digest), False
        if known:
            return known, True
        file = files.create(
            {
                "name": filename or "-",
                "company_id": company.id,
                "journal_id": journal.id if journal else False,
            }
        )
        file._store_bytes([data])
        if payment_files.is_for_others_too(data):
            file._message_log(
                body=self.env._(
                    "AvtaleGiro mandates are in the file, too. They are no payments, "
                    "and are left to who claims by AvtaleGiro."
                )
            )
        return file._read_bytes(journal, usual), False

    @api.model
    def _find_same(self, company, digest):
        return self.search(
            [("company_id", "=", company.id), ("sha256", "=", digest)], order="position"
        )

    def _read_bytes(self, journal=None, usual=None):
        """Read what came, prove it and make its lines; or refuse it as a whole.

        :return: the files, this one first
        """
        self.ensure_one()
        data = self._get_bytes()
        try:
            if not data.strip():
                raise FileError("empty")
            statements = payment_files.read(data, *self._get_mapping(journal))
            for statement in statements:
                if faults := disagreements(statement):
                    raise faults[0]
            journals = [self._find_journal(each, journal, usual) for each in statements]
        except FileError as fault:
            self._refuse(explain(fault))
            return self
        for _journal, problem in journals:
            if problem:
                self._refuse(Sentence.store(problem))
                return self
        files = self
        for _place in statements[1:]:
            files += self.create(
                {
                    "name": self.name,
                    "company_id": self.company_id.id,
                    "position": len(files) + 1,
                    "attachment_id": self.attachment_id.id,
                    "sha256": self.sha256,
                }
            )
        for file, statement, (found, _problem) in zip(
            files, statements, journals, strict=True
        ):
            file._fill(statement, found)
        files._settle(REFUSED)
        self.env["payment.terminal.file.line"]._start(files)
        return files

    def _refuse(self, sentence):
        self._set_state("error", reason=sentence)
        self._remind(REFUSED, sentence, renew=True)

    def _fill(self, statement, journal):
        """Write what a statement says, and its payments as lines."""
        payments = list(statement.payments())
        self.write(
            {
                "journal_id": journal.id,
                "format": statement.format,
                "account": statement.account,
                "number": statement.number,
                "made_on": statement.made_on,
                "currency_id": (
                    journal.currency_id or journal.company_id.currency_id
                ).id,
                "count": len(payments),
                "total": float(sum((entry.amount for entry in payments), Decimal(0))),
                "reason": False,
            }
        )
        self._open_statement(statement)
        self.env["payment.terminal.file.line"]._add(
            self, get_entry_keys(statement), statement
        )
        self._adopt_known()
        if not payments:
            self._set_state("booked")

    def _note_progress(self):
        """Close files of which everything is booked."""
        for file in self.filtered(lambda f: f.state == "received"):
            if not self.env["payment.terminal.file.line"].search_count(
                [("file_id", "=", file.id), ("state", "=", "received")], limit=1
            ):
                file._set_state("booked")

    # === WHAT PEOPLE DO === #

    def create_document_from_attachment(self, attachment_ids):
        """Take in files that a person has dropped on the list, and show them."""
        Ids().read(self.env, "attachment_ids", attachment_ids)
        return self._import_attachments(attachment_ids)

    @api.model
    def _import_attachments(self, attachment_ids, journal=None):
        self._check_may_handle()
        attachments = self.env["ir.attachment"].browse(attachment_ids)
        attachments.check_access("read")
        files = self.browse()
        for attachment in attachments:
            found, is_repeat = self._import(
                attachment.name, attachment.raw or b"", journal, self.env.company
            )
            if is_repeat:
                for file in found:
                    file._message_log(
                        body=self.env._(
                            "It came again as %s; nothing was changed.", attachment.name
                        )
                    )
            files |= found
        attachments.unlink()
        return files.sudo(False)._get_records_action(name=self.env._("Payment files"))

    def _check_may_handle(self):
        # OVERRIDES 'receivables_base'
        check_user(self)

    def _process_anew(self):
        # OVERRIDES 'receivables_base'
        for file in self:
            take_turn(file.company_id)
            file._read_bytes(file.journal_id)

    def _settle_assigned(self):
        """Close what people were asked, where nothing waits any more."""
        self.filtered(lambda file: not file.suspense_count)._settle(TO_ASSIGN)

    def _process_again(self, journal):
        """Read refused files again: what was in their way may be gone."""
        refused = self.filtered(lambda file: file.state == "error")
        refused._set_state("received", reason=False)
        for file in refused:
            file._read_bytes(journal or file.journal_id)

    def _on_handled(self):
        # OVERRIDES 'receivables_base'
        self._settle(REFUSED)

    def _give_up(self, sentence, fault=None):
        # OVERRIDES 'receivables_base'
        self._refuse(sentence)

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        return self.create_uid.filtered(lambda user: not user.share)

    def action_open_lines(self):
        """Show what is to be assigned, or all payments of the file."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_file_line_action"
            ),
            "domain": [("file_id", "=", self.id)],
            "context": {"search_default_suspense": bool(self.suspense_count)},
        }

    def _describe(self, is_repeat=False):
        """Return what a program is told about each file.

        :param bool is_repeat: nothing of it was booked by this call
        """
        return [
            {
                "file_id": file.id,
                "format": file.format or "",
                "state": file.state,
                "count": file.count,
                "total": file.total,
                "booked": 0.0 if is_repeat else file.booked,
                "suspense": 0.0 if is_repeat else file.suspense,
                "known": file.total if is_repeat else file.known,
                "message": file._get_message(is_repeat),
            }
            for file in self
        ]

    def _get_message(self, is_repeat=False):
        if self.state in ("error", "handled"):
            return self.summary or ""
        if is_repeat:
            return self.env._("This file came before; nothing was changed.")
        return self.env._(
            "%(count)s payments of %(total)s: booked %(booked)s, to assign "
            "%(suspense)s, known before %(known)s, still to book %(waiting)s.",
            count=self.count,
            **{
                name: format_amount(self.env, self[name], self.currency_id)
                for name in ("total", "booked", "suspense", "known", "waiting")
            },
        )
