{
    "name": "Receivables Example",
    "summary": "A rail, an agency, a dialect and a way, as small as can be",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Receivables",
    "license": "LGPL-3",
    "depends": ["einvoice_consumer", "collection_partner", "payment_terminal"],
}
