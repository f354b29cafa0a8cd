// JSON laid out anew. Every token stays as it was written: numbers of any size,
// members in their order, repeated ones too.
const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)|([{}[\],])/g;

// layout returns pieces of text [kind, text], or null if it is not JSON.
export function layout(text) {
	try {
		JSON.parse(text);
	} catch {
		return null;
	}
	const out = new Pieces();
	for (const [, string, colon, number, word, mark] of text.matchAll(token)) {
		if (string) out.value(colon ? "key" : "string", string, colon ? ": " : "");
		else if (number) out.value("number", number, "");
		else if (word) out.value("word", word, "");
		else out.mark(mark);
	}
	return out.pieces;
}

class Pieces {
	pieces = [];
	depth = 0;
	empty = false; // an object or array has just begun

	value(kind, text, after) {
		this.begin();
		this.pieces.push([kind, text]);
		if (after) this.pieces.push(["", after]);
	}

	mark(mark) {
		if (mark === ",") this.plain(`,${this.line()}`);
		else if (mark === "{" || mark === "[") this.open(mark);
		else this.close(mark);
	}

	open(mark) {
		this.begin();
		this.plain(mark);
		this.depth++;
		this.empty = true;
	}

	close(mark) {
		this.depth--;
		this.plain(this.empty ? mark : this.line() + mark);
		this.empty = false;
	}

	begin() {
		if (this.empty) this.plain(this.line());
		this.empty = false;
	}

	line() {
		return `\n${"  ".repeat(this.depth)}`;
	}

	plain(text) {
		const last = this.pieces.at(-1);
		if (last && last[0] === "") last[1] += text;
		else this.pieces.push(["", text]);
	}
}

// form lays out application/x-www-form-urlencoded, a line for each field.
export function form(text) {
	const pieces = [];
	for (const [name, value] of new URLSearchParams(text)) pieces.push(["key", name], ["", " = "], ["string", `${value}\n`]);
	return pieces.length ? pieces : null;
}

// hex lays out the beginning of base64 as hexdump -C does.
export function hex(base64, most = 4096) {
	const all = atob(base64.slice(0, Math.ceil(most / 3) * 4)).slice(0, most);
	const lines = [];
	for (let i = 0; i < all.length; i += 16) {
		const row = [...all.slice(i, i + 16)];
		const codes = row.map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
		const text = row.map((c) => (c >= " " && c <= "~" ? c : ".")).join("");
		lines.push(`${i.toString(16).padStart(8, "0")}  ${codes.padEnd(47)}  |${text}|`);
	}
	return lines.join("\n");
}
