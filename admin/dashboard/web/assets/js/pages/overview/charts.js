// The last hour, minute by minute.
import { html, useMemo } from "../../lib.js";
import { Chart } from "../../components/chart.js";
import { Loading, Problem } from "../../components/panels.js";
import { count } from "../../format.js";
import { useLoad } from "../../load.js";
import { useHappening } from "../../stream.js";
import { latency } from "../../time.js";

const rates = [
	{ label: "Accepted", field: "accepted", color: "chart-1" },
	{ label: "Delivered", field: "delivered", color: "chart-2", dash: [6, 3] },
	{ label: "Refused", field: "refused", color: "chart-3" },
	{ label: "Failed", field: "failed", color: "chart-4", dash: [2, 3] },
];

const quantiles = [
	{ label: "p50", field: "p50", color: "chart-1" },
	{ label: "p95", field: "p95", color: "chart-5", dash: [6, 3] },
	{ label: "p99", field: "p99", color: "chart-3", dash: [2, 3] },
];

export function Charts() {
	const activity = useLoad("activity", { every: 15000, pause: 5000 });
	useHappening(activity.soon);
	const minutes = activity.data?.minutes;
	const counts = useMemo(() => minutes && rows(minutes, rates, (m, field) => m[field]), [minutes]);
	// A minute without answers has no latency, rather than none at all.
	const times = useMemo(() => minutes && rows(minutes, quantiles, (m, field) => (m.accepted ? m[field] : null)), [minutes]);
	if (!minutes) return activity.error ? html`<${Problem} error=${activity.error} retry=${activity.soon} />` : html`<${Loading} what="the last hour" />`;
	return html`<div class="charts">
		<section class="panel">
			<div class="panel-head"><h2>Per minute</h2><span class="faint">requests, deliveries and failed attempts</span></div>
			<${Chart} testid="chart-rates" series=${rates} data=${counts} say=${whole} label=${describe(minutes)} />
		</section>
		<section class="panel">
			<div class="panel-head"><h2>Time to answer</h2><span class="faint">accepted requests</span></div>
			<${Chart} testid="chart-latency" series=${quantiles} data=${times} say=${duration} label="The time until accepted requests were answered, for each minute of the last hour: p50, p95 and p99." />
		</section>
	</div>`;
}

const whole = (n) => (Number.isInteger(n) ? count(n) : "");
const duration = (s) => (s === 0 ? "0" : latency(s));

function rows(minutes, series, value) {
	return [minutes.map((m) => new Date(m.time) / 1000), ...series.map((s) => minutes.map((m) => value(m, s.field)))];
}

function describe(minutes) {
	const totals = rates.map(({ label, field }) => `${label.toLowerCase()} ${count(minutes.reduce((n, m) => n + m[field], 0))}`);
	return `Each minute of the last hour; in all: ${totals.join(", ")}.`;
}
