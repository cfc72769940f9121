"""Customers and invoices of the Norwegian company, and its channel for eFaktura.

Run by `odoo shell` with `env`, after the addons are installed. Dates count from today.
The channel is in test, and `make run` starts the operator that it writes to.
"""

from datetime import date
from typing import Any

from dev.odoo_scripts.invoices import Sale, add_invoices, made

env = globals()["env"]

# key: name, mobile number as people write them, e-mail, street, postcode and city. The
# operator knows the first four: Kari takes eFaktura of all, Ola and Ingrid have to
# approve, Per blocks the company
CUSTOMERS = {
    "kari": (
        *("Kari Nordvik", "+4790000011", "kari.nordvik@example.com"),
        *("Strandgaten 18", "5013"),
    ),
    "ola": (
        *("Ola Fjellstad", "+47 900 00 012", "ola.fjellstad@example.com"),
        *("Nygårdsgaten 7", "5015"),
    ),
    "ingrid": (*("Ingrid Sandvik", "90000013", ""), *("Sandviksveien 31", "5036")),
    "per": (
        *("Per Lillevåg", "+4790000014", "per.lillevag@example.com"),
        *("Kong Oscars gate 40", "5017"),
    ),
    "astrid": (
        *("Astrid Myrvoll", "55 55 00 15", "astrid.myrvoll@example.com"),
        *("Fjøsangerveien 50", "5059"),
    ),
}
SALES = {
    f"norway_{key}": Sale(f"norway_{key}", 21, (("power", 1),), sent=False)
    for key in CUSTOMERS
}


def add_customers() -> None:
    for key, (name, phone, email, street, postcode) in CUSTOMERS.items():
        customer = env["res.partner"].create(
            {
                "name": name,
                "phone": phone,
                "email": email,
                "street": street,
                "zip": postcode,
                "city": "Bergen",
                "country_id": env.ref("base.no").id,
                "lang": "nb_NO",
                "company_id": env.company.id,
            }
        )
        made(env, f"partner_norway_{key}", customer)


def add_product() -> None:
    power = env["product.product"].create(
        {
            "name": "Electricity, a month",
            "list_price": 1190.00,
            "company_id": env.company.id,
            "taxes_id": [(6, 0, env.company.account_sale_tax_id.ids)],
        }
    )
    power.with_context(lang="nb_NO").name = "Strøm, en måned"
    made(env, "product_power", power)


def add_channel() -> Any:
    line = env["receivables.connection"].create(
        {
            "name": "Operator",
            "company_id": env.company.id,
            "way": "efaktura_operator",
            # written over by `make run`
            "url": "http://127.0.0.1:8096/v1",
            "token_url": "http://127.0.0.1:8096/oauth2/token",
            "authentication": "oauth2",
            "username": "company-uuid",
            "password": "user-api-key",
            "token_style": "form",
            "token_scope": "fi_bank_message:send fi_bank_message:receive invoice:send",
            "token_extra": "vendor_api_key=vendor-api-key",
            "allow_private": True,
            "environment": "test",
        }
    )
    made(env, "connection_norway", line)
    channel = env["einvoice.channel"].create(
        {
            "name": "eFaktura",
            "rail": "efaktura",
            "company_id": env.company.id,
            "bank_account_ids": env.company.partner_id.bank_ids.ids,
            "connection_id": line.id,
            "user_id": env.ref("base.user_admin").id,
            "environment": "test",
        }
    )
    return made(env, "channel_norway", channel)


company = env.ref("demo.company_norway", raise_if_not_found=False)
if (
    company
    and "einvoice.channel" in env
    and not env.ref("demo.channel_norway", raise_if_not_found=False)
):
    env = env(context={**env.context, "allowed_company_ids": company.ids})
    add_customers()
    add_product()
    add_channel()
    add_invoices(env, SALES, date.today())
    env.cr.commit()
