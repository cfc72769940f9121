import base64

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.receivables_base.models.receivables_exchange import ReceivablesExchange
from odoo.addons.receivables_base.tools import Sentence


class EinvoiceDocument(models.Model):
    """One message in or out: the log of the exchange and its outbox in one.

    What happens to a document moves ``state``; a new attempt after a refusal is a new
    document. An outgoing document is written first and sent later by the job, so a
    replayed request sends nothing twice.
    """

    _name = "einvoice.document"
    _inherit = [
        "receivables.exchange",
        "receivables.responsible",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "E-invoice message"
    _order = "id desc"
    _check_company_auto = True
    _CONNECTION = "channel_id.connection_id"
    _rec_names_search = ["name", "message_id", "move_id.name"]

    name = fields.Char(string="File", required=True, readonly=True)
    type = fields.Selection(
        [
            ("invoice", "Invoice"),
            ("direct_payment", "Direct payment copy"),
            ("cancellation", "Cancellation"),
            ("sender_info", "Invoicer notification"),
            ("proposal", "Proposals to consumers"),
            ("receiver_info", "Consumer's order"),
            ("acknowledgement", "Refusal"),
            ("issuer_agreement", "Issuer agreement"),
            ("issuer_agreement_status", "Answer about the issuer agreement"),
            ("lookup", "Lookup of a customer"),
            ("lookup_answer", "Answer about a customer"),
            ("consent_request", "Request for consent"),
            ("consent_status", "Answer about consent"),
            ("invoice_status", "How far an invoice is"),
            ("avtalegiro_claims", "AvtaleGiro claims"),
            ("avtalegiro_mandates", "AvtaleGiro mandates"),
            ("avtalegiro_receipt", "AvtaleGiro receipt"),
            ("unknown", "Not recognised"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    state = fields.Selection(
        [
            ("to_send", "To send"),
            ("sent", "Sent"),
            ("presumed_delivered", "Presumed delivered"),
            ("delivered", "Delivered"),
            ("rejected", "Refused"),
            ("cancelled", "Cancelled"),
            ("received", "Received"),
            ("processed", "Processed"),
            ("handled", "Handled"),
            ("error", "Error"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    # said anew: Odoo translates what the values of a field are called only where they
    # are written, not where they are inherited
    direction = fields.Selection([("out", "Sent"), ("in", "Received")])
    environment = fields.Selection(
        [("test", "Test"), ("prod", "Production")], required=True, readonly=True
    )
    channel_id = fields.Many2one(
        "einvoice.channel", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    agreement_id = fields.Many2one(
        "einvoice.agreement", readonly=True, index="btree_not_null", check_company=True
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null"
    )
    original_id = fields.Many2one(
        "einvoice.document",
        string="About",
        readonly=True,
        index="btree_not_null",
        help="The message that this one answers, or that this one replaces.",
    )
    is_latest = fields.Boolean(
        "Is latest",
        readonly=True,
        default=True,
        help="No later message replaces this one for the same invoice, and it does not "
        "belong to a test that is over.",
    )
    part = fields.Integer(
        readonly=True,
        default=1,
        help="Which of an invoice's parts, each with a due date of its own, the bank "
        "is to pay.",
    )
    content = fields.Binary(compute="_compute_content")
    message_id = fields.Char(
        string="Message identifier", readonly=True, index="btree_not_null"
    )
    message_timestamp = fields.Char("Message timestamp", readonly=True)
    recipient_address = fields.Char("Recipient address", readonly=True)
    is_undated = fields.Boolean(
        "Without a date",
        readonly=True,
        help="Whether the order is newer than what is known cannot be told from it.",
    )
    dated_at = fields.Datetime(
        string="Counts from",
        readonly=True,
        help="A person decided that the order counts from when it came.",
    )
    reason_code = fields.Char(string="Code", readonly=True)
    reason_id = fields.Many2one("einvoice.reason", string="Meaning", readonly=True)
    headline = fields.Char(
        string="What happened",
        compute="_compute_headline",
        help="The first sentence of the summary, for lists.",
    )
    due_date = fields.Date(
        "Due date",
        readonly=True,
        help="When the bank is asked to pay, or when the consumer is to pay.",
    )
    handed_out_at = fields.Datetime(
        "Handed out at",
        readonly=True,
        help="A program or a person took it to carry it to the bank, or it was tried "
        "over the line: the bank may have it already.",
    )
    sent_at = fields.Datetime("Sent at", readonly=True)
    deadline = fields.Date(
        readonly=True,
        index="btree_not_null",
        help="Without a complaint until this day it counts as delivered.",
    )
    text = fields.Text(compute="_compute_text", string="Contents as text")
    findings = fields.Html(
        compute="_compute_findings",
        help="What is wrong in the message itself, as far as schemas can tell.",
    )

    _incoming_unique = models.UniqueIndex(
        "(channel_id, sha256) WHERE direction = 'in'",
        "This message came before.",
    )
    _outgoing_unique = models.UniqueIndex(
        "(channel_id, message_id) WHERE direction = 'out'",
        "The message identifier is taken.",
    )
    # Two users who press Send at once: one message, one refusal.
    _under_way_unique = models.UniqueIndex(
        "(move_id, environment, part, (type = 'cancellation')) "
        "WHERE direction = 'out' "
        "AND state IN ('to_send', 'sent', 'presumed_delivered', 'delivered')",
        "The invoice is on its way to the netbank already.",
    )
    _queue_index = models.Index("(id) WHERE state = 'to_send'")
    _inbox_index = models.Index("(id) WHERE state = 'received'")

    @api.depends("attachment_id")
    def _compute_content(self):
        for document in self:
            document.content = base64.b64encode(document._get_bytes())

    @api.depends("attachment_id")
    def _compute_text(self):
        for document in self:
            rail = document.channel_id._get_rail()
            document.text = rail.show(document._get_bytes())

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_findings(self):
        """Explain a message that failed; computed when somebody looks at it."""
        for document in self:
            # a file of proposals is many messages
            failed = document.state in ("error", "rejected") and (
                document.type != "proposal"
            )
            document.findings = failed and document._get_findings_html()

    @api.depends("state", "reason_code", "reason_id")
    def _compute_summary(self):
        result = super()._compute_summary()
        for document in self:
            if document.reason_code and document.state in ("rejected", "processed"):
                document.summary = document._get_answer_text()
            elif document.reason_code and document.state == "handled":
                document.summary += "\n" + document._get_refusal_text()
        return result

    def _get_answer_text(self):
        """Return what the bank's code means, its own words, and the remedy."""
        self.ensure_one()
        meaning = self.reason_id.sudo()
        said = Sentence.read(self.reason, self.env)
        if meaning.effect == "none":
            return said or meaning.name
        said = said and self.env._("The bank says: %s", said)
        parts = (self._get_refusal_text(), said, meaning.remedy)
        return "\n".join(filter(None, parts))

    def _get_refusal_text(self):
        """Return with what the bank refused it, in our words."""
        self.ensure_one()
        rail = self.channel_id._get_rail()
        meaning = self.reason_id.sudo().name
        return self.env._(rail.explain_refusal(self.reason_code, meaning))

    @api.depends("summary")
    @api.depends_context("lang")
    def _compute_headline(self):
        for document in self:
            document.headline = (document.summary or "").partition("\n")[0]

    @api.depends("type", "move_id.name", "partner_id.name", "name", "part")
    def _compute_display_name(self):
        types = dict(self._fields["type"]._description_selection(self.env))
        for document in self:
            about = document.move_id.name or document.partner_id.name or document.name
            part = f" ({document.part})" if document.part > 1 else ""
            document.display_name = f"{types.get(document.type, '')} {about}{part}"

    def _get_findings_html(self):
        """Return what each schema for the message finds, or False without schemas."""
        self.ensure_one()
        found = self.env["einvoice.schema"]._check_message(self)
        if not found:
            return False
        return Markup().join(
            Markup("<p class='mb-1'><strong>%s</strong></p>%s")
            % (label, self._get_list_html(sentences))
            for label, sentences in found
        )

    def _get_list_html(self, sentences):
        if not sentences:
            return Markup("<p>%s</p>") % self.env._("Nothing wrong is found.")
        items = Markup().join(Markup("<li>%s</li>") % text for text in sentences)
        return Markup("<ul>%s</ul>") % items

    # === STATES === #

    _TRANSITIONS = {
        "to_send": ("sent", "error", "cancelled"),
        "error": ("to_send", "cancelled", "received", "handled"),
        # cancelled: at the bank, which was asked to
        "sent": ("presumed_delivered", "delivered", "rejected", "cancelled"),
        "presumed_delivered": ("delivered", "rejected", "cancelled"),
        "delivered": ("rejected", "cancelled"),
        "rejected": ("handled",),
        "cancelled": ("handled", "presumed_delivered"),
        "received": ("processed", "error"),
        "processed": (),
        "handled": (),
    }
    _FROZEN = ReceivablesExchange._FROZEN | {"type", "message_id", "message_timestamp"}

    def _set_state(self, state, **vals):
        changed = super()._set_state(state, **vals)
        if state in ("cancelled", "rejected", "error"):
            # the paper says that the bank has it
            changed.filtered(
                lambda d: d.direction == "out"
            ).move_id._einvoice_print_anew()
        return changed

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # EXTENDS 'mail': those who see to messages may only read them, and say what
        # they did; auditors read and say nothing.
        operations = super()._mail_get_operation_for_mail_message_operation(
            message_operation
        )
        is_user = self.env.user.has_group(
            "einvoice_consumer.einvoice_consumer_group_user"
        )
        if message_operation == "create" and is_user:
            operations = dict.fromkeys(operations, "read")
        return operations

    def _get_candidates(self):
        return self.move_id.invoice_user_id + self.channel_id.user_id

    # === ACTIONS === #

    def action_retry(self):
        """Send again at once what failed on the way out."""
        self.channel_id._check_user()
        documents = self.sudo().filtered(
            lambda d: d.direction == "out" and d.state in ("error", "to_send")
        )
        if documents.filtered(lambda d: d.move_id and not d.is_latest):
            raise UserError(
                self.env._(
                    "A later message about the same invoice is there: try that one."
                )
            )
        documents.write({"next_attempt": False, "attempts": 0})
        documents._set_state("to_send", reason=False)
        self._wake("einvoice_consumer.ir_cron_einvoice_send")
        return True

    def action_download(self):
        """Give the file; who carries files by hand has it from now on."""
        self.ensure_one()
        is_user = self.env.user.has_group(
            "einvoice_consumer.einvoice_consumer_group_user"
        )
        if is_user and not self.channel_id.is_automatic:
            self.sudo()._set_handed_out()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    def action_mark_sent(self):
        """Mark messages that were carried by hand as sent."""
        for channel, documents in self.grouped("channel_id").items():
            channel.confirm_outgoing(documents.ids)
        return True

    def action_view_move(self):
        self.ensure_one()
        return self.move_id._get_records_action(name=self.move_id.name)
