// Endpoints and where they deliver to.
import { html } from "../../lib.js";
import { Ago } from "../../components/ago.js";
import { Badge } from "../../components/badge.js";
import { count } from "../../format.js";
import { link } from "../../router.js";
import { latency } from "../../time.js";

export function EndpointTable({ endpoints }) {
	return html`<table class="cards">
		<thead><tr>
			<th scope="col">Endpoint</th><th scope="col">Health</th><th scope="col" class="num">Accepted</th><th scope="col" class="num">Refused</th>
			<th scope="col" class="num">Delivered</th><th scope="col" class="num">Failed</th><th scope="col" class="num">p95</th><th scope="col">Destinations</th>
		</tr></thead>
		<tbody>${endpoints.map((e) => html`<${Row} key=${e.name} endpoint=${e} />`)}</tbody>
	</table>`;
}

function Row({ endpoint: e }) {
	return html`<tr data-name=${e.name}>
		<th scope="row"><a class="strong" href=${link("deliveries", "", { endpoint: e.name })}>${e.name}</a>
			<span class="sub">${[e.provider, e.mode && `mode ${e.mode}`].filter(Boolean).join(" · ")}${!e.configured && "not in the configuration any more"}</span></th>
		<td data-label="Health"><${Badge} state=${e.health} title=${e.reasons?.join("\n")} /></td>
		<td data-label="Accepted" class="num">${count(e.hour.accepted)}</td>
		<td data-label="Refused" class="num">${e.hour.refused ? html`<a href=${link("refusals", "", { endpoint: e.name })}>${count(e.hour.refused)}</a>` : "0"}</td>
		<td data-label="Delivered" class="num">${count(e.hour.delivered)}</td>
		<td data-label="Failed" class="num">${count(e.hour.failed)}</td>
		<td data-label="p95" class="num">${e.hour.accepted ? latency(e.hour.p95) : "–"}</td>
		<td data-label="Destinations" class="whole"><ul class="lanes">${(e.destinations ?? []).map((d) => html`<${Lane} key=${d.name} endpoint=${e.name} lane=${d} />`)}</ul></td>
	</tr>`;
}

// Lane is one destination in a line.
function Lane({ endpoint, lane }) {
	const to = (state, n, words) => n > 0 && html`<a href=${link("deliveries", "", { endpoint, destination: lane.name, state })}>${count(n)} ${words}</a>`;
	const waiting = lane.pending + lane.delivering;
	return html`<li>
		<span class="strong">${lane.name}</span>
		${lane.paused && html`<${Badge} state="paused" />`}
		${lane.breaker !== "closed" && html`<${Badge} state=${lane.breaker}>breaker ${lane.breaker.replace("_", " ")}<//>`}
		${!lane.configured && html`<${Badge} tone="warn">orphaned<//>`}
		${waiting === 0 && lane.dead === 0 && html`<span class="faint">nothing waits</span>`}
		${to("pending,delivering", waiting, "waiting")}
		${lane.oldest && waiting > 0 && html`<span class="faint">oldest <${Ago} at=${lane.oldest} /></span>`}
		${to("dead", lane.dead, "dead")}
	</li>`;
}
