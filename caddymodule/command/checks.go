package command

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// leastBytes is the length under which a secret is worth a warning: 128 bits
// of hex would be 32 characters, of base64 22.
const leastBytes = 16

func (d *doctor) checkSecrets(e *endpoint, p *verify.Provider) {
	if len(d.schemes) > 0 && d.schemes[0].Kind == "none" {
		d.note("secrets", levelWarn, "verify none: anyone who knows the address can send", "use the provider's own way of signing, or at least allow_ips")
		return
	}
	c := e.Verify
	c.Secrets = nil
	for i, s := range e.Verify.Secrets {
		value, err := resolveStrictly(s)
		if err != nil {
			d.note("secrets", levelFail, fmt.Sprintf("secret %d: %v", i+1, err), "set it in the environment of the server, or make the file readable for its user")
			continue
		}
		c.Secrets = append(c.Secrets, value)
		d.checkSecret(i+1, s, value)
	}
	if len(c.Secrets) != len(e.Verify.Secrets) {
		return // New would say the same again, with other numbers
	}
	v, err := verify.New(c)
	if err != nil {
		d.note("secrets", levelFail, err.Error(), "copy the secret again from where the provider shows it; see caddy webhook providers "+p.Name)
		return
	}
	v.Close()
	if v.AnyTopic() {
		d.note("topic", levelWarn, "is *: messages of anyone who has an account at the provider are accepted", "name the topics that are wanted")
	}
	if len(c.Secrets) == 0 {
		d.note("secrets", levelOK, "none needed: the provider publishes its keys", "")
		return
	}
	d.note("secrets", levelOK, fmt.Sprintf("%d set and usable", len(c.Secrets)), "")
}

// checkSecret looks at one secret, which it never shows.
func (d *doctor) checkSecret(number int, configured, value string) {
	public := len(d.schemes) > 0 && d.schemes[0].PublicKeys()
	warn := func(text, fix string) {
		d.note("secrets", levelWarn, fmt.Sprintf("secret %d %s", number, text), fix)
	}
	switch other, twice := d.secrets[value]; {
	case public:
		return
	case twice && other == d.endpoint:
		warn("is there twice", "remove one")
	case twice:
		warn("is also that of the endpoint "+other, "use one secret for each: who knows one could send to both")
	}
	d.secrets[value] = d.endpoint
	if !strings.Contains(configured, "{env.") && !strings.Contains(configured, "{file.") {
		warn("is written in the configuration, which the admin API shows", "use {env.NAME} or {file.PATH}")
	}
	if len(value) < leastBytes {
		warn(fmt.Sprintf("is only %d bytes long", len(value)), "if you made it up, use a long random one: openssl rand -hex 32")
	}
	if strings.TrimSpace(value) != value {
		warn("begins or ends with white space", "remove it, unless the provider shows it so")
	}
}

// checkSenders looks at who may send, and whether the server knows who does.
func (d *doctor) checkSenders(e *endpoint) {
	listed := len(e.AllowIPs)+len(e.AllowIPsFromRaw) > 0
	perIP := slices.ContainsFunc(e.RateLimits, func(l gateway.RateLimit) bool { return strings.Contains(l.Per, "client_ip") })
	if !listed && !perIP {
		return
	}
	check, uses := "allow_ips", "allowlist"
	if !listed {
		check, uses = "rate_limit", "rate limit"
	}
	switch trusted := len(e.server.TrustedProxies) > 0; {
	case !trusted && behindProxy(e.server.Listen):
		d.note(check, levelWarn, "there are no trusted_proxies, but the server seems to be behind a proxy: the "+uses+" would see the proxy's address alone",
			"if there is a proxy in front, name it: servers { trusted_proxies static ... }")
	case trusted && e.server.TrustedProxiesStrict == 0 && readsForwarded(e.server.ClientIPHeaders):
		d.note(check, levelWarn, "the left-most address in X-Forwarded-For counts, which a sender can make up if the proxy appends to it",
			"add trusted_proxies_strict to the server's options")
	default:
		d.note(check, levelOK, "the senders' addresses are known", "")
	}
}

// readsForwarded reports whether X-Forwarded-For, Caddy's default, is among
// the headers that the client's address is read from.
func readsForwarded(headers []string) bool {
	return len(headers) == 0 || slices.ContainsFunc(headers, func(h string) bool { return strings.EqualFold(h, "X-Forwarded-For") })
}

// behindProxy guesses whether senders reach a server through another one: it
// listens on a private address, or on no port that is known to the public.
func behindProxy(listen []string) bool {
	public := func(address string) bool {
		n, err := caddy.ParseNetworkAddress(address)
		if err != nil || n.IsUnixNetwork() {
			return false
		}
		if ip, err := netip.ParseAddr(n.Host); err == nil && (ip.IsLoopback() || ip.IsPrivate()) || n.Host == "localhost" {
			return false
		}
		return port(address) == "443" || port(address) == "80"
	}
	return !slices.ContainsFunc(listen, public)
}

// checkLimits compares the endpoint's limits with what the provider does.
func (d *doctor) checkLimits(e *endpoint, p *verify.Provider) {
	c := e.WithDefaults()
	if p.MaxBody > c.MaxBody {
		d.note("max_body", levelWarn, fmt.Sprintf("%d bytes, but the provider sends up to %d", c.MaxBody, p.MaxBody), "raise max_body, or remove it")
	}
	patience := time.Duration(p.Patience) * time.Second
	switch timeout := time.Duration(c.Timeout); {
	case patience == 0:
		return
	case timeout >= patience:
		d.note("timeout", levelWarn, fmt.Sprintf("the application may take %v, but the provider waits %v and then sends again", timeout, patience),
			fmt.Sprintf("answer sooner and do the work afterwards; timeout %v makes late answers visible", patience*9/10))
	default:
		d.note("timeout", levelOK, fmt.Sprintf("%v, the provider waits %v", timeout, patience), "")
	}
}
