import { registry } from "@web/core/registry";

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
