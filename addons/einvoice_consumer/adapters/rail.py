from typing import NamedTuple

from odoo.tools import LazyTranslate, frozendict
from odoo.tools.translate import LazyGettext

from odoo.addons.receivables_base.adapters import Adapter

_lt = LazyTranslate(__name__)


class Problem(NamedTuple):
    """What stands in the way of an invoice or a channel, or what people should know.

    ``code`` joins the same problem of several invoices; ``level`` danger stops the
    invoice or the channel, warning and info do not; ``fix`` is what to open (partner,
    company, channel, connection, bank_account, journal, due_date, move, document or
    False); ``more`` are the code's own values, for programs: dates in ISO form.
    """

    code: str
    level: str
    fix: str | bool
    message: LazyGettext | str
    more: frozendict = frozendict()


class Rail(Adapter):
    """What the banks and operators of a country speak with their invoicers.

    A rail knows the words, rules and messages of its country; how files travel is the
    business of the channel's connection.
    """

    #: where the rail's banks are: their days count
    time_zone = "UTC"
    #: code of the country whose companies are offered it first
    country = ""
    #: whether an invoicer opens its service at the banks by messages
    has_notifications = False
    #: whether credit notes go the way that invoices go
    takes_credit_notes = True
    #: days that must be left to the due date, where a channel says nothing else
    days_to_due = 7
    #: whether a company must have an issuer agreement, ordered by messages
    has_issuer_agreement = False
    #: whether somebody tells of each invoice that it has arrived
    confirms_delivery = False
    #: whether payers give their banks mandates, and their banks pay claims
    has_mandates = False
    #: whether its messages hold the printed invoice: such are made by few at a time
    holds_print = False
    #: what its messages are, and in which characters people are shown them
    mimetype = "application/xml"
    charset = "utf-8"
    #: reason codes of answers to a proposal that tell of the consumer alone
    answers_of_consumers = ()
    #: on a customer's form, the word for the rail where the company looks consumers up;
    #: empty where consumers order by themselves
    access_point = ""

    @classmethod
    def access_points(cls, env):
        """Return words and labels of rails with an access point, for a selection."""
        return [
            (rail.access_point, f"{rail.access_point}: {env._(rail.label)}")
            for rail in cls._present(env).values()
            if rail.access_point
        ]

    def get_missing(self, channel):
        """Say what a channel lacks before it can be switched on: what would have each
        of its invoices refused.

        :return: list of ``Problem``
        """
        raise NotImplementedError

    def split(self, data):
        """Split a file into messages, never raising.

        :param bytes data: as it came
        :return: list of ``{type, raw, message_id, message_timestamp, error}``; the type
            as in ``einvoice.document``, ``raw`` its bytes, ``error`` a sentence where
            it cannot be read
        """
        raise NotImplementedError

    def show(self, raw):
        """Return a message as people read it."""
        return raw.decode(self.charset, errors="replace")

    def get_payload(self, raw):
        """Return the XML of one message, without what goes around it."""
        raise NotImplementedError

    def get_profiles(self, root):
        """Return our own schemas of messages whose root element is ``root``.

        :return: list of ``(label, files)``, see ``formats.schema_findings``
        """
        raise NotImplementedError

    def read_order(self, channel, raw):
        """Read a consumer's order in the words of ``einvoice.agreement``.

        :return: ``{action, ref_message_id, ordered_until, values}``; the action is
            add, change or delete, the values are fields of the agreement. It was
            ordered between ``ordered_at`` and ``ordered_until``, both empty where
            nothing in the message tells
        :raise UserError: it cannot be read, or is not for this channel
        """
        raise NotImplementedError

    def get_business_id(self, company):
        """Return the number by which authorities and banks know a company."""
        raise NotImplementedError

    def render_notification(self, channel, bank, action, identifier, terms, known):
        """Make the message that opens, changes or ends the service at a bank.

        :param str bank: the bank's routing code
        :param str action: add, change or delete
        :param str identifier: the notification's own, the same in all its messages
        :param dict terms: what the bank shall know, or what ends; see
            ``einvoice.notification``
        :param dict known: what the bank knows now, for a change
        :return: ``{content, message_id, message_timestamp, filename}``
        :raise UserError: what does not fit, and what corrects it
        """
        raise NotImplementedError

    def read_notifications(self, data):
        """Read the messages of a file that open or change the service at banks.

        :return: list of ``{bank, action, identifier, terms}``
        :raise UserError: one of them cannot be read
        """
        raise NotImplementedError

    def render_proposals(self, notification, partners, numbers, free_text):
        """Make the messages that propose e-invoices to consumers of one bank.

        :param notification: what the bank knows of the channel
        :param partners: the consumers
        :param list numbers: an account number of each at the bank
        :param str free_text: what they read beside it
        :return: ``{content, filename, message_timestamp, messages}``; ``messages`` has
            ``(message_id, sentence)`` of each consumer; with a sentence, about what
            does not fit, it is not in ``content``
        """
        raise NotImplementedError

    def read_event(self, raw):
        """Read what an operator tells.

        :return: an event of ``formats.efaktura``
        :raise UserError: it cannot be read
        """
        raise NotImplementedError

    def render_message(self, kind, values):
        """Make a message to an operator that is about no agreement's invoice.

        :param str kind: as the document's ``type``
        :param dict values: what it says; see ``formats.efaktura``
        :return: ``{content, filename, message_id, message_timestamp}``
        """
        raise NotImplementedError

    def knows(self, data):
        """Whether a file is of this rail alone; a line may bring those of several."""
        return False

    def read_mandates(self, channel, raw):
        """Read the mandates that payers gave their banks.

        :return: list of ``formats.avtalegiro.MandateList``
        :raise UserError: it cannot be read, or is not for this channel
        """
        raise NotImplementedError

    def has_payments(self, raw):
        """Whether a file of mandates has payments in it, too, which are for others."""
        raise NotImplementedError

    def render_claims(self, channel, number, claims, cancellations):
        """Make the file that asks banks to pay, and not to pay any more.

        :param int number: of the file; no other of the last 12 months has it
        :param claims: records of ``einvoice.avtalegiro.claim``, as are the
            cancellations
        :return: ``{content, filename, message_id}``
        """
        raise NotImplementedError

    def get_claim_deadlines(self, now):
        """Return the first and the last day on which a claim sent now may fall due."""
        raise NotImplementedError

    def get_last_cancel_moment(self, due):
        """Return until when a claim that falls due on a day can be cancelled.

        :rtype: datetime.datetime, with its time zone
        """
        raise NotImplementedError

    def get_day_of_knowledge(self, due):
        """Return the day by which it is known here that a claim was paid, if it was."""
        raise NotImplementedError

    def read_acknowledgement(self, raw):
        """Read what became of a message.

        :return: ``{message_id, code, text, is_notice}``: the message it answers, the
            reason code, the other party's own words, and whether it was accepted
        :raise UserError: it cannot be read
        """
        raise NotImplementedError

    def is_address(self, address):
        """Whether a consumer's routing address can be one.

        :param str address: in capitals, without spaces
        """
        return address.isascii() and address.isalnum()

    def check_consumer(self, partner):
        """Say what a customer lacks before they can be looked up.

        :return: list of ``Problem``
        """
        return []

    def get_lookup(self, partner):
        """Return what a customer is looked up by, for :meth:`render_message`."""
        raise NotImplementedError

    def get_consent_request(self, partner):
        """Return who is to approve, for :meth:`render_message`."""
        raise NotImplementedError

    def correct_phone(self, number):
        """Return a customer's number as the rail takes it; empty where it cannot be
        one, or the rail asks for none.

        :param number: as it stands on the customer, or False
        """
        return ""

    def get_reference_variants(self, value):
        """Return the ways one payment reference may be stored on invoices."""
        raise NotImplementedError

    def explain_refusal(self, code, meaning):
        """Say that a message was refused.

        :param str code: the other party's reason code
        :param str meaning: what it means, as far as that is known
        """
        if meaning:
            return _lt(
                "The bank refused it: %(meaning)s (code %(code)s).",
                meaning=meaning,
                code=code,
            )
        return _lt("The bank refused it with code %s.", code)

    def render_invoices(self, channel, pairs):
        """Check invoices and make their messages.

        :param pairs: list of ``(move, agreement)``; without an agreement, of a customer
            who is to be looked up first, the problem ``recipient`` says so
        :return: list of ``(move, rendered, problems)``: the messages, one for each
            ``part`` that is due on its own day, as
            ``einvoice.document._create_outgoing`` takes them, and a list of ``Problem``
        """
        raise NotImplementedError

    def get_contents(self, rendered):
        """Return the bytes of messages that :meth:`render_invoices` or
        :meth:`render_cancellations` made and that are about to be sent.

        What costs much, and no check needs, is made only here.
        """
        return [item["content"] for item in rendered]

    def get_last_cancel_day(self, channel, document):
        """Return the last day on which the bank still cancels what it was sent.

        :param document: a message that the bank has, with its ``due_date``
        :rtype: datetime.date
        """
        raise NotImplementedError

    def render_cancellations(self, channel, move, documents):
        """Make the messages that ask the bank to cancel what it was sent.

        :param move: the credit note of all of the invoice that the messages ask for, or
            the invoice itself where it was paid another way
        :param documents: the messages that the bank has
        :return: ``(rendered, problems)``, as :meth:`render_invoices` has them
        """
        raise NotImplementedError
