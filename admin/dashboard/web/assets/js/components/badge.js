// States, by colour and by word.
import { html } from "../lib.js";
import { words } from "../format.js";

const tones = {
	delivered: "good", healthy: "good", ready: "good", closed: "good", accepted: "good",
	pending: "info", delivering: "info", half_open: "warn", paused: "warn", full: "warn",
	dead: "bad", degraded: "bad", failed: "bad", open: "bad",
};

export function Badge({ state, tone = tones[state] || "plain", children, ...rest }) {
	return html`<span class="badge ${tone}" ...${rest}>${children ?? words(state)}</span>`;
}

// Status is that of an HTTP answer.
export function Status({ code }) {
	const tone = code >= 500 ? "bad" : code >= 400 ? "warn" : code >= 300 ? "info" : "good";
	return html`<span class="code ${tone}">${code}</span>`;
}
