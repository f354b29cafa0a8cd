// When the server does not answer any more, what is shown gets old.
import { html } from "../lib.js";
import { clock } from "../time.js";

export function Gone({ status }) {
	if (!status.error || !status.data) return null;
	return html`<div class="gone" role="alert">
		<span><strong>${status.error.message}</strong> This is what was known at ${clock(status.at)}. Trying again…</span>
		<button type="button" onClick=${status.soon}>Try now</button>
	</div>`;
}
