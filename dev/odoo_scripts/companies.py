"""How the demo companies beside the first one are made. Imported, not run."""

from datetime import date
from typing import Any, NamedTuple

RATES_SINCE = date(2020, 1, 1)


class Account(NamedTuple):
    """An account at a bank that does not exist, in a number range no bank has."""

    bank: str
    bic: str
    number: str


def is_missing(env: Any, name: str) -> bool:
    """Whether a record of ours (`demo.…`) is still to be made."""
    return not env.ref(name, raise_if_not_found=False)


def add_company(
    env: Any, name: str, chart: str, language: str, values: dict[str, Any]
) -> Any:
    """A company with its chart, to which administrators may switch.

    The Finnish company stays everybody's default.

    :param name: its external identifier
    :param values: fields of the company, and `time_zone`
    """
    time_zone = values.pop("time_zone")
    # Odoo would load the chart it guesses for a new company's country
    chosen_below = env["res.company"].with_context(chart_template_load=True)
    company = chosen_below.create(values)
    env["ir.model.data"]._update_xmlids(
        [{"xml_id": name, "record": company, "noupdate": True}]
    )
    env.ref("base.user_admin").company_ids += company
    env["account.chart.template"].try_loading(chart, company, install_demo=False)
    # loading may have installed the chart's module, which makes a new registry
    company = env["res.company"].browse(company.id)
    company.external_report_layout_id = env.ref("web.external_layout_standard")
    company.partner_id.write({"lang": language, "tz": time_zone})
    return company


def add_account(env: Any, company: Any, account: Account) -> None:
    """The company's account, also in its bank journal."""
    bank = env["res.bank"].create(
        {
            "name": account.bank,
            "bic": account.bic,
            "country": company.country_id.id,
        }
    )
    number = env["res.partner.bank"].create(
        {
            "acc_number": account.number,
            "partner_id": company.partner_id.id,
            "bank_id": bank.id,
            "allow_out_payment": True,
        }
    )
    env["account.journal"].search(
        [("company_id", "=", company.id), ("type", "=", "bank")], limit=1
    ).bank_account_id = number


def add_rates(env: Any, company: Any, prices: dict[str, float]) -> None:
    """What foreign money costs: without any rate Odoo takes a euro for a krona.

    :param prices: in the company's currency, by the letters of the foreign one
    """
    for letters, price in prices.items():
        currency = env.ref(f"base.{letters}")
        currency.active = True
        env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "company_id": company.id,
                "name": RATES_SINCE,
                "inverse_company_rate": price,
            }
        )
