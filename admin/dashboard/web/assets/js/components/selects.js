// Choices of a filter.
import { html } from "../lib.js";

// Select offers [value, text] and, first, no choice. A value that is none of
// them, as from an old address, is offered too.
export function Select({ label, name, value = "", options, none = "Any", testid }) {
	const known = options.some(([v]) => v === value);
	const all = value && !known ? [...options, [value, value]] : options;
	return html`<label class="field"><span>${label}</span>
		<select name=${name} data-testid=${testid}>
			<option value="">${none}</option>
			${all.map(([v, text]) => html`<option key=${v} value=${v} selected=${v === value}>${text}</option>`)}
		</select>
	</label>`;
}

export function Input({ label, name, type = "text", placeholder, testid, grow }) {
	return html`<label class="field ${grow ? "grow" : ""}"><span>${label}</span>
		<input name=${name} type=${type} placeholder=${placeholder} data-testid=${testid} autocomplete="off" spellcheck=${false} />
	</label>`;
}
