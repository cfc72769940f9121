import { Component, markup, onWillStart, useExternalListener, useRef, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

// So many orders are fetched at once, and the next when so few are left.
const PAGE = 60;
const FEW = 15;

const ORDER_FIELDS = [
    "consumer_name",
    "consumer_street",
    "consumer_zip",
    "consumer_city",
    "identifiers_text",
    "intermediator_id",
    "ordered_at",
    "review_reason",
];
const CANDIDATE_FIELDS = [
    "agreement_id",
    "partner_id",
    "street",
    "zip",
    "city",
    "ref",
    "email",
    "last_invoice_id",
    "evidence_html",
];

/**
 * Orders that wait for a person, decided on by keyboard: the next one is there while
 * the decision on the last is on its way to the server.
 */
export class Review extends Component {
    static template = "einvoice_consumer.Review";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.root = useRef("root");
        this.state = useState({ orders: [], place: 0, chosen: 0, waiting: 0, decided: 0 });
        this.seen = new Set();
        onWillStart(() => this.load());
        useExternalListener(window, "keydown", (event) => this.onKeydown(event));
        this.keys = {
            j: () => this.move(1),
            ArrowDown: () => this.move(1),
            k: () => this.move(-1),
            ArrowUp: () => this.move(-1),
            Enter: () => this.accept(),
            x: () => this.reject(),
            o: () => this.open(),
        };
    }

    get order() {
        return this.state.orders[this.state.place];
    }

    async load() {
        const domain = [
            ["state", "=", "to_review"],
            ["id", "not in", [...this.seen]],
        ];
        const model = "einvoice.agreement";
        const [waiting, orders] = await Promise.all([
            this.orm.searchCount(model, domain),
            this.orm.searchRead(model, domain, ORDER_FIELDS, {
                limit: PAGE,
                order: "ordered_at, id",
            }),
        ]);
        const ids = orders.map((order) => order.id);
        const candidates = await this.orm.searchRead(
            "einvoice.agreement.candidate",
            [["agreement_id", "in", ids]],
            CANDIDATE_FIELDS
        );
        for (const order of orders) {
            this.seen.add(order.id);
            order.candidates = candidates.filter((each) => each.agreement_id[0] === order.id);
            order.candidates.forEach((each) => (each.evidence = markup(each.evidence_html || "")));
        }
        this.state.orders.push(...orders);
        this.state.waiting = this.state.orders.length + waiting - orders.length;
        this.isAll = waiting === orders.length;
    }

    // --- Keys ---

    onKeydown(event) {
        const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
        const isElsewhere = document.querySelector(".modal, .o_command_palette");
        const hasModifier = event.ctrlKey || event.altKey || event.metaKey;
        if (isTyping || isElsewhere || hasModifier || !this.order) {
            return;
        }
        if (/^[1-9]$/.test(event.key)) {
            this.choose(Number(event.key) - 1);
        } else if (this.keys[event.key] && !(event.repeat && event.key === "Enter")) {
            this.keys[event.key]();
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    }

    move(step) {
        const last = this.state.orders.length - 1;
        this.select(Math.max(0, Math.min(last, this.state.place + step)));
    }

    select(place) {
        this.state.place = place;
        this.state.chosen = 0;
        const row = this.root.el?.querySelectorAll(".o_einvoice_order")[place];
        row?.scrollIntoView({ block: "nearest" });
    }

    choose(number) {
        if (number < this.order.candidates.length) {
            this.state.chosen = number;
        }
    }

    // --- Decisions ---

    accept() {
        const candidate = this.order.candidates[this.state.chosen];
        if (candidate) {
            return this.decide("allocate", candidate.partner_id[0]);
        }
        this.notification.add(_t("There is no candidate: choose a customer on the order."), {
            type: "warning",
        });
    }

    reject() {
        return this.decide("reject", _t("It belongs to no customer."));
    }

    /** Take the order off the list; it comes back where the server refuses. */
    async decide(method, argument) {
        const order = this.order;
        this.state.orders.splice(this.state.place, 1);
        this.state.waiting -= 1;
        this.state.decided += 1;
        this.move(0);
        if (this.state.orders.length < FEW && !this.isAll && !this.isLoading) {
            this.isLoading = true;
            this.load().finally(() => (this.isLoading = false));
        }
        try {
            await this.orm.call("einvoice.agreement", method, [[order.id], argument]);
        } catch (error) {
            this.state.orders.push(order);
            this.state.waiting += 1;
            this.state.decided -= 1;
            throw error;
        }
    }

    open() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "einvoice.agreement",
            res_id: this.order.id,
            views: [[false, "form"]],
        });
    }

    // --- Words ---

    place(record, prefix = "") {
        const town = [record[`${prefix}zip`], record[`${prefix}city`]].filter(Boolean).join(" ");
        return [record[`${prefix}street`], town].filter(Boolean).join(", ");
    }

    orderedAt(order) {
        return order.ordered_at ? formatDateTime(deserializeDateTime(order.ordered_at)) : "";
    }

    progressText() {
        return _t("%(decided)s decided, %(waiting)s to go", {
            decided: this.state.decided,
            waiting: this.state.waiting,
        });
    }
}

registry.category("actions").add("einvoice_consumer_review", Review);
