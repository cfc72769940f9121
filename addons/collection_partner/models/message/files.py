from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ...exceptions import AgencyError
from ...tools import make_result

_lt = LazyTranslate(__name__)


class CollectionMessage(models.Model):
    """Files from an agency: each is kept as it came, then its records are used one
    after the other, so that one that cannot be used costs no other."""

    _inherit = "collection.message"

    @api.model
    def _store_file(self, agency, name, data, event_id):
        """Keep a file as it came.

        :param str event_id: the same for the same bytes, whatever the file is called
        """
        message = self.sudo().create(
            {
                "type": "file",
                "direction": "in",
                "state": "received",
                "agency_id": agency.id,
                "event_id": event_id,
                "event_type": name,
            }
        )
        message._store_bytes([data], "text/plain")
        return message

    @api.model
    def _get_file_domain(self):
        return self._get_due_domain() & Domain(
            [("type", "=", "file"), ("state", "=", "received")]
        )

    def _process_file(self):
        """Use the records of a file, and note of each what became of it."""
        self.ensure_one()
        agency = self.agency_id._for_api_user()
        try:
            records = agency._get_adapter().read_file(self._get_bytes())
        except AgencyError as error:
            self.results = [make_result("file", "error", error)]
        else:
            self.results = [agency._use_record(record) for record in records]
        if wrong := [one for one in self.results if one["state"] == "error"]:
            self._leave_file(wrong, len(self.results))
        else:
            self._set_processed()

    def _leave_file(self, wrong, count):
        """What could not be used waits for a person."""
        reason = wrong[0]["message"]
        if count > 1:
            reason = Sentence.store(
                _lt(
                    "%(wrong)s of %(count)s records of the file could not be used. The "
                    "first: %(reason)s",
                    wrong=len(wrong),
                    count=count,
                    reason=reason,
                )
            )
        self._set_state(
            "error", reason=reason, sent_at=fields.Datetime.now(), next_attempt=False
        )
        self.agency_id._tell(reason)

    def _get_results(self):
        """Return what became of each record, in the reader's language."""
        results = self.results or ()
        if self.state == "received":
            # It could not be used just now, and is tried again by itself.
            results = [make_result("file", "error", self.reason)]
        return [
            {**result, "message": Sentence.read(result["message"], self.env)}
            for result in results
        ]
