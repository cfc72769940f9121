/* global Chart */
import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { formatCurrency } from "@web/core/currency";

/** The payments of a day, a bar an hour. */
export class HoursChart extends Component {
    static template = "payment_terminal.HoursChart";
    static props = {
        hours: { type: Array },
        currencyId: { type: Number },
        label: { type: String },
    };

    setup() {
        this.canvas = useRef("canvas");
        this.chart = null;
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [JSON.stringify(this.props.hours)]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    draw() {
        const counts = this.props.hours.map(([count]) => count);
        if (this.chart) {
            this.chart.data.datasets[0].data = counts;
            this.chart.update("none");
            return;
        }
        const scheme = cookie.get("color_scheme");
        const ink = getCustomColor(scheme, "#495057", "#CED4DA");
        this.chart = new Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: counts.map((_count, hour) => `${hour}`),
                datasets: [
                    { data: counts, backgroundColor: getColor(0, scheme, "sm"), borderRadius: 2 },
                ],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                plugins: {
                    legend: { display: false },
                    tooltip: {
                        displayColors: false,
                        callbacks: {
                            title: ([item]) => `${item.label}:00 – ${item.label}:59`,
                            label: (item) => {
                                const [count, amount] = this.props.hours[item.dataIndex];
                                const money = formatCurrency(amount, this.props.currencyId);
                                return `${count} · ${money}`;
                            },
                        },
                    },
                },
                scales: {
                    x: { grid: { display: false }, ticks: { color: ink, maxRotation: 0 } },
                    y: { beginAtZero: true, ticks: { color: ink, precision: 0, maxTicksLimit: 4 } },
                },
            },
        });
    }
}
