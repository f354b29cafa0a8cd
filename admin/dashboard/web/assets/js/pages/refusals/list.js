// The rows, the latest first.
import { get, query as withQuery } from "../../api.js";
import { useCallback, useEffect, useState, useRef } from "../../lib.js";
import { Repeater } from "../../load.js";

// useRefusals lists what the query selects. rows is null until there is an
// answer; more gets the next page, soon looks again at the first one.
export function useRefusals(query, search) {
	const [state, set] = useState({ search: null });
	const repeater = useRef(null);
	useEffect(() => {
		const control = new AbortController();
		repeater.current = new Repeater(() => first(query, search, control.signal, set), { every: 30000 });
		return () => {
			repeater.current.stop();
			control.abort();
		};
	}, [search]);
	const soon = useCallback(() => repeater.current.soon(), []);
	const current = state.search === search ? state : {};
	const more = useCallback(() => following(query, search, current.next, set), [search, current.next]);
	return { rows: null, fresh: new Set(), next: "", ...current, soon, more };
}

const path = ({ endpoint, reason }, cursor) => withQuery("refusals", { endpoint, reason, cursor });

async function first(query, search, signal, set) {
	try {
		const answer = await get(path(query), signal);
		if (!signal.aborted) set((s) => merge(s.search === search ? s : {}, search, answer));
		return true;
	} catch (error) {
		if (!signal.aborted) set((s) => (s.search === search ? { ...s, error } : { search, rows: null, error }));
		return false;
	}
}

// merge puts what is new before what is shown. Refusals never change.
function merge(state, search, answer) {
	const rows = answer.refusals ?? [];
	const known = new Set((state.rows ?? []).map((r) => r.id));
	const fresh = new Set(state.rows ? rows.filter((r) => !known.has(r.id)).map((r) => r.id) : []);
	const joined = state.rows && rows.some((r) => known.has(r.id));
	if (!joined) return { search, rows, fresh, next: answer.next || "", error: null };
	return { ...state, rows: [...rows.filter((r) => fresh.has(r.id)), ...state.rows], fresh, error: null };
}

async function following(query, search, cursor, set) {
	set((s) => ({ ...s, loading: true }));
	try {
		const answer = await get(path(query, cursor));
		set((s) => (s.search === search ? { ...s, rows: [...s.rows, ...(answer.refusals ?? [])], next: answer.next || "", loading: false, error: null } : s));
	} catch (error) {
		set((s) => (s.search === search ? { ...s, loading: false, error } : s));
	}
}
