// One refusal.
import { html } from "../../lib.js";
import { Ago } from "../../components/ago.js";
import { Badge, Status } from "../../components/badge.js";
import { Prose } from "../../components/text.js";
import { bytes } from "../../format.js";
import { say } from "../../reasons.js";

export function Refusal({ refusal: r, fresh }) {
	return html`<li class="panel refusal ${fresh ? "fresh" : ""}" data-testid="refusal-row" data-id=${r.id} data-reason=${r.reason}>
		<div class="refusal-head">
			<${Status} code=${r.status} />
			<${Badge} tone="warn" title=${r.reason}>${say(r.reason)}<//>
			<span class="refusal-endpoint"><span class="strong">${r.endpoint}</span> <span class="faint">${r.provider}</span></span>
			<span class="spacer"></span>
			<${Ago} at=${r.time} />
		</div>
		${r.detail && html`<p class="mono refusal-detail">${r.detail}</p>`}
		<details><summary>What to do</summary><p class="advice" data-testid="refusal-advice"><${Prose} text=${r.advice} /></p></details>
		<details>
			<summary><span class="mono">${r.method} ${r.path}</span>${r.sender && html` from <span class="mono">${r.sender}</span>`}</summary>
			<dl class="facts">
				<dt>Body</dt><dd>${r.size ? `${bytes(r.size)} read` : "not read"}</dd>
				<dt>Headers</dt><dd class="mono">${r.headers?.length ? r.headers.join(", ") : "none"}</dd>
			</dl>
			${r.body && html`<pre class="code-block small wrap" tabindex="0"><code>${r.body}</code></pre>`}
		</details>
	</li>`;
}
