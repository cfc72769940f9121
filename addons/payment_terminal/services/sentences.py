from odoo.tools import LazyTranslate

from ..formats.calls import Outcome, Result

_lt = LazyTranslate(__name__)

_DONE = {
    "": _lt("Customer found"),
    "reserved": _lt("Payment announced"),
    "accepted": _lt("Payment accepted"),
    "cancelled": _lt("Payment cancelled"),
    "reversed": _lt("Payment cancelled"),
}
_REFUSED = {
    Result.NOT_FOUND: _lt("This customer number is not known"),
    Result.BAD_ACCOUNT: _lt("This is not a customer number"),
    Result.INACTIVE: _lt("This customer number is blocked"),
    Result.BAD_FACTOR: _lt("The additional data does not match"),
    Result.TOO_SMALL: _lt("The amount is too small"),
    Result.TOO_LARGE: _lt("The amount is too large"),
    Result.WRONG_CURRENCY: _lt("Payments in this currency are not accepted"),
    Result.CONFLICT: _lt("Another payment has this number"),
    Result.CANCELLED: _lt("The payment was cancelled"),
    Result.UNKNOWN_PAYMENT: _lt("No such payment"),
    Result.CLOSED: _lt("Debts are not shown at present; payments are accepted"),
}


def get_sentence(env, network, result, state=""):
    """Return what the customer reads at the kiosk, in the network's language.

    :param str state: of the payment, as it is told outside; empty without one
    """
    sentence = _DONE[state] if result == Result.OK else _REFUSED.get(result)
    if not sentence:
        return ""
    return env(context={**env.context, "lang": network.lang})._(sentence)


def tell(env, network, result, payment=None, repeated=False):
    """Return the :class:`Outcome` with its sentence."""
    state = payment.state if payment else ""
    sentence = get_sentence(env, network, result, state)
    return Outcome(result, message=sentence, payment=payment, repeated=repeated)
