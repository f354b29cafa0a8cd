// What it is.
import { html } from "../../lib.js";
import { Ago } from "../../components/ago.js";
import { bytes } from "../../format.js";
import { link } from "../../router.js";

export function Facts({ delivery: d }) {
	const r = d.request;
	return html`<section class="panel" aria-label="Facts">
		<dl class="facts">
			<dt>Id</dt><dd class="mono">${d.reference}</dd>
			<dt>Event</dt><dd>${d.event || html`<span class="faint">none given</span>`}</dd>
			<dt>Endpoint</dt><dd><a href=${link("deliveries", "", { endpoint: d.endpoint })}>${d.endpoint}</a> <span class="faint">${d.provider}</span></dd>
			<dt>Destination</dt><dd>${d.destination}</dd>
			<dt>Received</dt><dd><${Ago} at=${d.received_at} /></dd>
			${d.state === "pending" && d.due && html`<dt>Next attempt</dt><dd><${Ago} at=${d.due} /></dd>`}
			<dt>Request</dt><dd class="mono">${r.method} ${r.target}</dd>
			<dt>Host</dt><dd class="mono">${r.host} <span class="faint">${r.tls ? "over TLS" : "without TLS"}</span></dd>
			${r.sender && html`<dt>Sender</dt><dd class="mono">${r.sender}</dd>`}
			<dt>Body</dt><dd>${bytes(r.size)}</dd>
			${d.siblings?.length > 0 && html`<dt>Same event</dt><dd>${d.siblings.map((id) => html`<a class="mono sibling" href=${link("deliveries", id)} data-testid="sibling">${id}</a> `)}</dd>`}
		</dl>
	</section>`;
}
