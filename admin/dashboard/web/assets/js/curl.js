// A stored request as a command for the shell.

// What curl makes itself, or what holds for one connection only.
const own = new Set(["host", "content-length", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "accept-encoding"]);

// What a terminal would take for a key when it is pasted, quotes or not.
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

export function redacted(value) {
	return value.includes("[redacted]");
}

// curl returns the command, and what its reader has to know about it.
export function curl(request) {
	const scheme = request.tls ? "https" : "http";
	const literal = /[[\]{}]/.test(request.target) ? "--globoff " : ""; // curl would take these for a pattern
	const parts = [`curl ${literal}-X ${quote(request.method)} ${quote(`${scheme}://${request.host}${request.target}`)}`];
	const notes = [];
	const headers = request.headers.filter(([name, value]) => !own.has(name.toLowerCase()) && !control.test(name + value));
	for (const [name, value] of headers) parts.push(`-H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`);
	const secret = headers.filter(([, value]) => redacted(value)).map(([name]) => name);
	if (redacted(request.target)) secret.unshift("the address's query");
	if (secret.length) notes.push(`Redacted, to be filled in: ${secret.join(", ")}.`);
	if (request.body_base64 || request.cut || control.test(request.body)) {
		parts.push("--data-binary @body.bin");
		notes.push("The body is not in the command: download it as body.bin.");
	} else if (request.body) {
		parts.push(`--data-raw ${quote(request.body)}`);
	}
	return { command: parts.join(" \\\n  "), notes };
}

function quote(text) {
	return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
