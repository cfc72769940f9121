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
