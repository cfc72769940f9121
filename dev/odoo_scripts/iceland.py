"""Add the Icelandic company, with a chart and bank account, where it is missing.

Run by `odoo shell` with `env`, after accounting is installed.
"""

from typing import Any

from dev.odoo_scripts.companies import (
    Account,
    add_account,
    add_company,
    add_rates,
    is_missing,
)

env = globals()["env"]
NAME = "demo.company_iceland"
ACCOUNT = Account("Hraunbanki hf.", "HRAUISRE", "IS67 0999 2601 2345 7112 9900 90")


def settle_in_iceland(company: Any, rate: float) -> None:
    """Give the generic chart, which is American, this country, krónur and a VAT rate.

    Odoo has no Icelandic chart.
    """
    iceland = company.country_id
    company.currency_id = env.ref("base.ISK")
    company.account_fiscal_country_id = iceland
    ref = env["account.chart.template"].with_company(company).ref
    ref("template_generic_domestic_fiscal_position").country_id = iceland
    taxes = env["account.tax"].search([("company_id", "=", company.id)])
    taxes.tax_group_id.country_id = iceland
    taxes.country_id = iceland
    ref("tax_group_15").name = f"VSK {rate:.0f}%"
    for tax in ref("sale_tax_template") + ref("purchase_tax_template"):
        tax.write({"name": f"{rate:.0f}%", "amount": rate})


if is_missing(env, NAME):
    # the kennitala is that of a company founded on the last day of 2099
    company = add_company(
        env,
        NAME,
        "generic_coa",
        "is_IS",
        {
            "name": "Þokuljós fjarskipti ehf.",
            "country_id": env.ref("base.is").id,
            "currency_id": env.ref("base.ISK").id,
            "street": "Þokustígur 3",
            "zip": "101",
            "city": "Reykjavík",
            "phone": "+354 555 0100",
            "email": "reikningar@thokuljos.example.com",
            "website": "https://thokuljos.example.com",
            "vat": "999998",
            "company_registry": "711299-0090",
            "sequence": 40,
            "time_zone": "Atlantic/Reykjavik",
        },
    )
    settle_in_iceland(company, 24.0)
    add_account(env, company, ACCOUNT)
    add_rates(env, company, {"EUR": 143.0, "USD": 125.0})
    env.cr.commit()
