from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import LazyTranslate

from ...adapters.rail import Problem, Rail
from ..document.outcome import TEST_OVER

_lt = LazyTranslate(__name__)


class EinvoiceChannel(models.Model):
    """A rail to consumers that the company has opened with its bank.

    The channel says who the company is on that rail, what it has announced
    there (payment subject, accounts, identifiers) and how files travel.
    What a message looks like is the business of the adapter named by ``rail``; how
    files travel, of the connection.
    """

    _name = "einvoice.channel"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.readiness",
        "receivables.responsible",
    ]
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
        selection=lambda self: Rail.selection(self.env),
        required=True,
        default=lambda self: self._get_default_rail(),
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
    live_since = fields.Datetime(
        "In production since",
        readonly=True,
        copy=False,
        help="When the channel went into production. It stays there: for tests, make "
        "another channel.",
    )
    connection_id = fields.Many2one(
        "receivables.connection",
        tracking=True,
        check_company=True,
        index="btree_not_null",
        domain=[("carries_files", "=", True)],
        help="The line that files travel on. Without one, messages wait to be "
        "downloaded here or over the remote API.",
    )
    is_automatic = fields.Boolean(
        "Is automatic",
        compute="_compute_is_automatic",
        compute_sudo=True,
        help="Files travel on a line, and not by hand or by a program.",
    )
    confirms_delivery = fields.Boolean(
        "Confirms delivery",
        compute="_compute_confirms_delivery",
        help="Somebody tells of each invoice that it has arrived.",
    )
    connection_health = fields.Selection(related="connection_id.health")
    connection_summary = fields.Text(related="connection_id.summary")
    address_id = fields.Many2one(
        "einvoice.address",
        string="Own e-invoice address",
        tracking=True,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What invoices come from, and the bank or operator that carries them.",
    )
    sender_address = fields.Char("E-invoice address", related="address_id.address")
    sender_intermediator_id = fields.Many2one(
        "einvoice.intermediator",
        "Our bank or operator",
        related="address_id.intermediator_id",
    )
    payment_subject = fields.Char(
        "Payment subject",
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
        string="Asked identifiers",
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
        compute="_compute_min_days_to_due",
        store=True,
        precompute=True,
        readonly=False,
        help="Banks refuse consumer invoices that fall due sooner than this after "
        "sending (7 days at Nordea, 4 with eFaktura).",
    )
    advised_days_to_due = fields.Integer(
        string="Days to due date, advised",
        default=14,
        help="The consumer agency's guideline: at least two weeks between sending "
        "and the due date (Finvoice guidelines, 10.14). Sooner gives a warning.",
    )
    silence_days = fields.Integer(
        string="Presumed delivered after (days)",
        default=8,
        help="Banks confirm nothing and complain within about a week. After this "
        "many days without a complaint an invoice counts as delivered.",
    )
    cancel_days = fields.Integer(
        string="Banking days to cancel, at least",
        default=4,
        help="So many banking days before the due date our own bank must have a "
        "cancellation (Finvoice guidelines, 10.14). Where it is the consumer's bank "
        "too, one is enough.",
    )
    after_refusal = fields.Selection(
        [
            ("ask", "A person decides"),
            ("otherwise", "By the customer's other way: e-mail, else post"),
        ],
        string="Refused invoices go",
        required=True,
        default="ask",
        help="What a bank refused, and no newer order of the customer can take.",
    )
    print_on_demand = fields.Boolean(
        "Print when asked for",
        default=True,
        help="The invoice of a customer who gets it in the netbank alone is printed "
        "when somebody asks for it: here, in the customer's portal, or by a program. "
        "The message to the bank is the record. Printing is most of the work of "
        "sending.",
    )
    late_interest = fields.Float(
        string="Late-payment interest, % a year",
        digits=(5, 3),
        help="As it stands on invoices. Zero: none stands there.",
    )
    agreement_ids = fields.One2many("einvoice.agreement", "channel_id")
    document_ids = fields.One2many(
        "einvoice.document", "channel_id", string="E-invoice messages"
    )

    _days_not_negative = models.Constraint(
        "CHECK(min_days_to_due >= 0 AND advised_days_to_due >= 0 AND silence_days > 0 "
        "AND cancel_days > 0)",
        "Days cannot be negative, and the waiting time must be at least one day.",
    )

    # === COMPUTE METHODS === #

    @api.depends("connection_id.carries_files")
    def _compute_is_automatic(self):
        for channel in self:
            channel.is_automatic = channel.connection_id.carries_files

    @api.depends("rail")
    def _compute_min_days_to_due(self):
        for channel in self:
            channel.min_days_to_due = channel._get_rail().days_to_due

    @api.model
    def _get_default_rail(self):
        """Return the rail of the company's country, else the one of Finland."""
        country = self.env.company.country_id.code
        names = Rail.names(self.env, lambda rail: rail.country == country)
        return names[0] if names else "finvoice"

    @api.depends("rail")
    def _compute_confirms_delivery(self):
        for channel in self:
            channel.confirms_delivery = channel._get_rail().confirms_delivery

    @api.depends(
        "rail",
        "environment",
        "connection_id.environment",
        "address_id",
        "sender_address",
        "sender_intermediator_id",
        "payment_subject",
        "bank_account_ids.bank_bic",
        "company_id",
    )
    def _compute_checklist(self):
        # EXTENDS 'receivables_base'
        return super()._compute_checklist()

    def _get_checklist(self):
        # EXTENDS 'receivables_base'
        self.ensure_one()
        problems = self._get_connection_problems() + self._get_rail().get_missing(self)
        return {
            problem.code: {
                "level": problem.level,
                "message": self.env._(problem.message),
                **self._get_fix(problem.fix),
            }
            for problem in problems
        }

    def _get_connection_problems(self):
        line = self.sudo().connection_id
        if line and line.environment == "disabled":
            message = _lt(
                "The connection %s is disabled: an administrator switches it on.",
                line.name,
            )
        elif line and self.environment not in ("disabled", line.environment):
            message = _lt(
                "The channel and the connection %s must both be for tests, or both for "
                "production.",
                line.name,
            )
        else:
            return []
        return [Problem("connection", "danger", "connection", message)]

    def _get_fix(self, fix):
        """Return the link to what mends a problem of the channel; what is mended on
        the channel itself needs none."""
        company = self.company_id or self.env.company
        if fix == "company":
            return self._get_company_link()
        if fix == "connection":
            return self._get_link(self.env._("Open the connection"), self.connection_id)
        if fix == "bank_account":
            return self._get_accounts_link()
        if fix == "journal":
            journals = self.env["account.journal"].search(
                [("company_id", "=", company.id), ("type", "=", "sale")]
            )
            return self._get_link(self.env._("Open the sales journals"), journals)
        return {}

    # === CONSTRAINTS AND CRUD === #

    @api.constrains(
        "environment",
        "connection_id",
        "address_id",
        "payment_subject",
        "bank_account_ids",
    )
    def _check_ready(self):
        for channel in self.filtered(lambda c: c.environment != "disabled"):
            if missing := channel._get_missing():
                raise ValidationError(
                    self.env._(
                        "The channel cannot be switched on yet.\n- %s",
                        "\n- ".join(missing),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        channels._leave_test()
        self._toggle_crons()
        return channels

    def write(self, vals):
        if vals.get("environment") == "test" and any(self.mapped("live_since")):
            raise UserError(
                self.env._(
                    "This channel has been in production, and its orders are real: "
                    "make another channel for tests."
                )
            )
        if any(channel.rail != vals.get("rail", channel.rail) for channel in self):
            self._check_unused()
        result = super().write(vals)
        if vals.get("environment") == "prod":
            self._leave_test()
        if {"environment", "connection_id", "active"} & vals.keys():
            self._toggle_crons()
        return result

    def _check_unused(self):
        """Refuse another rail where something was ordered or sent by this one."""
        if self.sudo().agreement_ids or self.sudo().document_ids:
            raise UserError(
                self.env._(
                    "This channel has agreements or messages of its rail: make another "
                    "channel for the other rail."
                )
            )

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
        automatic = any(channels.mapped("is_automatic"))
        self.env["einvoice.document"]._switch_jobs(
            {
                "einvoice_consumer.ir_cron_einvoice_send": automatic,
                "einvoice_consumer.ir_cron_einvoice_receive": automatic,
                "einvoice_consumer.ir_cron_einvoice_process": bool(channels),
                "einvoice_consumer.ir_cron_einvoice_presume": bool(channels),
            }
        )

    def _leave_test(self):
        """Go into production: nothing of the test is used for real.

        Orders end, messages that wait are not sent, and invoices count as not sent.
        """
        live = self.sudo().filtered(
            lambda c: c.environment == "prod" and not c.live_since
        )
        tried = live.document_ids.filtered(lambda d: d.environment == "test")
        tried._set_aside()
        tried.agreement_id._end(TEST_OVER)
        live.live_since = fields.Datetime.now()

    # === ADAPTERS === #

    def _get_rail(self):
        """Return the adapter that speaks the dialect of this channel's rail."""
        return Rail.get(self.env, self.rail)

    def _prints_nothing(self):
        """Whether what goes to the netbank alone is printed only when asked for."""
        self.ensure_one()
        return self.print_on_demand and not self._get_rail().holds_print

    def _get_today(self):
        """Return today's date where the rail's banks are."""
        self.ensure_one()
        return fields.Date.context_today(
            self.with_context(tz=self._get_rail().time_zone)
        )

    # === ACTIONS === #

    def action_exchange_now(self):
        """Ask the jobs to send and fetch at once; they, not the request, call out."""
        self.ensure_one()
        self._check_user()
        self._check_enabled()
        self.connection_id.sudo().next_attempt = False
        for name in ("send", "receive"):
            self.env["einvoice.document"]._wake(
                f"einvoice_consumer.ir_cron_einvoice_{name}"
            )
        params = {
            "type": "info",
            "title": self.env._("Exchange started"),
            "message": self.env._(
                "Messages are being sent and fetched in the background."
            ),
        }
        if self.connection_health == "paused":
            params = {
                "type": "warning",
                "title": self.env._("The connection is paused"),
                "message": self.connection_summary,
            }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": params,
        }

    def action_view_agreements(self):
        return self._get_view_action("einvoice_agreement_action")

    def action_view_documents(self):
        return self._get_view_action("einvoice_document_action")

    def _get_view_action(self, xmlid):
        """Open a list of this channel, with the filters that the button names."""
        self.ensure_one()
        self.check_access("read")
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
