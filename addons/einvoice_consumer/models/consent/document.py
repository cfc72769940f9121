from odoo import models
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)


class EinvoiceDocument(models.Model):
    """Answers of an operator about consumers."""

    _inherit = "einvoice.document"

    def _process_lookup_answer(self):
        event = self.channel_id._get_rail().read_event(self._get_bytes())
        asked = self._find_question(event.key)
        if not asked:
            self._set_parked(_no_question(event.key))
            return
        self._take_in_consent(asked.agreement_id, "_on_lookup", event, asked)

    def _process_consent_status(self):
        event = self.channel_id._get_rail().read_event(self._get_bytes())
        asked = self._find_question(event.key)
        agreement = asked.agreement_id or self._find_consumer(event.identifier)
        if not agreement and event.key:
            self._set_parked(_no_question(event.key))
        elif not agreement:
            sentence = _lt("It is about a person who is no customer here.")
            self._set_state("processed", reason=Sentence.store(sentence))
        else:
            self._take_in_consent(agreement, "_on_consent", event, asked)

    def _find_question(self, key):
        """Return the message of ours that an event answers."""
        if not key:
            return self.browse()
        return self.search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("direction", "=", "out"),
                ("type", "in", ("lookup", "consent_request")),
                ("message_id", "=", key),
            ],
            limit=1,
        )

    def _find_consumer(self, identifier):
        """Return the newest agreement of a person whom nobody asked about."""
        agreements = self.env["einvoice.agreement"]
        if not identifier:
            return agreements
        return agreements.search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("recipient_address", "=", identifier),
            ],
            limit=1,
        )

    def _take_in_consent(self, agreement, method, event, asked):
        sentence = getattr(agreement, method)(event)
        self._set_state(
            "processed",
            reason=Sentence.store(sentence),
            original_id=asked.id,
            agreement_id=agreement.id,
            partner_id=agreement.partner_id.id,
        )


def _no_question(key):
    return _lt("The operator answers a message that was not sent from here: %s.", key)
