// The rows.
import { html } from "../../lib.js";
import { Ago } from "../../components/ago.js";
import { Badge, Status } from "../../components/badge.js";
import { words } from "../../format.js";
import { go, link } from "../../router.js";
import { latency } from "../../time.js";

export function Table({ rows, fresh, selected, select }) {
	const all = rows.length > 0 && rows.every((r) => selected.has(r.id));
	const toggleAll = () => select(all ? new Set() : new Set(rows.map((r) => r.id)));
	const toggle = (id) => {
		const next = new Set(selected);
		if (!next.delete(id)) next.add(id);
		select(next);
	};
	return html`<table class="cards rows">
		<thead><tr>
			<th scope="col" class="tick"><label><input type="checkbox" aria-label="Select all shown" data-testid="select-all" checked=${all} onChange=${toggleAll} /><span class="narrow-only">Select all shown</span></label></th>
			<th scope="col">State</th><th scope="col">Event</th><th scope="col">To</th><th scope="col">Received</th><th scope="col" class="num">Attempts</th><th scope="col">Last attempt</th>
		</tr></thead>
		<tbody>${rows.map((r) => html`<${Row} key=${r.id} row=${r} fresh=${fresh.has(r.id)} on=${selected.has(r.id)} toggle=${toggle} />`)}</tbody>
	</table>`;
}

function Row({ row, fresh, on, toggle }) {
	const to = link("deliveries", row.id);
	const open = (e) => {
		if (!e.target.closest("a, input, label, button") && getSelection().isCollapsed) go(to);
	};
	return html`<tr class="${fresh ? "fresh" : ""} ${on ? "selected" : ""}" data-testid="delivery-row" data-id=${row.id} data-state=${row.state} onClick=${open}>
		<td class="tick"><label><input type="checkbox" aria-label="Select delivery ${row.id}" data-testid="select-row" checked=${on} onChange=${() => toggle(row.id)} /></label></td>
		<td data-label="State"><${Badge} state=${row.state} /></td>
		<th scope="row"><a class="strong" href=${to}>${row.event || "(no type)"}</a><span class="sub mono cut" title=${row.reference}>${row.reference}</span></th>
		<td data-label="To">${row.endpoint} <span class="faint" aria-label="to">→</span> ${row.destination}</td>
		<td data-label="Received"><${Ago} at=${row.received_at} /></td>
		<td data-label="Attempts" class="num">${row.attempts}</td>
		<td data-label="Last attempt"><${Last} row=${row} /></td>
	</tr>`;
}

function Last({ row }) {
	const a = row.last_attempt;
	const due = row.state === "pending" && row.due && html`<span class="faint">next <${Ago} at=${row.due} /></span>`;
	if (!a) return due || html`<span class="faint">none yet</span>`;
	return html`<span class="last">
		${a.status ? html`<${Status} code=${a.status} />` : ""}
		${a.reason && !(a.reason === "status" && a.status) && html`<span>${words(a.reason)}</span>`}
		<span class="faint">${latency(a.duration)}</span> ${due}
	</span>`;
}
