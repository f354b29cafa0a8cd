// The bar at the top.
import { html } from "../lib.js";
import { useTheme } from "../theme.js";
import { Badge } from "./badge.js";

const pages = [["", "overview", "Overview"], ["deliveries", "deliveries", "Deliveries"], ["refusals", "refusals", "Refusals"], ["endpoints", "endpoints", "Endpoints"]];

export function Header({ page, status }) {
	const [theme, next] = useTheme();
	return html`<header class="top"><div class="top-inside">
		<a class="brand" href="#/" aria-label="Webhook Gateway, overview">
			<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M4 12h7m9-6-6 6 6 6M11 12a3 3 0 1 0 6 0 3 3 0 0 0-6 0Z" /></svg>
			<span>Webhook Gateway</span>
		</a>
		<nav aria-label="Pages">
			${pages.map(([name, id, title]) => html`<a href="#/${name}" data-testid="nav-${id}" aria-current=${page === name ? "page" : undefined}>${title}</a>`)}
		</nav>
		<div class="top-end">
			${status && html`<a class="top-health" href="#/" aria-label="Health: ${status.health}"><${Badge} state=${status.health} /></a>`}
			<button type="button" class="quiet" data-testid="theme-toggle" onClick=${next} title="Change between the system's theme, light and dark">
				<span class="theme-word">Theme: </span>${theme}
			</button>
		</div>
	</div></header>`;
}
