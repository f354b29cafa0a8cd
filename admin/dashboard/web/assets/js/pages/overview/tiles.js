// The figures of the last hour.
import { html } from "../../lib.js";
import { count } from "../../format.js";
import { link } from "../../router.js";
import { latency, relative } from "../../time.js";
import { useNow } from "../../components/ago.js";

export function Tiles({ status }) {
	const hour = status.hour;
	const { backlog, dead, oldest } = sum(status.endpoints ?? []);
	const now = useNow();
	return html`<div class="tiles" role="list" aria-label="The last hour">
		<${Tile} id="accepted" title="Accepted" value=${count(hour.accepted)} note="requests, last hour" />
		<${Tile} id="refused" title="Refused" value=${count(hour.refused)} note="requests, last hour" tone=${hour.refused && "warn"} href=${link("refusals")} />
		<${Tile} id="delivered" title="Delivered" value=${count(hour.delivered)} note="deliveries, last hour" href=${link("deliveries", "", { state: "delivered" })} />
		<${Tile} id="failed" title="Failed" value=${count(hour.failed)} note="attempts, last hour" tone=${hour.failed && "bad"} href=${link("deliveries", "", { state: "pending,delivering,dead" })} />
		<${Tile} broad id="latency" title="Answered in" value=${hour.accepted ? latency(hour.p50) : "–"}
			note=${hour.accepted ? `p95\u00a0${latency(hour.p95)}, p99\u00a0${latency(hour.p99)}` : "nothing accepted yet"} />
		<${Tile} id="backlog" title="Backlog" value=${count(backlog)} note=${oldest ? `oldest ${relative(oldest, now)}` : "nothing waits"}
			href=${link("deliveries", "", { state: "pending,delivering" })} />
		<${Tile} id="dead" title="Dead" value=${count(dead)} note=${dead ? "given up: replay or discard" : "nothing given up"} tone=${dead && "bad"}
			href=${link("deliveries", "", { state: "dead" })} />
	</div>`;
}

function Tile({ id, title, value, note, tone, href, broad }) {
	const inside = html`<span class="tile-title">${title}</span><span class="tile-value ${tone || ""}">${value}</span><span class="tile-note">${note}</span>`;
	return html`<div role="listitem" class=${broad ? "tile broad" : "tile"} data-testid="tile-${id}">${href ? html`<a href=${href}>${inside}</a>` : html`<div>${inside}</div>`}</div>`;
}

function sum(endpoints) {
	const lanes = endpoints.flatMap((e) => e.destinations ?? []);
	const oldest = lanes.map((l) => l.oldest).filter(Boolean).map((t) => new Date(t)).sort((a, b) => a - b)[0];
	return {
		backlog: lanes.reduce((n, l) => n + l.pending + l.delivering, 0),
		dead: lanes.reduce((n, l) => n + l.dead, 0),
		oldest,
	};
}
