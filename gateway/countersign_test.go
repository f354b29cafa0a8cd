package gateway

import (
	"encoding/base64"
	"io"
	"net/http"
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
