// Destinations: what waits, the breaker, and holding them back.
import { html } from "../../lib.js";
import { post } from "../../api.js";
import { Ago } from "../../components/ago.js";
import { Badge } from "../../components/badge.js";
import { notify } from "../../components/notice.js";
import { count } from "../../format.js";
import { useOnce } from "../../once.js";
import { link } from "../../router.js";

export function Lanes({ endpoint, lanes, names, store, changed }) {
	if (lanes.length === 0) {
		return html`<p class="padded faint">${names.length ? `Delivers to ${names.join(", ")}.` : "No destinations."}${store === "off" && " Without a store nothing waits, and nothing can be paused."}</p>`;
	}
	return html`<table class="cards">
		<thead><tr>
			<th scope="col">Destination</th><th scope="col">Breaker</th><th scope="col" class="num">Waiting</th><th scope="col" class="num">Under way</th>
			<th scope="col" class="num">Delivered</th><th scope="col" class="num">Dead</th><th scope="col">Oldest</th><th scope="col"><span class="offscreen">Change</span></th>
		</tr></thead>
		<tbody>${lanes.map((l) => html`<${Lane} key=${l.name} endpoint=${endpoint} lane=${l} store=${store} changed=${changed} />`)}</tbody>
	</table>`;
}

function Lane({ endpoint, lane: l, store, changed }) {
	const to = (state, n) => (n ? html`<a href=${link("deliveries", "", { endpoint, destination: l.name, state })}>${count(n)}</a>` : "0");
	return html`<tr data-testid="destination" data-name=${l.name}>
		<th scope="row"><span class="strong">${l.name}</span> ${l.paused && html`<${Badge} state="paused" />`} ${!l.configured && html`<span title="It is not in the configuration: its deliveries wait until it is back"><${Badge} tone="warn">orphaned<//></span>`}</th>
		<td data-label="Breaker"><${Badge} state=${l.breaker} /></td>
		<td data-label="Waiting" class="num">${to("pending", l.pending)}</td>
		<td data-label="Under way" class="num">${to("delivering", l.delivering)}</td>
		<td data-label="Delivered" class="num">${to("delivered", l.delivered)}</td>
		<td data-label="Dead" class="num">${to("dead", l.dead)}</td>
		<td data-label="Oldest"><${Ago} at=${l.oldest} /></td>
		<td class="whole end">${store !== "off" && html`<${Pause} endpoint=${endpoint} lane=${l} changed=${changed} />`}</td>
	</tr>`;
}

function Pause({ endpoint, lane, changed }) {
	const once = useOnce();
	const what = lane.paused ? "resume" : "pause";
	const act = () => once(async () => {
		try {
			await post(`destinations/${encodeURIComponent(endpoint)}/${encodeURIComponent(lane.name)}/${what}`);
			notify(lane.paused ? `${lane.name} goes on.` : `${lane.name} is paused: events are stored and wait.`);
		} finally {
			changed();
		}
	});
	return html`<button type="button" data-testid=${what} onClick=${act} aria-label="${lane.paused ? "Resume" : "Pause"} ${endpoint} ${lane.name}">${lane.paused ? "Resume" : "Pause"}</button>`;
}
