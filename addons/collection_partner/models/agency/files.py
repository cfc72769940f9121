import hashlib
from functools import partial

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.adapters import LineError
from odoo.addons.receivables_base.tools import Base64, Text, remote_call

from ...exceptions import AgencyError
from ...tools import make_result

_lt = LazyTranslate(__name__)

# Files that are taken in at once; the next run takes the rest.
MOST_FILES = 100


class CollectionAgency(models.Model):
    """An agency that answers in files: they are fetched over its connection, or
    brought by a person or a program."""

    _inherit = "collection.agency"

    @remote_call(ids="one", filename=Text(filled=True), content=Base64())
    def import_file(self, filename, content):
        """Take in a file from the agency.

        A file that came before is not used again: the answer is that of the first time.
        A record that cannot be used costs no other; it waits for a person under
        *Messages*, where the whole file can be used again.

        :param str filename: name of the file, for the log
        :param str content: the file's bytes, base64
        :return: one dict a record, in order: ``{type, state, message}`` with type
            ``acknowledgement``, ``status`` or ``payment`` and state ``done`` or
            ``error``; one of type ``file`` when it cannot be read at all
        :rtype: list[dict]
        """
        self._check_user()
        if not self._get_adapter().carries_files:
            raise UserError(
                self.env._("%s does not answer in files.", self.display_name)
            )
        return self.sudo()._take_in_file(filename, content)._get_results()

    def _take_in_file(self, name, data):
        """Keep a file and use it, unless it came before.

        :return: its message
        """
        self.ensure_one()
        messages = self.env["collection.message"].sudo()
        event_id = f"file-{hashlib.sha256(data).hexdigest()}"
        known = messages.search(
            [("agency_id", "=", self.id), ("event_id", "=", event_id)]
        )
        if known:
            return known
        message = messages._store_file(self, name, data, event_id)
        message._try("_process_file")
        return message

    def _fetch_files(self, line):
        """Take in what waits on the line: stages of a call, see ``receivables.queue``.

        A file is put away only after it is kept, so a crash in between only means that
        it is seen again and known.
        """
        for entry in (yield partial(line.list, MOST_FILES)):
            broken = bool(entry.problem)
            try:
                if broken:
                    self.sudo().connection_id._refuse(entry.label, entry.problem)
                else:
                    data = yield partial(line.read, entry.name)
                    message = self._take_in_file(entry.label, data)
                    broken = message.state == "error"
                yield partial(line.put_away, entry.name, broken)
            except LineError as fault:
                if fault.is_line:
                    raise
                if fault.code not in ("gone", "changing"):
                    self.sudo().connection_id._refuse(entry.label, fault)

    def _use_record(self, record):
        """Use a record of a file.

        :param dict record: as the adapter's ``read_file`` returns it
        :return: ``{type, state, message}``, see ``make_result``
        """
        kind = record["type"]
        try:
            with self.env.cr.savepoint():
                if kind == "payment":
                    sentence = self._take_payment(record["settlement"])
                else:
                    case = self._get_case_of(record["case"])
                    sentence = getattr(case, f"_take_{kind}")(record)
        except (AgencyError, UserError) as error:
            return make_result(kind, "error", error)
        return make_result(kind, "done", sentence)

    def _get_case_of(self, reference):
        """Return the case that the agency knows by a reference.

        :raise AgencyError: there is none
        """
        case = self.env["collection.case"].search(
            [("agency_id", "=", self.id), ("agency_case_id", "=", reference)]
        )
        if not case:
            raise AgencyError(
                "invalid",
                "unknown_case",
                _lt(
                    "No case here has the reference %s: ask the agency what it means.",
                    reference,
                ),
            )
        return case

    def _take_payment(self, settlement):
        """The agency pays out what it has collected of one case.

        :raise AgencyError: it cannot be kept
        """
        self.env["collection.settlement"]._take_in_one(self, settlement)
        return _lt(
            "Payment %(payment)s: %(amount)s.",
            payment=settlement["settlement_id"],
            amount=f"{settlement['total']} {settlement['currency']}",
        )
