"""Invoices of the Swedish company, most of them overdue, for debt collection.

Run by `odoo shell` with `env`, after the addons are installed. Dates count from today.
Each record has an external identifier: `demo.invoice_…`, `demo.partner_…`.
"""

from datetime import date
from typing import Any

from dev.odoo_scripts.invoices import Sale, add_invoices, made, pay, take_back

env = globals()["env"]

# name, name in Swedish, price without VAT, account and tax of the chart
PRODUCTS = {
    "broadband": (
        *("Broadband 250 Mbit/s, a month", "Bredband 250 Mbit/s, en månad"),
        *(319.20, "a30012", "sale_tax_25_services"),
    ),
    "office": (
        *("Business fibre 1 Gbit/s, a month", "Företagsfiber 1 Gbit/s, en månad"),
        *(1495.00, "a30012", "sale_tax_25_services"),
    ),
    "installation": (
        *("Installation of fibre", "Installation av fiber"),
        *(2360.00, "a30012", "sale_tax_25_services"),
    ),
    "router": (
        *("Router BB-6", "Router BB-6"),
        *(796.00, "a30011", "sale_tax_25_goods"),
    ),
}

# key: name, organisation number, street, postcode and city. The numbers lie beyond
# those given out so far and have valid check digits
COMPANIES = {
    "bakery": (
        *("Grantorps Bageri AB", "559976-1201"),
        *("Kvarngatan 3", "811 35 Sandviken"),
    ),
    "metal": (
        *("Hälleviks Plåt AB", "559978-2546"),
        *("Industrivägen 18", "294 76 Sölvesborg"),
    ),
    "cinema": (
        *("Biograf Norrsken AB", "559981-4315"),
        *("Esplanaden 9", "852 31 Sundsvall"),
    ),
    "nursery": ("Åsgläntans Plantskola AB", "", "Lindvägen 41", "541 50 Skövde"),
}
CONSUMERS = {
    "alva": ("Alva Lindkvist", "", "Trädgårdsgatan 4 B", "753 09 Uppsala"),
    "nils": ("Nils Åkerblom", "", "Ringvägen 112", "118 61 Stockholm"),
    "maj": ("Maj Sandell", "", "Björnstigen 7", "831 62 Östersund"),
    "hugo": ("Hugo Brännström", "", "Kungsgatan 55", "903 26 Umeå"),
    "siv": ("Siv Österlund", "", "Fiskaregatan 2", "371 32 Karlskrona"),
    "folke": ("Folke Wikander", "", "", "392 32 Kalmar"),
    "ebba": ("Ebba Rosengren", "", "Slottsgatan 21", "602 32 Norrköping"),
}


SALES = {
    "not_due": Sale("alva", 20, (("broadband", 1),)),
    "due_yesterday": Sale("nils", -1, (("broadband", 1),)),
    "overdue_10": Sale("maj", -10, (("broadband", 3), ("router", 1))),
    "overdue_20": Sale("bakery", -20, (("office", 1),)),
    "overdue_40": Sale("hugo", -40, (("installation", 1), ("broadband", 1))),
    "overdue_40_company": Sale("metal", -40, (("office", 2),)),
    "overdue_100": Sale("metal", -100, (("office", 3), ("installation", 1))),
    "too_old": Sale("siv", -3 * 366 - 20, (("broadband", 6),)),
    "no_street": Sale("folke", -40, (("broadband", 2),)),
    "no_number": Sale("nursery", -20, (("office", 1),)),
    "not_sent": Sale("ebba", -20, (("broadband", 2),), sent=False),
    "partly_paid": Sale("cinema", -40, (("office", 4), ("installation", 1))),
    "credited": Sale("ebba", -40, (("broadband", 2), ("router", 1))),
    "paid": Sale("alva", -10, (("broadband", 1),)),
    "finnish": Sale("finnish", -40, (("office", 2),), currency="EUR"),
    "norwegian": Sale("norwegian", -20, (("office", 2),)),
}


def add_products(company: Any) -> None:
    """What the company sells, with Swedish VAT."""
    ref = env["account.chart.template"].with_company(company).ref
    for key, (name, swedish, price, account, tax) in PRODUCTS.items():
        product = env["product.product"].create(
            {
                "name": name,
                "type": "consu" if key == "router" else "service",
                "list_price": price,
                "company_id": company.id,
                "property_account_income_id": ref(account).id,
                "taxes_id": ref(tax).ids,
                "supplier_taxes_id": False,
            }
        )
        product.with_context(lang="sv_SE").name = swedish
        made(env, f"product_{key}", product)


def add_customers(company: Any) -> None:
    """Companies and consumers in Sweden, a company in Finland and one in Norway."""
    entered = {
        key: swedish(*values, is_company=key in COMPANIES)
        for key, values in (COMPANIES | CONSUMERS).items()
    }
    entered["finnish"] = {
        "is_company": True,
        "name": "Saaristolinja Oy",
        "company_registry": "9871204-8",
        "vat": "FI98712048",
        "street": "Satamakatu 6",
        "zip": "20100",
        "city": "Turku",
        "country_id": env.ref("base.fi").id,
        "lang": "fi_FI",
    }
    entered["norwegian"] = {
        "is_company": True,
        "name": "Fjellvik Reiser AS",
        "company_registry": "799987651",
        "vat": "NO799987651MVA",
        "street": "Strandgata 14",
        "zip": "8400",
        "city": "Sortland",
        "country_id": env.ref("base.no").id,
        "lang": "nb_NO",
    }
    for number, (key, values) in enumerate(entered.items(), 30001):
        values |= {
            "company_id": company.id,
            "ref": str(number),
            "email": f"{key}.{number}@example.com",
        }
        made(env, f"partner_{key}", env["res.partner"].create(values))


def swedish(
    name: str, number: str, street: str, place: str, is_company: bool
) -> dict[str, Any]:
    """A customer in Sweden, where a postcode has five digits and a space."""
    return {
        "is_company": is_company,
        "name": name,
        "company_registry": number or False,
        "street": street or False,
        "zip": place[:6],
        "city": place[7:],
        "country_id": env.ref("base.se").id,
        "lang": "sv_SE",
    }


company = env.ref("demo.company_sweden", raise_if_not_found=False)
is_wanted = company and "collection.agency" in env
if is_wanted and not env.ref("demo.invoice_not_due", raise_if_not_found=False):
    env = env(
        user=env.ref("base.user_admin"),
        context={"allowed_company_ids": company.ids, "lang": "en_US"},
    )
    agency = env.ref("collection_partner.demo_agency", raise_if_not_found=False)
    if agency:
        agency.sudo().connection_id.company_id = company
        agency.sudo().company_id = company
        # it waited as long as the law asks where it was entered first
        agency.sudo().auto_delay_days = agency.auto_lawful_days
        agency.action_use_usual_accounts()
    add_products(company)
    add_customers(company)
    add_invoices(env, SALES, date.today())
    pay(env, "paid", 1)
    pay(env, "partly_paid", 0.4)
    take_back(env, "credited", "router", "Routern återlämnad")
    env.cr.commit()
