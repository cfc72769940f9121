"""Add the Swedish company, with its chart and bank account, where it is missing.

Run by `odoo shell` with `env`, after accounting is installed.
"""

from dev.odoo_scripts.companies import (
    Account,
    add_account,
    add_company,
    add_rates,
    is_missing,
)

env = globals()["env"]
NAME = "demo.company_sweden"
# K2 has the account for receivables that are pledged, the chart that Odoo would choose
# has not
CHART = "se_K2"
ACCOUNT = Account("Nordljus Bank AB", "NOLJSESS", "SE39 9990 0000 0000 1234 5678")

if is_missing(env, NAME):
    # the organisation number lies beyond those given out so far
    company = add_company(
        env,
        NAME,
        CHART,
        "sv_SE",
        {
            "name": "Björkvik Bredband AB",
            "country_id": env.ref("base.se").id,
            "currency_id": env.ref("base.SEK").id,
            "street": "Storgatan 12",
            "zip": "753 31",
            "city": "Uppsala",
            "phone": "+46 18 555 01 00",
            "email": "faktura@bjorkvikbredband.example.com",
            "website": "https://bjorkvikbredband.example.com",
            "vat": "SE559974310001",
            "company_registry": "559974-3100",
            "sequence": 20,
            "time_zone": "Europe/Stockholm",
        },
    )
    add_account(env, company, ACCOUNT)
    add_rates(env, company, {"EUR": 11.2})
    env["account.journal"].search(
        [("company_id", "=", company.id), ("type", "=", "sale")]
    ).invoice_reference_model = "se_ocr2"
    env.cr.commit()
