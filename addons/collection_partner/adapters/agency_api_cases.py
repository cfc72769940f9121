from odoo import api, models
from odoo.exceptions import UserError

from ..exceptions import AgencyError
from ..formats import agency_api as contract
from ..formats.errors import FormatError
from ..formats.signature import HEADER, SignatureError, verify
from .agency_api_values import UTC, make_transfer

DEFAULT_TYPE = "application/octet-stream"
# So many pages of 1,000 are read at once; the next run goes on where this one ended.
MAX_EVENT_PAGES = 20


class CollectionAdapterAgencyApiCases(models.AbstractModel):
    """Cases and events of the agency API (docs/agency_api.md, sections 4 to 6)."""

    _name = "collection.adapter.agency_api.cases"
    _description = "Agency API: cases and events"

    # === CASES === #

    @api.model
    def _render_case(self, agency, case):
        """Make the body that transfers a case (section 4.1).

        :return: bytes
        :raise UserError: something that the agency requires is missing or too long
        """
        try:
            return contract.render_case(make_transfer(case._prepare_transfer()))
        except FormatError as error:
            raise UserError(self._explain(error)) from error

    @api.model
    def _create_case(self, agency, body, key):
        """Transfer a case (section 4.1).

        :param bytes body: as :meth:`_render_case` made it
        :return: the case, see :meth:`_get_case`
        :raise AgencyError: among others kind ``conflict``, ``duplicate_reference`` or
            ``duplicate_invoice``, with ``existing_case_id`` and ``case_number`` in its
            details
        """
        return self._ask(
            agency, "POST", "/cases", contract.read_case, body=body, key=key
        )

    @api.model
    def _get_case(self, agency, agency_case_id):
        """Read a case (section 4.2).

        :return: the fields of ``formats.agency_api.Case`` as plain values
        """
        path = self._get_path("cases", agency_case_id)
        return self._ask(agency, "GET", path, contract.read_case)

    @api.model
    def _send_action(self, agency, agency_case_id, action, reason, until, key):
        """Ask for something to be done with a case (section 4.4).

        :param str action: a word of the case's ``available_actions``
        :param until: date for a pause, or None
        :return: ``{fee, case}``: what it costs (``{amount, currency}`` or None), and
            the case, see :meth:`_get_case`
        """
        body = self._render(contract.render_action, action, reason or "", until or None)
        path = self._get_path("cases", agency_case_id, "actions")
        return self._ask(agency, "POST", path, contract.read_action, body=body, key=key)

    @api.model
    def _send_documents(self, agency, agency_case_id, files, key, kind="invoice"):
        """Send documents of a case (section 4.5), at most 30 MB together.

        :param list files: ``(filename, mimetype, bytes)`` each
        :param str kind: ``invoice``, ``attachment`` or ``evidence``
        """
        parts = [("kind", (None, kind))]
        for name, mimetype, data in files:
            # A quotation mark would be read in as many ways as there are programs.
            name = name.replace('"', "'")
            parts.append(("file", (name, data, mimetype or DEFAULT_TYPE)))
        path = self._get_path("cases", agency_case_id, "documents")
        self._call(agency, "POST", path, files=parts, key=key)

    @api.model
    def _get_document(self, agency, agency_case_id, document_id):
        """Fetch a document of a case (section 4.5).

        :return: ``(bytes, mimetype)``
        """
        path = self._get_path("cases", agency_case_id, "documents", document_id)
        _status, headers, body = self._call(agency, "GET", path)
        mimetype = (headers.get("Content-Type") or "").partition(";")[0].strip()
        return body, mimetype or DEFAULT_TYPE

    # === EVENTS === #

    @api.model
    def _get_events(self, agency, after):
        """Read what has happened since an event (section 6.1), oldest first.

        :param str after: the id of the last event that was read, or nothing
        :return: list of ``{event_id, type, created_at, creditor_id, case_id,
            case_version, object_id}``
        """
        events = []
        for _page in range(MAX_EVENT_PAGES):
            try:
                page = self._get_event_page(agency, after)
            except AgencyError as error:
                if error.code != "not_found" or not after or events:
                    raise
                # It is older than what the agency keeps: all that is kept is newer.
                page = self._get_event_page(agency, "")
            if not page or page[-1]["event_id"] == after:
                break
            events += page
            after = page[-1]["event_id"]
        return events

    @api.model
    def _get_event_page(self, agency, after):
        params = {"after": after} if after else None
        status, _headers, body = self._call(agency, "GET", "/events", params=params)
        if status == 204:
            return []
        return self._read(contract.read_events, body, status)

    @api.model
    def _read_webhook(self, agency, headers, body, now):
        """Read the events of a call from the agency (section 6.2), once it has proved
        to be the agency's.

        :param headers: mapping of the call's headers
        :param bytes body: as it came, byte for byte
        :param now: naive UTC time of its arrival
        :return: list of events, see :meth:`_get_events`
        :raise AgencyError: ``bad_signature``, ``too_old`` or ``invalid_answer``
        """
        given = {name.lower(): value for name, value in headers.items()}
        try:
            verify(
                agency.sudo().webhook_secret or "",
                given.get(HEADER.lower(), ""),
                body,
                now.replace(tzinfo=UTC).timestamp(),
            )
        except SignatureError as error:
            if error.code == "too_old":
                raise AgencyError(
                    "final",
                    "too_old",
                    self.env._(
                        "The call was signed more than five minutes ago or ahead. "
                        "Compare the clocks of both servers."
                    ),
                ) from error
            raise AgencyError(
                "final",
                "bad_signature",
                self.env._("The call is not signed with the secret of the webhook."),
            ) from error
        return self._read(contract.read_events, body)
