import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats.moments import read_iso
from odoo.addons.receivables_base.tools import Sentence, contained

from ..agreement.orders import OLDER
from ..document.outbox import MAIL_JOB
from .channel import CONSENT_JOB

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

GIVEN = {
    "general": _lt("The customer takes eFaktura of all issuers."),
    "approved": _lt("The customer approved eFaktura of ours."),
}
NOT_GIVEN = {
    "unknown": _lt("Nobody takes eFaktura under these details of the customer."),
    "refused": _lt("The customer refused eFaktura of ours."),
    "expired": _lt("The customer did not approve in time."),
    "unanswered": _lt("The operator did not answer in time."),
    "blocked": _lt("The customer blocks eFaktura of ours."),
}
TAKEN_BACK = _lt("The customer takes eFaktura of ours no longer.")
MAIL = "einvoice_consumer.mail_template_consent"
SMS = "einvoice_consumer.sms_template_consent"


class EinvoiceAgreement(models.Model):
    """A consumer who was looked up, and asked where they have to approve: from the
    invitation to the consent, or to the end of the wait for it."""

    _inherit = "einvoice.agreement"

    has_access_point = fields.Boolean(related="channel_id.has_access_point")
    consent_state = fields.Selection(
        [
            ("looked_up", "Being looked up"),
            ("to_ask", "To be asked"),
            ("asked", "Approval asked for"),
            ("general", "General consent"),
            ("approved", "Approved"),
            ("unknown", "Not found"),
            ("refused", "Refused"),
            ("expired", "Not approved in time"),
            ("unanswered", "No answer"),
            ("blocked", "Blocks us"),
        ],
        string="Consent",
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="What the customer has said to eFaktura, or how far asking has come.",
    )
    consent_at = fields.Datetime(
        "Consent known since",
        readonly=True,
        copy=False,
        help="When the operator told it; what it told before no longer counts.",
    )
    consent_until = fields.Datetime(
        "Waited for until",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Then what waits for the consent goes by e-mail or post.",
    )
    consent_link = fields.Char(
        "Link to approve",
        readonly=True,
        copy=False,
        help="Where the customer approves. It was sent by SMS and e-mail.",
    )
    waiting_move_ids = fields.One2many(
        "account.move",
        "einvoice_consent_id",
        string="Waiting invoices",
        domain=[("einvoice_waits_until", "!=", False)],
    )

    # === ASKING === #

    @api.model
    def _ask(self, channel, partners):
        """Look customers up; who has to approve is asked when the answer is there.

        :return: the agreements, in the order of ``partners``
        """
        if not partners:
            return self.browse()
        now = fields.Datetime.now()
        agreements = self.sudo().create(
            [
                {
                    "channel_id": channel.id,
                    "partner_id": partner.id,
                    "state": "invited",
                    "consumer_name": partner.name,
                    "ordered_at": now,
                    "consent_state": "looked_up",
                }
                for partner in partners.sudo()
            ]
        )
        agreements._wait_for_consent()
        agreements._tell("lookup", channel._get_rail().get_lookup)
        told = _lt("The customer is being looked up.")
        agreements._message_log_batch({a.id: _in_words(a, told) for a in agreements})
        return agreements

    def _tell(self, kind, get_values):
        """Write a message about each customer to the outbox.

        :param str kind: its type
        :param get_values: method of the rail that returns what it says of a customer
        """
        self.env["einvoice.document"]._create_messages(
            self.channel_id,
            kind,
            [
                (
                    get_values(agreement.partner_id),
                    {
                        "agreement_id": agreement.id,
                        "partner_id": agreement.partner_id.id,
                    },
                )
                for agreement in self
            ],
        )

    def _wait_for_consent(self):
        """Wait as long as the channel says, from now on."""
        days = timedelta(days=self.channel_id.consent_days)
        until = fields.Datetime.now() + days
        self.consent_until = until
        self.env["einvoice.document"]._wake(CONSENT_JOB, at=until)

    @api.model
    def _get_last_of(self, channel, partners):
        """Map each customer to their newest agreement on a channel."""
        agreements = self.sudo().search(
            [("channel_id", "=", channel.id), ("partner_id", "in", partners.ids)],
            order="ordered_at, id",
        )
        return {agreement.partner_id: agreement for agreement in agreements}

    # === ANSWERS === #

    def _on_lookup(self, answer):
        """Take in who the customer is, see ``formats.efaktura.LookupAnswer``.

        :return: a sentence about what happened
        """
        self.ensure_one()
        if self.consent_state != "looked_up":
            return OLDER
        self.consent_at = _to_utc(answer.created_at)
        if not answer.found:
            return self._end_consent("unknown")
        self.recipient_address = answer.identifier
        if answer.blocked:
            return self._end_consent("blocked")
        if answer.general_consent:
            return self._give_consent("general")
        self.consent_state = "to_ask"
        rail = self.channel_id._get_rail()
        self._tell("consent_request", rail.get_consent_request)
        return _lt("The customer has to approve: a link is asked for.")

    def _on_consent(self, event):
        """Take in what a customer has decided, see ``formats.efaktura.ConsentStatus``.

        :return: a sentence about what happened
        """
        self.ensure_one()
        told_at = _to_utc(event.created_at)
        if self.consent_at and told_at < self.consent_at:
            return OLDER
        self.consent_at = told_at
        if event.identifier:
            self.recipient_address = event.identifier
        return getattr(self, f"_on_consent_{event.state}")(event)

    def _on_consent_link(self, event):
        if self.consent_state != "to_ask":
            return OLDER
        self.write({"consent_state": "asked", "consent_link": event.link})
        self._wait_for_consent()
        self.waiting_move_ids._einvoice_wait_for(self)
        return self._send_link()

    def _on_consent_approved(self, event):
        return self._give_consent("approved")

    def _on_consent_general(self, event):
        return self._give_consent("general")

    def _on_consent_refused(self, event):
        return self._end_consent("refused")

    def _on_consent_expired(self, event):
        return self._end_consent("expired")

    def _on_consent_blocked(self, event):
        return self._end_consent("blocked")

    def _on_consent_ended(self, event):
        self._end(TAKEN_BACK)
        return TAKEN_BACK

    def _on_consent_unblocked(self, event):
        last = self._get_last_of(self.channel_id, self.partner_id)
        if last.get(self.partner_id) != self or self.state in ("invited", "active"):
            return OLDER
        self._ask(self.channel_id, self.partner_id)
        return _lt("The customer blocks us no longer, and is looked up again.")

    def _send_link(self):
        """Ask the customer, by SMS and by e-mail; in a test nobody is asked."""
        partner = self.partner_id
        if not self._is_live():
            return _lt("In a test the customer is not asked: open the link yourself.")
        self._message_sms_with_template(
            template_xmlid=SMS, sms_numbers=[partner.phone], put_in_queue=True
        )
        if not partner.email:
            return _lt("The customer was asked by SMS to %s.", partner.phone)
        self.env.ref(MAIL).send_mail(self.id)
        self.env["einvoice.document"]._wake(MAIL_JOB)
        return _lt(
            "The customer was asked by SMS to %(phone)s and by e-mail to %(email)s.",
            phone=partner.phone,
            email=partner.email,
        )

    def _give_consent(self, state):
        """The customer takes eFaktura: what waited goes to the netbank."""
        if self.state == "ended":
            self._ask(self.channel_id, self.partner_id)
            return _lt("The customer takes eFaktura again, and is looked up.")
        self.write({"consent_state": state, "consent_until": False})
        if self.state != "active":
            self._put_in_force({self: self.partner_id})
        self._message_log(body=_in_words(self, GIVEN[state]))
        self.waiting_move_ids._einvoice_go_on()
        return GIVEN[state]

    def _end_consent(self, state):
        """The customer does not take eFaktura: what waited goes another way."""
        sentence = NOT_GIVEN[state]
        self.consent_state = state
        if self.state == "active":
            self._end(sentence)
        else:
            self._set_state("rejected", reason_stored=Sentence.store(sentence))
        return sentence

    def _set_state(self, state, **vals):
        changed = super()._set_state(state, **vals)
        if state in ("rejected", "ended"):
            for agreement in changed.filtered("has_access_point"):
                agreement.consent_until = False
                moves = agreement.waiting_move_ids
                moves._einvoice_wait_no_longer(agreement.reason_stored)
        return changed

    # === TIME === #

    @api.model
    def _cron_consent(self):
        """Let go what has waited long enough, by e-mail or post."""
        now = fields.Datetime.now()
        waited = self.search([("state", "=", "invited"), ("consent_until", "<=", now)])
        for agreement in waited:
            tell, said = agreement._tell_fault, "%s cannot be ended"
            with contained(_logger, self.env.cr, said, agreement, tell=tell):
                asked = agreement.consent_state == "asked"
                agreement._end_consent("expired" if asked else "unanswered")
            self.env["ir.cron"]._commit_progress(1)
        for move in self.env["account.move"].search(
            [("einvoice_waits_until", "<=", now)]
        ):
            tell, said = move._tell_fault, "%s cannot be let go"
            with contained(_logger, self.env.cr, said, move, tell=tell):
                move._einvoice_wait_no_longer(NOT_GIVEN["expired"])
            self.env["ir.cron"]._commit_progress(1)

    def _is_waiting(self):
        """Whether the customer's answer is still awaited."""
        return self.state == "invited"


def _to_utc(text):
    """Return when something happened, as fields keep it; of a time that cannot be read,
    when it was told."""
    moment = read_iso(text)
    return moment.replace(tzinfo=None) if moment else fields.Datetime.now()


def _in_words(record, sentence):
    reader = record._in_language_of(record._get_responsible())
    return reader.env._(sentence)
