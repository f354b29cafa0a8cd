import { html } from "../lib.js";
import { Empty } from "../components/panels.js";

export function NotFound() {
	return html`<${Empty} title="There is no such page"><p><a href="#/">Go to the overview</a></p><//>`;
}
