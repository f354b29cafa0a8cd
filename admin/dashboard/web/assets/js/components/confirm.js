// Asking before something is done.
import { html, useEffect, useState } from "../lib.js";
import { Dialog } from "./dialog.js";

let open = async () => false;

// confirm asks {title, text, ok, danger} and resolves to whether it may go on.
export function confirm(question) {
	return open(question);
}

export function Confirm() {
	const [asked, set] = useState(null);
	useEffect(() => {
		open = (question) => new Promise((resolve) => set({ ...question, resolve }));
		return () => (open = async () => false);
	}, []);
	if (!asked) return null;
	const answer = (yes) => {
		set(null);
		asked.resolve(yes);
	};
	// The safe button has the focus.
	return html`<${Dialog} title=${asked.title} onClose=${() => answer(false)}>
		<p>${asked.text}</p>
		<div class="dialog-buttons">
			<button type="button" data-testid="confirm-cancel" autofocus onClick=${() => answer(false)}>Cancel</button>
			<button type="button" class=${asked.danger ? "danger" : "primary"} data-testid="confirm-ok" onClick=${() => answer(true)}>${asked.ok}</button>
		</div>
	<//>`;
}
