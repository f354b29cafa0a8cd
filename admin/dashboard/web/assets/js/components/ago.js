// An instant as people say it, and exactly when pointed at.
import { html, useEffect, useState } from "../lib.js";
import { absolute, relative } from "../time.js";

const tickers = new Set();

setInterval(() => {
	const now = Date.now();
	for (const tick of tickers) tick(now);
}, 1000);

export function useNow() {
	const [now, set] = useState(Date.now);
	useEffect(() => {
		tickers.add(set);
		return () => tickers.delete(set);
	}, []);
	return now;
}

export function Ago({ at }) {
	const now = useNow();
	if (!at) return html`<span class="faint">–</span>`;
	const instant = new Date(at);
	return html`<time datetime=${instant.toISOString()} title=${absolute(instant)}>${relative(instant, now)}</time>`;
}
