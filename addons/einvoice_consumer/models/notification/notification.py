from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

REFUSED = "einvoice_consumer.mail_activity_type_notification_refused"
TELL = "einvoice_consumer.mail_activity_type_tell_customers"
AT_BANK = ("sent", "presumed_delivered")
WAITING = ("to_send", "error")
REFUSED_END = _lt(
    "The bank did not take the end of the service: it is in force again, as before."
)
REPLACED = _lt("A later message to the bank replaced it before it was sent.")
WITHDRAWN = _lt("It was withdrawn before it was sent.")
SERVICE_ENDED = _lt("The company ended its e-invoices to consumers at the bank.")


def _in_order(terms):
    """Return terms as they are compared: accounts have no order."""
    return {**terms, "accounts": sorted(map(list, terms["accounts"]))}


class EinvoiceNotification(models.Model):
    """What one bank knows of a channel: the invoicer notification.

    What is sent are messages, each with a state of its own. Banks confirm nothing: what
    a bank knows is what the last message said that was handed over and not refused, or
    what was taken over from before. These terms are a dict:

    ``business_id``, ``street``, ``town``, ``postcode``, ``country_code``,
    ``industry_code``, ``website_name``, ``website``, ``sender_address``,
    ``sender_intermediator``, ``payment_subject`` (texts); ``names``, ``topics``,
    ``instructions`` (``{language: text}``; FI, SV, EN); ``accounts`` (``[[iban,
    bic]]``); ``service``; ``due_date_accepted``, ``period_accepted``; ``identifiers``
    (``[{type, labels, min_length, max_length, spaces, hyphens}]``).
    """

    _name = "einvoice.notification"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.responsible",
    ]
    _description = "Invoicer notification"
    _order = "channel_id, intermediator_id"
    _check_company_auto = True
    _mail_post_access = "read"
    _rec_names_search = ["intermediator_id.name", "channel_id.name"]

    channel_id = fields.Many2one(
        "einvoice.channel", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    intermediator_id = fields.Many2one(
        "einvoice.intermediator",
        string="Bank",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    identifier = fields.Char(
        "Identifier of the notification",
        required=True,
        readonly=True,
        help="Says in every message which notification is meant.",
    )
    state = fields.Selection(
        [
            ("draft", "Not announced"),
            ("waiting", "Waits to be sent"),
            ("announced", "Known to the bank"),
            ("refused", "Refused"),
            ("ended", "Ended"),
        ],
        compute="_compute_terms",
        store=True,
        tracking=True,
        help="Known to the bank: handed over to the bank, or taken over from before, "
        "and not refused since.",
    )
    terms = fields.Json("What the bank knows", compute="_compute_terms", store=True)
    taken_over = fields.Json("Taken over", readonly=True)
    taken_over_after_id = fields.Many2one(
        "einvoice.document",
        "Taken over after",
        readonly=True,
        help="The last message before the bank was told otherwise: what came before "
        "does not count any more.",
    )
    document_ids = fields.One2many(
        "einvoice.document", "notification_id", "E-invoice messages"
    )
    last_document_id = fields.Many2one(
        "einvoice.document",
        "Last message",
        compute="_compute_last_document_id",
        store=True,
        index="btree_not_null",
    )
    last_state = fields.Selection(
        related="last_document_id.state", string="State of the last message"
    )
    last_action = fields.Selection(
        related="last_document_id.action", string="Last message says"
    )
    summary = fields.Text("What happened to it", compute="_compute_summary")
    terms_html = fields.Html("Terms", compute="_compute_terms_html")
    ended_agreement_ids = fields.One2many(
        "einvoice.agreement", "ended_notification_id", "Agreements that ended with it"
    )
    ended_count = fields.Integer("Customers to be told", compute="_compute_ended_count")

    _bank_unique = models.Constraint(
        "UNIQUE(channel_id, intermediator_id)",
        "The bank has a notification on this channel: change that one.",
    )

    # === COMPUTE METHODS === #

    @api.depends("intermediator_id.name")
    def _compute_display_name(self):
        for notification in self:
            notification.display_name = notification.intermediator_id.name

    @api.depends(
        "document_ids.state",
        "document_ids.attachment_id",
        "taken_over",
        "taken_over_after_id",
        "channel_id.live_since",
    )
    def _compute_terms(self):
        for notification in self:
            documents = notification._get_counting()
            last = documents.filtered(lambda d: d.state in AT_BANK)[:1]
            states = set(documents.mapped("state"))
            known = notification.taken_over or False
            if last:
                known = last.action != "delete" and last._read_terms()
            if known:
                state = "announced"
            elif states & set(WAITING):
                state = "waiting"
            elif last:
                state = "ended"
            else:
                state = "refused" if states & {"rejected", "handled"} else "draft"
            notification.terms = known
            notification.state = state

    def _get_counting(self):
        """Return the messages that count, latest first: those since it was taken over,
        and a test's only before the channel went into production."""
        self.ensure_one()
        return (
            self.sudo()
            .document_ids.filtered(
                lambda d: (
                    d.attachment_id
                    and d.id > self.taken_over_after_id.id
                    and (d.environment == "prod" or not d.channel_id.live_since)
                )
            )
            .sorted("id", reverse=True)
        )

    @api.depends("document_ids")
    def _compute_last_document_id(self):
        for notification in self:
            notification.last_document_id = notification.document_ids.sorted("id")[-1:]

    @api.depends("last_document_id.summary")
    @api.depends_context("lang")
    def _compute_summary(self):
        for notification in self:
            notification.summary = notification.last_document_id.summary

    @api.depends("terms")
    @api.depends_context("lang")
    def _compute_terms_html(self):
        for notification in self:
            notification.terms_html = notification.terms and self._get_comparison_html(
                notification.terms, notification.terms
            )

    @api.depends("ended_agreement_ids")
    def _compute_ended_count(self):
        for notification in self:
            notification.ended_count = len(notification.ended_agreement_ids)

    def _get_candidates(self):
        return self.channel_id.user_id

    # === WHAT THE BANK IS TOLD === #

    @api.model
    def _get_or_create(self, channel, intermediators):
        """Return the notification of each bank, making those that are missing."""
        known = channel.sudo().notification_ids
        missing = intermediators - known.intermediator_id
        number = channel._get_rail().get_business_id(channel.company_id)
        known += self.sudo().create(
            [
                {
                    "channel_id": channel.id,
                    "intermediator_id": bank.id,
                    "identifier": f"SI-{number}-{channel.payment_subject}"[:48],
                }
                for bank in missing
            ]
        )
        return known.filtered(lambda n: n.intermediator_id in intermediators)

    def _tell(self, terms):
        """Write the messages that bring the banks to know ``terms``; the job sends
        them."""
        for notification in self:
            action = "change" if notification.terms else "add"
            notification._queue(action, terms)

    def _end_service(self):
        """Write the messages that end the service at the banks."""
        for notification in self.filtered("terms"):
            notification._queue("delete", notification.terms)

    def _queue(self, action, terms):
        self.ensure_one()
        rail = self.channel_id._get_rail()
        item = rail.render_notification(
            self.channel_id,
            self.intermediator_id.code,
            action,
            self.identifier,
            terms,
            self.terms,
        )
        self._withdraw(REPLACED)
        self._settle(REFUSED)
        return self.env["einvoice.document"]._create_notice(self, action, item)

    def _withdraw(self, sentence):
        """Cancel what has not left; what was refused needs nobody any more.

        :raise UserError: the bank may have a message already, which decides what it
            knows
        """
        for document in self.document_ids._may_have_left():
            raise UserError(
                self.env._(
                    "A message is on its way to %s, which may have it already. Wait "
                    "until it is sent. If you know that it never left, press “Take "
                    "back” on the message.",
                    document.notification_id.display_name,
                )
            )
        self.document_ids._take_back(sentence)
        self.document_ids.write({"is_latest": False})

    def _take_over(self, terms, identifier):
        """Know what the bank was told by other means; nothing is sent."""
        for notification in self:
            if notification.terms:
                raise UserError(
                    self.env._(
                        "%s was told from here already: change what it knows.",
                        notification.display_name,
                    )
                )
            notification._withdraw(WITHDRAWN)
            notification._settle(REFUSED)
            notification.write(
                {
                    "taken_over": terms,
                    "taken_over_after_id": notification.document_ids.sorted("id")[
                        -1:
                    ].id,
                    "identifier": identifier or notification.identifier,
                }
            )

    def _knows(self, terms):
        """Whether the bank knows exactly these terms."""
        self.ensure_one()
        return bool(self.terms) and _in_order(self.terms) == _in_order(terms)

    # === THE END === #

    def _get_agreements(self):
        """Return the agreements that end with these: the banks' own, and the others'
        too where no bank is left that could have passed them on."""
        found = self.env["einvoice.agreement"].sudo()
        for channel, ending in self.grouped("channel_id").items():
            agreements = found.search(
                [
                    ("channel_id", "=", channel.id),
                    ("state", "in", ("to_review", "invited", "active")),
                ]
            )
            if channel.notification_ids.filtered("terms") - ending:
                codes = set(ending.intermediator_id.mapped("code"))
                agreements = agreements.filtered(
                    lambda a, codes=codes: a.recipient_intermediator in codes
                )
            found |= agreements
        return found

    def _end_agreements(self):
        """The bank was told of the end: its consumers get their invoices otherwise, and
        somebody tells them (notification service guidelines, 4.2.3.1)."""
        for notification in self:
            agreements = notification._get_agreements()
            agreements.ended_notification_id = notification
            customers = agreements.filtered(lambda a: a.state == "active")
            customers.was_active = True
            (agreements - customers).was_active = False
            agreements._end(SERVICE_ENDED)
            if customers:
                notification._remind(
                    TELL,
                    _lt(
                        "%s customers get no e-invoices any more: tell them how their "
                        "invoices come from now on.",
                        len(customers),
                    ),
                )

    def _resume_agreements(self):
        """The bank did not take the end: what ended with it is in force again, unless
        the customer has ordered anew or ended it meanwhile."""
        for notification in self:
            notification.ended_agreement_ids._resume(REFUSED_END)
            notification.ended_agreement_ids = False
            notification._settle(TELL)

    # === ACTIONS === #

    def action_withdraw(self):
        """Cancel what has not been sent yet."""
        self.channel_id._check_manager()
        self.sudo()._withdraw(WITHDRAWN)
        return True

    def action_compose(self):
        """Open the wizard that changes what the banks know."""
        return self._open_wizard("tell")

    def action_take_over(self):
        """Open the wizard that enters what the bank knows already."""
        return self._open_wizard("take_over")

    def action_end(self):
        """Open the wizard that ends the service at the bank."""
        return self._open_wizard("end")

    def _open_wizard(self, purpose):
        if len(self.channel_id) > 1:
            raise UserError(self.env._("Choose notifications of one channel."))
        return self.channel_id._open_notification_wizard(purpose, self.intermediator_id)

    def action_view_documents(self):
        self.ensure_one()
        return self.document_ids._get_records_action(name=self.env._("Messages"))

    def action_view_ended(self):
        """List the customers to be told that their e-invoices have ended."""
        self.ensure_one()
        return self.ended_agreement_ids._get_records_action(
            name=self.env._("Customers to be told"), context={}
        )
