package main

import (
	"net/http"
	"strings"
)

// A target is one Caddy under load.
type target struct {
	name   string
	site   string // of the Caddyfile; APP is the application's address
	status int    // wanted of every request
}

// The transport both sides get where the module's own choice is not the question.
const proxy = `
	reverse_proxy APP {
		transport http {
			keepalive_idle_conns_per_host 1024
		}
	}`

// Everything on: signature, timestamp, allowlist, limits, idempotency.
const checks = `
		verify broxi {env.BENCH_SECRET}
		allow_ips 127.0.0.1 ::1
		rate_limit 1000000/1s per {client_ip}
		rate_limit 1000000/1s
		max_body 1MiB`

var (
	plain   = &target{"plain", proxy, http.StatusOK}
	gateway = &target{"gateway", "webhook_gateway /hook broxi {" + checks + "\n\tdeliver {" + proxy + "\n\t}\n}", http.StatusOK}

	// defaults keeps 32 idle connections to the application, as Caddy does unasked.
	defaults = &target{"defaults", "reverse_proxy APP", http.StatusOK}
	to       = &target{"to", "webhook_gateway /hook broxi {" + checks + "\n\tto APP\n}", http.StatusOK}

	respond = &target{"respond", "respond 200", http.StatusOK}
	refuse  = &target{"refuse", gateway.site, http.StatusUnauthorized}

	targets = []*target{plain, gateway, defaults, to, respond, refuse}
)

// caddyfile is the target's whole configuration, listening on addr.
func (t *target) caddyfile(addr, app string) string {
	return `{
	admin off
	auto_https off
	persist_config off
}
http://` + addr + ` {
	bind 127.0.0.1
` + strings.ReplaceAll(t.site, "APP", app) + `
}
`
}
