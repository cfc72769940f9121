"""Give the bank journal of the Finnish chart the company's account.

Run by `odoo shell` with `env`, after l10n_fi is installed.
"""

env = globals()["env"]
company = env.ref("base.main_company")
if company.chart_template != "fi":
    raise SystemExit(f"the company's chart is {company.chart_template}, not fi")
account = company.partner_id.bank_ids[0]
account.allow_out_payment = True
journal = env["account.journal"].search(
    [("company_id", "=", company.id), ("type", "=", "bank")], limit=1
)
journal.bank_account_id = account
env.cr.commit()
