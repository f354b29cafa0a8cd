// Results, told to eyes and to screen readers.
import { html, useEffect, useState } from "../lib.js";

let show = () => {};
let number = 0;

// notify says that something is done; complain that it is not.
export const notify = (text) => show({ text, tone: "good" });
export const complain = (text) => show({ text, tone: "bad" });

export function Notices() {
	const [notices, set] = useState([]);
	useEffect(() => {
		show = (n) => {
			const id = ++number;
			set((all) => [...all.slice(-3), { ...n, id }]);
			setTimeout(() => set((all) => all.filter((x) => x.id !== id)), n.tone === "bad" ? 12000 : 7000);
		};
		return () => (show = () => {});
	}, []);
	const close = (id) => set((all) => all.filter((n) => n.id !== id));
	return html`<div class="notices" role="status" aria-live="polite" data-testid="notice">
		${notices.map((n) => html`<div class="notice ${n.tone}" key=${n.id}>
			<span>${n.text}</span>
			<button type="button" class="quiet" aria-label="Close message" onClick=${() => close(n.id)}>✕</button>
		</div>`)}
	</div>`;
}
