"""Switch the demo channel on, so that the journey can begin.

Run by `odoo shell` with `env`, after the addons are installed. Every copy of the
database gets an exchange folder of its own in place of the one written here.
"""

env = globals()["env"]
company = env.ref("base.main_company")
company.external_report_layout_id = env.ref("web.external_layout_standard")
env["account.journal"].search(
    [("company_id", "=", company.id), ("type", "=", "sale")]
).invoice_reference_model = "fi"

channel = env.ref("einvoice_consumer.demo_channel_finvoice", raise_if_not_found=False)
if channel:
    connection = env.ref("einvoice_consumer.demo_connection")
    connection.write({"way": "folder", "folder_path": "/", "environment": "test"})
    channel.write(
        {
            "bank_account_ids": company.partner_id.bank_ids.ids,
            "connection_id": connection.id,
            "environment": "test",
        }
    )
    # What the demo banks know when they start.
    banks = [
        env.ref(f"einvoice_consumer.einvoice_intermediator_{code}").id
        for code in ("ndeafihh", "okoyfihh")
    ]
    action = channel.action_take_over()
    wizard = env[action["res_model"]].browse(action["res_id"])
    wizard.write(
        {
            "intermediator_ids": banks,
            "identifier": "SI-1234567-1-KAAMOS-ELECTRICITY",
            "service": "direct_payment",
            "instructions_fi": "Asiakasnumero on laskussa eräpäivän yläpuolella.",
            "instructions_sv": "Kundnumret står på fakturan ovanför förfallodagen.",
            "instructions_en": "The customer number stands on every bill, above the "
            "due date.",
        }
    )
    wizard.action_take_over()
env.cr.commit()
