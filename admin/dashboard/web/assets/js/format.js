// Numbers and names, for people.
const whole = new Intl.NumberFormat("en");

export function count(n) {
	return whole.format(n);
}

// some is a count with its noun: "1 delivery", "12 deliveries".
export function some(n, one, many) {
	return `${count(n)} ${n === 1 ? one : many}`;
}

export function deliveries(n) {
	return some(n, "delivery", "deliveries");
}

// bytes says how many, with a space that no line is broken at: "2.9 KiB".
export function bytes(n) {
	const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
	let i = 0;
	for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
	return `${i ? n.toFixed(1) : count(n)}\u00a0${i === 0 && n === 1 ? "byte" : units[i]}`;
}

// words makes a constant readable: "half_open" is "half open".
export function words(s) {
	return s.replaceAll("_", " ");
}
