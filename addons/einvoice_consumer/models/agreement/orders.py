from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)
OLDER = _lt("Older than what is known: nothing changes.")


class Undated(UserError):
    """Whether an order is newer than what is known cannot be told."""


class EinvoiceAgreement(models.Model):
    """What a consumer's bank tells: orders, changes, ends, in whatever order."""

    _inherit = "einvoice.agreement"

    @api.model
    def _process_order(self, channel, order):
        """Apply one order message: a new order, a change or the end of one.

        :param channel: the channel it came on
        :param dict order: see ``Rail.read_order``
        :return: ``(agreement, sentence)``; what happened, for the log
        :raise Undated: a person must say when it was ordered
        """
        values = order["values"]
        known = self._find_known(channel, order)
        known._check_dated(order)
        values["ordered_at"] = values["ordered_at"] or fields.Datetime.now()
        if order["action"] == "delete":
            return self._process_delete(channel, order, known)
        ended = known.filtered(lambda a: a.state == "ended")
        current = (known - ended)[:1]
        if any(
            agreement.ended_at and agreement.ended_at >= values["ordered_at"]
            for agreement in ended
        ):
            return ended[:1], _lt(
                "Ordered before it was ended at the bank: nothing changes."
            )
        if not current:
            agreement = self.create({**values, "channel_id": channel.id})
            agreement._match()
            return agreement, agreement._get_state_sentence()
        if current.ordered_at and values["ordered_at"] < current.ordered_at:
            return current, OLDER
        current._update(values)
        return current, current._get_state_sentence()

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
    def _find_known(self, channel, order):
        """Find the agreement a message is about, newest first.

        By the message it refers to, else by recipient address, payment subject
        (that is, the channel) and identifiers (notification service guidelines
        2.0, 4.2.3.2).
        """
        values = order["values"]
        base = [("channel_id", "=", channel.id)]
        if order["ref_message_id"]:
            referred = self.env["einvoice.document"].search(
                [
                    *base,
                    ("direction", "=", "in"),
                    ("message_id", "=", order["ref_message_id"]),
                ]
            )
            if referred.agreement_id:
                return referred.agreement_id
        if not values.get("recipient_address"):
            return self.browse()
        known = self.search(
            base
            + [
                ("recipient_address", "=", values["recipient_address"]),
                ("recipient_intermediator", "=", values["recipient_intermediator"]),
            ]
        )
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
    def _process_delete(self, channel, order, known):
        values = order["values"]
        open_agreements = known.filtered(
            lambda a: (
                a.state != "ended"
                and not (a.ordered_at and a.ordered_at > values["ordered_at"])
            )
        )
        if open_agreements:
            agreement = open_agreements[:1]
            agreement._end(_lt("Ended by the consumer"), values["ordered_at"])
            return agreement, _lt("The consumer ended the order.")
        if current := known.filtered(lambda a: a.state != "ended"):
            return current[:1], OLDER
        if known:
            return known[:1], _lt("Had ended already: nothing changes.")
        # Kept, so that the order it ends is recognised if it arrives later.
        agreement = self.create(
            {
                **values,
                "channel_id": channel.id,
                "state": "ended",
                "ended_at": values["ordered_at"],
                "reason_stored": Sentence.store(_lt("Ended by the consumer")),
            }
        )
        return agreement, _lt("No such order is known: nothing to end.")

    def _update(self, values):
        """Take over what the consumer changed; look again for the customer when
        the change speaks of who it is."""
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
        if changed or self.state != "active":
            self._match()

    def _get_state_sentence(self):
        self.ensure_one()
        if self.state == "active":
            return _lt("Active: allocated to %s.", self.partner_id.display_name)
        return _lt("Waits to be allocated by a person.")
