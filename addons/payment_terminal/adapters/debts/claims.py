from stdnum.is_ import kennitala

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.exceptions import ExchangeError
from odoo.addons.receivables_base.formats.errors import FormatError

from ...formats import claim_payments_is, claims_is
from .debt_format import DebtFormat

_lt = LazyTranslate(__name__)
JSON = "application/json"
_MAX_ANSWER = 20 * 1024 * 1024


class Claims(DebtFormat):
    """Iceland's claims, see ``formats.claims_is``: each open item is one."""

    name = "claims_is"
    label = _lt("Iceland: claims (IOBWS 3.1)")
    by_item = True
    only_changes = True
    mimetype = JSON

    def get_missing(self, network):
        missing = []
        if not kennitala.is_valid(_get_own_number(network)):
            missing.append(_lt("The company's ID (kennitala) is missing or wrong."))
        if not network.claim_branch or not network.claim_template:
            missing.append(
                _lt("Enter the bank's branch and the template of the claims.")
            )
        return missing

    def make_key(self, network, item):
        return claims_is.make_key(network.claim_branch, item.id, item.due)

    def get_problem(self, debt):
        if not kennitala.is_valid(debt.tax_id):
            return _lt("The customer's ID (kennitala) is missing or wrong.")
        return ""

    def make_name(self, network, serial, day):
        return f"claims_{network.id}_{day:%Y%m%d}_{serial:03d}.json"

    def write(self, network, debts):
        own_number = kennitala.compact(_get_own_number(network))
        return claims_is.write(
            debts, claims_is.Claimant(own_number, network.claim_template)
        )

    def get_calls(self, content, key):
        return [
            {
                "method": "POST",
                "path": claims_is.PATH,
                "json": body,
                "headers": claims_is.make_headers(key, place),
                "accept": (JSON,),
                "limit": _MAX_ANSWER,
            }
            for place, body in enumerate(claims_is.split(content))
        ]

    def get_question(self, batch_id):
        return {
            "method": "GET",
            "path": f"{claims_is.PATH}/{batch_id}",
            "headers": claims_is.make_headers(),
            "accept": (JSON,),
            "limit": _MAX_ANSWER,
        }

    def hear(self, answer):
        self.check_taken(answer)
        return _read(claims_is.read_status, answer)

    def get_payment_question(self, network, since, until, page):
        """Return the call that asks for a page of what was paid.

        :raise ExchangeError: the company's ID is missing
        """
        if missing := self.get_missing(network):
            raise ExchangeError("final", "not_configured", missing[0])
        own_number = kennitala.compact(_get_own_number(network))
        return {
            "method": "GET",
            "path": claim_payments_is.PATH,
            **claim_payments_is.make_question(own_number, since, until, page),
            "accept": (JSON,),
            "limit": _MAX_ANSWER,
        }

    def hear_payments(self, answer, page):
        """Read a page of what was paid.

        :return: ``(rows, is_last)``, rows as ``claim_payments_is.read_page`` gives them
        :raise ExchangeError: it was refused, or cannot be read
        """
        self.check_taken(answer)
        rows = _read(claim_payments_is.read_page, answer)
        pages = answer.headers.get("X-Paging-TotalPages") or ""
        if pages.isascii() and pages.isdecimal():
            return rows, page >= int(pages)
        return rows, not rows


def _read(reader, answer):
    try:
        return reader(answer.body)
    except FormatError as error:
        raise ExchangeError(
            "invalid",
            "bad_answer",
            _lt("The bank's answer cannot be read: %s", error),
        ) from error


def _get_own_number(network):
    return network.company_id.company_registry or ""
