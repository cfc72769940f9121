"""Make the main company Finnish, before accounting is installed.

Run by `odoo shell` with `env`, on a database that has only base and web. Accounting
then finds the country and loads the Finnish chart by itself.
"""

env = globals()["env"]
finland = env.ref("base.fi")
euro = env.ref("base.EUR")
company = env.ref("base.main_company")
bank = env["res.bank"].create(
    {"name": "Nordea Bank Abp", "bic": "NDEAFIHH", "country": finland.id}
)

euro.active = True
company.write(
    {
        "name": "Kaamos Energia Oy",
        "sequence": 10,
        "country_id": finland.id,
        "currency_id": euro.id,
        "street": "Revontulentie 7",
        "street2": False,
        "zip": "99600",
        "city": "Sodankylä",
        "state_id": False,
        "phone": "+358 16 555 0100",
        "email": "laskutus@kaamosenergia.example",
        "website": "https://kaamosenergia.example",
        "vat": "FI12345671",
        "company_registry": "1234567-1",
    }
)
# the account number that Finnish banks print in their examples
env["res.partner.bank"].create(
    {
        "acc_number": "FI21 1234 5600 0007 85",
        "partner_id": company.partner_id.id,
        "bank_id": bank.id,
    }
)
env["res.users"].search([]).write({"tz": "Europe/Helsinki"})

# attachments in the database: a copy of the database is then a whole copy
env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()
env.cr.commit()
