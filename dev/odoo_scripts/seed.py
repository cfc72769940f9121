"""600 posted invoices of 600 consumers, for measurements.

Run by `odoo shell` with `env`, on a copy of the template.
"""

import datetime

COUNT = 600

env = globals()["env"](context={"tracking_disable": True, "lang": "en_US"})
company = env.ref("base.main_company")
partners = env["res.partner"].create(
    [
        {
            "name": f"Kuluttaja {number:04}",
            "ref": f"K{number:05}",
            "street": f"Mittarikatu {number}",
            "zip": "00100",
            "city": "Helsinki",
            "country_id": company.country_id.id,
            "lang": "fi_FI",
        }
        for number in range(COUNT)
    ]
)
today = datetime.date.today()
tax = company.account_sale_tax_id
invoices = env["account.move"].create(
    [
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": today,
            "invoice_date_due": today + datetime.timedelta(days=14),
            "invoice_line_ids": [
                (
                    0,
                    0,
                    {
                        "name": "Electricity",
                        "quantity": 100 + number,
                        "price_unit": 0.1234,
                        "tax_ids": [(6, 0, tax.ids)],
                    },
                )
            ],
        }
        for number, partner in enumerate(partners)
    ]
)
invoices.action_post()
env.cr.commit()
