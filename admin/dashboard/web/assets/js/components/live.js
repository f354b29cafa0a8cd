// Whether a list follows what happens.
import { html } from "../lib.js";
import { useStreamState } from "../stream.js";

export function LiveToggle({ on, toggle }) {
	const state = useStreamState();
	const text = !on ? "Live: off" : state === "open" ? "Live: on" : "Live: reconnecting";
	return html`<button type="button" class="live ${on && state === "open" ? "on" : ""}" aria-pressed=${on ? "true" : "false"}
		data-testid="live-toggle" onClick=${toggle} title=${on ? "Stop showing what is new" : "Show what is new as it comes"}>
		<span class="dot" aria-hidden="true"></span>${text}
	</button>`;
}
