// The attempts, one after the other.
import { html } from "../../lib.js";
import { Ago } from "../../components/ago.js";
import { Status } from "../../components/badge.js";
import { words } from "../../format.js";
import { absolute, latency } from "../../time.js";

export function Timeline({ delivery }) {
	const history = delivery.history ?? [];
	const lost = delivery.attempts - history.length - (delivery.state === "delivering" ? 1 : 0);
	return html`<section class="panel" aria-labelledby="attempts-title">
		<div class="panel-head"><h2 id="attempts-title">Attempts</h2><span class="faint">${delivery.attempts || "none"} so far</span></div>
		<ol class="timeline">
			<li class="plain"><div class="event"><span class="strong">Received</span><${Ago} at=${delivery.received_at} /></div></li>
			${lost > 0 && history.length > 0 && html`<li class="plain"><div class="event faint">${lost} not remembered</div></li>`}
			${history.map((a) => html`<${Attempt} key=${a.number} attempt=${a} />`)}
			<${Now} delivery=${delivery} />
		</ol>
	</section>`;
}

function Attempt({ attempt: a }) {
	const good = !a.reason;
	return html`<li class=${good ? "good" : "bad"} data-testid="attempt" data-number=${a.number}>
		<div class="event">
			<span class="strong">Attempt ${a.number}</span>
			<span class=${good ? "good-text" : "bad-text"}>${good ? "accepted" : reason(a)}</span>
			${a.status ? html`<${Status} code=${a.status} />` : ""}
			<span class="faint">took ${latency(a.duration)}</span>
			<${Ago} at=${a.start} />
		</div>
		<div class="sub">${absolute(new Date(a.start))}</div>
		${a.error && html`<p class="attempt-error">${a.error}</p>`}
		${a.answer && html`<details open=${!good}><summary>Answer</summary><pre class="code-block small wrap" tabindex="0"><code>${a.answer}</code></pre></details>`}
	</li>`;
}

const reasons = {
	status: "refused by the application",
	network: "not reached, or broken off",
	timeout: "no answer in time: what it did is not known",
	canceled: "broken off by the gateway",
};

const reason = (a) => reasons[a.reason] ?? words(a.reason);

function Now({ delivery: d }) {
	switch (d.state) {
		case "delivering": return html`<li class="info"><div class="event"><span class="strong">Attempt ${d.attempts}</span><span>under way</span></div></li>`;
		case "pending": return html`<li class="info"><div class="event"><span class="strong">${d.attempts ? "Next attempt" : "First attempt"}</span>${d.due ? html`<${Ago} at=${d.due} />` : "soon"}</div></li>`;
		case "dead": return html`<li class="bad"><div class="event"><span class="strong">Given up</span><span class="faint">replay it when the cause is gone</span></div></li>`;
		default: return null;
	}
}
