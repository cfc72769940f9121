"""Add the Swedish company, with its chart and bank account, where it is missing.

Run by `odoo shell` with `env`, after accounting is installed. The Finnish company stays
everybody's default; administrators may switch to this one.
"""

from datetime import date
from typing import Any

env = globals()["env"]
NAME = "demo.company_sweden"
CHART = "se_K2"


def add_company() -> Any:
    """The company; its organisation number lies beyond those given out so far."""
    sweden = env.ref("base.se")
    # Odoo would load the chart it guesses for a new company's country; K2 has the
    # account for receivables that are pledged, the guessed one has not
    chosen_below = env["res.company"].with_context(chart_template_load=True)
    company = chosen_below.create(
        {
            "name": "Björkvik Bredband AB",
            "country_id": sweden.id,
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
        }
    )
    env["ir.model.data"]._update_xmlids(
        [{"xml_id": NAME, "record": company, "noupdate": True}]
    )
    env.ref("base.user_admin").company_ids += company
    return company


def add_bank_account(company: Any) -> None:
    """An account at a bank that does not exist, in a number range no bank has."""
    bank = env["res.bank"].create(
        {
            "name": "Nordljus Bank AB",
            "bic": "NOLJSESS",
            "country": company.country_id.id,
        }
    )
    account = env["res.partner.bank"].create(
        {
            "acc_number": "SE39 9990 0000 0000 1234 5678",
            "partner_id": company.partner_id.id,
            "bank_id": bank.id,
            "allow_out_payment": True,
        }
    )
    env["account.journal"].search(
        [("company_id", "=", company.id), ("type", "=", "bank")], limit=1
    ).bank_account_id = account


def add_rate(company: Any) -> None:
    """What a euro costs: without any rate Odoo takes a euro for a krona."""
    env.ref("base.EUR").active = True
    env["res.currency.rate"].create(
        {
            "currency_id": env.ref("base.EUR").id,
            "company_id": company.id,
            "name": date(2020, 1, 1),
            "inverse_company_rate": 11.2,
        }
    )


if not env.ref(NAME, raise_if_not_found=False):
    company = add_company()
    env["account.chart.template"].try_loading(CHART, company, install_demo=False)
    # loading may have installed the chart's module, which makes a new registry
    company = env["res.company"].browse(company.id)
    company.partner_id.lang = "sv_SE"
    add_bank_account(company)
    add_rate(company)
    company.external_report_layout_id = env.ref("web.external_layout_standard")
    env["account.journal"].search(
        [("company_id", "=", company.id), ("type", "=", "sale")]
    ).invoice_reference_model = "se_ocr2"
    env.cr.commit()
