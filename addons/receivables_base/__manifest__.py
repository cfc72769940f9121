{
    "name": "Receivables Base",
    "summary": "What receivables addons share: connections, queues, reminders",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Receivables",
    "license": "LGPL-3",
    "depends": ["account"],
    "external_dependencies": {
        "python": [],
    },
    "data": [
        "security/ir.model.access.csv",
        "views/res_config_settings_views.xml",
    ],
}
