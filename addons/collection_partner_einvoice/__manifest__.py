{
    "name": "Collection Partner: Consumer E-Invoices",
    "summary": "Tell the agency which invoices went to the consumer's netbank "
    "(verkkolasku, perintä, inkasso)",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Receivables",
    "license": "LGPL-3",
    "depends": ["collection_partner", "einvoice_consumer"],
    "auto_install": True,
}
