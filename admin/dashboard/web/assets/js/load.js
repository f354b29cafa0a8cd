// What the server knows, kept fresh.
import { get } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./lib.js";

// A Repeater calls load one at a time: every so many milliseconds, and soon
// when it is asked to, but not more often than the pause.
export class Repeater {
	constructor(load, { every, pause = 1000 }) {
		Object.assign(this, { load, every, pause, last: 0, busy: false, stopped: false, failures: 0 });
		this.run();
	}

	soon() {
		if (this.stopped) return;
		if (this.busy) this.again = true;
		else this.plan(Math.max(0, this.last + this.pause - performance.now()));
	}

	plan(wait) {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.run(), wait);
	}

	async run() {
		this.busy = true;
		this.again = false;
		const good = await this.load();
		this.busy = false;
		this.last = performance.now();
		this.failures = good ? 0 : this.failures + 1;
		if (this.stopped) return;
		if (this.again) this.plan(this.pause);
		else if (!good) this.plan(Math.min(1000 * 2 ** this.failures, 15000));
		else if (this.every) this.plan(this.every);
	}

	stop() {
		this.stopped = true;
		clearTimeout(this.timer);
	}
}

// useLoad gets a path (null: nothing) now, every so many milliseconds, and when
// soon is called. What was known stays when an answer fails.
export function useLoad(path, { every = 0, pause = 1000 } = {}) {
	const [state, set] = useState({ path: null });
	const repeater = useRef(null);
	useEffect(() => {
		if (path === null) return;
		const control = new AbortController();
		repeater.current = new Repeater(() => load(path, control.signal, set), { every, pause });
		return () => {
			repeater.current.stop();
			control.abort();
		};
	}, [path]);
	const soon = useCallback(() => repeater.current?.soon(), []);
	const current = state.path === path ? state : {};
	return { data: current.data ?? null, error: current.error ?? null, at: current.at, soon };
}

async function load(path, signal, set) {
	try {
		const data = await get(path, signal);
		if (!signal.aborted) set({ path, data, error: null, at: new Date() });
		return true;
	} catch (error) {
		if (!signal.aborted) set((s) => (s.path === path ? { ...s, error } : { path, data: null, error }));
		return false;
	}
}
