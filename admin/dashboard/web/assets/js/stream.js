// What happens now: one connection for the whole page.
import { address } from "./api.js";
import { useEffect, useRef, useState } from "./lib.js";

const kinds = ["new", "attempt", "delivered", "dead", "refused"];
const listeners = new Set();
const watchers = new Set();
let source = null;
let state = "connecting"; // or open

// connect opens the stream, whenever the page is seen. Browsers make six
// connections to a server: six tabs with a stream would leave none to ask with.
export function connect() {
	document.addEventListener("visibilitychange", follow);
	follow();
}

function follow() {
	if (document.hidden) close();
	else if (!source) open();
}

// open has the browser reconnect by itself, unless the server answered with an
// error; then it is tried again in a while.
function open() {
	source = new EventSource(address("stream"));
	source.onopen = () => change("open");
	source.onerror = () => {
		if (source.readyState === EventSource.CLOSED) {
			close();
			setTimeout(follow, 5000);
		} else {
			change("connecting");
		}
	};
	for (const kind of kinds) source.addEventListener(kind, heard);
}

function close() {
	source?.close();
	source = null;
	change("connecting");
}

function heard(message) {
	const happening = JSON.parse(message.data);
	for (const tell of listeners) tell(happening);
}

function change(to) {
	const again = to === "open" && state !== "open";
	state = to;
	for (const tell of watchers) tell(to);
	// What happened meanwhile was missed: let everybody look.
	if (again) for (const tell of listeners) tell({ kind: "reconnected" });
}

// useHappening calls with whatever happens while the component is shown.
export function useHappening(tell) {
	const latest = useRef(tell);
	latest.current = tell;
	useEffect(() => {
		const call = (h) => latest.current(h);
		listeners.add(call);
		return () => listeners.delete(call);
	}, []);
}

export function useStreamState() {
	const [now, set] = useState(state);
	useEffect(() => {
		watchers.add(set);
		set(state);
		return () => watchers.delete(set);
	}, []);
	return now;
}
