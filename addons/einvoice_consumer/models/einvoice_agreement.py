import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..arguments import check_one, check_text, check_whole_number

_logger = logging.getLogger(__name__)

OPEN_STATES = ("to_review", "invited", "active")


class EinvoiceAgreement(models.Model):
    """One consumer's order of e-invoices on one channel.

    It begins with a message from the consumer's bank, is allocated to a customer
    (by itself only when the proof is complete, otherwise by a person), and lasts
    until the consumer or the company ends it. The recipient address looks like an
    account number but is a routing address: it is personal data and never becomes
    a bank account of the customer.
    """

    _name = "einvoice.agreement"
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
        "{'kind': 'customer' | 'reference' | 'unknown', 'value': text}.",
    )
    identifiers_text = fields.Char(
        string="Typed by the consumer", compute="_compute_identifiers_text"
    )
    paid_reference = fields.Char(
        readonly=True,
        help="Reference of the invoice that the consumer paid when ordering, as "
        "told by the bank.",
    )
    language = fields.Char(readonly=True)
    proposed_due_date = fields.Integer(
        string="Wished due day", readonly=True, help="Day of the month, 1-31."
    )
    proposed_period = fields.Integer(
        string="Wished invoices a year", readonly=True, help="1, 2, 4, 6 or 12."
    )
    ordered_at = fields.Datetime(readonly=True, index=True)
    activated_at = fields.Datetime(readonly=True, copy=False)
    ended_at = fields.Datetime(readonly=True, copy=False)
    reason = fields.Char(
        readonly=True,
        copy=False,
        tracking=True,
        help="Why the order was rejected or ended.",
    )
    previous_sending_method = fields.Char(
        readonly=True,
        copy=False,
        help="How the customer got invoices before; restored when this ends.",
    )
    candidate_ids = fields.One2many(
        "einvoice.agreement.candidate", "agreement_id", copy=False
    )
    document_ids = fields.One2many("einvoice.document", "agreement_id", copy=False)
    document_count = fields.Integer(compute="_compute_document_count")
    review_reason = fields.Char(compute="_compute_review_reason")

    # === COMPUTE METHODS === #

    @api.depends("recipient_intermediator")
    def _compute_intermediator_id(self):
        for agreement in self:
            agreement.intermediator_id = agreement.env[
                "einvoice.intermediator"
            ]._from_code(agreement.recipient_intermediator)

    @api.depends("identifiers")
    def _compute_identifiers_text(self):
        for agreement in self:
            agreement.identifiers_text = ", ".join(
                identifier["value"] for identifier in agreement.identifiers or []
            )

    @api.depends("candidate_ids.identified")
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

    # === STATES === #

    _TRANSITIONS = {
        "to_review": ("active", "rejected", "ended"),
        "invited": ("to_review", "active", "rejected", "ended"),
        "active": ("to_review", "ended"),
        "rejected": ("to_review", "active", "ended"),
        "ended": (),
    }

    def _set_state(self, state, **vals):
        """Move to ``state`` where that may follow; a repeated step is silent.

        :return: the agreements that changed
        """
        changed = self.filtered(lambda a: state in self._TRANSITIONS[a.state])
        for agreement in self - changed:
            if agreement.state != state:
                _logger.info(
                    "Agreement %s stays %s: %s cannot follow.",
                    agreement.id,
                    agreement.state,
                    state,
                )
        changed.write({"state": state, **vals})
        if state != "to_review":
            changed.activity_unlink(["einvoice_consumer.mail_activity_type_review"])
        return changed

    # === REMOTE API AND ACTIONS === #

    def allocate(self, partner_id):
        """Allocate the order to a customer, who gets e-invoices from now on.

        :param int partner_id: id of the customer (``res.partner``)
        :return: True
        :raise UserError: the order has ended, or the customer does not exist or
            belongs to another company
        """
        check_one(self)
        check_whole_number(self.env, "partner_id", partner_id)
        self._check_user()
        partner = self.env["res.partner"].browse(partner_id).exists()
        if not partner:
            raise UserError(self.env._("There is no customer %s.", partner_id))
        partner.check_access("read")
        if partner.company_id and partner.company_id != self.company_id:
            raise UserError(
                self.env._(
                    "%(customer)s belongs to %(company)s, the order does not.",
                    customer=partner.display_name,
                    company=partner.company_id.name,
                )
            )
        if self.state == "active" and self.partner_id == partner.commercial_partner_id:
            return True
        if self.state not in ("to_review", "invited", "rejected"):
            raise UserError(
                self.env._(
                    "Only an order that waits can be allocated; this one is %s.",
                    dict(self._fields["state"]._description_selection(self.env))[
                        self.state
                    ],
                )
            )
        self.sudo()._activate(partner.commercial_partner_id.sudo())
        return True

    def reject(self, reason):
        """Reject an order that belongs to no customer; nothing is ever sent to it.

        :param str reason: why, for colleagues; required
        :return: True
        """
        self._check_user()
        check_text(self.env, "reason", reason or "")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the order is rejected."))
        for agreement in self:
            if agreement.state not in ("to_review", "invited", "rejected"):
                raise UserError(
                    self.env._(
                        "%s is in use or has ended: it can be ended, not rejected.",
                        agreement.display_name,
                    )
                )
        self.sudo()._set_state("rejected", reason=reason.strip(), partner_id=False)
        return True

    def end(self):
        """End the agreements; the customers get invoices as they did before.

        :return: True
        """
        self._check_user()
        self.sudo()._end(self.env._("Ended by %s", self.env.user.name))
        return True

    def action_find_candidates(self):
        """Look for the customer again, after the customer register was mended."""
        self._check_user()
        for agreement in self.filtered(lambda a: a.state == "to_review"):
            agreement.sudo()._match()
        return True

    def action_view_documents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "einvoice_consumer.einvoice_document_action"
        )
        return {**action, "domain": [("agreement_id", "=", self.id)], "context": {}}

    def action_view_partner(self):
        self.ensure_one()
        return self.partner_id._get_records_action(name=self.partner_id.name)

    def _check_user(self):
        if not self.env.user.has_group(
            "einvoice_consumer.einvoice_consumer_group_user"
        ):
            raise AccessError(
                self.env._("Only users of consumer e-invoices can decide on orders.")
            )
        self.check_access("read")

    # === MATCHING === #

    def _match(self):
        """Look for the customer; activate on complete proof, else ask a person.

        An active agreement whose new details still fit its customer stays active.
        """
        self.ensure_one()
        candidates = self.env["einvoice.agreement.candidate"]._propose(self)
        proven = candidates.filtered("is_proven")
        if len(proven) == 1 and len(candidates.filtered("identified")) == 1:
            partner = proven.partner_id
            if self.state != "active" or self.partner_id == partner:
                self._activate(partner, proven)
                return
        if self.state == "active":
            self._restore_sending_method()
        self._set_state("to_review")
        self._ask_review()

    def _ask_review(self):
        self.ensure_one()
        if not self.activity_search(["einvoice_consumer.mail_activity_type_review"]):
            self.activity_schedule(
                "einvoice_consumer.mail_activity_type_review",
                user_id=(self.channel_id.user_id or self.env.user).id,
                note=self.env._(
                    "%(name)s ordered e-invoices. Compare the candidates and accept "
                    "one, or reject the order.",
                    name=self.consumer_name,
                ),
            )

    def _activate(self, partner, candidate=None):
        """Put the agreement in force for ``partner`` and say on what evidence."""
        self.ensure_one()
        if not candidate:
            candidate = self.candidate_ids.filtered(lambda c: c.partner_id == partner)
            if not candidate:
                candidate = self.env["einvoice.agreement.candidate"]._propose_partner(
                    self, partner
                )
        if self.state == "active" and self.partner_id == partner:
            return
        vals = {
            "partner_id": partner.id,
            "activated_at": fields.Datetime.now(),
            "reason": False,
        }
        method = partner.with_company(self.company_id).invoice_sending_method
        if method != "einvoice_consumer":
            vals["previous_sending_method"] = method
        else:
            vals["previous_sending_method"] = self.search(
                [("partner_id", "=", partner.id), ("state", "=", "active")], limit=1
            ).previous_sending_method
        self._set_state("active", **vals)
        partner.with_company(
            self.company_id
        ).invoice_sending_method = "einvoice_consumer"
        self._message_log(body=candidate._get_evidence_html())
        self._send_stranded(partner)

    def _send_stranded(self, partner):
        """Send what the customer's earlier bank refused and nobody has seen to yet:
        the refusal came before the order at the new bank."""
        stranded = self.env["einvoice.document"].search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "rejected"),
                ("is_latest", "=", True),
                ("reason_id.effect", "=", "reroute"),
            ]
        )
        unseen = stranded.move_id.filtered(
            lambda move: (
                move.payment_state in ("not_paid", "partial")
                and move.activity_search(
                    ["einvoice_consumer.mail_activity_type_refused"]
                )
            )
        )
        unseen._einvoice_render_and_queue()

    def _end(self, reason, ended_at=None):
        """End agreements: the customers go back to their earlier sending method,
        and what still waits for the ended address finds another way."""
        for agreement in self:
            was_active = agreement.state == "active"
            changed = agreement._set_state(
                "ended", reason=reason, ended_at=ended_at or fields.Datetime.now()
            )
            if changed and was_active:
                agreement._restore_sending_method()
            waiting = agreement.document_ids.filtered(
                lambda d: d.direction == "out" and d.state in ("to_send", "error")
            )
            waiting._redirect()

    def _restore_sending_method(self):
        """Give the customer's earlier sending method back, unless another
        agreement of the customer goes on (a change of bank)."""
        self.ensure_one()
        partner = self.partner_id.with_company(self.company_id)
        others = self.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "active"),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if not others and partner.invoice_sending_method == "einvoice_consumer":
            partner.invoice_sending_method = self.previous_sending_method or False

    @api.model
    def _get_active(self, partners, company):
        """Map each customer to the agreement that their invoices go to.

        After a change of bank two may be active for a while: the newest counts.

        :return: dict of partner id to agreement; without those who have none
        """
        agreements = self.search_fetch(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", company.id),
                ("state", "=", "active"),
                ("channel_id.environment", "!=", "disabled"),
                ("channel_id.active", "=", True),
            ],
            [
                "channel_id",
                "partner_id",
                "recipient_address",
                "recipient_intermediator",
                "service",
            ],
            order="ordered_at, id",
        )
        return {agreement.partner_id.id: agreement for agreement in agreements}
