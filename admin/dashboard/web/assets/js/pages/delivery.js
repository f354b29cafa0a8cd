// One delivery: what became of it, attempt by attempt, and what was sent.
import { post } from "../api.js";
import { confirm } from "../components/confirm.js";
import { notify } from "../components/notice.js";
import { Loading, Problem } from "../components/panels.js";
import { html } from "../lib.js";
import { useLoad } from "../load.js";
import { useOnce } from "../once.js";
import { go, lastList } from "../router.js";
import { useHappening } from "../stream.js";
import { Badge } from "../components/badge.js";
import { Facts } from "./delivery/facts.js";
import { Request } from "./delivery/request.js";
import { Timeline } from "./delivery/timeline.js";

export function Delivery({ id }) {
	const path = `deliveries/${encodeURIComponent(id)}`;
	const { data, error, soon } = useLoad(path, { every: 10000 });
	useHappening((h) => {
		if (h.delivery === id || h.kind === "reconnected" || !h.delivery && h.reference === data?.reference) soon();
	});
	if (!data) return html`<${Back} />${error ? html`<${Problem} error=${error} retry=${soon} />` : html`<${Loading} what="the delivery" />`}`;
	return html`
		<${Back} />
		${error && html`<${Problem} error=${error} retry=${soon} />`}
		<div class="page-head">
			<h1>${data.event || "Delivery"} <span class="mono faint">${data.id}</span></h1>
			<${Badge} state=${data.state} data-testid="detail-state" data-state=${data.state} />
			<span class="spacer"></span>
			<${Actions} delivery=${data} path=${path} soon=${soon} />
		</div>
		<div class="columns">
			<div>
				<${Facts} delivery=${data} />
				<${Timeline} delivery=${data} />
			</div>
			<${Request} delivery=${data} path=${path} />
		</div>`;
}

// Back goes to the list as it was, filters included.
function Back() {
	return html`<p class="crumb"><a href=${lastList()}>← Deliveries</a></p>`;
}

const questions = {
	replay: { title: "Replay this delivery?", text: "It is delivered again, at once. The application sees the same id, and may have handled it before.", ok: "Replay" },
	discard: { title: "Discard this delivery?", text: "It is deleted for good. The provider's redelivery of the same event is not taken in again, unless all its deliveries were dead letters.", ok: "Discard", danger: true },
};

function Actions({ delivery, path, soon }) {
	const once = useOnce();
	const change = (what) => once(async () => {
		if (!(await confirm(questions[what]))) return;
		try {
			await post(`${path}/${what}`);
			notify(what === "replay" ? "Replayed: it is due now." : "Discarded.");
			if (what === "discard") go(lastList());
		} finally {
			if (what === "replay") soon();
		}
	});
	const settled = delivery.state === "dead" || delivery.state === "delivered";
	return html`<div class="actions">
		<button type="button" class="primary" data-testid="replay" disabled=${!settled} title=${settled ? "" : "It is not settled yet"} onClick=${() => change("replay")}>Replay</button>
		<button type="button" class="danger-text" data-testid="discard" disabled=${delivery.state === "delivering"} title=${delivery.state === "delivering" ? "It is being delivered" : ""} onClick=${() => change("discard")}>Discard</button>
	</div>`;
}
