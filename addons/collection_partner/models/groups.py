"""Who may read what is known of the collection of invoices and of debtors: people who
may read the models behind it. Not the debtor on the portal, nor every employee."""

READERS = "account.group_account_invoice,account.group_account_readonly"
