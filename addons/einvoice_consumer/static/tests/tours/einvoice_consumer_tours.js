import { registry } from "@web/core/registry";

/** An order that a person has to allocate: compare, accept. */
registry.category("web_tour.tours").add("einvoice_consumer_allocate", {
    url: "/odoo/consumer-einvoice-orders",
    steps: () => [
        {
            content: "Open the order",
            trigger: ".o_data_row td:contains('Kerttu')",
            run: "click",
        },
        {
            content: "The reason stands above the candidates",
            trigger: ".alert-warning:contains('contradicts')",
        },
        {
            content: "The candidate's evidence names the contradiction",
            trigger: ".o_kanban_record .text-danger:contains('contradicts')",
        },
        {
            content: "Accept the candidate with one click",
            trigger: ".o_kanban_record button[name='action_accept']",
            run: "click",
        },
        {
            content: "The agreement is in force",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Active')",
        },
    ],
});

/** Orders are decided on by keyboard alone. */
registry.category("web_tour.tours").add("einvoice_consumer_review", {
    url: "/odoo/consumer-einvoice-orders",
    steps: () => [
        {
            content: "Decide by keyboard",
            trigger: ".o_control_panel button:contains('Decide by keyboard')",
            run: "click",
        },
        {
            content: "The first order shows what contradicts",
            trigger: ".o_einvoice_candidate .text-danger:contains('contradicts')",
            run: "press j",
        },
        {
            content: "The next one, and its second candidate",
            trigger: ".o_einvoice_order.active:contains('70015')",
            run: "press 2",
        },
        {
            content: "Accept it",
            trigger: ".o_einvoice_candidate.border-primary kbd:contains('2')",
            run: "press Enter",
        },
        {
            content: "It is off the list, the next one is there: nobody's",
            trigger: ".o_einvoice_order.active:contains('00000')",
            run: "press x",
        },
        {
            content: "The first one again",
            trigger: ".o_einvoice_order.active:contains('70014')",
            run: "press Enter",
        },
        {
            content: "All are decided",
            trigger: ".o_einvoice_review .o_view_nocontent_smiling_face",
        },
        {
            content: "It is counted",
            trigger: ".o_control_panel [role=status]:contains('3 decided, 0 to go')",
        },
    ],
});

/** An invoice is posted and sent from Odoo's own Send dialog. */
registry.category("web_tour.tours").add("einvoice_consumer_send", {
    steps: () => [
        {
            content: "Post the invoice",
            trigger: "button[name='action_post']",
            run: "click",
        },
        {
            content: "Open the Send dialog",
            trigger: ".o_statusbar_buttons button:contains('Send'):visible",
            run: "click",
        },
        {
            content: "The netbank is the customer's way",
            trigger: ".modal .o_field_widget:contains('by Consumer E-Invoice') input:checked",
        },
        {
            content: "The bank would refuse the due date: mend it",
            trigger: ".modal .alert-danger a:contains('Move the due date')",
            run: "click",
        },
        {
            content: "Take the advised date",
            trigger: ".modal button[name='action_apply']",
            run: "click",
        },
        {
            content: "Nothing stops the invoice any more",
            trigger: ".modal:not(:has(.alert-danger)) button[name='action_send_and_print']",
            run: "click",
        },
        {
            content: "The invoice says how far it has come",
            trigger: ".oe_stat_button[name='action_view_einvoice_documents']:contains('To send')",
            run: "click",
        },
        {
            content: "Its message can be read",
            trigger: ".o_form_view .o_field_widget[name='display_name']:contains('ELEC/')",
        },
    ],
});

/** The service is opened at a bank: composed, compared, sent. */
registry.category("web_tour.tours").add("einvoice_consumer_announce", {
    steps: () => [
        {
            content: "No bank knows the channel: announce it",
            trigger: "button[name='action_announce']:contains('Announce')",
            run: "click",
        },
        {
            content: "Say what the invoices are about",
            trigger: ".modal div[name='topics_fi'] input",
            run: "edit Sähkölasku",
        },
        {
            content: "What consumers are asked for",
            trigger: ".modal a[name='identifiers']",
            run: "click",
        },
        {
            content: "The customer number is proposed",
            trigger: ".modal div[name='identifier_ids'] td:contains('Asiakasnumero')",
        },
        {
            content: "Compare",
            trigger: ".modal button[name='action_check']",
            run: "click",
        },
        {
            content: "The topic is new to the bank",
            trigger: ".modal .o_einvoice_comparison td.table-warning:contains('Sähkölasku')",
        },
        {
            content: "Go back, and forth again",
            trigger: ".modal button[name='action_back']",
            run: "click",
        },
        {
            content: "Nothing is lost",
            trigger: ".modal button[name='action_check']",
            run: "click",
        },
        {
            content: "Send",
            trigger: ".modal button[name='action_send']",
            run: "click",
        },
        {
            content: "The message waits for the job",
            trigger: ".o_data_row td[name='state']:contains('Waits to be sent')",
        },
    ],
});
