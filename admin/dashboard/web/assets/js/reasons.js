// Why requests are refused, for people.
import { words } from "./format.js";

// reasons are all there are, in the order of a choice.
export const reasons = new Map(Object.entries({
	sig_bad: "signature wrong",
	sig_missing: "signature missing",
	sig_ambiguous: "signature ambiguous",
	sig_too_many: "too many signatures",
	ts_stale: "timestamp too old",
	ts_future: "timestamp in the future",
	ts_missing: "timestamp missing",
	ts_bad: "timestamp unreadable",
	malformed: "request malformed",
	method: "method not allowed",
	early_data: "sent as TLS early data",
	ip_denied: "address not allowed",
	rate_limited: "over the rate limit",
	too_large: "body too large",
	body_timeout: "body too slow",
	body_broken: "body incomplete",
	in_flight: "being handled already",
	busy: "gateway busy",
	not_ready: "gateway not ready",
	store_full: "store full",
	store_failed: "store failed",
}));

// say names a reason, or any other outcome of a request.
export function say(outcome) {
	return reasons.get(outcome) ?? words(outcome);
}
