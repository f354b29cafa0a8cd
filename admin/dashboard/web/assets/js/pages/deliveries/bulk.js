// Changing many at a time.
import { post } from "../../api.js";
import { confirm } from "../../components/confirm.js";
import { notify } from "../../components/notice.js";
import { deliveries, count } from "../../format.js";
import { html, useState } from "../../lib.js";
import { useOnce } from "../../once.js";
import { ago } from "../../time.js";

const most = 1000; // in one request

export function Bulk({ query, rows, selected, clear, changed }) {
	const [busy, tell] = useState(""); // how far it is
	const once = useOnce();
	if (!rows?.length && selected.size === 0) return null;
	const start = (work) => once(async () => {
		try {
			if (await work()) clear();
		} finally {
			tell("");
			changed();
		}
	});
	const ids = [...selected];
	const none = ids.length === 0;
	return html`<div class="bulk" role="toolbar" aria-label="Change many">
		<span aria-live="polite">${ids.length ? `${deliveries(ids.length)} selected` : "None selected"} ${busy && html`<span class="strong">${busy}</span>`}</span>
		<button type="button" data-testid="bulk-replay" disabled=${none} onClick=${() => start(() => some("replay", ids))}>Replay selected</button>
		<button type="button" data-testid="bulk-discard" class="danger-text" disabled=${none} onClick=${() => start(() => some("discard", ids))}>Discard selected</button>
		<span class="spacer"></span>
		<button type="button" class="quiet" data-testid="replay-matching" onClick=${() => start(() => matching("replay", query, tell))}>Replay all that match…</button>
		<button type="button" class="quiet" data-testid="discard-matching" onClick=${() => start(() => matching("discard", query, tell))}>Discard all that match…</button>
	</div>`;
}

const what = {
	replay: { verb: "Replay", done: "replayed", text: "They are delivered again, at once. The application sees the same ids, and may have handled them before. Those that wait already stay as they are." },
	discard: { verb: "Discard", done: "discarded", text: "They are deleted for good. Those that are being delivered stay.", danger: true },
};

async function some(change, ids) {
	const { verb, text, danger } = what[change];
	if (!(await confirm({ title: `${verb} ${deliveries(ids.length)}?`, text, ok: `${verb} ${count(ids.length)}`, danger }))) return false;
	report(change, await post(change, { ids }), ids.length);
	return true;
}

// matching counts first, asks, and then changes so many, step by step.
async function matching(change, query, tell) {
	const { verb, text, danger } = what[change];
	const selection = select(change, query);
	const { count: total } = await post(change, { ...selection, dry_run: true });
	const states = selection.state.replace(",", " or ");
	if (total === 0) {
		notify(`Nothing to ${change}: no delivery matches that is ${states}.`);
		return false;
	}
	const question = { title: `${verb} ${deliveries(total)}?`, text: `All that match the filters and are ${states}. ${text}`, ok: `${verb} ${count(total)}`, danger };
	if (!(await confirm(question))) return false;
	report(change, await steps(change, selection, total, tell), total);
	return true;
}

// steps stops at the total: what is replayed may match again soon.
async function steps(change, selection, total, tell) {
	for (let done = 0; ;) {
		const answer = await post(change, { ...selection, limit: Math.min(most, total - done) });
		done += answer.count;
		if (!answer.more || answer.count === 0 || done >= total) return { count: done };
		tell(`${count(done)} of ${count(total)}…`);
	}
}

// select makes a Selection of the filters. Without a state it is for the dead:
// nobody wants everything delivered twice.
function select(change, query) {
	const { endpoint, destination, event, id, q } = query;
	const now = Date.now();
	const since = query.since ? ago(query.since, now) : undefined;
	const possible = change === "replay" ? ["delivered", "dead"] : ["pending", "delivered", "dead"];
	const state = (query.state || "dead").split(",").filter((s) => possible.includes(s)).join(",") || "dead";
	return { endpoint, destination, event, id, q, since, until: new Date(now).toISOString(), state, limit: most };
}

function report(change, answer, asked) {
	const { done } = what[change];
	const left = asked - answer.count;
	notify(`${deliveries(answer.count)} ${done}.${left > 0 ? ` ${count(left)} could not be: their state does not allow it, or they are gone.` : ""}`);
}
