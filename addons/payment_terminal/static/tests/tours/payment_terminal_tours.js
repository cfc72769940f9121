import { registry } from "@web/core/registry";

/** From the front page to a payment that waits for a person. */
registry.category("web_tour.tours").add("payment_terminal_overview", {
    steps: () => [
        {
            content: "The card of the network shows what came in today",
            trigger:
                ".o_kanban_record:contains('QIWI'):contains('Paid today'):contains('3,000.00')",
        },
        {
            content: "It says that money of unknown customers waits; open it",
            trigger: ".o_kanban_record:contains('QIWI') a:contains('To assign')",
            run: "click",
        },
        {
            content: "Open the payment",
            trigger: ".o_list_view .o_data_row td[name='amount']:contains('1,000.00')",
            run: "click",
        },
        {
            content: "It says what to do",
            trigger: ".alert-warning:contains('Nobody has this customer number')",
        },
        {
            content: "Go to the network",
            trigger: ".o_field_widget[name='network_id'] a:contains('QIWI')",
            run: "click",
        },
        {
            content: "The network is in production",
            trigger:
                ".o_field_widget[name='environment'] .o_arrow_button_current:contains('Production')",
        },
        {
            content: "An accountant sees no address of the endpoint",
            trigger: ".o_form_view:not(:has([name='endpoint_url']))",
        },
    ],
});

/** Every customer with an unpaid invoice gets a number. */
registry.category("web_tour.tours").add("payment_terminal_issue", {
    steps: () => [
        {
            content: "Give numbers",
            trigger: ".o_control_panel button:contains('Give customers their numbers')",
            run: "click",
        },
        {
            content: "The dialog says how many get one and how many had one",
            trigger:
                ".modal .alert-info:has([name='issue_count']:contains('1')):has([name='having_count']:contains('1'))",
        },
        {
            content: "Give them",
            trigger: ".modal button[name='action_issue']",
            run: "click",
        },
        {
            content: "The new number is shown",
            trigger: ".o_breadcrumb:contains('New customer numbers')",
        },
        {
            content: "It is active",
            trigger: ".o_data_row:contains('Serik Abdrakhmanov') .badge:contains('Active')",
        },
    ],
});

/** Strangers know a number: it is replaced, then blocked. */
registry.category("web_tour.tours").add("payment_terminal_block", {
    steps: () => [
        {
            content: "Replace the number",
            trigger: ".o_statusbar_buttons button[name='action_replace']",
            run: "click",
        },
        {
            content: "What that means is said before",
            trigger: ".modal:contains('This one still works') .btn-primary",
            run: "click",
        },
        {
            content: "The number is replaced; block it",
            trigger:
                ".o_form_view:has(.alert-info:contains('newer number')) button[name='action_block']",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal:contains('credited to the customer') .btn-primary",
            run: "click",
        },
        {
            content: "Kiosks show nothing for it any more",
            trigger:
                ".o_form_view:not(:has(button[name='action_block'])) .alert-warning:contains('show nothing')",
        },
    ],
});

/** The live screen shows what comes in, and can be held. */
registry.category("web_tour.tours").add("payment_terminal_live", {
    steps: () => [
        {
            content: "The amount of today",
            trigger: ".o_terminal_live section .o_terminal_amount:contains('3,000.00')",
        },
        {
            content: "The chart is drawn",
            trigger: ".o_terminal_live canvas[aria-label]",
        },
        {
            content: "Hold it",
            trigger: ".o_control_panel button[aria-pressed='false']",
            run: "click",
        },
        {
            content: "And go on",
            trigger: ".o_control_panel button[aria-pressed='true']",
            run: "click",
        },
        {
            content: "Open a payment",
            trigger: ".o_terminal_live .o_terminal_payment a:contains('Aigerim Suleimenova')",
            run: "click",
        },
        {
            content: "It is the payment",
            trigger: ".o_form_view .o_field_widget[name='partner_id']:contains('Aigerim')",
        },
    ],
});
