// Lines over an hour.
import uPlot from "../../vendor/uPlot.esm.js";
import { html, useEffect, useRef } from "../lib.js";
import { useColors } from "../theme.js";
import { clock } from "../time.js";

const height = 190;

// Chart draws series of {label, color, dash}, whose values are rows of data
// after the first, which has the instants in seconds. say formats a value;
// label says what is drawn, for those who do not see it.
export function Chart({ series, data, say, label, testid }) {
	const box = useRef(null);
	const plot = useRef(null);
	const colors = useColors(["faint", "line", ...series.map((s) => s.color)]);
	useEffect(() => {
		plot.current = new uPlot(options(series, colors, say, width(box.current)), data, box.current);
		const observer = new ResizeObserver(() => plot.current.setSize({ width: width(box.current), height }));
		observer.observe(box.current);
		return () => {
			observer.disconnect();
			plot.current.destroy();
		};
	}, [colors]);
	useEffect(() => {
		plot.current.setData(data);
		rest(plot.current);
	}, [data]);
	return html`<div class="chart" ref=${box} role="img" aria-label=${label} data-testid=${testid}></div>`;
}

// rest shows the latest values while nothing is pointed at.
function rest(plot) {
	if (plot.cursor.idx == null) plot.setLegend({ idx: plot.data[0].length - 1 });
}

const width = (box) => Math.max(100, Math.floor(box.getBoundingClientRect().width));

// lonely finds the values that no line leads to, so that they are seen at all.
function lonely(values) {
	return values.flatMap((v, i) => (v != null && values[i - 1] == null && values[i + 1] == null ? [i] : []));
}

// line names a dash as style sheets do.
function line(dash) {
	if (!dash) return "solid";
	return dash[0] < dash[1] ? "dotted" : "dashed";
}

function options(series, colors, say, width) {
	const axis = { stroke: colors.faint, grid: { stroke: colors.line, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
	const minute = (t) => (t == null ? "last hour" : clock(new Date(t * 1000)).slice(0, 5));
	return {
		width, height,
		padding: [10, 8, 0, 0],
		hooks: { setCursor: [rest], ready: [rest] },
		legend: { markers: { dash: (_, i) => line(series[i - 1]?.dash) } },
		cursor: { drag: { x: false, y: false }, points: { size: 6 } },
		scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.12 : 1] } },
		axes: [
			{ ...axis, size: 26, space: 60, values: (_, ticks) => ticks.map(minute) },
			{ ...axis, size: 56, space: 34, values: (_, ticks) => ticks.map(say) },
		],
		series: [
			{ label: "Time", value: (_, t) => minute(t) },
			...series.map((s) => ({
				label: s.label, stroke: colors[s.color], width: 1.75, dash: s.dash, points: { show: false, size: 4, fill: colors[s.color], filter: (plot, i) => lonely(plot.data[i]) },
				value: (_, v) => (v == null ? "–" : say(v)),
			})),
		],
	};
}
