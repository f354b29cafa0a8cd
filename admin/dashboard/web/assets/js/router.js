// Which page is shown is in the address after the #, and so are its filters.
import { useEffect, useState } from "./lib.js";

// parse takes "#/deliveries/7?state=dead" apart.
export function parse(hash) {
	const [path, search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
	const [page = "", id = ""] = path.split("/").map(decode);
	return { page, id, query: Object.fromEntries(new URLSearchParams(search)), search };
}

function decode(s) {
	try {
		return decodeURIComponent(s);
	} catch {
		return s;
	}
}

// link is the reverse of parse, without the fields that are empty.
export function link(page, id = "", fields = {}) {
	const q = new URLSearchParams(Object.entries(fields).filter(([, v]) => v)).toString();
	return `#/${page}${id && `/${encodeURIComponent(id)}`}${q && `?${q}`}`;
}

let last = "#/deliveries";

// lastList is the list of deliveries as it was seen last, filters included.
export function lastList() {
	return last;
}

export function go(hash) {
	location.hash = hash;
}

export function useRoute() {
	const [route, set] = useState(() => parse(location.hash));
	useEffect(() => {
		const changed = () => set(parse(location.hash));
		addEventListener("hashchange", changed);
		return () => removeEventListener("hashchange", changed);
	}, []);
	if (route.page === "deliveries" && !route.id) last = link("deliveries", "", route.query);
	return route;
}
