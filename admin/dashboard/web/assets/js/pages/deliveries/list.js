// The rows, kept up to date without losing the reader's place.
import { get, query as withQuery } from "../../api.js";
import { useCallback, useEffect, useRef, useState } from "../../lib.js";
import { Repeater } from "../../load.js";

const size = 50; // of a page

// useDeliveries lists what the query selects. rows is null until there is an
// answer, next the cursor of the following page. more gets it, soon looks again
// at the newest ones, restart at everything. While loading, stop ends it. fresh
// has the ids that came in while looking.
export function useDeliveries(query, search) {
	const [state, set] = useState({ search: null });
	const [round, setRound] = useState(0);
	const repeater = useRef(null);
	const job = useRef(null);
	useEffect(() => {
		const control = new AbortController();
		job.current = { query, search, signal: control.signal, set, begun: false };
		// Searching bodies costs the server more than a look at the newest ones.
		repeater.current = new Repeater(() => look(job.current), { every: 30000, pause: query.q || query.event ? 5000 : 1000 });
		return () => {
			repeater.current.stop();
			control.abort();
		};
	}, [search, round]);
	const current = state.search === search ? state : {};
	return {
		rows: null, fresh: new Set(), next: "", ...current,
		soon: useCallback(() => repeater.current.soon(), []),
		restart: useCallback(() => setRound((n) => n + 1), []),
		more: useCallback(() => more(job.current, current.next), [current.next]),
		stop: useCallback(() => (job.current.stopped = true), []),
	};
}

// look gets the first page, or, when it is there already, what is new. It
// reports whether the server answered.
async function look(job) {
	return attempt(job, async () => {
		if (job.begun) {
			const answer = await get(path(job.query), job.signal);
			return update(job, (s) => merge(s, answer));
		}
		await collect(job, "", (answer) => {
			update(job, (s) => (job.begun ? append(s, answer) : begin(job.search, answer)));
			job.begun = true;
		});
	});
}

function more(job, cursor) {
	return attempt(job, () => collect(job, cursor, (answer) => update(job, (s) => append(s, answer))));
}

// collect asks until a page is full or there is no more: an answer may have few
// rows or none, and yet a cursor, since the server looks for so long only.
async function collect(job, cursor, take) {
	job.stopped = false;
	update(job, (s) => ({ ...s, loading: true }));
	for (let found = 0; ;) {
		const answer = await get(path(job.query, cursor), job.signal);
		if (job.signal.aborted) return;
		take(answer);
		found += answer.deliveries.length;
		cursor = answer.next;
		if (!cursor || found >= size || job.stopped) break;
	}
	update(job, (s) => ({ ...s, loading: false }));
}

async function attempt(job, work) {
	try {
		await work();
		return true;
	} catch (error) {
		update(job, (s) => (s.search === job.search ? { ...s, loading: false, error } : { search: job.search, rows: null, error }));
		return false;
	}
}

function update(job, change) {
	if (!job.signal.aborted) job.set(change);
}

function path(query, cursor) {
	const { endpoint, destination, state, event, id, q, since } = query;
	return withQuery("deliveries", { endpoint, destination, state, event, id, q, since, limit: String(size), cursor });
}

function begin(search, answer) {
	return { search, rows: answer.deliveries, next: answer.next || "", pages: 1, fresh: new Set(), loading: Boolean(answer.next), error: null };
}

function append(state, answer) {
	return { ...state, rows: join(state.rows, answer.deliveries), next: answer.next || "", pages: state.pages + 1, error: null };
}

// merge puts the first page anew before what follows it. When so much is new
// that it does not reach what was there, that is left out.
function merge(state, answer) {
	const rows = answer.deliveries;
	const known = new Set(state.rows.map((r) => r.id));
	const fresh = new Set(rows.filter((r) => !known.has(r.id)).map((r) => r.id));
	const full = rows.length >= size;
	if (!answer.next || (full && (state.pages === 1 || fresh.size === rows.length))) return { ...begin(state.search, answer), fresh, loading: state.loading };
	return { ...state, rows: join(rows, older(state.rows, rows)), fresh, error: null };
}

// older are those of the rows that come after all of the first page. Ids are
// larger than a number can be exact.
function older(rows, firstPage) {
	if (firstPage.length === 0) return rows;
	const last = BigInt(firstPage.at(-1).id);
	return rows.filter((r) => BigInt(r.id) < last);
}

function join(a, b) {
	const known = new Set(a.map((r) => r.id));
	return [...a, ...b.filter((r) => !known.has(r.id))];
}
