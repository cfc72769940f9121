"""What customers of two companies owe, and the networks where they pay it.

Run by `odoo shell` with `env`, after the addons are installed. Dates count from today.
Each record has an external identifier: `demo.partner_kz_one`, `demo.invoice_is_one`,
`demo.network_kz_qiwi` and so on.
"""

import secrets
from datetime import date

from dev.odoo_scripts.invoices import Sale, add_invoices, made, pay, take_back
from dev.odoo_scripts.terminal_countries import COMPANIES, COUNTRIES, Country

env = globals()["env"]

# what was sold to whom, the same in both countries
SALES = {
    "one": Sale("one", 12, (("internet", 1),)),
    "several_oldest": Sale("several", -35, (("internet", 1),)),
    "several_older": Sale("several", -5, (("internet", 1), ("router", 1))),
    "several_newest": Sale("several", 25, (("internet", 1),)),
    "partly": Sale("partly", -8, (("internet", 2),)),
    "overdue": Sale("overdue", -40, (("internet", 3),)),
    "paid": Sale("paid", -15, (("internet", 1),)),
    "credited": Sale("credited", -6, (("internet", 1), ("router", 1))),
    "business": Sale("business", 9, (("office", 1),)),
    "business_branch": Sale("business_branch", 18, (("office", 2),)),
    "foreign": Sale("foreign", 14, (("office", 1),), currency="EUR"),
    "renewed": Sale("renewed", 6, (("internet", 1),)),
    "blocked": Sale("blocked", -20, (("internet", 1),)),
    "imported": Sale("imported", 10, (("internet", 1),)),
    "archived": Sale("archived", -60, (("internet", 2),)),
}
# external identifier, name, protocol, what it proves itself by, its clearing account
NETWORKS = {
    "kz": (
        ("kz_qiwi", "QIWI", "osmp", "basic", 0),
        ("kz_kaspi", "Kaspi", "kaspi_json", "secret", 1),
    ),
    "is": (("is_hraunbanki", "Hraunbanki", "signed_json", "hmac", 0),),
}


def add_products(country: Country) -> None:
    """What the company sells, at its usual VAT."""
    for key, product in country.products.items():
        sold = env["product.product"].create(
            {
                "name": product.name,
                "type": "consu" if key == "router" else "service",
                "list_price": product.price,
                "company_id": env.company.id,
                "taxes_id": env.company.account_sale_tax_id.ids,
                "supplier_taxes_id": False,
            }
        )
        sold.with_context(lang=country.language).name = product.local_name
        made(env, f"product_{country.key}_{key}", sold)


def add_customers(country: Country) -> None:
    """Consumers and companies, and a branch of one that gets its own invoices."""
    for place, (key, customer) in enumerate(country.customers.items(), 1):
        postcode, _space, city = customer.place.partition(" ")
        partner = env["res.partner"].create(
            {
                "is_company": key in COMPANIES,
                "name": customer.name,
                "street": customer.street,
                "zip": postcode,
                "city": city,
                "phone": customer.phone,
                "email": f"{key}.{country.key}{place:02d}@example.com",
                "country_id": env.company.country_id.id,
                "company_id": env.company.id,
                "lang": country.language,
            }
        )
        made(env, f"partner_{country.key}_{key}", partner)
    owner = env.ref(f"demo.partner_{country.key}_business")
    branch = env["res.partner"].create(
        {
            "parent_id": owner.id,
            "type": "invoice",
            "name": f"{owner.name}, 2",
            "email": f"branch.{country.key}@example.com",
            "lang": country.language,
        }
    )
    made(env, f"partner_{country.key}_business_branch", branch)


def add_numbers(country: Country) -> None:
    """Known numbers; one was replaced since, one blocked, one comes from long ago."""
    accounts = env["payment.terminal.account"].create(
        [
            {
                "number": customer.number,
                "partner_id": env.ref(f"demo.partner_{country.key}_{key}").id,
            }
            for key, customer in country.customers.items()
        ]
    )
    by_key = dict(zip(country.customers, accounts, strict=True))
    for key, account in by_key.items():
        made(env, f"account_{country.key}_{key}", account)
    (accounts - by_key["imported"]).sudo().origin = "issued"
    by_key["renewed"].action_replace()
    by_key["blocked"].action_block()


def add_debts(country: Country) -> None:
    """The invoices, with what has been paid and taken back already."""
    sales = {
        f"{country.key}_{key}": sale._replace(
            customer=f"{country.key}_{sale.customer}",
            lines=tuple((f"{country.key}_{name}", count) for name, count in sale.lines),
        )
        for key, sale in SALES.items()
    }
    add_invoices(env, sales, date.today())
    pay(env, f"{country.key}_paid", 1)
    pay(env, f"{country.key}_partly", 0.4)
    router = f"{country.key}_router"
    take_back(env, f"{country.key}_credited", router, country.returned)
    env.ref(f"demo.partner_{country.key}_archived").active = False


def add_networks(country: Country) -> None:
    """The networks, in production, open to programs on this machine alone.

    Their secrets are drawn, so they are different in every copy of the template that
    was built on its own.
    """
    *clearing, suspense = [
        env["account.account"].create(
            {
                "code": code,
                "name": name,
                "account_type": "asset_current",
                "reconcile": True,
                "company_ids": env.company.ids,
            }
        )
        for code, name in country.accounts
    ]
    suspense.account_type = "liability_current"
    journal = env["account.journal"].create(
        {"name": "Payment terminals", "code": "TERM", "type": "general"}
    )
    smallest, largest = country.limits
    for name, title, dialect, proof, account in NETWORKS[country.key]:
        network = env["payment.terminal.network"].create(
            {
                "name": title,
                "dialect": dialect,
                "authentication": proof,
                "basic_login": "demo" if proof == "basic" else False,
                "basic_password": proof == "basic" and secrets.token_urlsafe(24),
                "secret": proof != "basic" and secrets.token_urlsafe(24),
                "tz": country.time_zone,
                "lang": country.language,
                "minimum_amount": smallest,
                "maximum_amount": largest,
                "journal_id": journal.id,
                "clearing_account_id": clearing[account].id,
                "suspense_account_id": suspense.id,
                "address_ids": [
                    (0, 0, {"range": known, "note": "The kiosk program of make run"})
                    for known in ("127.0.0.1/32", "::1")
                ],
            }
        )
        network.environment = "prod"
        made(env, f"network_{name}", network)
    english, local = country.how_to_pay
    env.company.terminal_how_to_pay = english
    env.company.with_context(lang=country.language).terminal_how_to_pay = local


if "payment.terminal.network" in env:
    root = env
    for country in COUNTRIES:
        company = root.ref(country.company, raise_if_not_found=False)
        done = root.ref(f"demo.partner_{country.key}_one", raise_if_not_found=False)
        if not company or done:
            continue
        env = root(
            user=root.ref("base.user_admin"),
            context={"allowed_company_ids": company.ids, "lang": "en_US"},
        )
        add_products(country)
        add_customers(country)
        add_numbers(country)
        add_debts(country)
        add_networks(country)
        env.cr.commit()
