// What was turned away, why, and what to do about it.
import { html, useState } from "../lib.js";
import { LiveToggle } from "../components/live.js";
import { Empty, Loading, Problem } from "../components/panels.js";
import { Select } from "../components/selects.js";
import { useFilterForm } from "../form.js";
import { reasons } from "../reasons.js";
import { useHappening } from "../stream.js";
import { useRefusals } from "./refusals/list.js";
import { Refusal } from "./refusals/refusal.js";

export function Refusals({ route, status }) {
	const [live, setLive] = useState(true);
	const list = useRefusals(route.query, route.search);
	useHappening((h) => {
		if (live && (h.kind === "refused" || h.kind === "reconnected")) list.soon();
	});
	const toggle = () => {
		if (!live) list.soon();
		setLive(!live);
	};
	return html`
		<div class="page-head"><h1>Refusals</h1><${LiveToggle} on=${live} toggle=${toggle} /></div>
		<${Filters} query=${route.query} endpoints=${status.data?.endpoints ?? []} />
		<${Content} list=${list} filtered=${route.search !== ""} />`;
}

function Filters({ query, endpoints }) {
	const names = endpoints.map((e) => [e.name, e.name]);
	const form = useFilterForm("refusals", query, names.join("\n"));
	return html`<form class="filters" role="search" aria-label="Filter refusals" ...${form}>
		<${Select} label="Endpoint" name="endpoint" value=${query.endpoint} options=${names} testid="filter-endpoint" />
		<${Select} label="Reason" name="reason" value=${query.reason} options=${[...reasons]} testid="filter-reason" />
		<div class="field-buttons">
			<button type="submit" class="primary" data-testid="apply-filters">Apply</button>
			<a class="button" href="#/refusals" data-testid="clear-filters">Clear</a>
		</div>
	</form>`;
}

function Content({ list, filtered }) {
	if (!list.rows) return list.error ? html`<${Problem} error=${list.error} retry=${list.soon} />` : html`<${Loading} what="refusals" />`;
	return html`
		${list.error && html`<${Problem} error=${list.error} retry=${list.soon} />`}
		${list.rows.length === 0 && html`<${Nothing} filtered=${filtered} />`}
		<ul class="refusals">${list.rows.map((r) => html`<${Refusal} key=${r.id} refusal=${r} fresh=${list.fresh.has(r.id)} />`)}</ul>
		${list.next && html`<div class="more"><button type="button" data-testid="more" disabled=${list.loading} onClick=${list.more}>${list.loading ? "Looking…" : "Continue"}</button></div>`}`;
}

function Nothing({ filtered }) {
	if (filtered) return html`<${Empty} title="Nothing matches"><p><a href="#/refusals">Show all refusals</a></p><//>`;
	return html`<${Empty} title="Nothing was refused">
		<p>The latest refusals are kept in memory, since Caddy was started, and show up here by themselves.</p>
		<p>An event that is in neither list did not reach the gateway: look at the provider's own log, the address it calls, and what is in front of Caddy.</p>
	<//>`;
}
