// Instants and durations, for people.
const units = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];

// span says how long so many seconds are: "45s", "3m 10s", "2d 4h".
export function span(seconds) {
	let rest = Math.max(0, Math.round(seconds));
	const first = units.findIndex(([, size]) => rest >= size);
	if (first < 0) return "0s";
	const parts = [];
	for (const [name, size] of units.slice(first, first + 2)) {
		const n = Math.floor(rest / size);
		if (n) parts.push(n + name);
		rest -= n * size;
	}
	return parts.join(" ");
}

// relative says how far an instant is from now, coarsely.
export function relative(instant, now) {
	const seconds = (now - instant.getTime()) / 1000;
	const size = Math.abs(seconds);
	if (size < 3) return "just now";
	const [name, unit] = units.find(([, s]) => size >= s);
	const text = `${Math.floor(size / unit)}${name}`;
	return seconds > 0 ? `${text} ago` : `in ${text}`;
}

// absolute is the instant to the millisecond, in local time.
export function absolute(instant) {
	const pad = (n, width = 2) => String(n).padStart(width, "0");
	const date = `${instant.getFullYear()}-${pad(instant.getMonth() + 1)}-${pad(instant.getDate())}`;
	return `${date} ${clock(instant)}.${pad(instant.getMilliseconds(), 3)} ${zone(instant)}`;
}

export function clock(instant) {
	return [instant.getHours(), instant.getMinutes(), instant.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

function zone(instant) {
	const minutes = -instant.getTimezoneOffset();
	const pad = (n) => String(Math.floor(n)).padStart(2, "0");
	return `UTC${minutes < 0 ? "−" : "+"}${pad(Math.abs(minutes) / 60)}:${pad(Math.abs(minutes) % 60)}`;
}

// latency says how long something took, given in seconds: "3.1 ms", "2.40 s",
// with a space that no line is broken at.
export function latency(seconds) {
	if (seconds >= 60) return span(seconds);
	if (seconds >= 1) return `${seconds.toFixed(2)}\u00a0s`;
	const ms = seconds * 1000;
	if (ms >= 1) return `${ms.toFixed(ms < 10 ? 1 : 0)}\u00a0ms`;
	return `${Math.round(ms * 1000)}\u00a0µs`;
}

// ago turns "24h" or "7d" into an instant; anything else is one already.
export function ago(since, now) {
	const parts = /^(\d+)([smhd])$/.exec(since);
	if (!parts) return since;
	const size = units.find(([name]) => name === parts[2])[1];
	return new Date(now - parts[1] * size * 1000).toISOString();
}
