from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)
ENDED = _lt("Ended by the consumer")
OLDER = _lt("Older than what is known: nothing changes.")


class Undated(UserError):
    """Whether an order is newer than what is known cannot be told."""


class EinvoiceAgreement(models.Model):
    """What a consumer's bank tells: orders, changes, ends, in whatever order."""

    _inherit = "einvoice.agreement"

    @api.model
    def _process_orders(self, channel, orders):
        """Apply order messages of different consumers: new orders, changes and ends.

        :param channel: the channel they came on
        :param list orders: see ``Rail.read_order``
        :return: a list of ``(agreement, sentence)``, what became of each, for the log;
            where a person must say when it was ordered, an ``Undated`` in place of the
            sentence
        """
        told, new, changes, ends = {}, {}, {}, {}
        known_of = self._find_known(channel, orders)
        for place, (order, known) in enumerate(zip(orders, known_of, strict=True)):
            try:
                known._check_dated(order)
            except Undated as fault:
                told[place] = self.browse(), fault
                continue
            values = order["values"]
            values["ordered_at"] = values["ordered_at"] or fields.Datetime.now()
            current = known.filtered(lambda a: a.state != "ended")[:1]
            if order["action"] == "delete":
                ends[place] = order, known
            elif outdated := known._find_newer(values["ordered_at"]):
                told[place] = outdated
            elif current:
                changes[place] = current
            else:
                new[place] = {**values, "channel_id": channel.id}
        # the evidence, or a person's decision, is noted in the history, not the making
        making = self.with_context(mail_create_nolog=True)
        made = making.create(list(new.values())).with_env(self.env)
        to_match = [
            current
            for place, current in changes.items()
            if current._update(orders[place]["values"])
        ]
        made.union(*to_match)._match()
        for place, agreement in [*zip(new, made, strict=True), *changes.items()]:
            told[place] = agreement, agreement._get_state_sentence()
        # A consumer who changes banks has the new order by now.
        ended = self._process_deletes(channel, list(ends.values()))
        told |= zip(ends, ended, strict=True)
        return [told[place] for place in range(len(orders))]

    def _find_newer(self, ordered_at):
        """Find what is known already and makes an order an old one.

        :return: ``(agreement, sentence)``; False where the order is the newest
        """
        ended = self.filtered(lambda a: a.state == "ended")
        if any(a.ended_at and a.ended_at >= ordered_at for a in ended):
            return ended[:1], _lt(
                "Ordered before it was ended at the bank: nothing changes."
            )
        current = (self - ended)[:1]
        if current.ordered_at and ordered_at < current.ordered_at:
            return current, OLDER
        return False

    def _check_dated(self, order):
        """Ask a person about an order that may be older or newer than what is known."""
        since, until = order["values"]["ordered_at"], order["ordered_until"]
        moments = [
            moment
            for agreement in self
            for moment in (agreement.ordered_at, agreement.ended_at)
            if moment
        ]
        if not since and self:
            raise Undated(
                _lt(
                    "Nothing in the message tells when it was written, and there is an "
                    "order of the same consumer: compare them. If this one is the "
                    "newest, press “Count as newest”, else “Handled”."
                )
            )
        if since and any(since < moment <= until for moment in moments):
            raise Undated(
                _lt(
                    "The message tells only the day it was written, and what is known "
                    "of the consumer's order is of the same day: compare them. If this "
                    "one is the newest, press “Count as newest”, else “Handled”."
                )
            )

    @api.model
    def _find_known(self, channel, orders):
        """Find the agreements that messages are about, newest first.

        By the message it refers to, else by recipient address, payment subject
        (that is, the channel) and identifiers (notification service guidelines
        2.0, 4.2.3.2).

        :return: a list of agreements, in the order of ``orders``
        """
        base = [("channel_id", "=", channel.id)]
        referred, there = {}, {}
        refs = {order["ref_message_id"] for order in orders} - {"", False}
        for document in self.env["einvoice.document"].search(
            [*base, ("direction", "=", "in"), ("message_id", "in", list(refs))]
        ):
            known = referred.get(document.message_id, self.browse())
            referred[document.message_id] = known | document.agreement_id
        addresses = {order["values"].get("recipient_address") for order in orders}
        for agreement in self.search(
            [*base, ("recipient_address", "in", list(addresses - {"", False, None}))]
        ):
            there.setdefault(self._get_route(agreement), []).append(agreement)
        return [
            referred.get(order["ref_message_id"])
            or self._find_same(
                self.union(*there.get(self._get_route(values), [])), order
            )
            for order in orders
            for values in [order["values"]]
        ]

    @api.model
    def _get_route(self, values):
        return (
            values["recipient_address"] or "",
            values["recipient_intermediator"] or "",
        )

    @api.model
    def _find_same(self, known, order):
        """Return which of the agreements at an address an order is about."""
        values = order["values"]
        same = known.filtered(
            lambda a: (
                a._normalise(a.identifiers) == self._normalise(values["identifiers"])
            )
        )
        # One consumer may order for two customer numbers at one address. Where the
        # identifiers changed, the only order at the address is the one meant.
        if same or len(known) == 1 and order["action"] != "add":
            return same or known
        return self.browse()

    @api.model
    def _normalise(self, identifiers):
        return sorted(
            identifier["value"].replace(" ", "").casefold()
            for identifier in identifiers or []
        )

    @api.model
    def _process_deletes(self, channel, ends):
        """Apply messages that end orders.

        :param list ends: ``(order, known)``, the message and the agreements it is about
        :return: see :meth:`_process_orders`
        """
        told, ended, unknown = {}, {}, {}
        for place, (order, known) in enumerate(ends):
            since = order["values"]["ordered_at"]
            current = known.filtered(lambda a: a.state != "ended")
            meant = current.filtered(
                lambda a, since=since: not (a.ordered_at and a.ordered_at > since)
            )[:1]
            if meant:
                ended[meant] = since
                told[place] = meant, _lt("The consumer ended the order.")
            elif current:
                told[place] = current[:1], OLDER
            elif known:
                told[place] = known[:1], _lt("Had ended already: nothing changes.")
            else:
                # Kept, so that the order it ends is recognised if it arrives later.
                unknown[place] = {
                    **order["values"],
                    "channel_id": channel.id,
                    "state": "ended",
                    "ended_at": since,
                    "reason_stored": Sentence.store(ENDED),
                }
        self.union(*ended)._end(ENDED)
        for agreement, since in ended.items():
            agreement.ended_at = since
        kept = self.create(list(unknown.values()))
        for place, agreement in zip(unknown, kept, strict=True):
            told[place] = (
                agreement,
                _lt("No such order is known: nothing to end."),
            )
        return [told[place] for place in range(len(ends))]

    def _update(self, values):
        """Take over what the consumer changed.

        :return: whether the customer is to be looked for again: the change speaks of
            who it is, or nobody is known yet
        """
        self.ensure_one()
        identity = ("consumer_name", "consumer_street", "consumer_zip", "identifiers")
        changed = any(
            (self[name] or False) != (values[name] or False) for name in identity
        )
        wished = ("language", "proposed_due_date", "proposed_period")
        wishes_anew = any(
            (self[name] or False) != (values[name] or False) for name in wished
        )
        self.write(values)
        if wishes_anew and self.state == "active":
            self._ask_about_wishes()
        return changed or self.state != "active"

    def _get_state_sentence(self):
        self.ensure_one()
        if self.state == "active":
            return _lt("Active: allocated to %s.", self.partner_id.display_name)
        return _lt("Waits to be allocated by a person.")
