package caddymodule

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
)

// talliedSite has an endpoint for each thing that can happen.
const talliedSite = `ADDR {
	webhook_gateway /proxied proxied {
		verify github a-secret-for-tests
		events push
		accept body.n>0
		max_body 1KiB
		breaker off
		retry {
			delay 1ms 1ms
		}
		to APP
	}
	webhook_gateway /strangers strangers {
		verify stripe whsec_for-tests
		to APP
	}
	webhook_gateway /fenced fenced {
		verify github a-secret-for-tests
		allow_ips 198.51.100.7
		to APP
	}
	webhook_gateway /limited limited {
		verify github a-secret-for-tests
		rate_limit 1/1h per {client_ip}
		to APP
	}
	webhook_gateway /deferred deferred {
		verify github a-secret-for-tests
		rate_limit 1/1h
		mode store
		to APP
	}
	webhook_gateway /slow slow {
		verify github a-secret-for-tests
		mode store
		timeout 10ms
		retry {
			attempts 1
		}
		to APP
	}
	webhook_gateway /stored stored {
		verify github a-secret-for-tests
		mode store
		breaker off
		retry {
			delay 1ms 1ms
		}
		deliver first {
			reverse_proxy APP
		}
		deliver second {
			@big webhook body.more.n>90
			respond @big 202
			respond 204
		}
	}
	webhook_gateway /down down {
		verify github a-secret-for-tests
		mode store
		breaker 1 pause 1h
		to APP
	}
	webhook_gateway /held held {
		verify github a-secret-for-tests
		in_flight 1
		ack_within 1h
		timeout 2h
		to APP
	}
	webhook_gateway /lost lost {
		verify github a-secret-for-tests
		mode store
		to APP
	}
	webhook_gateway /paused paused {
		verify github a-secret-for-tests
		mode store
		to APP
	}
}
`

// A tallied is the gateway under Caddy whose metrics are looked at.
type tallied struct {
	*bookkeeper
	app  *talker
	path string // of the store
	made int    // events
}

func (s *tallied) load(site string) {
	s.Helper()
	global := "\twebhook_gateway {\n\t\tstore sqlite " + s.path + " {\n\t\t\treserve 1MiB\n\t\t}\n\t\tmax_stored 1234\n\t}\n"
	if err := loadWith(s.T, global, strings.ReplaceAll(site, "APP", strings.TrimPrefix(s.app.URL, "http://"))); err != nil {
		s.Fatal(err)
	}
}

// event is a signed request that has the application say this.
func (s *tallied) event(endpoint string, say ...int) *http.Request {
	s.made++
	return signedEvent(endpoint, fmt.Sprintf(`{"n":%d,"say":%s}`, s.made, strings.ReplaceAll(fmt.Sprint(say), " ", ",")))
}

func signedEvent(endpoint, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/"+endpoint, strings.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", sign(body))
	r.Header.Set("X-Github-Event", "push")
	return r
}

// sends sends a request, and wants the status.
func (s *tallied) sends(r *http.Request, want int) {
	s.Helper()
	if w := send(s.T, "srv0", r); w.Code != want {
		s.Errorf("%s is answered %d %s, want %d", r.URL, w.Code, w.Body, want)
	}
}

// stores sends an event to be delivered in the background.
func (s *tallied) stores(endpoint string, say ...int) {
	s.Helper()
	s.sends(s.event(endpoint, say...), http.StatusOK)
}

// TestMetricsSayWhatHappened drives known traffic and wants each metric to say
// exactly that: what is not named is 0.
func TestMetricsSayWhatHappened(t *testing.T) {
	s := &tallied{bookkeeper: newBookkeeper(t), app: newTalker(t), path: filepath.Join(t.TempDir(), "webhooks.db")}
	s.load(talliedSite)
	proxied, stored := lately.Hour("proxied"), lately.Hour("stored")
	s.proxied()
	s.refused()
	s.slow()
	s.stored()
	s.deferred()
	s.down()
	s.held()
	s.lost()
	s.paused()
	s.again()
	s.wantSums()
	s.wantActivity("proxied", proxied, activity.Minute{Accepted: 11, Refused: 3, Delivered: 6, Failed: 4, Dead: 1})
	s.wantActivity("stored", stored, activity.Minute{Accepted: 3, Delivered: 6, Failed: 3, Dead: 1})
	s.inTheStore()
	s.orphaned()
	s.full()
	s.wantAllLookedAt()
	s.canceled()
}

// wantAllLookedAt wants no metric to be left out above.
func (s *tallied) wantAllLookedAt() {
	for _, f := range gatherActive(s.T) {
		if name := strings.TrimPrefix(f.GetName(), prefix); !s.looked[name] {
			s.Errorf("nothing wants %s to have a value", name)
		}
	}
}

// wantActivity wants what an operator is shown of the last hour to be the same
// as the metrics.
func (s *tallied) wantActivity(endpoint string, before, want activity.Minute) {
	s.Helper()
	now := lately.Hour(endpoint)
	got := activity.Minute{
		Accepted: now.Accepted - before.Accepted, Refused: now.Refused - before.Refused,
		Delivered: now.Delivered - before.Delivered, Failed: now.Failed - before.Failed, Dead: now.Dead - before.Dead,
	}
	if got != want {
		s.Errorf("of %s the last hour is %+v, want %+v", endpoint, got, want)
	}
}

func (s *tallied) proxied() {
	for range 3 {
		s.sends(s.event("proxied", 200), http.StatusOK)
	}
	repeated := s.event("proxied", 201)
	s.sends(repeated.Clone(s.Context()), http.StatusCreated)
	body := fmt.Sprintf(`{"n":%d,"say":[201]}`, s.made)
	s.sends(signedEvent("proxied", body), http.StatusOK)
	s.sends(s.event("proxied", 503, 200), http.StatusOK)
	s.sends(s.event("proxied", breakOff, 503, 200), http.StatusOK)
	s.sends(s.event("proxied", 400), http.StatusBadRequest)
	s.sends(signedEvent("proxied", `{"n":0}`), http.StatusOK)
	s.sends(signedEvent("proxied", `{}`), http.StatusOK)
	other := s.event("proxied", 200)
	other.Header.Set("X-Github-Event", "issues")
	s.sends(other, http.StatusOK)
	ping := signedEvent("proxied", `{"zen":"Design for failure.","hook_id":1}`)
	ping.Header.Set("X-Github-Event", "ping")
	s.sends(ping, http.StatusOK)
	s.sends(signedEvent("proxied", "no JSON"), http.StatusBadRequest)
	s.sends(signedEvent("proxied", strings.Repeat(" ", 1025)), http.StatusRequestEntityTooLarge)
	short := signedEvent("proxied", "{}")
	short.ContentLength++
	s.sends(short, http.StatusBadRequest)
	s.becomes("proxied", tally{
		"requests_total delivered": 4, "requests_total duplicate": 1, "requests_total queued": 2, "requests_total failed": 1,
		"requests_total filtered": 3, "requests_total handshake": 1, "requests_total malformed": 1, "requests_total too_large": 1,
		"requests_total body_broken": 1, "condition_errors_total": 1,
		"request_seconds": 12, "verify_seconds": 13, "upstream_seconds": 7,
		"attempts_total default accepted": 6, "attempts_total default status": 3, "attempts_total default network": 1,
		"attempt_seconds default": 10, "due_lag_seconds default": 3,
		"deliveries default delivered": 6, "deliveries default dead": 1,
	})
}

// refused sends what strangers do.
func (s *tallied) refused() {
	stripe := func(signature string) {
		r := httptest.NewRequest(http.MethodPost, "/strangers", strings.NewReader("{}"))
		if signature != "" {
			r.Header.Set("Stripe-Signature", signature)
		}
		s.sends(r, http.StatusUnauthorized)
	}
	now, v1 := time.Now().Unix(), ",v1="+strings.Repeat("0", 64)
	stripe("")
	stripe(fmt.Sprint("t=", now, v1))
	stripe(fmt.Sprint("t=", now, v1, v1))
	stripe(fmt.Sprint("t=", now, strings.Repeat(v1, 9)))
	stripe(v1[1:])
	stripe("t=soon" + v1)
	stripe("t=1" + v1)
	stripe(fmt.Sprint("t=", now+3600, v1))
	twice := httptest.NewRequest(http.MethodPost, "/strangers", nil)
	twice.Header["Stripe-Signature"] = []string{"a", "b"}
	s.sends(twice, http.StatusUnauthorized)
	s.sends(httptest.NewRequest(http.MethodGet, "/strangers", nil), http.StatusMethodNotAllowed)
	early := httptest.NewRequest(http.MethodPost, "/strangers", nil)
	early.TLS = new(tls.ConnectionState)
	s.sends(early, http.StatusTooEarly)
	s.becomes("strangers", tally{
		"requests_total sig_missing": 1, "requests_total sig_bad": 2, "requests_total sig_too_many": 1, "requests_total ts_missing": 1,
		"requests_total ts_bad": 1, "requests_total ts_stale": 1, "requests_total ts_future": 1, "requests_total sig_ambiguous": 1,
		"requests_total method": 1, "requests_total early_data": 1, "verify_seconds": 2,
	})
	s.sends(s.event("fenced", 200), http.StatusForbidden)
	s.becomes("fenced", tally{"requests_total ip_denied": 1})
	s.sends(s.event("limited", 200), http.StatusOK)
	s.sends(s.event("limited", 200), http.StatusTooManyRequests)
	s.becomes("limited", tally{
		"requests_total delivered": 1, "requests_total rate_limited": 1, "request_seconds": 1, "verify_seconds": 1, "upstream_seconds": 1,
		"attempts_total default accepted": 1, "attempt_seconds default": 1, "deliveries default delivered": 1,
	})
}

// slow has an application that never answers.
func (s *tallied) slow() {
	s.stores("slow", ignore)
	s.becomes("slow", tally{
		"requests_total queued": 1, "request_seconds": 1, "verify_seconds": 1,
		"attempts_total default timeout": 1, "attempt_seconds default": 1, "due_lag_seconds default": 1, "dead_total default": 1, "deliveries default dead": 1,
	})
}
