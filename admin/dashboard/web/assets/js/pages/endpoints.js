// Endpoints: how they are configured, and where they deliver to.
import { html, useState } from "../lib.js";
import { Code, Empty, Loading, Problem } from "../components/panels.js";
import { endpointHint } from "../hints.js";
import { useLoad } from "../load.js";
import { Card } from "./endpoints/card.js";
import { TestDialog } from "./endpoints/test.js";

export function Endpoints({ status }) {
	const { data, error, soon } = useLoad("endpoints", { every: 30000 });
	const [testing, test] = useState(null);
	if (!data) return html`<h1>Endpoints</h1>${error ? html`<${Problem} error=${error} retry=${soon} />` : html`<${Loading} what="endpoints" />`}`;
	const cards = join(data.endpoints ?? [], status.data?.endpoints ?? []);
	return html`
		<h1>Endpoints</h1>
		${error && html`<${Problem} error=${error} retry=${soon} />`}
		${cards.length === 0 && html`<${Empty} title="No endpoints yet"><p>Put one into the Caddyfile's site, and reload Caddy:</p><${Code}>${endpointHint}<//><//>`}
		${cards.map(({ detail, now }) => html`<${Card} key=${(detail ?? now).name} detail=${detail} now=${now} store=${status.data?.store.state} changed=${status.soon} test=${() => test(detail.name)} />`)}
		${testing && html`<${TestDialog} endpoint=${testing} onClose=${() => test(null)} />`}`;
}

// join pairs each endpoint's configuration with its status. One that is not
// configured any more has the latter only.
function join(details, statuses) {
	const configured = details.map((detail) => ({ detail, now: statuses.find((s) => s.name === detail.name) }));
	const names = new Set(details.map((d) => d.name));
	return [...configured, ...statuses.filter((s) => !names.has(s.name)).map((now) => ({ now }))];
}
