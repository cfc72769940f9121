from odoo import Command, api, fields, models

from odoo.addons.receivables_base.tools import Sentence

# LanguageCode of the notification service, and the language's own code
LANGUAGES = {"FI": "fi", "SV": "sv", "SE": "se", "EN": "en"}
WISHES = "einvoice_consumer.mail_activity_type_wishes"


class EinvoiceAgreement(models.Model):
    """One consumer's order of e-invoices on one channel.

    It begins with a message from the consumer's bank, is allocated to a customer
    (by itself only when the proof is complete, otherwise by a person), and lasts
    until the consumer or the company ends it. The recipient address looks like an
    account number but is a routing address: it is personal data and never becomes
    a bank account of the customer.
    """

    _name = "einvoice.agreement"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.state",
        "receivables.responsible",
    ]
    _description = "Consumer e-invoice agreement"
    _order = "ordered_at desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _rec_names_search = ["consumer_name", "partner_id.name", "recipient_address"]

    channel_id = fields.Many2one(
        "einvoice.channel", required=True, index=True, readonly=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    state = fields.Selection(
        [
            ("to_review", "To allocate"),
            ("invited", "Invited"),
            ("active", "Active"),
            ("rejected", "Rejected"),
            ("ended", "Ended"),
        ],
        required=True,
        readonly=True,
        default="to_review",
        index=True,
        tracking=True,
        copy=False,
    )
    service = fields.Selection(
        [("einvoice", "E-invoice"), ("direct_payment", "Direct payment")],
        required=True,
        readonly=True,
        default="einvoice",
        tracking=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        index="btree_not_null",
        readonly=True,
        tracking=True,
        check_company=True,
    )
    recipient_address = fields.Char(
        "Recipient address",
        readonly=True,
        index="btree_not_null",
        help="Routing address in the consumer's bank. Not an account for payments.",
    )
    recipient_intermediator = fields.Char(string="Bank code", readonly=True)
    intermediator_id = fields.Many2one(
        "einvoice.intermediator",
        string="Bank",
        compute="_compute_intermediator_id",
        store=True,
    )
    consumer_name = fields.Char(string="Name at the bank", readonly=True)
    consumer_street = fields.Char(string="Street at the bank", readonly=True)
    consumer_zip = fields.Char(string="Postcode at the bank", readonly=True)
    consumer_city = fields.Char(string="City at the bank", readonly=True)
    identifiers = fields.Json(
        readonly=True,
        help="What the consumer typed in the netbank: a list of "
        "{'kind': 'customer' | 'reference' | 'phone' | 'business' | 'unknown', "
        "'value': text}, with 'is_wrong' where its form or check digit is.",
    )
    identifiers_text = fields.Char(
        string="Typed by the consumer", compute="_compute_identifiers_text"
    )
    paid_reference = fields.Char(
        "Paid reference",
        readonly=True,
        help="Reference of the invoice that the consumer paid when ordering, as "
        "told by the bank.",
    )
    origin = fields.Selection(
        [
            ("conversion", "Converted from direct debit"),
            ("maintenance", "Maintained by the bank"),
        ],
        readonly=True,
        help="Where the order comes from, when the consumer did not order it in the "
        "netbank.",
    )
    conversion_code = fields.Char(
        "Conversion code",
        readonly=True,
        help="The bank's mark of the conversion that the order came from.",
    )
    language = fields.Char(readonly=True)
    proposed_due_date = fields.Integer(
        string="Wished due day", readonly=True, help="Day of the month, 1-31."
    )
    proposed_period = fields.Integer(
        string="Wished invoices a year", readonly=True, help="1, 2, 4, 6 or 12."
    )
    wishes = fields.Text(
        compute="_compute_wishes",
        help="What the consumer told the bank about how to be invoiced.",
    )
    wish_state = fields.Selection(
        [("open", "To decide"), ("accepted", "Accepted"), ("declined", "Declined")],
        string="Decision on the wishes",
        readonly=True,
        copy=False,
    )
    ordered_at = fields.Datetime("Ordered at", readonly=True, index=True)
    activated_at = fields.Datetime("Activated at", readonly=True, copy=False)
    ended_at = fields.Datetime("Ended at", readonly=True, copy=False)
    reason_stored = fields.Json("Stored reason", readonly=True, copy=False)
    reason = fields.Char(
        compute="_compute_reason", help="Why the order was rejected or ended."
    )
    previous_sending_method = fields.Char(
        "Previous sending method",
        readonly=True,
        copy=False,
        help="How the customer got invoices before; restored when this ends.",
    )
    candidate_ids = fields.One2many(
        "einvoice.agreement.candidate", "agreement_id", string="Candidates", copy=False
    )
    document_ids = fields.One2many(
        "einvoice.document", "agreement_id", string="E-invoice messages", copy=False
    )
    document_count = fields.Integer(
        "Number of messages", compute="_compute_document_count"
    )
    review_reason = fields.Char(
        "Why it waits for a person", compute="_compute_review_reason"
    )

    # === COMPUTE METHODS === #

    @api.depends("recipient_intermediator")
    def _compute_intermediator_id(self):
        intermediators = self.env["einvoice.intermediator"]
        for code, agreements in self.grouped("recipient_intermediator").items():
            agreements.intermediator_id = intermediators._from_code(code)

    @api.depends("identifiers")
    def _compute_identifiers_text(self):
        for agreement in self:
            agreement.identifiers_text = ", ".join(
                identifier["value"] for identifier in agreement.identifiers or []
            )

    @api.depends("reason_stored")
    @api.depends_context("lang")
    def _compute_reason(self):
        for agreement in self:
            agreement.reason = Sentence.read(agreement.reason_stored, self.env)

    @api.depends("candidate_ids.identified")
    @api.depends_context("lang")
    def _compute_review_reason(self):
        """Say in a sentence why a person has to decide."""
        for agreement in self:
            identified = len(agreement.candidate_ids.filtered("identified"))
            if identified > 1:
                agreement.review_reason = self.env._(
                    "What the consumer typed points to %s customers.", identified
                )
            elif identified:
                agreement.review_reason = self.env._(
                    "What the consumer typed points to one customer, but something "
                    "contradicts it."
                )
            elif agreement.candidate_ids:
                agreement.review_reason = self.env._(
                    "What the consumer typed points to nobody; these customers have a "
                    "similar name."
                )
            else:
                agreement.review_reason = self.env._(
                    "No customer resembles this order."
                )

    @api.depends("language", "proposed_due_date", "proposed_period", "partner_id.lang")
    @api.depends_context("lang")
    def _compute_wishes(self):
        for agreement in self:
            wishes = []
            if lang := agreement._get_wished_lang():
                wishes.append(self.env._("Language: %s.", lang.name))
            if agreement.proposed_due_date:
                wishes.append(
                    self.env._(
                        "Invoices due on day %s of the month.",
                        agreement.proposed_due_date,
                    )
                )
            if agreement.proposed_period:
                wishes.append(
                    self.env._("Invoices a year: %s.", agreement.proposed_period)
                )
            agreement.wishes = "\n".join(wishes)

    def _get_wished_lang(self):
        """Return the installed language that the consumer told, if it is another than
        the customer's."""
        self.ensure_one()
        code = LANGUAGES.get(self.language, "")
        langs = self.env["res.lang"]
        ours = (self.partner_id.lang or "")[:2]
        if not code or code == ours:
            return langs
        return langs.search([("code", "=like", f"{code}%")], limit=1)

    def _compute_document_count(self):
        counts = dict(
            self.env["einvoice.document"]._read_group(
                [("agreement_id", "in", self.ids)], ["agreement_id"], ["__count"]
            )
        )
        for agreement in self:
            agreement.document_count = counts.get(agreement, 0)

    @api.depends("consumer_name", "partner_id.name", "intermediator_id.name")
    def _compute_display_name(self):
        for agreement in self:
            name = agreement.partner_id.name or agreement.consumer_name or ""
            bank = agreement.intermediator_id.name or agreement.recipient_intermediator
            agreement.display_name = f"{name} – {bank}" if bank else name

    def _is_direct(self):
        """Whether the bank pays by itself, from a copy."""
        return self.service == "direct_payment"

    def _takes(self, move):
        """Whether an invoice or credit note can go to the consumer's netbank."""
        return move.move_type == "out_invoice" or (
            not self._is_direct() and self.channel_id._get_rail().takes_credit_notes
        )

    def _is_live(self):
        """Whether its messages go to a bank, and not to a test."""
        return self.channel_id.environment == "prod"

    # === STATES === #

    _TRANSITIONS = {
        "to_review": ("active", "rejected", "ended"),
        "invited": ("to_review", "active", "rejected", "ended"),
        "active": ("to_review", "ended"),
        "rejected": ("to_review", "active", "ended"),
        # only where the bank did not take our end of the service
        "ended": ("to_review",),
    }

    def _set_state(self, state, **vals):
        changed = super()._set_state(state, **vals)
        if state != "to_review":
            changed._settle("einvoice_consumer.mail_activity_type_review")
        told = changed.filtered("reason")
        told._message_log_batch({agreement.id: agreement.reason for agreement in told})
        return changed

    def _get_candidates(self):
        return self.channel_id.user_id

    def _ask_about_wishes(self):
        """Have a person decide on what the consumer wishes: nothing is taken over by
        itself."""
        wishing = self.filtered(lambda a: a.proposed_due_date or a.proposed_period)
        wishing.wish_state = "open"
        wishing._remind(WISHES, lambda agreement: agreement.wishes, renew=True)

    # === ACTIONS === #

    def action_accept_wishes(self):
        """Invoice the customer as they told the bank: language and due day are set, how
        often is for whoever keeps the contract."""
        self._check_user()
        for agreement in self.sudo().filtered(lambda a: a.wish_state == "open"):
            partner = agreement.partner_id.with_company(agreement.company_id)
            if lang := agreement._get_wished_lang():
                partner.lang = lang.code
            if agreement.proposed_due_date:
                partner.property_payment_term_id = agreement._get_wished_term()
            agreement._decide_wishes("accepted")
        return True

    def action_decline_wishes(self):
        """Leave the customer as they are."""
        self._check_user()
        self.sudo().filtered(lambda a: a.wish_state == "open")._decide_wishes(
            "declined"
        )
        return True

    def _decide_wishes(self, state):
        for agreement in self:
            said = dict(self._fields["wish_state"]._description_selection(self.env))
            agreement._message_log(body=f"{agreement.wishes} {said[state]}")
            agreement.wish_state = state
        self._settle(WISHES)

    def _get_wished_term(self):
        """Return the payment terms that fall due on the wished day of the next month,
        and make them where there are none."""
        self.ensure_one()
        day = str(self.proposed_due_date)
        terms = self.env["account.payment.term"]
        for term in terms.search([("company_id", "in", (False, self.company_id.id))]):
            [*lines] = term.line_ids
            if (
                len(lines) == 1
                and lines[0].delay_type == "days_end_of_month_on_the"
                and not lines[0].nb_days
                and lines[0].days_next_month == day
                and not term.early_discount
            ):
                return term
        return terms.create(
            {
                "name": self.env._("Day %s of the next month", day),
                "company_id": self.company_id.id,
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": 100,
                            "delay_type": "days_end_of_month_on_the",
                            "nb_days": 0,
                            "days_next_month": day,
                        }
                    )
                ],
            }
        )

    def action_find_candidates(self):
        """Look for the customer again, after the customer register was corrected."""
        self._check_user()
        self.sudo().filtered(lambda a: a.state == "to_review")._match()
        return True

    def action_view_documents(self):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "einvoice_consumer.einvoice_document_action"
        )
        return {**action, "domain": [("agreement_id", "=", self.id)], "context": {}}

    def action_view_partner(self):
        self.ensure_one()
        return self.partner_id._get_records_action(name=self.partner_id.name)
