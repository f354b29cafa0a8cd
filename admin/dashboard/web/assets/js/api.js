// The admin API. Its addresses are relative to the page, whatever the prefix.

// An ApiError is an answer that is none. Its status is 0 when nobody answered.
export class ApiError extends Error {
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}

export function address(path) {
	return new URL(path, document.baseURI).href;
}

// query appends the fields that have a value to the path.
export function query(path, fields) {
	const q = new URLSearchParams();
	for (const [name, value] of Object.entries(fields)) {
		if (value) q.set(name, value);
	}
	const text = q.toString();
	return text ? `${path}?${text}` : path;
}

export function get(path, signal) {
	return ask(path, { signal });
}

// post sends the value, or JSON that is already text.
export async function post(path, value) {
	const body = typeof value === "string" ? value : JSON.stringify(value ?? {});
	try {
		return await send(path, body, await token(false));
	} catch (e) {
		if (e.status !== 403 || (await token(false)) === "") throw e;
		return send(path, body, await token(true)); // the server was restarted since
	}
}

function send(path, body, csrf) {
	const headers = { "Content-Type": "application/json" };
	if (csrf) headers["X-CSRF-Token"] = csrf;
	return ask(path, { method: "POST", headers, body });
}

let session;

function token(fresh) {
	if (!session || fresh) {
		session = get("session").then((s) => s.csrf || "");
		session.catch(() => (session = undefined));
	}
	return session;
}

async function ask(path, options) {
	let answer;
	try {
		answer = await fetch(address(path), { cache: "no-store", credentials: "same-origin", ...options });
	} catch (e) {
		if (e.name === "AbortError") throw e;
		throw new ApiError(0, "The server does not answer.");
	}
	const value = await answer.json().catch(() => null);
	if (!answer.ok) throw new ApiError(answer.status, value?.error || `The server answered ${answer.status} ${answer.statusText}.`);
	if (value === null) throw new ApiError(answer.status, "The server's answer is not JSON. Is something else in front of it?");
	return value;
}
