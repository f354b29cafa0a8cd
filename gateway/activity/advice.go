package activity

import "github.com/webhook-gateway/caddy-webhook-gateway/gateway"

// advice is what a person can do about refusals, by reason: what it means, the
// usual causes with what to do about each, the likeliest first.
var advice = map[string]string{
	gateway.ReasonMethod: "The request's method is none that this provider uses for webhooks (most use POST alone). " +
		"If it is a GET, somebody opened the address in a browser, or a monitor checks it: point monitors at webhook_health. " +
		"If it comes from the provider, a redirect (http to https, or a missing slash at the end) may have turned its POST into a GET: register the final address there. " +
		"If it is the provider's handshake, look whether verify names the right provider.",
	gateway.ReasonEarlyData: "The request came in TLS 1.3 early data (0-RTT), which somebody else can replay, so it is not taken. " +
		"A client that gets 425 sends it again after the handshake, by itself. " +
		"If the same sender comes back with this again and again, switch 0-RTT off there, or in the proxy in front.",
	gateway.ReasonIPDenied: "The sender's address is not in allow_ips or allow_ips_from. " +
		"If the sender shown is a proxy of yours, Caddy does not know the real one: set trusted_proxies and trusted_proxies_strict in the servers option; `caddy webhook doctor` notices it. " +
		"If it is the provider, it sends from new addresses: correct allow_ips, or use `allow_ips provider` where it publishes them (that needs its list to have been fetched once; see the log). " +
		"Else it is a stranger, and there is nothing to do.",
	gateway.ReasonRateLimited: "The sender, or the endpoint, was over a rate_limit, or a sender asked for more than ten handshakes a second. The answer says when to come back, and most providers send again. " +
		"If it was a burst of real webhooks, raise the limit or its burst. " +
		"If all senders share one address, a proxy hides them: set trusted_proxies, or `per` would count them as one. " +
		"To keep verified events instead of refusing them, use `over_limit defer` with a store; limits per {client_ip} always refuse.",
	gateway.ReasonTooLarge: "The body is larger than max_body. " +
		"If it comes from the provider, raise max_body: `caddy webhook doctor` compares it with the provider's own largest. " +
		"Or have the provider send less: fewer events in one request, ids instead of whole objects. " +
		"If it is no webhook of yours, there is nothing to do.",
	gateway.ReasonBodyTimeout: "The sender did not send its body within body_timeout. " +
		"A slow or broken line, or a proxy in front that passes bodies on as they trickle in: have it buffer requests. " +
		"If large bodies come from far away, raise body_timeout. " +
		"Many of these from unknown senders are an attempt to tie up connections: set a rate_limit per {client_ip}.",
	gateway.ReasonBodyBroken: "The body could not be read to its end: the sender hung up, or sent more or less than its Content-Length says. " +
		"The sender gave up waiting or was restarted: providers send again. " +
		"A proxy in front cut the body off: compare its own limits and timeouts with max_body and body_timeout. " +
		"A sender of your own counts characters instead of bytes for Content-Length.",
	gateway.ReasonSigMissing: "The request has no signature or token where this provider puts it; the detail names the header. " +
		"The provider has no secret set, and does not sign: set one there. " +
		"It is not the provider's request: someone probes the address, or another service posts to it. " +
		"A proxy in front removes the header (Authorization above all), or `verify` names another provider or scheme than the one that sends: see `caddy webhook providers <name>`.",
	gateway.ReasonSigRepeated: "A header that the signature is checked with is there more than once, and it is not guessed which one counts. " +
		"A proxy in front adds the header instead of replacing it: have it set the header, or leave it alone. " +
		"Something sends requests on that it received, and adds its own: send them on as they came. " +
		"Or someone tries which of them is read.",
	gateway.ReasonSigBad: "The signature or token does not fit: none of the secrets made it for these bytes, or it is not written as this provider writes it. " +
		"The secret is another one: of another endpoint, of test instead of live, or replaced since. Copy it anew from the provider; during a change give `verify` both, the old and the new. " +
		"The secret is spoilt: a newline at its end, a prefix such as whsec_ left out, an unset variable; `caddy webhook doctor` looks at it. " +
		"The body or the address was changed on the way (JSON written anew, decompressed, another host or path): let it through as it is, and set `url` where the address is signed. " +
		"Capture one request and let `caddy webhook verify --explain` try these. If it is not from the provider, it is forged, and was refused rightly.",
	gateway.ReasonSigTooMany: "The request has more than eight signatures, each of which would have to be checked. " +
		"No provider sends so many: it is somebody who wants to keep the gateway busy, or who guesses. " +
		"If it is a sender of your own, it adds a signature for each secret that it ever had: remove the old ones there. " +
		"Set a rate_limit per {client_ip} if it goes on.",
	gateway.ReasonTSMissing: "The provider signs the time at which it sends, and the request has none; the detail says where it was looked for. " +
		"A proxy in front removes the header: have it pass all of them on. " +
		"`verify` names another provider, or another version of its scheme, than the one that sends: see `caddy webhook providers <name>`. " +
		"With `verify hmac`, correct the option `timestamp`. Or it is not the provider's request.",
	gateway.ReasonTSBad: "The signed time is not written as this provider writes it. " +
		"With `verify hmac`, the option `unit` is wrong: seconds and milliseconds are the usual mistake, and `caddy webhook verify --explain` tells which it is. " +
		"Something on the way wrote the header anew. " +
		"`verify` names another provider than the one that sends. Or it is not the provider's request.",
	gateway.ReasonTSStale: "The signed time is too old: further back than the tolerance. " +
		"Somebody sends a captured request again: that is what this check is for. " +
		"The clock of this machine is ahead: compare it (`timedatectl`), and let NTP set it. " +
		"The request waited on the way, in a queue or a proxy that tries again later: have it sign anew, or raise `tolerance` in verify, no further than you must. " +
		"If all of them are off by whole hours, one side takes its local time for UTC.",
	gateway.ReasonTSFuture: "The signed time is ahead of the clock here, by more than the tolerance. " +
		"The clock of this machine is behind: compare it (`timedatectl`), and let NTP set it. " +
		"The sender's clock is ahead: correct it, if the sender is yours. " +
		"If all of them are off by whole hours, one side takes its local time for UTC; if by a factor of a thousand, the option `unit` of `verify hmac` is wrong.",
	gateway.ReasonMalformed: "The request cannot be taken as a webhook; the detail says why. " +
		"The body is not JSON, or says its id or type twice, where `events`, `accept` or `idempotency` need to read it: correct what sends it, or the option. " +
		"The body is compressed (Content-Encoding): have it sent without, or have nothing read it. " +
		"It has no value for the key of `idempotency`: choose one that each delivery has. " +
		"A header that is signed is missing or unusable, or the header Connection names it: look what a proxy in front does. " +
		"A handshake is incomplete, or for a topic that `topic` does not name.",
	gateway.ReasonInFlight: "The same delivery is being handled at this moment, so it is too early to say whether it succeeds. " +
		"The provider lost patience and sent again while the application is still at work: it will hear the right answer when it comes back. " +
		"If it happens often, the application is slower than the provider waits: lower ack_within, or use `mode store`. " +
		"If different events are taken for one, choose a better key for `idempotency`.",
	gateway.ReasonBusy: "The gateway holds as many bytes of bodies as max_buffered allows, or three quarters of that from one sender before verification, or confirms as many subscriptions as it does at once. The sender is told to come back. " +
		"The application is slow, and requests wait for it: lower ack_within or timeout, or use `mode store`. " +
		"Senders are slow or many: lower body_timeout or max_body, or set a rate_limit per {client_ip}. " +
		"If one address sends it all, it may be a proxy's: set Caddy's `trusted_proxies`. " +
		"If the machine has the memory, raise max_buffered.",
	gateway.ReasonNotReady: "What is needed to answer was not there yet; the sender is told to come back, and the detail says which. " +
		"The provider's public keys could not be fetched: see whether this machine reaches the provider (DNS, firewall, outgoing proxy); for some providers the option `keys` or a secret names them instead. " +
		"The store was not open yet, or just being closed: that passes within moments of a start or reload; if it does not, look for errors of the store in the log.",
	gateway.ReasonStoreFull: "The store takes nothing in: max_stored is reached, or the disk has less free space than `reserve`. " +
		"Deliveries go on, so it is over when the backlog shrinks: see `caddy webhook status` for a destination that is down or paused, and put that right first. " +
		"Free space on the disk, or shorten `retain`. " +
		"Throw away what nobody needs with `caddy webhook discard`. If the disk is large enough, raise max_stored.",
	gateway.ReasonStoreFailed: "The store could not take the event in, so the sender is told to send again. " +
		"The disk was too slow: it took longer than commit_within. See what else uses it, or move the store to a local disk with an honest fsync. " +
		"The disk, or the file, failed: `caddy webhook status` and the log say how. Check the disk, then restart; a damaged file needs a backup or `on_corrupt quarantine`.",
}
