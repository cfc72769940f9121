from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.adapters import Adapter

_lt = LazyTranslate(__name__)


class Agency(Adapter):
    """How one kind of agency is spoken to.

    Methods that take a ``line`` make one thing happen at the agency or read one thing
    there, and raise ``AgencyError`` when that fails. They are given all they need and
    touch no record, so no transaction waits for the network.

    Dictionaries come and go in the words of this addon; times are naive UTC, amounts
    ``Decimal``, texts that are not given ``""``. Every ``key`` is an idempotency key:
    the same call may be made again with it.
    """

    #: whose words its statuses are, see ``collection.status``
    catalogue = "agency_api"
    #: of the connection that is made when address or credentials are entered on the
    #: agreement; without any, one that exists is chosen
    connection = {}
    #: lines of ``collection.agency._get_checklist`` that the opening depends on
    checks = frozenset(
        {
            *("connection", "served", "country", "company_registry"),
            *("street", "zip", "city", "bank_account", "bic"),
        }
    )
    #: what there is no way to tell it: types of ``collection.message``; ``webhook``
    #: when nothing is called on either side, ``client`` when a secret alone opens,
    #: ``company_data`` when of the company only the webhook can be told, ``matter``
    #: when it collects each invoice by itself
    lacks = frozenset()
    #: what of a transfer it is not told: kinds of data of ``collection.disclosure``
    untold = frozenset()
    #: whether an event's identifier is the second in which it was told, so that two
    #: events may have the same
    has_timed_events = False
    #: whether it answers in files, see :meth:`read_file`
    carries_files = False

    def get_terms(self, line):
        """Read the agency's present terms.

        :return: ``{terms_version, terms_url, price_list_url, text}``
        """
        raise NotImplementedError

    def get_creditor(self, line):
        """Read the agreement as the agency sees it.

        :return: ``{creditor_id, external_id, state, agreement_number, portal_url,
            terms_version, terms_url, price_list_url, settings}``; None when the agency
            has no agreement with the client
        """
        raise NotImplementedError

    def onboard(self, line, asked, key):
        """Lead the company through the opening of the service.

        Where it has come at the agency already, here or outside, it goes on from
        there; so it may be repeated whatever became of the first attempt.

        :param dict asked: as ``collection.agency._prepare_onboarding`` returns it
        :return: the agreement, see :meth:`get_creditor`
        """
        raise NotImplementedError

    def update_creditor(self, line, asked, key):
        """Tell the agency the company's present data, accounts, contact and webhook.

        :param dict asked: as for :meth:`onboard`
        :return: the agreement, see :meth:`get_creditor`
        """
        raise NotImplementedError

    def put_settings(self, line, creditor_ref, settings, key):
        """Change settings of the agreement; those left out stay.

        :param str creditor_ref: the agency's number of the company, or nothing
        :return: all settings
        """
        raise NotImplementedError

    def terminate(self, line, creditor_ref, reason, key):
        """End the agreement; open cases go on.

        :return: the agreement, see :meth:`get_creditor`
        """
        raise NotImplementedError

    def reactivate(self, line, creditor_ref, key):
        """Take the agreement up again without a new opening.

        :return: the agreement, see :meth:`get_creditor`
        """
        raise NotImplementedError

    def render_case(self, values):
        """Make the body that transfers a case.

        :param dict values: as ``collection.case._prepare_transfer`` returns it
        :return: bytes
        :raise AgencyError: something that the agency requires is missing or too long
        """
        raise NotImplementedError

    def create_case(self, line, body, key):
        """Transfer a case.

        :param bytes body: as :meth:`render_case` made it
        :return: the case, see :meth:`get_case`
        :raise AgencyError: among others kind ``conflict``, ``duplicate_reference`` or
            ``duplicate_invoice``, with ``existing_case_id`` and ``case_number`` in its
            details
        """
        raise NotImplementedError

    def find_case(self, line, body, since):
        """Look whether a transfer arrived that was tried before; for agencies that
        know no idempotency keys.

        :param since: naive UTC time of the first attempt
        :return: as of :meth:`create_case`; None when it did not, or need not be looked
            for
        """
        return None

    def get_case(self, line, agency_case_id):
        """Read a case.

        ``status_code`` and ``status_label`` are the agency's own, finer than ``state``;
        amounts are in ``currency``; ``version`` grows with each change.

        :return: ``{agency_case_id, case_number, invoice_number, debtor_name,
            reference, matter, state, outcome, status_code, status_label, version,
            portal_url, action_required, action_hint, available_actions, currency,
            balance, withdrawal_fee, instalments, limitation_date, new_address,
            documents, history}``; None where an agency only tells by itself. Without
            ``matter`` the case is collected by itself. Balance is
            ``{capital, interest, fees, court_fees}``, each ``{original, paid,
            remaining}``, an instalment ``{due_date, amount, paid}``, a document ``{id,
            name}``, an address ``{street, zip, city, country}``, and an entry of the
            history ``{id, at, actor, code, label, text}``; what there is not is None
        """
        raise NotImplementedError

    def send_action(self, line, agency_case_id, action, reason, until, key):
        """Ask for something to be done with a case.

        :param str action: a word of the case's ``available_actions``
        :param until: date for a pause, or None
        """
        raise NotImplementedError

    def report_payment(self, line, agency_case_id, payment, key):
        """Tell that the debtor has paid the company directly; it covers capital only.

        :param dict payment: ``{external_id, number, date, amount, currency}``
        :return: ``{applied, ignored}``: how much of it counts, and how much does not
        """
        raise NotImplementedError

    def take_back_payment(self, line, agency_case_id, external_id, key):
        """Tell that a payment that was told of is there no more."""
        raise NotImplementedError

    def report_credit_note(self, line, agency_case_id, credit_note, key):
        """Tell that the company has credited the invoice, in full or in part.

        :param dict credit_note: as a payment
        :return: as of :meth:`report_payment`
        """
        raise NotImplementedError

    def report_fee(self, line, agency_case_id, fee, key):
        """Tell what the company has charged the debtor beside the invoice since the
        transfer; the agency collects it too.

        :param dict fee: ``{type, date, amount, currency}``, type ``reminder``
        """
        raise NotImplementedError

    def send_documents(self, line, agency_case_id, files, key):
        """Send documents of a case, at most 30 MB together.

        :param list files: ``(filename, mimetype, bytes)`` each
        """
        raise NotImplementedError

    def get_document(self, line, agency_case_id, document_id):
        """Fetch a document of a case.

        :return: ``(bytes, mimetype)``
        """
        raise NotImplementedError

    def get_settlements(self, line):
        """Read the payouts that the agency has not been told to be booked.

        One that was read before is told again with the same contents. Amounts are in
        ``currency``, and negative in a line that takes back a payment which an earlier
        settlement paid out.

        :return: ``(settlements, faults)``: a sentence for each that cannot be read, and
            settlements as ``{settlement_id, kind, date, bank_reference, payer_name,
            payer_account, currency, total, has_pdf, lines}``: kind ``per_invoice`` or
            ``daily_batch``, date of the payout, ``total`` what comes to the bank. A
            line is ``{case_id, case_number, external_id, invoice_number, reference,
            payment_id, date, capital, interest, fees, agency_fees, court_fees,
            commission, vat, net}``: the first five tell whose it is, each may be
            ``""``; ``fees`` are the company's own, ``agency_fees`` and ``court_fees``
            stay with the agency, ``vat`` is that on commission and agency's fees;
            ``net = capital + interest + fees - commission - vat``
        """
        raise NotImplementedError

    def get_settlement_pdf(self, line, settlement_id):
        """Fetch a settlement on paper; asked only where it ``has_pdf``.

        :return: ``(bytes, mimetype)``
        """
        raise NotImplementedError

    def confirm_settlement(self, line, settlement_id, entry, key):
        """Tell that a settlement is booked; where an agency does not want to know,
        nothing happens.

        :param str entry: the number of the company's journal entry
        """
        raise NotImplementedError

    def get_events(self, line, after):
        """Read what has happened since an event, oldest first.

        :param str after: the id of the last event that was read, or nothing
        :return: ``(events, faults)``: events as ``{event_id, type, case_id}``, and a
            sentence for each that cannot be read
        """
        raise NotImplementedError

    def read_webhook(self, secret, headers, body, now):
        """Read the events of a call from the agency, once it has proved to be the
        agency's.

        :param str secret: what the two share
        :param headers: mapping of the call's headers
        :param bytes body: as it came, byte for byte
        :param now: naive UTC time of its arrival
        :return: events as of :meth:`get_events`
        :raise AgencyError: ``bad_signature``, ``too_old`` or ``invalid_answer``
        """
        raise NotImplementedError

    def read_file(self, data):
        """Read a file from the agency.

        :return: its records in order, each with the ``case`` it is about, as the
            agency knows it (``agency_case_id``): ``{type: "acknowledgement", case,
            about, accepted, case_number, reference, text}``, where ``about`` is a type
            of ``collection.message``; ``{type: "status", case, details}`` with details
            as of :meth:`get_case`; ``{type: "payment", case, settlement}`` with a
            settlement as of :meth:`get_settlements`
        :raise AgencyError: kind ``invalid``
        """
        raise NotImplementedError


class AgencyByContract(Agency):
    """An agency whose contract is made with it directly: nothing that is sent or asked
    for opens the service, so it is open as soon as people say so."""

    checks = frozenset({"connection", "agreement_number", "country", "served"})

    def get_terms(self, line):
        """There is no call: the terms are on paper."""
        return {
            "terms_version": "contract",
            "terms_url": "",
            "price_list_url": "",
            "text": _lt(
                "The terms are those of the contract with the agency, which was made "
                "with the agency itself."
            ),
        }

    def get_creditor(self, line):
        """There is no call that tells of the agreement."""
        return None

    def onboard(self, line, asked, key):
        """Nothing is told: whoever has a contract and a connection can begin."""
        return self._make_agreement(asked["agreement_number"])

    def _make_agreement(self, number):
        return {
            "creditor_id": number,
            "external_id": "",
            "state": "active",
            "agreement_number": number,
            "portal_url": "",
            "terms_version": "",
            "terms_url": "",
            "price_list_url": "",
            "settings": None,
        }
