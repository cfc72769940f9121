import { registry } from "@web/core/registry";

/** Two invoices are chosen in the list; one goes to the agency, one cannot. */
registry.category("web_tour.tours").add("collection_partner_transfer", {
    steps: () => [
        {
            content: "The invoice that cannot go is yellow and says why",
            trigger:
                ".o_data_row.table-warning:contains('Båt & Brygga') .fa-exclamation-triangle[title*='street']",
        },
        {
            content: "The other one is not",
            trigger: ".o_data_row:not(.table-warning):contains('Ekströms Snickeri')",
        },
        {
            content: "Choose both",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Transfer them",
            trigger: ".o_control_panel button[name='action_transfer_to_collection']",
            run: "click",
        },
        {
            content: "The dialog says how many go, and to whom",
            trigger:
                ".modal:has(.o_field_widget[name='ready_count']:contains('1')) .o_field_widget[name='agency_id']:contains('Nord Inkasso')",
        },
        {
            content: "It says why the other one stays",
            trigger:
                ".modal .o_field_widget[name='blocked_ids'] .o_data_row:contains('Båt & Brygga'):contains('street')",
        },
        {
            content: "Leave a note for colleagues",
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit Called twice",
        },
        {
            content: "Transfer",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "One is told to be on its way",
            trigger: ".o_notification:contains('Nord Inkasso')",
        },
        {
            content: "The list shows that it waits to be sent; open the case",
            trigger:
                ".o_data_row:contains('Ekströms Snickeri') .o_field_widget[name='collection_status'] button:contains('To be sent')",
            run: "click",
        },
        {
            content: "Until it has left, it can be undone",
            trigger: ".modal button[name='action_undo']",
        },
    ],
});

/** The agency asks before its next step; the answer is one click. */
registry.category("web_tour.tours").add("collection_partner_approve", {
    steps: () => [
        {
            content: "Open the case that waits for a decision",
            trigger: ".o_data_row td:contains('Ekströms Snickeri')",
            run: "click",
        },
        {
            content: "It says what the agency wants to know",
            trigger: ".alert-danger:contains('Approve the demand letter.')",
        },
        {
            content: "Approve",
            trigger: ".o_statusbar_buttons button[name='action_approve']",
            run: "click",
        },
        {
            content: "The answer is on its way and cannot be given twice",
            trigger:
                ".o_form_view:has(.alert-info:contains('on its way')):not(:has(button[name='action_approve']))",
        },
    ],
});

/** Taking a case back after the demand costs something, which is said before. */
registry.category("web_tour.tours").add("collection_partner_take_back", {
    steps: () => [
        {
            content: "Take the invoice back",
            trigger: ".o_statusbar_buttons button:contains('Take back')",
            run: "click",
        },
        {
            content: "The dialog warns of the fee",
            trigger: ".modal .alert-warning:contains('150.00')",
        },
        {
            content: "Without a reason it is not done",
            trigger: ".modal button[name='action_confirm']:visible",
            run: "click",
        },
        {
            content: "The reason is asked for",
            trigger: ".modal .o_field_widget[name='reason'].o_field_invalid textarea",
            run: "edit The customer has paid us",
        },
        {
            content: "Take back",
            trigger: ".modal button[name='action_confirm']:visible",
            run: "click",
        },
        {
            content: "The wish is on its way",
            trigger: ".o_form_view:not(:has(.modal)) .alert-info:contains('on its way')",
        },
    ],
});

/** Something is missing: the dialog lists it and goes no further. */
registry.category("web_tour.tours").add("collection_partner_onboarding_incomplete", {
    steps: () => [
        {
            content: "Open the service",
            trigger: ".o_statusbar_buttons button[name='action_open_onboarding']",
            run: "click",
        },
        {
            content: "What is missing is listed and leads to where it is mended",
            trigger: ".modal .alert:contains('street address is missing') a:contains('Open the company')",
        },
        {
            content: "It goes no further",
            trigger: ".modal footer:not(:has(button[name='action_next']))",
        },
    ],
});

/** The way through the dialog that opens the service. */
registry.category("web_tour.tours").add("collection_partner_onboarding", {
    steps: () => [
        {
            content: "Open the service",
            trigger: ".o_statusbar_buttons button[name='action_open_onboarding']",
            run: "click",
        },
        {
            content: "The dialog shows what the agency gets",
            trigger: ".modal .o_field_widget[name='account_ids']:contains('NDEASESS')",
        },
        {
            content: "Go on",
            trigger: ".modal button[name='action_next']",
            run: "click",
        },
        {
            content: "The terms can be opened",
            trigger: ".modal .o_field_widget[name='terms_url'] a[href*='/terms']",
        },
        {
            content: "Accept the terms",
            trigger: ".modal .o_field_widget[name='accept_terms'] input",
            run: "click",
        },
        {
            content: "Accept the API user",
            trigger: ".modal .o_field_widget[name='accept_api_user'] input",
            run: "click",
        },
        {
            content: "Go on",
            trigger: ".modal button[name='action_next']",
            run: "click",
        },
        {
            content: "Name somebody else as the contact person",
            trigger: ".modal .o_field_widget[name='contact_name'] input",
            run: "edit Elsa Berg",
        },
        {
            content: "Send",
            trigger: ".modal button[name='action_send']",
            run: "click",
        },
        {
            content: "The agency opens the service now",
            trigger: ".o_form_view .alert-info:contains('The agency is opening the service')",
        },
    ],
});
