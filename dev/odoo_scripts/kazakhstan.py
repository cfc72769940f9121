"""Add the Kazakh company, with its chart and bank account, where it is missing.

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
NAME = "demo.company_kazakhstan"
ACCOUNT = Account("АО «Банк Жусан»", "ZHSNKZKA", "KZ92 9990 0000 0012 3456")


def set_vat(company: Any) -> None:
    """Sales at 16 %, as since 2026; the newest rate in Odoo's chart is 12 %."""
    ref = env["account.chart.template"].with_company(company).ref
    group = ref("tax_group_vat_12").copy({"name": "VAT 16%"})
    group.with_context(lang="ru_RU").name = "НДС 16%"
    company.account_sale_tax_id = ref("l10n_kz_tax_vat_12_sale").copy(
        {
            "name": "16%",
            "amount": 16.0,
            "invoice_label": "VAT 16%",
            "tax_group_id": group.id,
        }
    )
    company.account_sale_tax_id.with_context(lang="ru_RU").invoice_label = "НДС 16%"


if is_missing(env, NAME):
    # the BIN has valid check digits and says that the company was registered in a
    # year ending in 49, which none was
    company = add_company(
        env,
        NAME,
        "kz",
        "ru_RU",
        {
            "name": "ТОО «Тюльпан Связь»",
            "country_id": env.ref("base.kz").id,
            "currency_id": env.ref("base.KZT").id,
            "street": "улица Тюльпанная, 12",
            "zip": "050099",
            "city": "Алматы",
            "phone": "+7 727 555 01 00",
            "email": "schet@tulpansvyaz.example.com",
            "website": "https://tulpansvyaz.example.com",
            "vat": "490140000012",
            "company_registry": "490140000012",
            "sequence": 30,
            "time_zone": "Asia/Almaty",
        },
    )
    set_vat(company)
    add_account(env, company, ACCOUNT)
    add_rates(env, company, {"EUR": 560.0, "USD": 510.0})
    env.cr.commit()
