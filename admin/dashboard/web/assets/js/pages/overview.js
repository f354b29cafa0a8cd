// How it goes, at a glance.
import { html } from "../lib.js";
import { Badge } from "../components/badge.js";
import { Code, Empty, Loading, Problem } from "../components/panels.js";
import { bytes, some } from "../format.js";
import { endpointHint, storeHint } from "../hints.js";
import { Charts } from "./overview/charts.js";
import { EndpointTable } from "./overview/table.js";
import { Tiles } from "./overview/tiles.js";

export function Overview({ status }) {
	const { data, error, soon } = status;
	if (!data) return error ? html`<${Problem} error=${error} retry=${soon} />` : html`<${Loading} what="the overview" />`;
	return html`
		<h1 class="offscreen">Overview</h1>
		<${Health} status=${data} />
		<${Tiles} status=${data} />
		<${Charts} />
		<section class="panel" aria-labelledby="endpoints-title">
			<div class="panel-head"><h2 id="endpoints-title">Endpoints</h2><span class="faint">the last hour</span></div>
			${data.endpoints?.length ? html`<${EndpointTable} endpoints=${data.endpoints} />` : html`<${NoEndpoints} />`}
		</section>`;
}

function Health({ status }) {
	const reasons = status.reasons ?? [];
	const store = status.store;
	return html`<section class="health ${status.health}" data-testid="health" aria-label="Health">
		<div class="health-main">
			<${Badge} state=${status.health} />
			${reasons.length
				? html`<ul>${reasons.map((r) => html`<li>${r}</li>`)}</ul>`
				: html`<span>${status.health === "healthy" ? "Everything works." : "See the endpoints below."}</span>`}
		</div>
		<div class="health-store">
			<span>Store <${Badge} state=${store.state} /></span>
			${store.state !== "off" && html`<span title=${store.path}>${some(store.events, "event", "events")}, ${bytes(store.bytes)}</span>`}
			<span class="faint">${status.version}</span>
		</div>
		${store.error && html`<p class="bad-text">${store.error}</p>`}
		${store.state === "off" && html`<details><summary>There is no store: nothing is kept or retried. How to have one</summary><${Code}>${storeHint}<//></details>`}
	</section>`;
}

function NoEndpoints() {
	return html`<${Empty} title="No endpoints yet">
		<p>Put one into the Caddyfile's site, and reload Caddy:</p>
		<${Code}>${endpointHint}<//>
	<//>`;
}
