// A modal dialog: the focus stays inside, Escape closes it, and then the focus
// is where it was.
import { html, useLayoutEffect, useRef } from "../lib.js";

export function Dialog({ title, onClose, children, wide }) {
	const ref = useRef(null);
	useLayoutEffect(() => {
		const before = document.activeElement;
		const dialog = ref.current;
		dialog.showModal();
		return () => {
			dialog.close();
			if (before?.isConnected) before.focus();
		};
	}, []);
	const cancel = (e) => {
		e.preventDefault();
		onClose();
	};
	const outside = (e) => e.target === ref.current && onClose();
	return html`<dialog ref=${ref} class=${wide ? "wide" : ""} aria-labelledby="dialog-title" onCancel=${cancel} onMouseDown=${outside}>
		<div class="dialog-inside"><h2 id="dialog-title">${title}</h2>${children}</div>
	</dialog>`;
}
