from odoo import api, models
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)


class EinvoiceAgreement(models.Model):
    """What a consumer's bank tells: orders, changes, ends, in whatever order."""

    _inherit = "einvoice.agreement"

    @api.model
    def _process_order(self, channel, order):
        """Apply one order message: a new order, a change or the end of one.

        :param channel: the channel it came on
        :param dict order: ``action`` (add, change, delete), ``values`` (fields of
            this model) and ``ref_message_id`` (text or empty)
        :return: ``(agreement, sentence)``; what happened, for the log
        """
        values = order["values"]
        known = self._find_known(channel, order)
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
            return current, _lt("Older than what is known: nothing changes.")
        current._update(values)
        return current, current._get_state_sentence()

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
        self.write(values)
        if changed or self.state != "active":
            self._match()

    def _get_state_sentence(self):
        self.ensure_one()
        if self.state == "active":
            return _lt("Active: allocated to %s.", self.partner_id.display_name)
        return _lt("Waits to be allocated by a person.")
