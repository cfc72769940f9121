"""A stand-in for Finnish banks and their netbank, for demo and system tests.

    python -m counterparties.bank --folder DIR --invoicers FILE.json

It takes what the invoicer writes to DIR/outbox, checks it as a consumer's bank
does, shows good invoices in the netbank, answers bad ones in DIR/inbox, and
delivers there the ReceiverInfo messages that consumers cause. It shares no code
with the addons: its rules come from the public guidelines and official schemas.
"""
