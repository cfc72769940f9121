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


def tell(env, network, result, payment=None, repeated=False):
    """Return the :class:`Outcome` with what the customer reads at the kiosk, in the
    network's language."""
    if result == Result.OK:
        sentence = _DONE[payment.state if payment else ""]
    else:
        sentence = _REFUSED.get(result)
    reader = env(context={**env.context, "lang": network.lang})
    message = reader._(sentence) if sentence else ""
    return Outcome(result, message=message, payment=payment, repeated=repeated)
