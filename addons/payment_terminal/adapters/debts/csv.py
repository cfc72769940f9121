from odoo.tools import LazyTranslate

from ...formats import debts
from .debt_format import DebtFormat

_lt = LazyTranslate(__name__)


class Csv(DebtFormat):
    """Rows whose columns and signs are agreed with the network."""

    name = "csv"
    label = _lt("Table (CSV)")

    def make_name(self, network, serial, day):
        return f"debts_{network.id}_{day:%Y%m%d}_{serial:03d}.csv"

    def write(self, network, rows):
        return debts.write(rows, self._get_layout(network))

    def _get_layout(self, network):
        return debts.Layout(
            columns=tuple(network._get_debt_columns()),
            delimiter={"tab": "\t"}.get(network.debt_delimiter, network.debt_delimiter),
            decimal=network.debt_decimal,
            encoding=network.debt_encoding,
            decimals=network.currency_id.decimal_places,
            has_header=network.debt_has_header,
        )
