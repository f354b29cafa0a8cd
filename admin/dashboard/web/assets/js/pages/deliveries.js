// The list of deliveries: filtered, live, and changed many at a time.
import { html, useEffect, useState } from "../lib.js";
import { LiveToggle } from "../components/live.js";
import { Code, Empty, Loading, Problem } from "../components/panels.js";
import { storeHint, sendHint } from "../hints.js";
import { useHappening } from "../stream.js";
import { Bulk } from "./deliveries/bulk.js";
import { Filters } from "./deliveries/filters.js";
import { useDeliveries } from "./deliveries/list.js";
import { More } from "./deliveries/more.js";
import { Table } from "./deliveries/table.js";

export function Deliveries({ route, status }) {
	const store = status.data?.store.state;
	if (!status.data) return status.error ? html`<${Problem} error=${status.error} retry=${status.soon} />` : html`<${Loading} what="deliveries" />`;
	if (store === "off") return html`<${NoStore} />`;
	return html`<${List} query=${route.query} search=${route.search} status=${status.data} />`;
}

function List({ query, search, status }) {
	const [live, setLive] = useState(true);
	const [selected, setSelected] = useState(new Set());
	const list = useDeliveries(query, search);
	useHappening((h) => {
		if (live && concerns(h, query)) list.soon();
	});
	useEffect(() => setSelected(new Set()), [search]);
	const toggle = () => {
		if (!live) list.soon();
		setLive(!live);
	};
	return html`
		<div class="page-head"><h1>Deliveries</h1><${LiveToggle} on=${live} toggle=${toggle} /></div>
		<${Filters} query=${query} status=${status} />
		<${Bulk} query=${query} rows=${list.rows} selected=${selected} clear=${() => setSelected(new Set())} changed=${list.restart} />
		<${Content} list=${list} search=${search} status=${status} selected=${selected} select=${setSelected} />`;
}

function concerns(h, query) {
	return h.kind !== "refused" && (!query.endpoint || !h.endpoint || h.endpoint === query.endpoint);
}

function Content({ list, search, status, selected, select }) {
	if (!list.rows) return list.error ? html`<${Problem} error=${list.error} retry=${list.soon} />` : html`<${Loading} what="deliveries" />`;
	return html`
		${list.error && html`<${Problem} error=${list.error} retry=${list.soon} />`}
		${list.rows.length > 0 && html`<section class="panel" aria-label="Deliveries"><${Table} rows=${list.rows} fresh=${list.fresh} selected=${selected} select=${select} /></section>`}
		${list.rows.length === 0 && !list.next && !list.loading && html`<${Nothing} filtered=${search !== ""} status=${status} />`}
		<${More} list=${list} />`;
}

function Nothing({ filtered, status }) {
	if (filtered) {
		return html`<${Empty} title="Nothing matches">
			<p>Id and event are compared exactly; the search looks into ids, events and bodies.</p>
			<p><a href="#/deliveries">Show all deliveries</a> · <a href="#/refusals">Was it refused?</a></p>
		<//>`;
	}
	const endpoint = status.endpoints?.find((e) => e.configured);
	return html`<${Empty} title="No deliveries yet">
		<p>They show up here by themselves. Send a signed test event:</p>
		<${Code}>${sendHint(endpoint)}<//>
		<p>or <a href="#/endpoints">send one from an endpoint's page</a>. One that does not arrive may have been <a href="#/refusals">refused</a>.</p>
	<//>`;
}

function NoStore() {
	return html`<h1>Deliveries</h1><${Empty} title="There is no store">
		<p>Without one nothing is kept, retried or replayed. Write this at the top of the Caddyfile, without <code>store off</code>, and reload Caddy:</p>
		<${Code}>${storeHint}<//>
	<//>`;
}
