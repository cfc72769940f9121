import base64
import binascii
import logging

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..arguments import check_one, check_text, check_whole_number

_logger = logging.getLogger(__name__)


class EinvoiceChannel(models.Model):
    """A rail to consumers that the company has opened with its bank.

    The channel says who the company is on that rail, what it has announced
    there (payment subject, accounts, identifiers) and how files travel.
    What a message looks like is the business of the adapter named by ``rail``;
    how it travels, of the one named by ``transport``.
    """

    _name = "einvoice.channel"
    _inherit = ["mail.thread"]
    _description = "E-invoice channel"
    _order = "sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    rail = fields.Selection(
        [("finvoice", "Finland: Finvoice 3.0")], required=True, default="finvoice"
    )
    environment = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("prod", "Production")],
        required=True,
        default="disabled",
        tracking=True,
        copy=False,
        help="Disabled: nothing is sent or fetched. Test: messages go to the test "
        "service and say so on every screen. Production: to the bank.",
    )
    transport = fields.Selection(
        [
            ("manual", "By hand or by a program"),
            ("folder", "Shared folder"),
        ],
        required=True,
        default="manual",
        tracking=True,
        help="By hand or by a program: messages wait to be downloaded here or over "
        "the remote API. Shared folder: files in outbox and inbox.",
    )
    folder_path = fields.Char(
        groups="base.group_system",
        copy=False,
        help="A folder on the server. It gets the sub-folders inbox, outbox, "
        "archive and error.",
    )
    sender_address = fields.Char(
        string="E-invoice address",
        tracking=True,
        help="The company's own e-invoice address, as agreed with the bank: OVT "
        "number, business ID or IBAN, 2-35 characters.",
    )
    sender_intermediator_id = fields.Many2one(
        "einvoice.intermediator",
        string="Our bank or operator",
        tracking=True,
        help="The bank or operator that carries our messages.",
    )
    payment_subject = fields.Char(
        tracking=True,
        help="The payment instruction identifier that was announced to the banks, "
        "at most 35 characters. Every e-invoice repeats it, and a bank refuses an "
        "invoice with another one (Finvoice guidelines, 14).",
    )
    bank_account_ids = fields.Many2many(
        "res.partner.bank",
        string="Announced accounts",
        domain="[('partner_id', '=', company_partner_id)]",
        help="Accounts that were announced to the banks. An invoice that asks for "
        "payment to another account is refused.",
    )
    company_partner_id = fields.Many2one(related="company_id.partner_id")
    asked_identifiers = fields.Selection(
        [
            ("both", "Customer number and reference of an earlier invoice"),
            ("customer", "Customer number"),
            ("reference", "Reference of an earlier invoice"),
        ],
        required=True,
        default="both",
        help="What consumers are asked for in the netbank. The customer number is "
        "the Reference field of the customer.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        check_company=True,
        help="Gets the activities: orders to allocate, refused invoices.",
    )
    min_days_to_due = fields.Integer(
        string="Days to due date, at least",
        default=7,
        help="Banks refuse consumer invoices that fall due sooner than this after "
        "sending (7 days at Nordea).",
    )
    advised_days_to_due = fields.Integer(
        string="Days to due date, advised",
        default=14,
        help="The consumer agency's guideline: at least two weeks between sending "
        "and the due date (Finvoice guidelines, 10.14). Sooner gives a warning.",
    )
    silence_days = fields.Integer(
        string="Presumed delivered after",
        default=8,
        help="Banks confirm nothing and complain within about a week. After this "
        "many days without a complaint an invoice counts as delivered.",
    )
    agreement_ids = fields.One2many("einvoice.agreement", "channel_id")
    document_ids = fields.One2many("einvoice.document", "channel_id")
    review_count = fields.Integer(compute="_compute_counts")
    active_count = fields.Integer(compute="_compute_counts")
    waiting_count = fields.Integer(compute="_compute_counts")
    refused_count = fields.Integer(compute="_compute_counts")
    checklist = fields.Json(compute="_compute_checklist")

    _days_not_negative = models.Constraint(
        "CHECK(min_days_to_due >= 0 AND advised_days_to_due >= 0 AND silence_days > 0)",
        "Days cannot be negative, and the waiting time must be at least one day.",
    )

    # === COMPUTE METHODS === #

    def _compute_counts(self):
        agreements = {
            (channel.id, state): count
            for channel, state, count in self.env["einvoice.agreement"]._read_group(
                [("channel_id", "in", self._origin.ids)],
                ["channel_id", "state"],
                ["__count"],
            )
        }
        documents = {
            (channel.id, state): count
            for channel, state, count in self.env["einvoice.document"]._read_group(
                [
                    ("channel_id", "in", self._origin.ids),
                    ("direction", "=", "out"),
                    ("is_latest", "=", True),
                ],
                ["channel_id", "state"],
                ["__count"],
            )
        }
        for channel in self:
            key = channel._origin.id
            channel.review_count = agreements.get((key, "to_review"), 0)
            channel.active_count = agreements.get((key, "active"), 0)
            channel.waiting_count = documents.get((key, "to_send"), 0)
            channel.refused_count = sum(
                documents.get((key, state), 0) for state in ("rejected", "error")
            )

    @api.depends(
        "rail",
        "transport",
        "sender_address",
        "sender_intermediator_id",
        "payment_subject",
        "bank_account_ids.bank_bic",
    )
    def _compute_checklist(self):
        for channel in self:
            channel.checklist = {
                code: {"level": "warning", "message": message}
                for code, message in channel._get_missing().items()
            }

    def _get_missing(self):
        """Say what must be filled in before the channel can be switched on.

        :return: ``{code: sentence}``, empty when the channel is ready
        """
        self.ensure_one()
        missing = {}
        if self.transport == "folder" and not self.sudo().folder_path:
            missing["folder_path"] = self.env._(
                "The shared folder is missing: an administrator enters it here."
            )
        missing.update(self._get_adapter()._get_missing(self))
        return missing

    # === CONSTRAINTS AND CRUD === #

    @api.constrains(
        "environment",
        "transport",
        "folder_path",
        "sender_address",
        "sender_intermediator_id",
        "payment_subject",
        "bank_account_ids",
    )
    def _check_ready(self):
        for channel in self.filtered(lambda c: c.environment != "disabled"):
            if missing := channel._get_missing():
                raise UserError(
                    self.env._(
                        "The channel cannot be switched on yet.\n- %s",
                        "\n- ".join(missing.values()),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        self._toggle_crons()
        return channels

    def write(self, vals):
        result = super().write(vals)
        if {"environment", "transport", "active"} & vals.keys():
            self._toggle_crons()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.agreement_ids or self.document_ids:
            raise UserError(
                self.env._(
                    "This channel has agreements or messages, which must be kept. "
                    "Disable it and archive it instead."
                )
            )

    @api.model
    def _toggle_crons(self):
        """Run the jobs only while some channel needs them."""
        channels = self.sudo().search([("environment", "!=", "disabled")])
        automatic = channels.filtered(lambda c: c.transport != "manual")
        for xmlid, needed in (
            ("ir_cron_einvoice_send", automatic),
            ("ir_cron_einvoice_receive", automatic),
            ("ir_cron_einvoice_presume", channels),
        ):
            cron = self.env.ref(f"einvoice_consumer.{xmlid}").sudo()
            if cron.active != bool(needed):
                cron.active = bool(needed)

    # === ADAPTERS === #

    def _get_adapter(self):
        """Return the adapter that speaks the dialect of this channel's rail."""
        return self.env[f"einvoice.adapter.{self.rail}"]

    def _get_transport(self):
        """Return the transport that carries this channel's files."""
        return self.env[f"einvoice.transport.{self.transport}"]

    def _for_responsible(self):
        """Work for the channel's company, and write in the language of the person
        who will read it: jobs have none of their own."""
        self.ensure_one()
        language = self.user_id.lang or self.company_id.partner_id.lang
        return self.with_company(self.company_id).with_context(lang=language)

    def _get_today(self):
        """Return today's date where the rail's banks are."""
        self.ensure_one()
        return fields.Date.context_today(
            self.with_context(tz=self._get_adapter()._get_time_zone())
        )

    # === REMOTE API === #

    def import_message(self, filename, content):
        """Take in a file from the bank; it may hold several messages.

        A message that came before is not taken in again: the answer tells what
        became of it the first time. A broken message is kept with its error and
        does not cost the others in the file.

        :param str filename: name of the file, for the log
        :param str content: the file's bytes, base64
        :return: one dict a message: ``{document_id, type, state, agreement_id,
            message}``; ``agreement_id`` is False where there is none, ``message``
            says in a sentence what happened
        :rtype: list[dict]
        """
        check_one(self)
        self._check_user()
        check_text(self.env, "filename", filename)
        try:
            data = base64.b64decode(content or "", validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UserError(
                self.env._("The content of %s is not base64.", filename)
            ) from error
        documents = self.sudo()._take_in(filename, data)
        return [
            {
                "document_id": document.id,
                "type": document.type,
                "state": document.state,
                "agreement_id": document.agreement_id.id,
                "message": document.summary or "",
            }
            for document in documents
        ]

    def fetch_outgoing(self, limit=100):
        """Give the messages that wait on a channel carried by hand or a program.

        The same messages come again until :meth:`confirm_outgoing` names them.

        :param int limit: how many at most, oldest first
        :return: ``{document_id, type, filename, content, sha256}``; ``content`` is
            base64, ``sha256`` the hexadecimal digest of the bytes
        :rtype: list[dict]
        """
        check_one(self)
        check_whole_number(self.env, "limit", limit)
        self._check_user()
        self._check_manual()
        documents = self.env["einvoice.document"].search(
            [("channel_id", "=", self.id), ("state", "=", "to_send")],
            order="id",
            limit=limit,
        )
        return [
            {
                "document_id": document.id,
                "type": document.type,
                "filename": document.name,
                "content": document.content.decode(),
                "sha256": document.sha256,
            }
            for document in documents.with_context(bin_size=False)
        ]

    def confirm_outgoing(self, document_ids):
        """Mark messages got by :meth:`fetch_outgoing` as sent.

        :param list[int] document_ids: ids as given by ``fetch_outgoing``
        :return: True
        """
        check_one(self)
        if not isinstance(document_ids, list):
            raise UserError(self.env._("document_ids must be a list of numbers."))
        for document_id in document_ids:
            check_whole_number(self.env, "document_ids", document_id)
        self._check_user()
        self._check_manual()
        documents = self.env["einvoice.document"].search(
            [
                ("channel_id", "=", self.id),
                ("direction", "=", "out"),
                ("id", "in", document_ids),
            ]
        )
        if unknown := sorted(set(document_ids) - set(documents.ids)):
            raise UserError(
                self.env._(
                    "These messages are not on the channel %(channel)s: %(ids)s.",
                    channel=self.name,
                    ids=unknown,
                )
            )
        documents.sudo()._set_sent()
        return True

    def _check_user(self):
        """Refuse callers who are not users of this addon or of this company."""
        if not self.env.user.has_group(
            "einvoice_consumer.einvoice_consumer_group_user"
        ):
            raise AccessError(
                self.env._("Only users of consumer e-invoices can exchange messages.")
            )
        self.check_access("read")

    def _check_manual(self):
        if self.transport != "manual":
            raise UserError(
                self.env._(
                    "The channel %s sends by itself; there is nothing to fetch.",
                    self.name,
                )
            )
        self._check_enabled()

    def _check_enabled(self):
        if self.environment == "disabled":
            raise UserError(
                self.env._("The channel %s is disabled: switch it on first.", self.name)
            )

    # === ACTIONS === #

    def action_exchange_now(self):
        """Ask the jobs to send and fetch at once; they, not the request, call out."""
        self.ensure_one()
        self._check_user()
        self._check_enabled()
        for name in ("send", "receive"):
            self.env.ref(f"einvoice_consumer.ir_cron_einvoice_{name}").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Exchange started"),
                "message": self.env._(
                    "Messages are being sent and fetched in the background."
                ),
            },
        }

    def action_view_agreements(self):
        return self._get_view_action("einvoice_agreement_action")

    def action_view_documents(self):
        return self._get_view_action("einvoice_document_action")

    def _get_view_action(self, xmlid):
        """Open a list of this channel, with the filters that the button names."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"einvoice_consumer.{xmlid}"
        )
        return {
            **action,
            "domain": [("channel_id", "=", self.id)],
            "context": {
                key: value
                for key, value in self.env.context.items()
                if key.startswith("search_default_")
            },
        }

    # === RECEIVING === #

    @api.model
    def _cron_receive(self):
        """Fetch and take in files from every channel that has a transport.

        The job itself runs once at a time, on whatever host. A file is archived only
        after its messages are committed, so a crash in between only means that they
        are seen again and recognised.
        """
        domain = [("environment", "!=", "disabled"), ("transport", "!=", "manual")]
        channels = self.search(domain)
        remaining = len(channels)
        for channel in channels:
            remaining -= 1
            if not channel._for_responsible()._receive_files():
                break
            if not self.env["ir.cron"]._commit_progress(remaining=remaining):
                break

    def _receive_files(self):
        """Take in what waits in the transport.

        :return: False when this run ended before all was fetched
        """
        self.ensure_one()
        transport = self._get_transport()
        for received in transport._list_incoming(self):
            try:
                with self.env.cr.savepoint():
                    documents = self._take_in(
                        received, transport._read_incoming(self, received)
                    )
            except UserError as error:
                _logger.info("Channel %s: %s", self.id, error)
                continue
            except (IntegrityError, OperationalError):
                # Somebody changed or took in the same meanwhile; the file stays.
                self.env.cr.rollback()
                self.env.ref(
                    "einvoice_consumer.ir_cron_einvoice_receive"
                ).sudo()._trigger()
                return False
            broken = any(document.state == "error" for document in documents)
            time_left = self.env["ir.cron"]._commit_progress(1)
            transport._archive_incoming(self, received, broken)
            if not time_left:
                return False
        return True

    def _take_in(self, filename, data):
        """Log every message in ``data`` and work through the new ones.

        :param str filename: where the bytes came from
        :param bytes data: one file
        :return: the documents, in the order of the file
        """
        self.ensure_one()
        self._check_enabled()
        documents = self.env["einvoice.document"]
        for part in self._get_adapter()._split(data):
            document, is_new = documents._log_incoming(self, filename, part)
            if is_new:
                document._process()
            documents |= document
        return documents
