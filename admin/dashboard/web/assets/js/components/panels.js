// What is shown where there is nothing to show.
import { html } from "../lib.js";

export function Loading({ what }) {
	return html`<div class="loading" role="status"><span class="spinner" aria-hidden="true"></span>Loading ${what}…</div>`;
}

export function Empty({ title, children }) {
	return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}

// Problem says what went wrong and what to do next. Whoever shows it goes on
// trying; retry does so at once.
export function Problem({ error, retry }) {
	return html`<div class="problem" role="alert" data-testid="error">
		<div><strong>${error.message}</strong><p>${hint(error.status)}</p></div>
		${retry && html`<button type="button" onClick=${retry}>Try again</button>`}
	</div>`;
}

function hint(status) {
	switch (status) {
		case 0: return "Is caddy running? This page goes on trying.";
		case 400: return "Change the filters and try again.";
		case 401: return "Sign in again, then reload this page.";
		case 403: return "The server does not take this from here: open the dashboard by the name it is served under, and reload it.";
		case 404: return "It may have been discarded, or have outlived its retention.";
		case 409: return "Its state has changed meanwhile.";
		case 503: return "The gateway does not run at the moment, or has no store. This page goes on trying.";
		default: return "Caddy's log says more.";
	}
}

export function Code({ children }) {
	return html`<pre class="code-block" tabindex="0"><code>${children}</code></pre>`;
}
