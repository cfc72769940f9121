{
    "name": "Receivables Base",
    "summary": "What receivables addons share: connections, queues, reminders",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Receivables",
    "license": "LGPL-3",
    "depends": ["account"],
    "external_dependencies": {
        "python": ["holidays", "paramiko", "requests"],
    },
    "data": [
        "security/ir.model.access.csv",
        "security/receivables_base_security.xml",
        "data/mail_activity_type_data.xml",
        "views/receivables_connection_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
