// Bodies and configurations, as text and nothing else.
import { html } from "../lib.js";

const colored = 4000; // pieces; more would make the page slow

// Prose shows text in which `this` is code.
export function Prose({ text }) {
	return text.split("`").map((part, i) => (i % 2 ? html`<code>${part}</code>` : part));
}

// Pieces shows [kind, text], as pretty.js has them.
export function Pieces({ pieces, ...rest }) {
	const inside = pieces.length > colored
		? pieces.map(([, text]) => text).join("")
		: pieces.map(([kind, text]) => (kind ? html`<span class="json-${kind}">${text}</span>` : text));
	return html`<pre class="code-block" tabindex="0" ...${rest}><code>${inside}</code></pre>`;
}
