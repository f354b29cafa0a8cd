// The body: laid out, or as it came.
import { html, useMemo, useState } from "../../lib.js";
import { Pieces } from "../../components/text.js";
import { bytes } from "../../format.js";
import { form, hex, layout } from "../../pretty.js";

export function Body({ request }) {
	const [raw, setRaw] = useState(false);
	const pretty = useMemo(() => (request.body && !request.cut ? lay(request) : null), [request.body]);
	if (request.size === 0) return html`<p class="padded faint">The request had no body.</p>`;
	const cut = request.cut && html`<p class="padded">These are the first ${bytes(request.body?.length || 1 << 20)} only: download it to see all ${bytes(request.size)}.</p>`;
	if (request.body_base64) {
		return html`${cut}<p class="padded faint">This is no text: ${bytes(request.size)}, and here is the beginning.</p>
			<pre class="code-block small" tabindex="0" data-testid="body-raw"><code>${hex(request.body_base64)}</code></pre>`;
	}
	if (!pretty) return html`${cut}<${Raw} text=${request.body} />`;
	return html`
		<div class="segments" role="group" aria-label="How the body is shown">
			<button type="button" data-testid="toggle-raw" aria-pressed=${raw ? "true" : "false"} onClick=${() => setRaw(!raw)}>${raw ? "Show laid out" : "Show raw"}</button>
		</div>
		${raw ? html`<${Raw} text=${request.body} />` : html`<${Pieces} pieces=${pretty} data-testid="body-pretty" />`}`;
}

function Raw({ text }) {
	return html`<pre class="code-block wrap" tabindex="0" data-testid="body-raw"><code>${text}</code></pre>`;
}

function lay(request) {
	const [, type = ""] = (request.headers ?? []).find(([name]) => name.toLowerCase() === "content-type") ?? [];
	if (type.startsWith("application/x-www-form-urlencoded")) return form(request.body);
	return layout(request.body);
}
