import { registry } from "@web/core/registry";

const current = ".o_statusbar_status .o_arrow_button_current";
const parts = ".o_field_widget[name='part_ids']";

/** Add a part of a KID, with as many digits as are usual. */
function addPart(kind) {
    return [
        {
            content: "Another part of the KID",
            trigger: `${parts} .o_field_x2many_list_row_add a`,
            run: "click",
        },
        {
            content: "The kinds that there are",
            trigger: `${parts} .o_selected_row [name='kind'] input`,
            run: "click",
        },
        {
            content: `Its digits tell the ${kind}`,
            trigger: `.o_field_selection_menu .o_select_menu_item:contains('${kind}')`,
            run: "click",
        },
    ];
}

/** A company begins: its KIDs, its issuer agreement, its customers. */
registry.category("web_tour.tours").add("einvoice_consumer_norway_begin", {
    url: "/odoo/kid-layouts",
    steps: () => [
        {
            content: "Design a KID",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: ".o_field_widget[name='name'] input",
            run: "edit Electricity",
        },
        {
            content: "The bank takes KIDs of 14 digits",
            trigger: ".o_field_widget[name='agreed_lengths'] input",
            run: "edit 14",
        },
        ...addPart("Customer"),
        ...addPart("Invoice"),
        {
            content: "With its check digit it is too long for the bank",
            trigger: ".o_field_widget[name='checklist']:contains('of 15 digits')",
        },
        {
            content: "The number of the invoice is shorter",
            trigger: `${parts} .o_selected_row [name='digit_count'] input`,
            run: "edit 6 && click .o_form_sheet",
        },
        {
            content: "The bank takes it",
            trigger:
                ".o_form_view:not(:has([name='checklist'] .alert-danger))",
        },
        {
            content: "The example shows each digit",
            trigger: ".o_field_widget[name='preview']:contains('Check digit')",
        },
        {
            content: "Keep it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "To the channel",
            trigger: ".o_form_saved",
        },
        {
            trigger:
                "[data-menu-xmlid='einvoice_consumer.menu_einvoice_configuration']",
            run: "click",
        },
        {
            trigger: "[data-menu-xmlid='einvoice_consumer.menu_einvoice_channels']",
            run: "click",
        },
        {
            trigger: ".o_data_row td:contains('eFaktura')",
            run: "click",
        },
        {
            content: "It asks for the issuer agreement",
            trigger: ".o_field_widget[name='checklist']:contains('issuer agreement')",
        },
        {
            trigger: "button[name='action_view_issuer_agreement']",
            run: "click",
        },
        {
            content: "Who approves it",
            trigger: ".o_field_widget[name='approver_name'] input",
            run: "edit Ola Nordmann",
        },
        {
            trigger: ".o_field_widget[name='approver_email'] input",
            run: "edit ola@fjordlys.example.com",
        },
        {
            content: "What ends with it is told before it is ordered",
            trigger: ".alert-warning:contains('the two cannot be combined')",
        },
        {
            content: "AvtaleGiro stays, for this customer and for the others",
            trigger: ".alert-warning:contains('neither that agreement nor any')",
        },
        {
            content: "There is another provider",
            trigger: ".o_field_widget[name='other_provider'] input[data-value='yes']",
            run: "click",
        },
        {
            content: "How to take it over",
            trigger: ".alert-info:contains('Taking it over, step by step')",
        },
        {
            content: "It is taken over",
            trigger: ".o_field_widget[name='take_over'] input",
            run: "click",
        },
        {
            trigger: "button[name='action_order']:contains('Order it')",
            run: "click",
        },
        {
            content: "It waits for the approver",
            trigger: `${current}:contains('Waits for approval')`,
        },
        {
            content: "Back to the channel",
            trigger: ".breadcrumb-item:contains('eFaktura') a",
            run: "click",
        },
        {
            trigger: "button:contains('Check private customers')",
            run: "click",
        },
        {
            content: "Each number as it is, and as it would be",
            trigger: ".modal .o_data_row:contains('900 00 002'):contains('+4790000002')",
        },
        {
            content: "One is no mobile number: a person has to see to it",
            trigger: ".modal .o_data_row.text-danger:contains('22 22 55 55')",
        },
        {
            content: "Correct them all",
            trigger: ".modal button[name='action_apply']",
            run: "click",
        },
        {
            content: "Those who can receive now",
            trigger: ".o_breadcrumb:contains('Corrected customers')",
        },
    ],
});

/** The first invoice of a customer waits for them. */
registry.category("web_tour.tours").add("einvoice_consumer_norway_send", {
    steps: () => [
        {
            content: "Send it",
            trigger: ".o_statusbar_buttons button:contains('Send')",
            run: "click",
        },
        {
            content: "The way to the netbank is chosen",
            trigger: ".modal [name='sending_method_checkboxes'] input:checked",
        },
        {
            content: "The customer is asked first",
            trigger: ".modal .alert:contains('looked up')",
        },
        {
            trigger: ".modal button[name='action_send_and_print']:contains('Send')",
            run: "click",
        },
        {
            content: "It waits for the customer",
            trigger: ".o_form_view .alert-info:contains('It waits for the customer')",
        },
        {
            content: "It is not in the netbank yet",
            trigger: ".oe_stat_button [name='einvoice_state']:contains('Waits')",
        },
    ],
});
