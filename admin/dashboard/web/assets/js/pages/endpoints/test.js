// Sending an endpoint an event of its own.
import { html, useRef, useState } from "../../lib.js";
import { post } from "../../api.js";
import { Status } from "../../components/badge.js";
import { Dialog } from "../../components/dialog.js";
import { say } from "../../reasons.js";
import { link } from "../../router.js";

export function TestDialog({ endpoint, onClose }) {
	const [state, set] = useState({});
	const form = useRef(null);
	const submit = async (e) => {
		e.preventDefault();
		const { event, body } = form.current.elements;
		const request = compose(event.value.trim(), body.value.trim());
		if (!request) return set({ problem: "The body is not JSON." });
		set({ busy: true });
		try {
			set({ answer: await post(`endpoints/${encodeURIComponent(endpoint)}/test`, request) });
		} catch (error) {
			set({ problem: error.message });
		}
	};
	return html`<${Dialog} title="Send ${endpoint} a test event" onClose=${onClose}>
		<p>It is signed with the endpoint's own secret, goes through all its checks, and is delivered like any other.</p>
		<form ref=${form} onSubmit=${submit}>
			<label class="field"><span>Event</span><input name="event" data-testid="test-event" placeholder="empty: the provider's usual one" autocomplete="off" spellcheck=${false} autofocus /></label>
			<label class="field"><span>Body, JSON</span><textarea name="body" rows="7" class="mono" data-testid="test-body" placeholder="empty: a small object" spellcheck=${false}></textarea></label>
			<${Result} state=${state} />
			<div class="dialog-buttons">
				<button type="button" onClick=${onClose}>Close</button>
				<button type="submit" class="primary" data-testid="test-submit" disabled=${state.busy}>${state.busy ? "Sending…" : "Send"}</button>
			</div>
		</form>
	<//>`;
}

function Result({ state: { problem, answer } }) {
	return html`<div aria-live="polite" data-testid="test-result">
		${problem && html`<p class="bad-text" data-testid="error">${problem}</p>`}
		${answer && html`<div class="test-answer">
			<p><${Status} code=${answer.status} /> <span class="strong">${say(answer.outcome)}</span></p>
			${answer.detail && html`<p>${answer.detail}</p>`}
			${answer.id && html`<p>Id <a class="mono" href=${link("deliveries", "", { id: answer.id })}>${answer.id}</a></p>`}
		</div>`}
	</div>`;
}

// compose returns the request as text, with the body as it was typed: numbers
// that JavaScript cannot hold stay what they are. null: it is not JSON.
function compose(event, body) {
	try {
		if (body) JSON.parse(body);
	} catch {
		return null;
	}
	const fields = [event && `"event":${JSON.stringify(event)}`, body && `"body":${body}`];
	return `{${fields.filter(Boolean).join(",")}}`;
}
