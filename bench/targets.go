package main

import (
	"net/http"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/program"
)

// A target is one Caddy under load.
type target struct {
	name   string
	global string // options of the gateway; "" where there is none
	site   string // of the Caddyfile; APP is the application's address
	status int    // wanted of every request
	folder string // of the store; "" means there is none
	keeps  bool   // the store is not emptied when the target starts
	idle   bool   // gets no requests: it is at work on what it has stored
	looked bool   // at: somebody has the dashboard open
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

const (
	storeOff = "store off"
	deliver  = "\n\tdeliver {" + proxy + "\n\t}"
	stored   = "\n\tmode store" + deliver

	// paused lets nothing through to the application but the one event that
	// tells that the target is ready.
	paused = stored + "\n\tpace 1/24h"
)

var (
	plain   = &target{name: "plain", site: proxy, status: http.StatusOK}
	gateway = withGateway("gateway", storeOff, deliver)

	// defaults keeps 32 idle connections to the application, as Caddy does unasked.
	defaults = &target{name: "defaults", site: "reverse_proxy APP", status: http.StatusOK}
	to       = withGateway("to", storeOff, "\n\tto APP")

	respond = &target{name: "respond", site: "respond 200", status: http.StatusOK}
	refuse  = refusing(withGateway("refuse", storeOff, deliver))

	// With a store.
	history   = withStore("history", deliver)
	accept    = withStore("accept", paused)
	sustained = withStore("sustained", stored)
	prompt    = withStore("prompt", strings.ReplaceAll(stored, "APP", "RECEIVER"))
	watched   = looked(withStore("watched", deliver))

	// These two are the same store: filled once, then loaded or drained.
	full  = keeping(withStore("full", paused))
	drain = idle(keeping(withStore("drain", stored)))

	// searched is full, with somebody who looks through it meanwhile.
	searched = looked(keeping(withStore("searched", paused)))

	targets = []*target{plain, gateway, defaults, to, respond, refuse, history, watched, accept, sustained, prompt, full, searched, drain}
)

// targetNames are those of ts, in their order.
func targetNames(ts []*target) string {
	var names []string
	for _, t := range ts {
		names = append(names, t.name)
	}
	return strings.Join(names, ",")
}

func withGateway(name, global, site string) *target {
	return &target{name: name, global: global, site: "webhook_gateway /hook broxi {" + checks + site + "\n}", status: http.StatusOK}
}

// withStore is durable; the bounds are out of the way of what is measured.
func withStore(name, site string) *target {
	t := withGateway(name, "store sqlite FOLDER/webhooks.db\n\t\tmax_stored 10_000_000 50GiB", site)
	t.folder = name
	return t
}

// keeping makes t share the store that is filled beforehand.
func keeping(t *target) *target {
	t.folder, t.keeps = "million", true
	return t
}

func idle(t *target) *target {
	t.idle = true
	return t
}

func looked(t *target) *target {
	t.looked = true
	return t
}

func refusing(t *target) *target {
	t.status = http.StatusUnauthorized
	return t
}

// caddy is how to start the target beside the programs of p.
func (t *target) caddy(p *program.Set) program.Caddy {
	return program.Caddy{
		Name: t.name, Status: t.status, Wrong: t.status == http.StatusUnauthorized, Metrics: t.folder != "", Looked: t.looked,
		Caddyfile: func(addr, metrics string) string {
			return strings.NewReplacer("APP", p.App, "RECEIVER", p.Receiver, "FOLDER", t.folder).Replace(t.caddyfile(addr, metrics))
		},
	}
}

// caddyfile is the target's whole configuration, listening on addr. Metrics
// have a site of their own, so that what is measured does not pass by them.
func (t *target) caddyfile(addr, metrics string) string {
	options := ""
	if t.global != "" {
		options = "\n\twebhook_gateway {\n\t\t" + t.global + "\n\t}"
	}
	text := "{\n\tadmin off\n\tauto_https off\n\tpersist_config off" + options + "\n}\n" + site(addr, t.site)
	if t.folder != "" {
		text += site(metrics, "webhook_dashboard {\n\tinsecure_without_auth\n}\nmetrics /metrics")
	}
	return text
}

func site(addr, handlers string) string {
	return "http://" + addr + " {\n\tbind 127.0.0.1\n" + handlers + "\n}\n"
}
