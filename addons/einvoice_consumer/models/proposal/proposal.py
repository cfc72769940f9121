from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ..account_move import METHOD
from ..notification.notification import REFUSED

_lt = LazyTranslate(__name__)

# Who was asked is left in peace for so many months.
PEACE = 12
ANSWERED = _lt("The consumer ordered in the netbank.")
CANCELLED = _lt("The message was cancelled before it was sent.")


class EinvoiceProposal(models.Model):
    """One consumer who was asked, in the netbank, to take e-invoices.

    The proposals to a bank travel in one file; each is a message of its own, by whose
    identifier the bank answers: with an order, or with a refusal.
    """

    _name = "einvoice.proposal"
    _inherit = ["receivables.facts", "receivables.state"]
    _description = "Proposal of e-invoices"
    _order = "id desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "einvoice.channel", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    notification_id = fields.Many2one(
        "einvoice.notification",
        "Invoicer notification",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
    )
    intermediator_id = fields.Many2one(
        related="notification_id.intermediator_id", string="Bank", store=True
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, index=True
    )
    document_id = fields.Many2one(
        "einvoice.document",
        "Message",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    message_id = fields.Char(
        "Message identifier", readonly=True, index="btree_not_null"
    )
    state = fields.Selection(
        [
            ("to_send", "To send"),
            ("sent", "Proposed"),
            ("ordered", "Ordered"),
            ("refused", "Refused"),
            ("cancelled", "Not sent"),
        ],
        required=True,
        readonly=True,
        default="to_send",
        index=True,
    )
    sent_at = fields.Datetime("Proposed at", readonly=True)
    answered_at = fields.Datetime("Answered at", readonly=True)
    agreement_id = fields.Many2one(
        "einvoice.agreement",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    reason_id = fields.Many2one("einvoice.reason", "Meaning", readonly=True)
    reason = fields.Json(readonly=True)
    summary = fields.Char("What happened", compute="_compute_summary")

    _message_unique = models.UniqueIndex(
        "(channel_id, message_id) WHERE message_id IS NOT NULL",
        "The message identifier is taken.",
    )

    _TRANSITIONS = {
        "to_send": ("sent", "cancelled"),
        "sent": ("ordered", "refused"),
        # a consumer who declined may order after all
        "refused": ("ordered",),
        "ordered": (),
        # carried to the bank after all
        "cancelled": ("sent",),
    }

    @api.depends("reason", "reason_id.name")
    @api.depends_context("lang")
    def _compute_summary(self):
        for proposal in self:
            said = Sentence.read(proposal.reason, self.env)
            parts = (proposal.reason_id.sudo().name, said)
            proposal.summary = ". ".join(filter(None, parts))

    # === WHO IS ASKED === #

    @api.model
    def _get_candidates(self, channel, months):
        """Find consumers who get invoices, but not in their netbank.

        :param int months: who was invoiced in so many months
        :return: private customers without an agreement, who were not asked lately
        """
        company = channel.company_id
        today = channel._get_today()
        partners = self.env["res.partner"].with_company(company)
        moves = self.env["account.move"]._search(
            [
                ("company_id", "=", company.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("invoice_date", ">=", today - relativedelta(months=months)),
            ]
        )
        ordered = self.env["einvoice.agreement"]._search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "!=", False),
                ("state", "in", ("to_review", "invited", "active")),
            ]
        )
        asked = self._search(
            [
                ("company_id", "=", company.id),
                ("state", "!=", "cancelled"),
                ("document_id.environment", "=", channel.environment),
                ("create_date", ">=", today - relativedelta(months=PEACE)),
            ]
        )
        return partners.search(
            Domain("id", "in", moves.subselect("commercial_partner_id"))
            & Domain("is_company", "=", False)
            & Domain("invoice_sending_method", "!=", METHOD)
            & Domain("id", "not in", ordered.subselect("partner_id"))
            & Domain(
                "id",
                "not in",
                asked.subselect(SQL.identifier(self._table, "partner_id")),
            ),
            order="name, id",
        )

    @api.model
    def _get_banks(self, channel, partners):
        """Find at which bank each consumer is, by the accounts that are known.

        :return: ``{partner: (account number, notification)}``; without those of whom no
            account is known, or whose bank does not know the channel
        """
        told = {
            notification.intermediator_id.code: notification
            for notification in channel.sudo().notification_ids.filtered("terms")
        }
        accounts = partners.sudo().bank_ids.sorted("sequence")
        codes = self.env["einvoice.intermediator"]._get_bank_codes(accounts)
        found = {}
        for account, code in codes.items():
            partner = account.partner_id.with_env(self.env)
            if code in told:
                found.setdefault(partner, (account.sanitized_acc_number, told[code]))
        return found

    # === ASKING === #

    @api.model
    def _propose(self, channel, partners, free_text):
        """Write one message to each bank, with a proposal to each of its consumers; the
        job sends them.

        :return: the proposals; what did not fit into a message is ``cancelled`` with
            its reason
        """
        banks = self._get_banks(channel, partners)
        proposals = self.sudo().create(
            [
                {
                    "channel_id": channel.id,
                    "notification_id": notification.id,
                    "partner_id": partner.id,
                }
                for partner, (_number, notification) in banks.items()
            ]
        )
        for notification, group in proposals.grouped("notification_id").items():
            numbers = [banks[proposal.partner_id][0] for proposal in group]
            item = channel._get_rail().render_proposals(
                notification, group.partner_id, numbers, free_text
            )
            fitting = group.browse()
            for proposal, (message_id, problem) in zip(
                group, item["messages"], strict=True
            ):
                if problem:
                    proposal._set_state("cancelled", reason=Sentence.store(problem))
                else:
                    proposal.message_id = message_id
                    fitting += proposal
            if fitting:
                self.env["einvoice.document"]._create_proposals(fitting, item)
        return proposals

    # === THE ANSWER === #

    @api.model
    def _find(self, channel, message_ids):
        """Map the identifiers of messages to the proposals that went in them."""
        # an empty one would find what did not fit into a message
        named = list(filter(None, message_ids))
        proposals = self.search(
            [("channel_id", "=", channel.id), ("message_id", "in", named)]
        )
        return {proposal.message_id: proposal for proposal in reversed(proposals)}

    def _set_ordered(self, agreement):
        """The consumer accepted in the netbank: the bank sent an order."""
        self._set_state(
            "ordered",
            answered_at=fields.Datetime.now(),
            agreement_id=agreement.id,
            reason=Sentence.store(ANSWERED),
            reason_id=False,
        )

    def _set_refused(self, reason, text):
        """The bank cannot show it, or the consumer declined."""
        refused = self._set_state(
            "refused",
            answered_at=fields.Datetime.now(),
            reason=Sentence.store(text),
            reason_id=reason.id,
        )
        for notification in refused.notification_id:
            rail = notification.channel_id._get_rail()
            if reason.code not in rail.answers_of_consumers:
                notification._remind(
                    REFUSED, _lt("The bank refuses proposals: %s", reason.name or text)
                )

    # === ACTIONS === #

    def action_view_agreement(self):
        self.ensure_one()
        return self.agreement_id._get_records_action(name=self.env._("Agreement"))
