from odoo import models
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)


class CollectionCase(models.Model):
    """What the records of an agency's file mean for a case."""

    _inherit = "collection.case"

    def _take_acknowledgement(self, record):
        """The agency says what became of something that it was sent.

        :return: what there is to say of it
        """
        self.ensure_one()
        if record["accepted"]:
            self.write(
                {
                    "name": record["case_number"] or self.name,
                    "reference": record["reference"] or self.reference,
                }
            )
            return _lt("The agency has it: case %s.", self.name)
        told = record["text"]
        if record["about"] == "case":
            sentence = _lt("The agency did not accept the case. Ask it why.")
            if told:
                sentence = _lt("The agency did not accept the case: %s", told)
            self._take_refusal(sentence)
            return sentence
        sentence = _lt("The agency did not accept what it was sent. Ask it why.")
        if told:
            sentence = _lt("The agency did not accept it: %s", told)
        self._log_event("refused", sentence, actor="agency")
        self._tell(sentence, "mail_activity_type_refused", renew=True)
        return sentence

    def _take_refusal(self, sentence):
        """The case does not exist at the agency, whatever we thought: it can be sent
        again once it is right."""
        if self.state != "received":
            self._tell(sentence, "mail_activity_type_refused", renew=True)
            return
        sent = self.exchange_ids.filtered(
            lambda m: m.type == "case" and m.state == "sent"
        )
        sent._set_state("refused", reason=Sentence.store(sentence))
        self.write({"agency_case_id": False, "available_actions": False})
        self._refuse(sentence)

    def _take_status(self, record):
        """The agency says where the case stands.

        :return: what there is to say of it
        """
        self.ensure_one()
        details = record["details"]
        if details["version"] < self.case_version:
            return _lt("Newer is known of case %s: nothing was changed.", self.name)
        self._apply(details)
        if self.state == "closed":
            self.available_actions = False
        if self.is_money_new:
            self._tell_money()
        return _lt(
            "Case %(case)s: %(status)s.",
            case=self.name,
            status=details["status_label"],
        )
