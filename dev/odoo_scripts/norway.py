"""Add the Norwegian company, with its chart and bank account, where it is missing.

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
NAME = "demo.company_norway"
# eleven digits with a valid check digit, at a bank number that no bank has
ACCOUNT = Account("Nordfjord Sparebank", "NOFJNO21", "9999 00 12349")

if is_missing(env, NAME):
    # no company has a number that begins with 3; the check digit is valid
    company = add_company(
        env,
        NAME,
        "no",
        "nb_NO",
        {
            "name": "Fjordlys Kraft AS",
            "country_id": env.ref("base.no").id,
            "currency_id": env.ref("base.NOK").id,
            "street": "Kaigaten 4",
            "zip": "5003",
            "city": "Bergen",
            "phone": "+47 22 22 22 01",
            "email": "faktura@fjordlyskraft.example.com",
            "website": "https://fjordlyskraft.example.com",
            "vat": "NO319999019MVA",
            "company_registry": "319999019",
            "sequence": 40,
            "time_zone": "Europe/Oslo",
        },
    )
    add_account(env, company, ACCOUNT)
    add_rates(env, company, {"EUR": 11.6})
    env["account.journal"].search(
        [("company_id", "=", company.id), ("type", "=", "sale")]
    ).invoice_reference_model = "no"
    env.cr.commit()
