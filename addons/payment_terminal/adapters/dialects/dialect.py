from odoo.addons.receivables_base.adapters import Adapter


class Dialect(Adapter):
    """The protocol of a network, by the name in ``payment.terminal.network.dialect``.

    It knows the network's words, units, codes and limits, and nothing of customers,
    invoices or payments. The bytes themselves are read and written in ``formats``.
    """

    #: what the network can prove itself by, the usual way first
    authentications = ("none",)
    #: seconds that the network waits for an answer
    answer_limit = 60
    #: the operations that the protocol has
    operations = frozenset()
    #: whether answers name the company by its registration number
    tells_company_number = False

    # === PROOF: before anything of a request is read === #

    def read_secret(self, wire):
        """Return the secret that a request carries, or an empty text.

        Protocols with the authentication ``secret`` have it.
        """
        raise NotImplementedError

    def read_signature(self, wire):
        """Return ``(signature, parts, timestamp)``: what was given in hexadecimal, what
        it must be over, and when it was made, in seconds since 1970.

        Protocols with the authentication ``hmac`` have it.
        """
        raise NotImplementedError

    # === OUR SIDE === #

    def read(self, wire, terms):
        """Read a :class:`WireRequest`.

        :return: a :class:`Call`
        :raises BadCall: it cannot be read; with what was understood of it
        """
        raise NotImplementedError

    def write(self, call, outcome, terms):
        """Write an :class:`Outcome` as a :class:`WireAnswer`.

        :param call: what was asked, or None where it could not be read
        """
        raise NotImplementedError

    def replay(self, call, outcome, first, terms):
        """Return the answer to a repeat: the first one, unless the protocol wants
        something of the new request in it."""
        return first

    # === THE NETWORK'S SIDE: for trying the own endpoint === #

    def ask(self, call, terms):
        """Write a :class:`Call` as the network does, as a :class:`WireRequest`."""
        raise NotImplementedError

    def hear(self, answer, terms):
        """Return what the network makes of an answer: ``ok``, ``repeat`` (it asks again
        later) or ``final``."""
        raise NotImplementedError
