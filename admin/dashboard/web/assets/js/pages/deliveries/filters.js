// What the list shows.
import { html } from "../../lib.js";
import { useFilterForm } from "../../form.js";
import { Input, Select } from "../../components/selects.js";

const states = [["pending", "pending"], ["delivering", "delivering"], ["delivered", "delivered"], ["dead", "dead"], ["pending,delivering", "waiting (pending, delivering)"], ["pending,delivering,dead", "not delivered"]];
const times = [["15m", "15 minutes"], ["1h", "hour"], ["24h", "24 hours"], ["7d", "7 days"], ["30d", "30 days"]];

export function Filters({ query, status }) {
	const endpoints = status.endpoints ?? [];
	const names = endpoints.map((e) => e.name);
	const chosen = endpoints.filter((e) => !query.endpoint || e.name === query.endpoint);
	const destinations = [...new Set(chosen.flatMap((e) => (e.destinations ?? []).map((d) => d.name)))];
	const form = useFilterForm("deliveries", query, [...names, ...destinations].join("\n"));
	const same = (list) => list.map((v) => [v, v]);
	return html`<form class="filters" role="search" aria-label="Filter deliveries" ...${form}>
		<${Select} label="Endpoint" name="endpoint" value=${query.endpoint} options=${same(names)} testid="filter-endpoint" />
		<${Select} label="Destination" name="destination" value=${query.destination} options=${same(destinations)} testid="filter-destination" />
		<${Select} label="State" name="state" value=${query.state} options=${states} testid="filter-state" />
		<${Select} label="Received in the last" name="since" value=${query.since} options=${times} none="any time" testid="filter-since" />
		<${Input} label="Event" name="event" placeholder="order.paid" testid="filter-event" />
		<${Input} label="Id" name="id" placeholder="the provider's" testid="filter-id" />
		<${Input} label="Search" name="q" type="search" placeholder="in ids, events, bodies  ( / )" testid="filter-q" grow />
		<div class="field-buttons">
			<button type="submit" class="primary" data-testid="apply-filters">Apply</button>
			<a class="button" href="#/deliveries" data-testid="clear-filters">Clear</a>
		</div>
	</form>`;
}
