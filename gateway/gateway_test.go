package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

var t0 = time.Unix(1_800_000_000, 0)

const secret = "a-secret-for-tests"

// stand is a Server whose application is a function.
type stand struct {
	addr    netip.Addr
	deliver func(w http.ResponseWriter, r *http.Request, e *Event) error
	got     []*Event
}

func (s *stand) ClientIP(*http.Request) netip.Addr { return s.addr }
func (s *stand) RequestURI(r *http.Request) string { return r.RequestURI }
func (s *stand) Expand(t string, r *http.Request, e *Event) (string, bool) {
	values := map[string]string{"{header.X-Tenant}": r.Header.Get("X-Tenant")}
	if e != nil {
		values["{webhook.id}"], values["{webhook.event}"] = e.ID, e.Type
		values["{webhook.body.delivery_id}"], _ = e.Lookup("delivery_id")
	}
	complete := true
	for name, value := range values {
		complete = complete && (value != "" || !strings.Contains(t, name))
		t = strings.ReplaceAll(t, name, value)
	}
	return t, complete
}

func (*stand) Admit(*http.Request, *Event) {}

func (s *stand) Pass(w http.ResponseWriter, r *http.Request, e *Event) error {
	return s.Deliver(w, r, e)
}

func (s *stand) Deliver(w http.ResponseWriter, r *http.Request, e *Event) error {
	s.got = append(s.got, e)
	if s.deliver != nil {
		return s.deliver(w, r, e)
	}
	_, err := io.WriteString(w, "thanks")
	return err
}

// outcomes remembers how requests went.
type outcomes []Outcome

func (o *outcomes) Observe(outcome *Outcome) { *o = append(*o, *outcome) }

// newTest returns a gateway for broxi whose clock is at t0, changed by edit.
func newTest(t testing.TB, edit func(*Config)) (*Gateway, *stand, *outcomes) {
	t.Helper()
	c := Config{Name: "test", Verify: verify.Config{Provider: "broxi", Secrets: []string{secret}}}
	if edit != nil {
		edit(&c)
	}
	s, o := &stand{addr: netip.MustParseAddr("203.0.113.7")}, new(outcomes)
	parts := Parts{Server: s, Routes: []NamedRoute{{"app", s}}, Seen: NewSeen(0), Budget: NewBudget(1 << 20), Observer: o, Now: func() time.Time { return t0 }}
	for _, l := range c.RateLimits {
		parts.Limiters = append(parts.Limiters, l.Limit.Limiter(0))
	}
	g, err := New(c, parts)
	if err != nil {
		t.Fatal(err)
	}
	return g, s, o
}

// signed returns a request as broxi signs it at t0.
func signed(body string) *http.Request { return signedAt(t0, body) }

// aged returns the request as broxi sends it again a second later.
func aged(body string) *http.Request { return signedAt(t0.Add(time.Second), body) }

func signedAt(at time.Time, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/broxi?x=1", strings.NewReader(body))
	ts := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, ts+"."+body)
	r.Header.Set("X-Broxi-Timestamp", ts)
	r.Header.Set("X-Broxi-Signature", hex.EncodeToString(h.Sum(nil)))
	return r
}

// serve sends a request through the gateway and answers refusals as a server
// would.
func serve(g *Gateway, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	var refusal *Refusal
	if err := g.Serve(w, r); errors.As(err, &refusal) {
		refusal.Respond(w)
	}
	return w
}

func event(id string) string {
	return fmt.Sprintf(`{"delivery_id":%q,"event":"order.paid","data":{"total":7}}`, id)
}

func TestRefusals(t *testing.T) {
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name   string
		edit   func(*Config)
		change func(*http.Request)
		status int
		reason string
	}{
		{"GET", nil, func(r *http.Request) { r.Method = http.MethodGet }, 405, ReasonMethod},
		{"sender not on the list", func(c *Config) { c.AllowIPs = []string{"198.51.100.0/24"} }, nil, 403, ReasonIPDenied},
		{"websocket", nil, with("Upgrade", "WebSocket"), 400, ReasonMalformed},
		{"hop-by-hop signature", nil, with("Connection", "close, x-broxi-signature"), 400, ReasonMalformed},
		{"hop-by-hop gateway header", nil, with("Connection", "Webhook-Gateway-Attempt"), 400, ReasonMalformed},
		{"no signature", nil, func(r *http.Request) { r.Header.Del("X-Broxi-Signature") }, 401, ReasonSigMissing},
		{"two signatures", nil, func(r *http.Request) { r.Header.Add("X-Broxi-Signature", "00") }, 401, ReasonSigRepeated},
		{"wrong signature", nil, with("X-Broxi-Signature", strings.Repeat("00", 32)), 401, ReasonSigBad},
		{"no timestamp", nil, func(r *http.Request) { r.Header.Del("X-Broxi-Timestamp") }, 401, ReasonTSMissing},
		{"timestamp in words", nil, with("X-Broxi-Timestamp", "now"), 401, ReasonTSBad},
		{"old", nil, with("X-Broxi-Timestamp", strconv.FormatInt(t0.Unix()-301, 10)), 401, ReasonTSStale},
		{"early", nil, with("X-Broxi-Timestamp", strconv.FormatInt(t0.Unix()+301, 10)), 401, ReasonTSFuture},
		{"body over the limit", func(c *Config) { c.MaxBody = 10 }, nil, 413, ReasonTooLarge},
		{"chunked body over the limit", func(c *Config) { c.MaxBody = 10 }, func(r *http.Request) { r.ContentLength = -1 }, 413, ReasonTooLarge},
		{"over the sender's limit", limited("1/1h", clientIP), nil, 429, ReasonRateLimited},
		{"over the endpoint's limit", limited("1/1h", ""), nil, 429, ReasonRateLimited},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, s, o := newTest(t, tt.edit)
			if tt.reason == ReasonRateLimited {
				serve(g, signed(event("first")))
				s.got = nil
			}
			r := signed(event("d1"))
			if tt.change != nil {
				tt.change(r)
			}
			w := serve(g, r)
			last := (*o)[len(*o)-1]
			if w.Code != tt.status || last.Name != tt.reason || last.Status != tt.status || !last.Refused {
				t.Errorf("answered %d, outcome %+v; want %d %s", w.Code, last, tt.status, tt.reason)
			}
			if len(s.got) != 0 || g.Budget.Used() != 0 || g.Seen.Len() > 1 {
				t.Errorf("left traces: %d deliveries, %d bytes, %d ids", len(s.got), g.Budget.Used(), g.Seen.Len())
			}
			if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type is %q", got)
			}
		})
	}
}

func limited(policy, per string) func(*Config) {
	p, err := ratelimit.ParsePolicy(policy)
	if err != nil {
		panic(err)
	}
	return func(c *Config) { c.RateLimits = []RateLimit{{Limit: p, Per: per}} }
}

func TestRateLimitAnswersSayWhenToComeBack(t *testing.T) {
	g, _, _ := newTest(t, limited("1/1m", "{header.X-Tenant}"))
	serve(g, signed(event("d1")))
	w := serve(g, signed(event("d2")))
	for name, want := range map[string]string{"Retry-After": "60", "RateLimit": `"limit1";r=0;t=60`, "RateLimit-Policy": `"limit1";q=1;w=60`} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	other := signed(event("d3"))
	other.Header.Set("X-Tenant", "b")
	if w := serve(g, other); w.Code != 200 {
		t.Errorf("another tenant was answered %d", w.Code)
	}
}

func TestTheApplicationSeesWhatWasSent(t *testing.T) {
	g, s, o := newTest(t, nil)
	r := signed(event("d1"))
	r.Header.Set("X-Custom", "kept")
	r.Header.Set("Webhook-Gateway-Attempt", "99")
	r.Header["Webhook_gateway_provider"] = []string{"forged"}
	r.Header.Set("Upgrade", "h2c")
	var seen *http.Request
	var body []byte
	s.deliver = func(w http.ResponseWriter, r *http.Request, _ *Event) error {
		seen, body = r, must(io.ReadAll(r.Body))
		w.WriteHeader(http.StatusCreated)
		return nil
	}
	if w := serve(g, r); w.Code != http.StatusCreated {
		t.Fatalf("answered %d", w.Code)
	}
	if string(body) != event("d1") || seen.ContentLength != int64(len(body)) || seen.RequestURI != "/broxi?x=1" {
		t.Errorf("the application saw %s %d %q", seen.RequestURI, seen.ContentLength, body)
	}
	for name, want := range map[string]string{
		"X-Custom": "kept", "Upgrade": "", "Webhook_gateway_provider": "",
		"Webhook-Gateway-Event-Id": "d1", "Webhook-Gateway-Attempt": "1", "Webhook-Gateway-Endpoint": "test",
		"Webhook-Gateway-Provider": "broxi-ai", "Webhook-Gateway-Event": "order.paid", "Webhook-Gateway-Received-At": t0.UTC().Format(time.RFC3339Nano),
	} {
		if got := strings.Join(seen.Header[name], "|"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := (*o)[0]; got.Name != OutcomeDelivered || got.Status != 201 || got.ID != "d1" || got.Type != "order.paid" {
		t.Errorf("outcome %+v", got)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var errDown = errors.New("connection refused")

func TestOnlySuccessIsRemembered(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request, *Event) error {
		return func(w http.ResponseWriter, _ *http.Request, _ *Event) error { w.WriteHeader(code); return nil }
	}
	tests := []struct {
		name    string
		deliver func(http.ResponseWriter, *http.Request, *Event) error
		second  string // how the provider's retry ends
	}{
		{"200", status(200), OutcomeDuplicate},
		{"204", status(204), OutcomeDuplicate},
		{"302", status(302), OutcomeDelivered},
		{"404", status(404), OutcomeDelivered},
		{"499, as after a hang-up", status(499), OutcomeDelivered},
		{"500", status(500), OutcomeDelivered},
		{"nothing written", func(http.ResponseWriter, *http.Request, *Event) error { return nil }, OutcomeDelivered},
		{"early hints and nothing more", status(103), OutcomeDelivered},
		{"connection refused", func(http.ResponseWriter, *http.Request, *Event) error { return &Failure{502, errDown} }, OutcomeDelivered},
		{"panic after 200", func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
			w.WriteHeader(200)
			panic(http.ErrAbortHandler)
		}, OutcomeDelivered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, s, o := newTest(t, nil)
			s.deliver = tt.deliver
			func() {
				defer func() { _ = recover() }() // the server would close the connection
				serve(g, signed(event("d1")))
			}()
			s.deliver = nil
			serve(g, signed(event("d1")))
			if first := (*o)[0].Name; (first == OutcomeDelivered) != (tt.second == OutcomeDuplicate) {
				t.Errorf("the first was %s", first)
			}
			if got := (*o)[1].Name; got != tt.second {
				t.Errorf("the retry was %s, want %s; first: %+v", got, tt.second, (*o)[0])
			}
			if g.Budget.Used() != 0 {
				t.Errorf("%d bytes are still held", g.Budget.Used())
			}
		})
	}
}

func TestRepeatWhileInFlight(t *testing.T) {
	g, s, o := newTest(t, nil)
	s.deliver = func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
		if w := serve(g, signed(event("d1"))); w.Code != 409 || w.Header().Get("Retry-After") != "1" {
			t.Errorf("the repeat was answered %d", w.Code)
		}
		w.WriteHeader(200)
		return nil
	}
	serve(g, signed(event("d1")))
	if (*o)[0].Name != ReasonInFlight || (*o)[1].Name != OutcomeDelivered {
		t.Errorf("outcomes %+v", *o)
	}
}

func TestWanted(t *testing.T) {
	tests := []struct {
		name   string
		events []string
		accept string
		body   string
		code   int
		want   string
		failed bool
	}{
		{"named", []string{"order.paid"}, "", event("1"), 200, OutcomeDelivered, false},
		{"glob over dots", []string{"order*"}, "", event("1"), 200, OutcomeDelivered, false},
		{"other", []string{"user.*", "order"}, "", event("1"), 200, OutcomeFiltered, false},
		{"no type", []string{"order.*"}, "", `{}`, 200, OutcomeFiltered, false},
		{"type in a body that is not JSON", []string{"*"}, "", `order`, 400, ReasonMalformed, false},
		{"true", nil, `body.data.total > 6.5 && event == "order.paid"`, event("1"), 200, OutcomeDelivered, false},
		{"false", nil, `body.data.total > 7`, event("1"), 200, OutcomeFiltered, false},
		{"missing field", nil, `body.data.sum > 7`, event("1"), 200, OutcomeFiltered, true},
		{"wrong type", nil, `body.data > 7`, event("1"), 200, OutcomeFiltered, true},
		{"condition on a body that is not JSON", nil, `body.data.total > 7`, `7 7`, 400, ReasonMalformed, false},
		{"condition on headers alone", nil, `headers["x-broxi-timestamp"] == "1800000000" && query["x"] == "1"`, `not JSON`, 200, OutcomeDelivered, false},
		{"costly condition", nil, `body.data.all(a, body.data.all(b, body.data.all(c, a != "x")))`, `{"data":[` + strings.Repeat("1,", 200) + `1]}`, 200, OutcomeFiltered, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, _, o := newTest(t, func(c *Config) { c.Events, c.Accept = tt.events, tt.accept })
			w := serve(g, signed(tt.body))
			if got := (*o)[0]; w.Code != tt.code || got.Name != tt.want || got.ConditionFailed != tt.failed {
				t.Errorf("answered %d, outcome %+v", w.Code, got)
			}
			if tt.want == OutcomeFiltered && w.Body.String() != "{\"status\":\"ignored\"}\n" {
				t.Errorf("answered %q", w.Body)
			}
		})
	}
}

func TestABodyIsGoneWhenTheRequestIs(t *testing.T) {
	g, s, _ := newTest(t, nil)
	serve(g, signed(event("d1")))
	serve(g, signed(event("d2"))) // in the same pooled memory
	if value, ok := s.got[0].Lookup("delivery_id"); ok || s.got[0].Body != nil {
		t.Errorf("the first event has %q, %q", value, s.got[0].Body)
	}
}
