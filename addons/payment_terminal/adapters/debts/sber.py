from dataclasses import replace

from odoo.tools import LazyTranslate

from ...formats import debts
from .csv import Csv

_lt = LazyTranslate(__name__)
_TAX_ID, _ACCOUNT = 10, 20


class Sber(Csv):
    """Sber's registry of debts, see ``formats.debts``."""

    name = "sber"
    label = _lt("Sber: registry of debts")
    mimetype = "text/plain"

    def get_missing(self, network):
        missing = []
        if not _has_digits(_get_tax_id(network), _TAX_ID):
            missing.append(
                _lt("The name of the file needs the company's tax number of 10 digits.")
            )
        if not _has_digits(_get_account(network), _ACCOUNT):
            missing.append(
                _lt("The name of the file needs the company's account of 20 digits.")
            )
        return missing

    def make_name(self, network, serial, day):
        return debts.sber_name(_get_tax_id(network), _get_account(network), serial, day)

    def _get_layout(self, network):
        layout = super()._get_layout(network)
        return replace(layout, columns=("number", "name", "amount"), has_header=False)


def _get_tax_id(network):
    return network.company_id.vat or network.company_id.company_registry or ""


def _get_account(network):
    return network.debt_account_id.sanitized_acc_number or ""


def _has_digits(text, count):
    return len(text) == count and text.isascii() and text.isdigit()
