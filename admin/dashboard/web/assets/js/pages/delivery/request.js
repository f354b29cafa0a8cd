// What was sent: headers and body.
import { complain, notify } from "../../components/notice.js";
import { copy } from "../../components/copy.js";
import { Dialog } from "../../components/dialog.js";
import { Code } from "../../components/panels.js";
import { address } from "../../api.js";
import { curl, redacted } from "../../curl.js";
import { html, useState } from "../../lib.js";
import { Body } from "./body.js";

export function Request({ delivery, path }) {
	const [shown, show] = useState(null);
	const request = delivery.request;
	const copyCurl = async () => {
		const { command, notes } = curl(request);
		if (await copy(command)) return notify(["Copied.", ...notes].join(" "));
		complain("The browser does not let this page copy.");
		show({ command, notes });
	};
	return html`<div>
		<section class="panel" aria-labelledby="body-title">
			<div class="panel-head"><h2 id="body-title">Body</h2><span class="spacer"></span>
				<button type="button" data-testid="copy-curl" onClick=${copyCurl}>Copy as curl</button>
				<a class="button" href=${address(`${path}/body`)} download="body-${delivery.id}.bin" data-testid="download-body">Download</a>
			</div>
			<${Body} request=${request} />
		</section>
		<section class="panel" aria-labelledby="headers-title">
			<div class="panel-head"><h2 id="headers-title">Headers</h2><span class="faint">what has secrets is redacted</span></div>
			<div class="scroll"><table class="headers"><tbody>
				${(request.headers ?? []).map(([name, value]) => html`<tr><th scope="row">${name}</th><td class=${redacted(value) ? "faint" : ""}>${value}</td></tr>`)}
			</tbody></table></div>
		</section>
		${shown && html`<${Dialog} title="As curl" wide onClose=${() => show(null)}>
			${shown.notes.map((n) => html`<p>${n}</p>`)}
			<${Code}>${shown.command}<//>
			<div class="dialog-buttons"><button type="button" onClick=${() => show(null)}>Close</button></div>
		<//>`}
	</div>`;
}
