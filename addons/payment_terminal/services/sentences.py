from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats.amounts import write_units

from ..formats.calls import Outcome, Result

_lt = LazyTranslate(__name__)

_FOUND = _lt("Customer found")
_DONE = {
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
    Result.MANY_FOUND: _lt("Several customers have this: enter the customer number"),
    Result.TOO_SMALL: _lt("Pay at least %(amount)s %(currency)s"),
    Result.TOO_LARGE: _lt("Pay at most %(amount)s %(currency)s"),
    Result.BAD_AMOUNT: _lt("This is not an amount in %(currency)s"),
    Result.BAD_DATE: _lt("The date of the payment cannot be read"),
    Result.BAD_ID: _lt("The number of the payment cannot be read"),
    Result.BAD_REQUEST: _lt("The request cannot be read"),
    Result.BAD_OPERATION: _lt("This cannot be asked here"),
    Result.PENDING: _lt("The payment is being worked on: ask again in a moment"),
    Result.FAULT: _lt("Not possible at the moment: try again later"),
    Result.WRONG_CURRENCY: _lt("Payments in this currency are not accepted"),
    Result.CONFLICT: _lt("Another payment has this number"),
    Result.CANCELLED: _lt("The payment was cancelled"),
    Result.UNKNOWN_PAYMENT: _lt("No such payment"),
    Result.CLOSED: _lt("Debts are not shown at present; payments are accepted"),
}


def tell(env, network, result, payment=None, repeated=False):
    """Return the :class:`Outcome` with what the customer reads at the kiosk, in the
    network's language."""
    reader = env(context={**env.context, "lang": network.lang})
    if result == Result.OK:
        sentence = _DONE[payment.state] if payment else _FOUND
        message = reader._(sentence)
    elif result in _REFUSED:
        sentence = reader._(_REFUSED[result])
        message = sentence % _get_figures(network, result)
    else:
        message = ""
    return Outcome(result, message=message, payment=payment, repeated=repeated)


def _get_figures(network, result):
    """Return what the sentences name."""
    terms = network.terms
    amount = network.minimum
    if result != Result.TOO_SMALL:
        amount = min(network.maximum or network.bookable, network.bookable)
    return {
        "amount": write_units(amount, terms.decimals),
        "currency": terms.currency,
    }
