// The way to the next page.
import { html } from "../../lib.js";
import { Ago } from "../../components/ago.js";
import { deliveries } from "../../format.js";

export function More({ list }) {
	const last = list.rows.at(-1);
	if (list.loading) {
		return html`<div class="more">
			<span class="spinner" aria-hidden="true"></span><span class="faint">Looking for more; ${deliveries(list.rows.length)} so far.</span>
			<button type="button" data-testid="stop" onClick=${list.stop}>Stop</button>
		</div>`;
	}
	if (!list.next) return last ? html`<p class="more faint">${deliveries(list.rows.length)}, and no more.</p>` : null;
	return html`<div class="more">
		<span class="faint">${last
			? html`${deliveries(list.rows.length)}, searched back to <${Ago} at=${last.received_at} />.`
			: "Nothing found so far; there is more to search."}</span>
		<button type="button" data-testid="more" onClick=${list.more}>Continue</button>
	</div>`;
}
