package gateway

import (
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

var standardSecret = base64.StdEncoding.EncodeToString([]byte("a key of thirty-two bytes, or so"))

// Each attempt has a signature of its own instant, which the standard's own
// verifier takes, over what the application receives, under one id.
func TestAttemptsAreCountersigned(t *testing.T) {
	verifier, err := verify.New(verify.Config{Provider: "standard-webhooks", Secrets: []string{standardSecret}})
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]*Event{
		"an id":               {ID: "evt_1", Body: []byte(`{"a":1}`)},
		"an id with dots":     {ID: "evt.1.2", Body: []byte(`{"a":1}`)},
		"no id":               {Key: Key{1, 2, 3}, Body: []byte(`{"a":1}`)},
		"no body":             {ID: "evt_1"},
		"bytes that are none": {ID: "evt_1", Body: []byte("\xff\x00.")},
		"a stranger's signature": {ID: "evt_1", Header: http.Header{
			"Webhook-Id": {"x", "y"}, "Webhook-Timestamp": {"1", "2"}, "Webhook-Signature": {"v1,x", "v1,y"},
		}},
	} {
		e.Method, e.Target = http.MethodPost, "/hooks"
		if e.Header == nil {
			e.Header = make(http.Header)
		}
		for _, now := range []time.Time{t0, t0.Add(40 * time.Hour)} {
			r, body := receivedFrom(t, e, standardSecret, now)
			request := verify.Request{Method: r.Method, URI: r.RequestURI, Header: r.Header, Body: body}
			if _, err := verifier.Verify(now, &request); err != nil {
				t.Errorf("%s: %v, with the headers %v", name, err, r.Header)
			}
			if id, ts := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"); id != strings.ReplaceAll(e.Reference(), ".", "_") || ts != strconv.FormatInt(now.Unix(), 10) {
				t.Errorf("%s: signed as %q at %s", name, id, ts)
			}
		}
	}
}

// receivedFrom is what the application gets of an attempt that is signed at now.
func receivedFrom(t *testing.T, e *Event, secret string, now time.Time) (r *http.Request, body []byte) {
	t.Helper()
	sign, err := NewCountersigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	d := &Destination{Timeout: time.Minute, Sign: sign, Now: func() time.Time { return now }, Route: routeFunc(func(w http.ResponseWriter, got *http.Request, _ *Event) error {
		r, body = got, must(io.ReadAll(got.Body))
		w.WriteHeader(200)
		return nil
	})}
	if got := d.Attempt(t.Context(), e, new(Recording)); got.Verdict != Accepted {
		t.Fatalf("%v: %v", got.Verdict, got.Err)
	}
	return r, body
}

// A reverse proxy removes what the header Connection names. The sender's names
// nothing that the gateway adds.
func TestASenderCannotRemoveTheSignature(t *testing.T) {
	var seen http.Header
	proxy := &httputil.ReverseProxy{
		Rewrite: func(*httputil.ProxyRequest) {},
		Transport: transport(func(r *http.Request) (*http.Response, error) {
			seen = r.Header
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}),
	}
	g, s, _ := newTest(t, func(c *Config) { c.Sign = SignSecret(standardSecret) })
	s.deliver = func(w http.ResponseWriter, r *http.Request, _ *Event) error {
		proxy.ServeHTTP(w, r)
		return nil
	}
	header := http.Header{"Connection": {"keep-alive, Webhook-Id", "webhook-signature,Webhook-Timestamp, X-Own"}, "X-Own": {"1"}, "X-Kept": {"1"}}
	attempt := func() int {
		w := new(answer)
		w.ResponseWriter = httptest.NewRecorder()
		g.Destinations()[0].Attempt(t.Context(), &Event{ID: "evt_1", Method: http.MethodPost, Target: "/", Header: header.Clone()}, w)
		return w.Status()
	}
	for name, send := range map[string]func() int{
		"the sender's own request": func() int {
			r := signed(event("d1"))
			maps.Copy(r.Header, header)
			return serve(g, r).Code
		},
		"a request of a stored event": attempt,
	} {
		seen = nil
		if status := send(); status != 200 {
			t.Fatalf("%s: answered %d", name, status)
		}
		for _, want := range []string{headerID, headerSignature, headerTimestamp, headerEventID, "X-Kept"} {
			if len(seen[want]) != 1 {
				t.Errorf("%s: %s is %q", name, want, seen[want])
			}
		}
		if seen["X-Own"] != nil || seen["Connection"] != nil {
			t.Errorf("%s: the application got headers of the sender's connection: %v", name, seen)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAPrefixedSecretIsTheSame(t *testing.T) {
	e := &Event{ID: "evt_1", Method: http.MethodPost, Target: "/", Header: make(http.Header), Body: []byte("a")}
	bare, _ := receivedFrom(t, e, standardSecret, t0)
	prefixed, _ := receivedFrom(t, e, "whsec_"+standardSecret, t0)
	if a, b := bare.Header.Get("Webhook-Signature"), prefixed.Header.Get("Webhook-Signature"); a == "" || a != b {
		t.Errorf("signatures %q and %q", a, b)
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	for name, s := range map[string]string{"empty": "", "prefix alone": "whsec_", "not base64": "whsec_*hidden*"} {
		if c, err := NewCountersigner(s); err == nil || c != nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}
