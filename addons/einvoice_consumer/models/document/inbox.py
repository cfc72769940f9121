import hashlib
import logging
from itertools import groupby

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence, log_fault

from ..agreement.orders import Undated

_logger = logging.getLogger(__name__)

_lt = LazyTranslate(__name__)

PARKED = "einvoice_consumer.mail_activity_type_parked"
PROCESS_JOB = "einvoice_consumer.ir_cron_einvoice_process"
# Of so many messages somebody who brings a file waits for the outcome.
AT_ONCE = 100
# So many are worked through in one transaction.
BATCH = 500
# Kinds of which neighbours are worked through at once.
TOGETHER = ("receiver_info",)
CONFLICT = _lt(
    "A message with the same identifier and time but other contents came before. Ask "
    "the bank which one counts."
)
UNKNOWN = _lt(
    "This kind of message is not expected here. It was kept; ask the bank what it is "
    "about."
)
UNEXPECTED = _lt(
    "An unexpected fault; the server's log says more. The message is kept: process it "
    "again when the fault has been removed."
)


class EinvoiceDocument(models.Model):
    """The inbox: messages are kept first and worked through then."""

    _inherit = "einvoice.document"

    @api.model
    def _log_incoming(self, channel, filename, parts):
        """Keep messages as they came and work through them: at once, or where they are
        many in the job, which other requests need not wait for.

        One that came before is recognised; if it was parked, it is tried again: the
        bank sends it again because somebody asked.

        :param list parts: see ``Rail.split``
        :return: the documents, in the order of ``parts``
        """
        digests = [hashlib.sha256(part["raw"]).hexdigest() for part in parts]
        known = self.search(
            [
                ("channel_id", "=", channel.id),
                ("direction", "=", "in"),
                ("sha256", "in", digests),
            ]
        )
        found = {document.sha256: document for document in known}
        faulty = {d for d, part in zip(digests, parts, strict=True) if part["error"]}
        again = known.filtered(lambda d: d.state == "error" and d.sha256 not in faulty)
        again._set_state("received", attempts=0)
        new = dict(zip(reversed(digests), reversed(parts), strict=True))
        new = {digest: new[digest] for digest in digests if digest not in found}
        documents = self.with_context(tracking_disable=True).create(
            [
                {
                    "name": filename,
                    "type": part["type"],
                    "direction": "in",
                    "state": "received",
                    "environment": channel.environment,
                    "channel_id": channel.id,
                    "message_id": part["message_id"],
                    "message_timestamp": part["message_timestamp"],
                }
                for part in new.values()
            ]
        )
        # said, so that nobody looks for it in each of many
        documents._store_bytes(
            [part["raw"] for part in new.values()], channel._get_rail().mimetype
        )
        found |= dict(zip(new, documents, strict=True))
        documents = self.union(*[found[digest] for digest in digests])
        if len(again) + len(new) > AT_ONCE:
            self._wake(PROCESS_JOB)
        else:
            documents._process_anew()
        return documents

    @api.model
    def _get_received_domain(self):
        return [
            ("state", "=", "received"),
            ("direction", "=", "in"),
            ("channel_id.environment", "!=", "disabled"),
        ]

    @api.model
    def _cron_process(self):
        """Work through what a large file brought, in its order."""
        self._work_through("_get_received_domain", "_process_anew", batch=BATCH)

    def _process(self):
        """Work through received messages in their order; a bad one is parked."""
        good = self - self._park_conflicts()
        # Odoo's own groupby would gather those that do not stand side by side.
        neighbours = groupby(  # pylint: disable=bad-builtin-groupby
            good, lambda d: (d.channel_id, d.type)
        )
        for (_channel, kind), documents in neighbours:
            same = self.browse().union(*documents)
            for part in [same] if kind in TOGETHER else same:
                part._try(f"_process_{kind}")

    def _park_conflicts(self):
        """Leave to a person what has the identifier and time of another message: that
        counts which came first, or was worked through already.

        :return: the documents that were left
        """
        parked = self.browse()
        same = {}
        named = self.filtered("message_id").sorted("id")
        for document in self.search(
            [
                ("channel_id", "in", named.channel_id.ids),
                ("direction", "=", "in"),
                ("message_id", "in", named.mapped("message_id")),
                ("state", "!=", "error"),
            ]
        ):
            same.setdefault(document._get_key(), []).append(document)
        for document in named:
            if any(
                other.state != "received" or other.id < document.id
                for other in same[document._get_key()]
                if other != document and other.state != "error"
            ):
                document._set_parked(CONFLICT)
                parked += document
        return parked

    def _get_key(self):
        """Return what a message is known by to the one who sent it."""
        return self.channel_id.id, self.message_id, self.message_timestamp

    def _on_fault(self, fault):
        # EXTENDS 'receivables_base': what came in waits for a person, not for a time
        if self.direction != "in":
            return super()._on_fault(fault)
        if isinstance(fault, UserError):
            return self._set_parked(fault, is_undated=isinstance(fault, Undated))
        log_fault(_logger, fault, "E-invoice message %s", self.id)
        return self._set_parked(UNEXPECTED)

    def _set_parked(self, sentence, **vals):
        """Leave a message to a person, who is told why."""
        reason = Sentence.store(sentence)
        self._set_state("error", reason=reason, **vals)
        self._remind(PARKED, reason, renew=True)

    def _process_unknown(self):
        self.ensure_one()
        part = self.channel_id._split(self._get_bytes())[0]
        raise UserError(part["error"] or UNKNOWN)

    def _process_receiver_info(self):
        """Apply consumers' orders: of one consumer one after the other, of different
        consumers at once."""
        for orders in self._take_turns(self._read_orders()):
            documents = self.browse().union(*orders)
            told = self.env["einvoice.agreement"]._process_orders(
                self.channel_id, list(orders.values())
            )
            for document, (agreement, sentence) in zip(documents, told, strict=True):
                if isinstance(sentence, Undated):
                    document._on_fault(sentence)
                    continue
                document.with_context(tracking_disable=True)._set_state(
                    "processed",
                    reason=Sentence.store(sentence),
                    agreement_id=agreement.id,
                    partner_id=agreement.partner_id.id,
                )

    def _read_orders(self):
        """Return the order in each message; what cannot be read is parked."""
        rail = self.channel_id._get_rail()
        orders = {}
        for document in self:
            try:
                order = rail.read_order(document.channel_id, document._get_bytes())
            except UserError as fault:
                document._on_fault(fault)
                continue
            if document.dated_at:
                order["values"]["ordered_at"] = order["ordered_until"] = (
                    document.dated_at
                )
            orders[document] = order
        return orders

    def _take_turns(self, orders):
        """Divide orders so that no part has two of one consumer, and those of one
        consumer stay in their order.

        :param dict orders: each message's, in the order they came
        :return: a list of dicts like ``orders``
        """
        agreements = self.env["einvoice.agreement"]
        known_of = agreements._find_known(self.channel_id, list(orders.values()))
        turns, consumers = [], {}
        for (document, order), known in zip(orders.items(), known_of, strict=True):
            keys = {("address", agreements._get_route(order["values"]))}
            keys |= {("message", document.message_id)}
            keys |= {("message", order["ref_message_id"])}
            keys |= {("address", agreements._get_route(each)) for each in known}
            keys -= {("address", ("", "")), ("message", ""), ("message", False)}
            place = 0
            for key in list(keys):
                met, last = consumers.get(key, ((), -1))
                keys |= set(met)
                place = max(place, last + 1)
            consumers.update(dict.fromkeys(keys, (keys, place)))
            if place == len(turns):
                turns.append({})
            turns[place][document] = order
        return turns

    def _process_acknowledgement(self):
        self.ensure_one()
        answer = self.channel_id._read_acknowledgement(self._get_bytes())
        original = self.search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("direction", "=", "out"),
                ("message_id", "=", answer["message_id"]),
            ],
            limit=1,
        )
        code, text = answer["code"], answer["text"]
        reason = self.env["einvoice.reason"]._from_code(self.channel_id.rail, code)
        if not original:
            sentence = _lt(
                "The bank answers a message that was not sent from here: %s.",
                answer["message_id"],
            )
            self._set_parked(sentence, reason_code=code, reason_id=reason.id)
            return
        if reason.effect != "none" and not answer["is_notice"]:
            original._set_rejected(code, text)
        self._set_state(
            "processed",
            original_id=original.id,
            move_id=original.move_id.id,
            partner_id=original.partner_id.id,
            agreement_id=original.agreement_id.id,
            reason_code=code,
            reason_id=reason.id,
            reason=Sentence.store(text),
        )

    # === WHAT WAS PARKED === #

    def _check_may_handle(self):
        self.channel_id._check_user()

    def action_count_as_newest(self):
        """Let orders count from when they came: a person compared them."""
        self.check_access("read")
        self._check_may_handle()
        undated = self.sudo().filtered(lambda d: d.is_undated and d.state == "error")
        for document in undated:
            document.dated_at = document.create_date
        return undated.action_process_again()

    def _process_anew(self):
        self.filtered(lambda d: d.state == "received")._process()
        self.filtered(lambda d: d.state == "processed")._settle(PARKED)

    def _on_handled(self):
        self._settle(PARKED)
