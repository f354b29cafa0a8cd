package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// routed are endpoints in front of three applications: {0}, {1} and {2}.
const routed = `
webhook_gateway /routes routes {
	verify broxi {env.BROXI}
	deliver {
		@support webhook ` + "`body.data.workflow.startsWith(\"support_\") && provider == \"broxi-ai\"`" + `
		@big webhook ` + "`body.data.total > 100.0 && headers[\"x-lines\"] == \"one\" && query.x == \"1\" && endpoint == \"routes\"`" + `
		@pushes webhook_event push.* tag.?
		@silent webhook event=="silent"
		@abort webhook_event abort
		handle @abort {
			abort
		}
		handle @support {
			reverse_proxy {0}
		}
		handle @big {
			reverse_proxy {1} {
				header_up X-Total {webhook.body.data.total}
				header_up X-Facts "{webhook.endpoint} {webhook.provider} {webhook.id} {webhook.event} {webhook.attempt} {webhook.body.data.list.1.name}"
				header_up X-None "<{webhook.body.not.there}>"
				header_down X-Received {webhook.received_at}
			}
		}
		handle @pushes {
			respond "{webhook.event} of {webhook.body.who} by {webhook.id}" 201
		}
		handle @silent {
		}
		handle /routes {
			reverse_proxy {2}
		}
	}
}
webhook_gateway /proxies proxies {
	verify broxi {env.BROXI}
	deliver {
		@vip webhook ` + "`body.vip`" + `
		reverse_proxy @vip {1} {
			header_up X-Facts {webhook.event}
		}
		reverse_proxy {2}
	}
}
webhook_gateway /nowhere nowhere {
	verify broxi {env.BROXI}
	deliver {
		@never webhook_event never
		respond @never "no"
	}
}
webhook_gateway /fails fails {
	verify broxi {env.BROXI}
	deliver {
		@error webhook_event error.*
		error @error "a text for the log" 418
		error "a text for the log" 500
	}
}
@unverified webhook event=="x"
respond @unverified "a matcher outside of deliver"
@event webhook_event *
respond @event "a matcher outside of deliver"
`

// A step is one event for an endpoint and what becomes of it.
type step struct {
	name, endpoint string
	event, more    string // members of the body
	app            int    // that gets it; -1: none
	status         int
	body           string
	reason         string
}

func TestDeliverChoosesARoute(t *testing.T) {
	steps := []step{
		{"by a condition", "routes", "e", `"data":{"workflow":"support_1","total":99}`, 0, 200, "thanks", "delivered"},
		{"by another condition, within handle", "routes", "e", `"data":{"workflow":"x","total":100.5,"list":[0,{"name":"n"}]}`, 1, 200, "thanks", "delivered"},
		{"a whole number is compared with a fraction", "routes", "e", `"data":{"workflow":"x","total":101,"list":[0,{"name":"n"}]}`, 1, 200, "thanks", "delivered"},
		{"by its type", "routes", "push.main", `"who":"me"`, -1, 201, "push.main of me by ID", "delivered"},
		{"by its type, one character", "routes", "tag.1", `"who":{"a":[1]}`, -1, 201, `tag.1 of {"a":[1]} by ID`, "delivered"},
		{"placeholders are not expanded again", "routes", "push.x", `"who":"{env.BROXI}"`, -1, 201, "push.x of {env.BROXI} by ID", "delivered"},
		{"two characters are not one", "routes", "tag.12", `"who":"me"`, 2, 200, "thanks", "delivered"},
		{"a field of the wrong type", "routes", "e", `"data":{"workflow":7}`, 2, 200, "thanks", "delivered"},
		{"by two conditions, of which the first counts", "routes", "e", `"data":{"workflow":"support_1","total":101}`, 0, 200, "thanks", "delivered"},
		{"by a matcher of reverse_proxy", "proxies", "e", `"vip":true`, 1, 200, "thanks", "delivered"},
		{"by no matcher of reverse_proxy", "proxies", "e", `"vip":false`, 2, 200, "thanks", "delivered"},
		{"by no matcher, for a field is missing", "proxies", "e", `"x":1`, 2, 200, "thanks", "delivered"},
		{"the route does nothing", "routes", "silent", `"x":1`, -1, 502, refused(502), "failed"},
		{"the route hangs up", "routes", "abort", `"x":1`, -1, 0, "", "failed"},
		{"no route", "nowhere", "e", `"x":1`, -1, 502, refused(502), "failed"},
		{"the route's own error", "fails", "error.x", `"x":1`, -1, 418, refused(418), "failed"},
		{"the route's own server error", "fails", "e", `"x":1`, -1, 500, refused(500), "failed"},
	}
	eachFront(t, func(t *testing.T, f front) {
		apps, site := [3]*application{newApplication(t), newApplication(t), newApplication(t)}, routed
		for i, app := range apps {
			site = strings.ReplaceAll(site, fmt.Sprintf("{%d}", i), app.address())
		}
		c := start(t, f.caddyfile("", site), "BROXI="+senderSecret)
		log := c.journal()
		for _, s := range steps {
			t.Run(s.name, func(t *testing.T) {
				id := fmt.Sprint("d", serial.Add(1))
				body := fmt.Sprintf(`{"delivery_id":%q,"event":%q,%s}`, id, s.event, s.more)
				r, again := twice(post(t, f.url+"/"+s.endpoint+"?x=1", body, append(broxi(senderSecret, body), "X-Lines", "one", "X-Lines", "two")...))
				a, err := f.try(r)
				if (err != nil) != (s.status == 0) {
					t.Error(err)
				}
				a.want(t, s.status, strings.ReplaceAll(s.body, "ID", id))
				log.expect(t, s.endpoint, s.reason)
				for i, app := range apps {
					if got := app.take(); (len(got) == 1) != (i == s.app) {
						t.Errorf("application %d got %d requests", i, len(got))
					} else if i == 1 && s.app == 1 && s.endpoint == "routes" {
						checkPlaceholders(t, got[0], a, id)
					}
				}
				want := map[string]string{"delivered": "duplicate", "failed": "failed"}[s.reason]
				_, _ = f.try(again)
				log.expect(t, s.endpoint, want)
				for _, app := range apps {
					app.take()
				}
			})
		}
		f.ask(t, f.signed(t, "elsewhere", "x")).want(t, 200, "") // no event there, so nothing matches
		c.keeps(t, senderSecret)
	})
}

func checkPlaceholders(t *testing.T, got received, a answer, id string) {
	t.Helper()
	h := got.Header
	if facts := "routes broxi-ai " + id + " e 1 n"; h.Get("X-Facts") != facts || h.Get("X-None") != "<>" || !strings.HasPrefix(h.Get("X-Total"), "10") {
		t.Errorf("the application got %v, want facts %q", h, facts)
	}
	if at := a.header.Get("X-Received"); at == "" || at != h.Get("Webhook-Gateway-Received-At") {
		t.Errorf("received at %q and %q", at, h.Get("Webhook-Gateway-Received-At"))
	}
}

var filters = []string{
	"globs", "events order.* ?ing",
	"accepts", "accept `body.total > 100 && event != \"ping\"`",
	"headers", "accept `headers[\"x-kind\"] == \"good\" && !(\"x\" in query)`",
	"both", "events order.*\naccept `body.items.exists(i, i.sku == \"a\")`",
}

func TestFilters(t *testing.T) {
	tests := []struct {
		name, endpoint, body string
		reason               string
		failed               bool // the condition met a missing field or a wrong type
	}{
		{"a glob", "globs", `{"event":"order.paid.late"}`, "delivered", false},
		{"a glob of one character", "globs", `{"event":"ping"}`, "delivered", false},
		{"no glob", "globs", `{"event":"reorder.paid"}`, "filtered", false},
		{"no event at all", "globs", `{}`, "filtered", false},
		{"the event is in a body that is not JSON", "globs", `event=ping`, "malformed", false},
		{"the event twice", "globs", `{"event":"ping","event":"pong"}`, "malformed", false},
		{"nothing", "globs", ``, "malformed", false},
		{"accepted", "accepts", `{"event":"e","total":101}`, "delivered", false},
		{"a fraction", "accepts", `{"event":"e","total":100.5}`, "delivered", false},
		{"not accepted", "accepts", `{"event":"e","total":100}`, "filtered", false},
		{"not accepted by its type", "accepts", `{"event":"ping","total":101}`, "filtered", false},
		{"field missing", "accepts", `{"event":"e"}`, "filtered", true},
		{"field null", "accepts", `{"event":"e","total":null}`, "filtered", true},
		{"field of the wrong type", "accepts", `{"event":"e","total":"101"}`, "filtered", true},
		{"another kind of body", "accepts", `[1]`, "filtered", true},
		{"body not JSON", "accepts", `total=101`, "malformed", false},
		{"body cut short", "accepts", `{"event":"e","total":101`, "malformed", false},
		{"body twice", "accepts", `{"event":"e","total":101}{}`, "malformed", false},
		{"field twice", "accepts", `{"event":"e","total":101,"total":1}`, "malformed", false},
		{"a header", "headers", `{"event":"e"}`, "delivered", false},
		{"a header, and a body that need not be JSON", "headers", `text`, "delivered", false},
		{"both", "both", `{"event":"order.x","items":[{"sku":"b"},{"sku":"a"}]}`, "delivered", false},
		{"only the event", "both", `{"event":"order.x","items":[]}`, "filtered", false},
		{"only the condition", "both", `{"event":"x","items":[{"sku":"a"}]}`, "filtered", false},
	}
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, "", filters...)
		log, errors := c.journal(), make(map[string]int)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := post(t, f.url+"/"+tt.endpoint, tt.body, append(broxi(senderSecret, tt.body), "X-Kind", "good")...)
				a := f.ask(t, r)
				switch tt.reason {
				case "delivered":
					a.want(t, 200, "thanks")
				case "filtered":
					a.want(t, 200, ignored)
				default:
					a.want(t, 400, refused(400))
				}
				log.expect(t, tt.endpoint, tt.reason)
				if n := len(app.take()); (n == 1) != (tt.reason == "delivered") {
					t.Errorf("the application got %d requests", n)
				}
				if tt.failed {
					errors[tt.endpoint]++
				}
				if got := c.metric(fmt.Sprintf("condition_errors_total{endpoint=%q}", tt.endpoint)); got != fmt.Sprint(errors[tt.endpoint]) {
					t.Errorf("%s conditions failed, want %d", got, errors[tt.endpoint])
				}
			})
		}
		c.keeps(t, senderSecret)
	})
}

// TestHandleErrorsReplacesRefusals has an operator's own answers for refusals,
// and the application's own answers left alone.
func TestHandleErrorsReplacesRefusals(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app := newApplication(t)
		site := guarded("own", "max_body 200B\nrate_limit 1/1h per {webhook.event}\nallow_ips 203.0.113.7", app.address()) +
			guarded("down", "", freeAddr(t)) + `
			handle_errors {
				respond "own page for {err.status_code} {err.message}" {err.status_code}
			}`
		c := start(t, f.caddyfile(trusting, site), "BROXI="+senderSecret)
		good := from("203.0.113.7")
		ask := func(event string, headers ...string) answer {
			return f.ask(t, f.signed(t, "own", event, headers...))
		}
		app.then(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "the application's", 404) })
		ask("e", good...).want(t, 404, "the application's\n")
		limited := ask("e", good...)
		if limited.header.Get("Retry-After") == "" || limited.header.Get("RateLimit") == "" {
			t.Errorf("headers %v", limited.header)
		}
		forged := ask("x", append(good, "X-Broxi-Timestamp", "2")...)
		get := f.signed(t, "own", "x", good...)
		get.Method = http.MethodPut
		put := f.ask(t, get)
		if put.header.Get("Allow") != "POST" {
			t.Errorf("headers %v", put.header)
		}
		for status, a := range map[int]answer{429: limited, 401: forged, 405: put, 403: ask("x"), 413: ask(strings.Repeat("x", 200), good...)} {
			if a.status != status || !strings.HasPrefix(a.body, fmt.Sprintf("own page for %d ", status)) {
				t.Errorf("answered %d %q", a.status, a.body)
			}
		}
		// What is 500 or more is not replaced, because Caddy would log its headers.
		down := f.signed(t, "down", "x")
		f.ask(t, down).want(t, 502, refused(502))
		c.keeps(t, senderSecret, down.Header.Get("X-Broxi-Signature"))
	})
}

// TestFailuresKeepTheToken has a token in a header that Caddy would log with
// the request, had it to answer the failure.
func TestFailuresKeepTheToken(t *testing.T) {
	const token, body = "the-token-itself", `{"text":"private"}`
	eachFront(t, func(t *testing.T, f front) {
		app, site := newApplication(t), ""
		for name, to := range map[string]string{"down": freeAddr(t), "up": app.address()} {
			site += fmt.Sprintf("webhook_gateway /%s %s {\nverify token {env.TOKEN} {\nheader X-Secret\n}\nmax_body 100B\nto %s\n}\n", name, name, to)
		}
		c := start(t, f.caddyfile("", site+"handle_errors {\nrespond replaced {err.status_code}\n}"), "TOKEN="+token)
		log := c.journal()
		f.ask(t, post(t, f.url+"/down", body, "X-Secret", token)).want(t, 502, refused(502))
		log.expect(t, "down", "failed")
		f.ask(t, post(t, f.url+"/up", body+strings.Repeat(" ", 100), "X-Secret", token)).want(t, 413, "replaced")
		log.expect(t, "up", "too_large")
		app.then(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		f.ask(t, post(t, f.url+"/up", body, "X-Secret", token)).want(t, 502, refused(502))
		log.expect(t, "up", "failed")
		app.then(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		f.ask(t, post(t, f.url+"/up", body, "X-Secret", token)).want(t, 500, "")
		log.expect(t, "up", "failed")
		c.keeps(t, token, "private")
	})
}
