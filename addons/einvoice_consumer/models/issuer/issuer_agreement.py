import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, email_normalize

from odoo.addons.receivables_base.tools import Sentence, contained

from ..document.outbox import MAIL_JOB
from ..document.outcome import TEST_OVER

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

ACTIVITY = "einvoice_consumer.mail_activity_type_issuer"
REMINDER = "einvoice_consumer.mail_template_issuer_reminder"
JOB = "einvoice_consumer.ir_cron_einvoice_issuer"
# What can be ordered, for the first time or anew.
ORDERABLE = ("draft", "refused", "expired", "ended")
# the operator's words -> our states
TOLD = {
    "waiting": "waiting",
    "approved": "approved",
    "refused": "refused",
    "expired": "expired",
    "terminated": "ended",
}
EARLIER = _lt("It is about an earlier order: nothing changes.")


class EinvoiceIssuerAgreement(models.Model):
    """The agreement by which a company may issue eFaktura, approved by somebody who may
    sign for the company.

    It is ordered from the operator, who sends the approver a link. Until it is approved
    no invoice goes; a company has one, through one provider at a time.
    """

    _name = "einvoice.issuer.agreement"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.state",
        "receivables.responsible",
    ]
    _description = "Issuer agreement"
    _order = "channel_id"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "einvoice.channel", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    state = fields.Selection(
        [
            ("draft", "Not ordered"),
            ("waiting", "Waits for approval"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("expired", "Expired"),
            ("ended", "Ended"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        copy=False,
    )
    approver_name = fields.Char(
        "Approver",
        tracking=True,
        help="Who approves it with BankID: somebody who may sign for the company.",
    )
    approver_email = fields.Char("Approver's e-mail", tracking=True)
    other_provider = fields.Selection(
        [
            ("no", "No, this is the first"),
            ("yes", "Yes, through another provider"),
        ],
        string="Is there an agreement already?",
        tracking=True,
        help="Whether the company issues eFaktura today through another provider.",
    )
    take_over = fields.Boolean(
        "Take it over",
        tracking=True,
        help="The agreement through the other provider ends when this one is approved.",
    )
    link = fields.Char(
        "Link to approve",
        readonly=True,
        copy=False,
        help="The page on which the approver approves it, as the operator told it.",
    )
    reason_stored = fields.Json("Stored reason", readonly=True, copy=False)
    reason = fields.Text("What happened to it", compute="_compute_reason")
    ordered_at = fields.Datetime("Ordered at", readonly=True, copy=False)
    decided_at = fields.Datetime("Decided at", readonly=True, copy=False)
    reminders = fields.Integer("Reminders sent", readonly=True, copy=False)
    remind_on = fields.Date("Next reminder on", readonly=True, copy=False)
    document_ids = fields.One2many(
        "einvoice.document", "issuer_agreement_id", string="E-invoice messages"
    )

    _channel_unique = models.Constraint(
        "UNIQUE(channel_id)", "The channel has an issuer agreement: change that one."
    )

    _TRANSITIONS = {
        "draft": ("waiting",),
        "waiting": ("approved", "refused", "expired", "ended"),
        "approved": ("ended",),
        "refused": ("waiting",),
        # approved in the last moment
        "expired": ("waiting", "approved"),
        "ended": ("waiting",),
    }

    @api.depends("channel_id.name")
    def _compute_display_name(self):
        for agreement in self:
            agreement.display_name = self.env._(
                "Issuer agreement %s", agreement.channel_id.name
            )

    @api.depends("reason_stored")
    @api.depends_context("lang")
    def _compute_reason(self):
        for agreement in self:
            agreement.reason = Sentence.read(agreement.reason_stored, self.env)

    def _get_candidates(self):
        return self.channel_id.user_id

    def write(self, vals):
        fixed = {"approver_name", "approver_email", "other_provider", "take_over"}
        if not self.env.su and fixed & vals.keys():
            for agreement in self.filtered(lambda a: a.state not in ORDERABLE):
                raise UserError(
                    self.env._(
                        "%s has been ordered as it stands here. Wait for the answer, "
                        "or end it first.",
                        agreement.display_name,
                    )
                )
        return super().write(vals)

    # === ORDERING AND ENDING === #

    def action_order(self):
        """Order it from the operator, who sends the approver the link."""
        self.ensure_one()
        self.channel_id._check_manager()
        self._check_complete()
        company = self.company_id
        values = {
            "action": "order",
            "name": company.name,
            "approver_name": self.approver_name,
            "approver_email": self.approver_email,
            "take_over": self.other_provider == "yes",
        }
        self.sudo()._tell(values)
        self.sudo()._set_state(
            "waiting",
            reason_stored=False,
            link=False,
            ordered_at=fields.Datetime.now(),
            decided_at=False,
            reminders=0,
            remind_on=self._get_next_reminder(),
        )
        self.sudo()._settle(ACTIVITY)
        return True

    def _check_complete(self):
        """Refuse an order that lacks something, or that would end what nobody has
        decided to end."""
        if self.state not in ORDERABLE:
            raise UserError(self.env._("It has been ordered already."))
        if not self.approver_name or not email_normalize(self.approver_email):
            raise UserError(
                self.env._(
                    "Enter the name and e-mail address of who approves it for the "
                    "company."
                )
            )
        if not self.other_provider:
            raise UserError(
                self.env._(
                    "Say whether the company issues eFaktura today through another "
                    "provider: that agreement ends with this order."
                )
            )
        if self.other_provider == "yes" and not self.take_over:
            raise UserError(
                self.env._(
                    "The agreement through the other provider ends with this order. "
                    "Read what happens to it, and tick “Take it over”."
                )
            )

    def _tell(self, values):
        """Write a message about it to the outbox."""
        channel = self.channel_id
        number = channel._get_rail().get_business_id(self.company_id)
        return self.env["einvoice.document"]._create_messages(
            channel,
            "issuer_agreement",
            [
                (
                    {"organisation_number": number, **values},
                    {"issuer_agreement_id": self.id},
                )
            ],
        )

    def action_end(self):
        """Ask the operator to end it; it has ended when the operator says so."""
        self.ensure_one()
        self.channel_id._check_manager()
        if self.state not in ("waiting", "approved"):
            raise UserError(self.env._("There is nothing to end."))
        self.sudo()._tell({"action": "terminate"})
        self.sudo()._message_log(
            body=self.env._("The operator is asked to end the issuer agreement.")
        )
        return True

    # === WHAT THE OPERATOR TELLS === #

    def _take_status(self, event):
        """Take over what the operator tells.

        :param event: see ``formats.efaktura.IssuerAgreementStatus``
        :return: a sentence about what happened
        """
        self.ensure_one()
        last = self.document_ids.filtered(lambda d: d.direction == "out").sorted("id")
        if event.key and event.key != last[-1:].message_id:
            return EARLIER
        state = TOLD[event.state]
        if event.link and self.state == "waiting":
            self.link = event.link
        sentence = self._get_sentence(state)
        if state == "waiting":
            return sentence
        return self._decide(state, sentence, event.text)

    def _get_sentence(self, state):
        """Say to a bookkeeper how far it is, and what to do."""
        name = self.approver_name
        return {
            "waiting": _lt("The operator has sent %s the link to approve it.", name),
            "approved": _lt("%s has approved it: invoices can go.", name),
            "refused": _lt(
                "%s has not approved it. Speak with them, and order it anew, or with "
                "another approver.",
                name,
            ),
            "expired": _lt(
                "%s did not approve it in time, and the link has expired: order it "
                "anew.",
                name,
            ),
            "ended": _lt(
                "It has ended: no eFaktura can be sent until it is ordered and "
                "approved anew."
            ),
        }[state]

    def _decide(self, state, sentence, text=""):
        said = text and _lt("The operator says: %s", text)
        changed = self._set_state(
            state,
            reason_stored=Sentence.store(sentence),
            decided_at=fields.Datetime.now(),
            link=False,
            remind_on=False,
        )
        if changed:
            self._message_log(body=self.env._(sentence))
            if said:
                self._message_log(body=self.env._(said))
            self._settle(ACTIVITY)
            if state != "approved":
                self._remind(ACTIVITY, sentence, renew=True)
        return sentence

    def _leave_test(self):
        """What was approved in a test is not approved for real."""
        tried = self.filtered(lambda a: a.state in ("waiting", "approved"))
        tried._set_state(
            "ended",
            reason_stored=Sentence.store(TEST_OVER),
            decided_at=fields.Datetime.now(),
            link=False,
            remind_on=False,
        )

    # === REMINDERS === #

    def _get_next_reminder(self):
        channel = self.channel_id
        return channel._get_today() + timedelta(days=channel.issuer_reminder_days)

    @api.model
    def _cron_remind(self):
        """Remind approvers who have not answered; at last, ask a person to call."""
        today = fields.Date.context_today(self)
        waiting = self.search(
            [
                ("state", "=", "waiting"),
                ("remind_on", "<=", today),
                ("channel_id.environment", "!=", "disabled"),
            ]
        )
        for agreement in waiting:
            tell, said = agreement._tell_fault, "%s: no reminder"
            with contained(_logger, self.env.cr, said, agreement, tell=tell):
                if agreement.reminders < agreement.channel_id.issuer_reminders:
                    agreement._send_reminder()
                else:
                    agreement._ask_to_call()

    def _send_reminder(self):
        self.ensure_one()
        self.env.ref(REMINDER).sudo().send_mail(self.id)
        self.env["einvoice.document"]._wake(MAIL_JOB)
        self._message_log(
            body=self.env._("%s was reminded by e-mail.", self.approver_name)
        )
        self.write(
            {
                "reminders": self.reminders + 1,
                "remind_on": self._get_next_reminder(),
            }
        )

    def _ask_to_call(self):
        self.remind_on = False
        self._remind(
            ACTIVITY,
            _lt(
                "%(name)s (%(email)s) was reminded %(times)s times and has not "
                "approved the issuer agreement: call them, or order it anew with "
                "another approver.",
                name=self.approver_name,
                email=self.approver_email,
                times=self.reminders,
            ),
        )

    def action_remind(self):
        """Remind the approver at once."""
        self.ensure_one()
        self.channel_id._check_manager()
        if self.state != "waiting":
            raise UserError(self.env._("It waits for no approval."))
        self.sudo()._send_reminder()
        return True
