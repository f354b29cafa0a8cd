// Text to the clipboard.

// copy reports whether it is there. Without a secure context only the old way
// works; a browser may refuse both.
export async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyOld(text);
	}
}

function copyOld(text) {
	const before = document.activeElement;
	const area = document.body.appendChild(document.createElement("textarea"));
	area.value = text;
	area.className = "offscreen";
	area.select();
	let done = false;
	try {
		done = document.execCommand("copy");
	} catch {
		// The caller shows the text instead.
	}
	area.remove();
	before?.focus();
	return done;
}
