package command

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A receiver verifies what it gets and remembers the ids.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	ids    map[string]int
	bodies map[string]int
}

// newReceiver answers what is genuine with status, anything else with 401.
func newReceiver(t *testing.T, status int, c verify.Config) *receiver {
	t.Helper()
	v, err := verify.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{ids: map[string]int{}, bodies: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		vr := &verify.Request{Method: request.Method, URI: request.RequestURI, Header: request.Header, Body: body}
		result, err := v.Verify(time.Now(), vr)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		id, _, _ := v.Identify(vr, &result, true)
		r.mu.Lock()
		r.ids[id]++
		r.bodies[string(body)]++
		r.mu.Unlock()
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		io.WriteString(w, "thanks\x1b[31m\n")
	}))
	t.Cleanup(r.Close)
	return r
}

func TestSend(t *testing.T) {
	r := newReceiver(t, 202, verify.Config{Provider: "github", Secrets: []string{"right"}})
	execute(t, "", "send", "--provider", "github", "--secret", "right", r.URL+"/x?y").wants(t, 0, "ms  202  thanks [31m\n1 sent in ", "")
	execute(t, "", "send", "--provider", "github", "--secret", "wrong", r.URL).wants(t, 1, "0 answered 2xx\n  401  1\n", "")
	if len(r.ids) != 1 {
		t.Errorf("ids: %v", r.ids)
	}
}

func TestSendMany(t *testing.T) {
	for _, tt := range []struct {
		name        string
		args        []string
		ids, bodies int
	}{
		{"an id in a header that is not signed", []string{"--provider", "github"}, 50, 50},
		{"an id in a header that is signed", []string{"--provider", "standard-webhooks"}, 50, 1},
		{"an id in the body", []string{"--provider", "stripe"}, 50, 50},
		{"a number for an id", []string{"--provider", "github", "--option", "id=json number"}, 50, 50},
		{"one id", []string{"--provider", "stripe", "--id", "evt_1"}, 1, 1},
		{"one id that is not signed", []string{"--provider", "github", "--id", "1"}, 1, 1},
		{"no id", []string{"--provider", "lemon-squeezy"}, 1, 50},
		{"a token for an id", []string{"--provider", "mailgun"}, 50, 50},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" // base64 of 24 bytes, or as it is
			c := verify.Config{Provider: tt.args[1], Secrets: []string{secret}, Options: map[string]string{}}
			if len(tt.args) > 2 && tt.args[2] == "--option" {
				c.Options["id"] = "json number"
			}
			r := newReceiver(t, 200, c)
			got := execute(t, "", append([]string{"send", "--secret", secret, "--count", "50", "--parallel", "5", r.URL}, tt.args...)...)
			got.wants(t, 0, "50 sent in ", "")
			got.wants(t, 0, "p95 ", "")
			if strings.Contains(got.out, "#") || len(r.ids) != tt.ids || len(r.bodies) != tt.bodies {
				t.Errorf("%d ids, %d bodies, want %d, %d; %s", len(r.ids), len(r.bodies), tt.ids, tt.bodies, got.out)
			}
		})
	}
}

// Whatever the provider, its sample is another event to a gateway each time it
// is sent.
func TestSendAgain(t *testing.T) {
	for _, p := range verify.Providers() {
		for _, s := range p.Schemes {
			if s.Kind == "none" || s.Kind == "mtls" {
				continue
			}
			t.Run(p.Name+"/"+s.Name, func(t *testing.T) {
				pair, flags := pairFor(s), optionsFor(s)
				c := verify.Config{Provider: p.Name, Secrets: pair[1:], Options: map[string]string{}}
				for _, flag := range flags {
					if name, value, ok := strings.Cut(flag, "="); ok {
						c.Options[name] = value
					}
				}
				url := newEndpoint(t, c)
				for range 2 {
					execute(t, "", append([]string{"send", "--provider", p.Name, "--secret", pair[0], url}, flags...)...).wants(t, 0, "  202  taken", "")
				}
			})
		}
	}
}

// A body of one's own is sent as it is, unless there are to be more of it.
func TestSendBody(t *testing.T) {
	r := newReceiver(t, 200, verify.Config{Provider: "stripe", Secrets: []string{"s3cret"}})
	const body = `{ "id": "evt_mine" }`
	for range 2 {
		execute(t, body, "send", "--provider", "stripe", "--secret", "s3cret", "--body", "-", r.URL).wants(t, 0, "1 answered 2xx", "")
	}
	if r.ids["evt_mine"] != 2 || r.bodies[body] != 2 {
		t.Errorf("ids %v, bodies %v", r.ids, r.bodies)
	}
	execute(t, body, "send", "--provider", "stripe", "--secret", "s3cret", "--body", "-", "--count", "2", r.URL).wants(t, 0, "2 answered 2xx", "")
	if len(r.ids) != 3 {
		t.Errorf("ids %v", r.ids)
	}
}

func TestSendAsJSON(t *testing.T) {
	r := newReceiver(t, 302, verify.Config{Provider: "stripe", Secrets: []string{"s3cret"}})
	got := execute(t, "", "send", "--provider", "stripe", "--secret", "s3cret", "--count", "3", "--rate", "1000", "--json", r.URL)
	dec := json.NewDecoder(strings.NewReader(got.out))
	for range 3 {
		var a answer
		if err := dec.Decode(&a); err != nil || a.Status != 302 || a.Body != "thanks\x1b[31m\n" || r.ids[a.ID] != 1 || a.N < 1 || a.N > 3 {
			t.Errorf("%+v, %v", a, err)
		}
	}
	var s summary
	if err := dec.Decode(&s); err != nil || s.Sent != 3 || s.Good != 0 || s.Statuses["302"] != 3 || s.Failed != 0 || s.Max <= 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || got.status != 1 {
		t.Errorf("status %d, then %v", got.status, err)
	}
}

func TestSendWithoutAnswer(t *testing.T) {
	r := httptest.NewServer(nil)
	r.Close()
	got := execute(t, "", "send", "--provider", "github", "--secret", "x", r.URL+"/token-in-the-url")
	got.wants(t, 1, "no answer: dial tcp", "")
	if strings.Contains(got.out, "token-in-the-url") {
		t.Errorf("the address is shown: %s", got.out)
	}
}

// An answer counts when all of it came, and not only what is shown.
func TestSendBrokenAnswer(t *testing.T) {
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		io.WriteString(w, strings.Repeat("a", 3000))
	}))
	defer r.Close()
	args := []string{"send", "--provider", "github", "--secret", "x", r.URL}
	got := execute(t, "", args...)
	got.wants(t, 1, "200, and the answer broke off: unexpected EOF\n1 sent in ", "")
	got.wants(t, 1, "0 answered 2xx\n  no whole answer  1\n", "")
	execute(t, "", append(args, "--json")...).wants(t, 1, `"good":0,"statuses":{},"failed":1`, "")
}

func TestSendInsecure(t *testing.T) {
	r := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer r.Close()
	r.Config.ErrorLog = nil
	execute(t, "", "send", "--provider", "github", "--secret", "x", "--insecure", r.URL).wants(t, 0, "1 answered 2xx", "")
	execute(t, "", "send", "--provider", "github", "--secret", "x", r.URL).wants(t, 1, "certificate", "")
}

func TestQuantile(t *testing.T) {
	tally := &tally{}
	for i := range 100 {
		tally.times = append(tally.times, time.Duration(i+1)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0: 1, 0.5: 50, 0.95: 95, 1: 100} {
		if got := tally.quantile(q); got != want {
			t.Errorf("quantile(%v) = %v, want %v", q, got, want)
		}
	}
}

func TestBar(t *testing.T) {
	var b strings.Builder
	p := &bar{w: &b, total: 200}
	p.set(0)
	p.set(50)
	p.set(50)
	p.clear()
	want := "\r[" + strings.Repeat(" ", 40) + "]   0%  0 of 200 " + "\r[" + strings.Repeat("=", 10) + strings.Repeat(" ", 30) + "]  25%  50 of 200 " + "\r\x1b[K"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
