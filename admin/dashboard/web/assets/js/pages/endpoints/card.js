// One endpoint.
import { html } from "../../lib.js";
import { Badge } from "../../components/badge.js";
import { Pieces } from "../../components/text.js";
import { layout } from "../../pretty.js";
import { link } from "../../router.js";
import { Lanes } from "./lanes.js";

export function Card({ detail, now, store, changed, test }) {
	const name = (detail ?? now).name;
	return html`<section class="panel endpoint" data-testid="endpoint-card" data-name=${name} aria-label="Endpoint ${name}">
		<div class="panel-head">
			<h2>${name}</h2>
			${now && html`<${Badge} state=${now.health} title=${now.reasons?.join("\n")} />`}
			<span class="faint">${detail ? `${detail.title || detail.provider} · mode ${detail.mode}` : "not in the configuration any more"}</span>
			<span class="spacer"></span>
			<a class="button" href=${link("deliveries", "", { endpoint: name })}>Deliveries</a>
			<a class="button" href=${link("refusals", "", { endpoint: name })}>Refusals</a>
			${detail && html`<button type="button" class="primary" data-testid="send-test" disabled=${!detail.testable}
				aria-describedby=${detail.testable ? undefined : `untestable-${name}`} onClick=${test}>Send a test event</button>`}
			${detail && !detail.testable && html`<p class="sub line end" id="untestable-${name}" data-testid="untestable">No test event can be sent: only the provider has the key that signs its events.</p>`}
			${now?.reasons && html`<ul class="sub line" aria-label="Why it is degraded" data-testid="endpoint-reasons">${now.reasons.map((r) => html`<li>${r}</li>`)}</ul>`}
		</div>
		<${Lanes} endpoint=${name} lanes=${now?.destinations ?? []} names=${detail?.destinations ?? []} store=${store} changed=${changed} />
		${detail && html`<div class="endpoint-about">
			<details><summary>About ${detail.title || detail.provider}</summary><${Provider} detail=${detail} /></details>
			<details><summary>Configuration</summary><${Pieces} pieces=${layout(JSON.stringify(detail.config ?? {}))} data-testid="endpoint-config" /></details>
		</div>`}
	</section>`;
}

function Provider({ detail }) {
	const docs = safe(detail.docs);
	return html`
		<dl class="facts">${(detail.facts ?? []).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
		${docs && html`<p class="padded"><a href=${docs} target="_blank" rel="noreferrer noopener">The provider's documentation<span class="offscreen"> (opens a new tab)</span> ↗</a></p>`}`;
}

// safe returns the address if it is one of the web, and nothing else.
function safe(text) {
	try {
		return ["http:", "https:"].includes(new URL(text).protocol) ? text : null;
	} catch {
		return null;
	}
}
