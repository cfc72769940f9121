import { Component, onMounted, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { formatCurrency } from "@web/core/currency";
import { deserializeDateTime, formatDate } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { HoursChart } from "./hours_chart";

const PAUSE = 5000;
// What the bar of a network's patience shows as good, bearable and bad.
const GOOD = 0.25;
const BEARABLE = 0.5;

const BADGES = {
    booked: "text-bg-success",
    accepted: "text-bg-info",
    suspense: "text-bg-warning",
    reversing: "text-bg-warning",
};

/** What comes in at the terminals at this moment. */
export class TerminalLive extends Component {
    static template = "payment_terminal.Live";
    static components = { HoursChart, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ now: "", networks: [], isStale: false, isPaused: false });
        this.timer = null;
        this.isGone = false;
        this.onVisibilityChange = () => this.onVisibility();
        onWillStart(() => this.load());
        onMounted(() => {
            document.addEventListener("visibilitychange", this.onVisibilityChange);
            this.wait();
        });
        onWillUnmount(() => {
            this.isGone = true;
            browser.clearTimeout(this.timer);
            document.removeEventListener("visibilitychange", this.onVisibilityChange);
        });
    }

    // --- Refreshing: the next question waits for the answer to the last one ---

    async load() {
        try {
            const figures = await this.orm.silent.call(
                "payment.terminal.network",
                "get_live_figures",
                [[]]
            );
            if (!this.isGone) {
                Object.assign(this.state, figures, { isStale: false });
            }
        } catch (error) {
            if (!this.state.now) {
                throw error;
            }
            this.state.isStale = true;
        }
    }

    wait() {
        browser.clearTimeout(this.timer);
        if (!this.isGone && !this.state.isPaused && !document.hidden) {
            this.timer = browser.setTimeout(() => this.refresh(), PAUSE);
        }
    }

    async refresh() {
        if (this.isLoading) {
            return;
        }
        this.isLoading = true;
        await this.load();
        this.isLoading = false;
        this.wait();
    }

    onVisibility() {
        if (document.hidden) {
            browser.clearTimeout(this.timer);
        } else if (!this.state.isPaused) {
            this.refresh();
        }
    }

    togglePause() {
        this.state.isPaused = !this.state.isPaused;
        if (this.state.isPaused) {
            browser.clearTimeout(this.timer);
        } else {
            this.refresh();
        }
    }

    // --- Words and numbers ---

    money(network, amount) {
        return formatCurrency(amount, network.currency_id);
    }

    integer(value) {
        return formatInteger(value);
    }

    /** The time; before it the day, unless it is today. */
    time(value) {
        const moment = deserializeDateTime(value);
        const time = moment.toFormat(localization.timeFormat);
        const isToday = moment.hasSame(deserializeDateTime(this.state.now), "day");
        return isToday ? time : `${formatDate(moment)} ${time}`;
    }

    /** A test payment stays as it came. */
    isTest(payment) {
        return payment.is_test && payment.state === "accepted";
    }

    badge(payment) {
        return (!this.isTest(payment) && BADGES[payment.state]) || "text-bg-secondary";
    }

    /** How much of the network's patience the slower answers use up, in percent. */
    used(network) {
        const share = network.answers.p95 / (network.answer_limit || 1);
        return Math.min(100, Math.max(network.answers.count ? 1 : 0, Math.round(share * 100)));
    }

    usedClass(network) {
        const share = network.answers.p95 / (network.answer_limit || 1);
        if (share > BEARABLE) {
            return "bg-danger";
        }
        return share > GOOD ? "bg-warning" : "bg-success";
    }

    usedText(network) {
        return _t("95 of 100 answers took no more than %(time)s ms; the network waits %(limit)s s.", {
            time: formatInteger(network.answers.p95),
            limit: formatInteger(network.answer_limit / 1000),
        });
    }

    nowText() {
        const time = this.time(this.state.now);
        return this.state.isPaused ? _t("Held at %s", time) : time;
    }

    staleText() {
        return _t("No connection: these figures are of %s. It is tried again.", this.time(this.state.now));
    }

    pausedText(network) {
        return network.paused_kiosks
            ? _t("Lookups are paused at %s", network.paused_kiosks)
            : _t("Lookups are paused");
    }

    lastText(network) {
        return network.last_request_at
            ? _t("Last request: %s", this.time(network.last_request_at))
            : _t("No request yet");
    }

    hoursText(network) {
        return _t("Payments by the hour in the time zone %s", network.tz);
    }

    answersText(network) {
        if (!network.answers.count) {
            return _t("Nothing was asked.");
        }
        return _t(
            "Half of the answers took no more than %(half)s ms, 95 of 100 no more than %(most)s ms, the slowest %(longest)s ms; the network waits %(limit)s s.",
            {
                half: formatInteger(network.answers.p50),
                most: formatInteger(network.answers.p95),
                longest: formatInteger(network.answers.longest),
                limit: formatInteger(network.answer_limit / 1000),
            }
        );
    }

    missesText(network) {
        const minutes = formatInteger(network.miss_window);
        return network.miss_limit
            ? _t("Wrong numbers in %(minutes)s minutes; lookups pause at %(limit)s", {
                  minutes,
                  limit: formatInteger(network.miss_limit),
              })
            : _t("Wrong numbers in %s minutes", minutes);
    }

    unknownText(payment) {
        return _t("Unknown number %s", payment.account_number);
    }

    waitingText(network) {
        const minutes = Math.floor(network.waiting_seconds / 60);
        if (network.environment === "test") {
            return _t("Tests are not booked");
        }
        if (!network.waiting_count) {
            return _t("Everything is booked");
        }
        return minutes < 2
            ? _t("The oldest waits for %s s", network.waiting_seconds)
            : _t("The oldest waits for %s minutes", minutes);
    }

    isStuck(network) {
        return network.error_count > 0 || network.waiting_seconds > 300;
    }

    // --- Going on from here ---

    openPayment(payment) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "payment.terminal.transaction",
            res_id: payment.id,
            views: [[false, "form"]],
        });
    }

    openAction(name, network, filter) {
        const context = { search_default_network_id: network.id };
        if (filter) {
            context[`search_default_${filter}`] = 1;
        }
        return this.action.doAction(`payment_terminal.${name}`, {
            additionalContext: context,
        });
    }

    openNetworks() {
        return this.action.doAction("payment_terminal.payment_terminal_network_action_overview");
    }
}

registry.category("actions").add("payment_terminal_live", TerminalLive);
