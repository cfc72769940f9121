# Who may read what the addons add to core's invoices, customers and companies: not the
# customer on the portal, nor every employee.
READERS = "account.group_account_readonly,account.group_account_invoice"
