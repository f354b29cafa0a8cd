package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A vector is a request with its secrets, its clock and what should happen.
// The files under testdata/vectors hold them, one file per provider.
type vector struct {
	Provider    string        `json:"provider"`
	Scheme      string        `json:"scheme"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Request     vectorRequest `json:"request"`
	Secrets     []string      `json:"secrets"`
	SecretIDs   []string      `json:"secret_ids"`
	PublicKeys  []struct {
		Format string          `json:"format"`
		Value  json.RawMessage `json:"value"` // a text, or a JWK
		KeyID  string          `json:"kid"`
		Digest string          `json:"digest"`
	} `json:"public_keys"`
	Config          map[string]string `json:"config"`
	NowUnix         int64             `json:"now_unix"`
	ToleranceS      int64             `json:"tolerance_s"`
	Expect          string            `json:"expect"`
	AcceptAlso      []string          `json:"accept_also"`
	DeliveryID      *string           `json:"delivery_id"`
	EventType       *string           `json:"event_type"`
	ExtractFrom     string            `json:"extract_from"`
	Provenance      string            `json:"provenance"`
	SDKNote         string            `json:"sdk_note"`
	SDKCheck        map[string]any    `json:"sdk_check"`
	SchemeOverrides map[string]string `json:"scheme_overrides"`
}

type vectorRequest struct {
	Method  string                     `json:"method"`
	URL     string                     `json:"url"`
	Headers map[string]json.RawMessage `json:"headers"`
	Body    []byte                     `json:"body_base64"`
}

// outcomes are the errors that each outcome of a vector stands for.
var outcomes = map[string][]error{
	"valid":             {nil},
	"missing_signature": {ErrMissing},
	"malformed":         {ErrMalformed, ErrBadTimestamp, ErrNoTimestamp, ErrBadID, ErrAmbiguous, ErrTooMany},
	"bad_signature":     {ErrMismatch},
	"stale_timestamp":   {ErrStale, ErrFuture},
}

func TestVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(v.Provider+"/"+v.Scheme+"/"+v.Name, func(t *testing.T) {
			v.check(t)
		})
	}
}

// A scheme that verifies nothing refuses nothing, so kind none has no vectors.
func TestEveryProviderHasVectors(t *testing.T) {
	accepted, refused := map[string]int{}, map[string]int{}
	for _, v := range readVectors(t) {
		p, ok := Lookup(v.Provider)
		switch {
		case !ok:
			t.Errorf("vector %s: unknown provider %s", v.Name, v.Provider)
		case v.Expect == "valid":
			accepted[p.Name+"/"+v.Scheme]++
		default:
			refused[p.Name+"/"+v.Scheme]++
		}
	}
	for _, p := range Providers() {
		for _, s := range p.Schemes {
			name := p.Name + "/" + s.Name
			if !p.Generic && s.Kind != "none" && (accepted[name] == 0 || refused[name] == 0) {
				t.Errorf("%s: %d vectors accepted, %d refused, want some of each", name, accepted[name], refused[name])
			}
		}
	}
}

func readVectors(t testing.TB) (all []vector) {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var vs []vector
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&vs); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, vs...)
	}
	return all
}

func (v *vector) check(t *testing.T) {
	var want []error
	for _, outcome := range append([]string{v.Expect}, v.AcceptAlso...) {
		errs, ok := outcomes[outcome]
		if !ok {
			t.Fatalf("unknown outcome %q", outcome)
		}
		want = append(want, errs...)
	}
	checker, r, now := v.verifier(t), v.request(t), time.Unix(v.NowUnix, 0)
	res, err := checker.Verify(now, r)
	if !slices.ContainsFunc(want, func(w error) bool { return errors.Is(err, w) }) {
		t.Fatalf("Verify = %v, want %s or %v", err, v.Expect, v.AcceptAlso)
	}
	if err != nil {
		if res.Scheme != "" || len(res.MAC()) > 0 {
			t.Errorf("refused, but Result = %+v", res)
		}
		return
	}
	if err := checker.CheckHeader(now, r.Header); err != nil {
		t.Errorf("CheckHeader = %v, but Verify accepts", err)
	}
	if res.Scheme != v.Scheme {
		t.Errorf("Result.Scheme = %q, want %q", res.Scheme, v.Scheme)
	}
	v.checkIdentity(t, checker, r, &res)
}

func (v *vector) checkIdentity(t *testing.T, checker *Verifier, r *Request, res *Result) {
	if v.ExtractFrom != "" || v.Expect != "valid" {
		return
	}
	id, event, err := checker.Identify(r, res, true)
	if err != nil && (json.Valid(r.Body) || !errors.Is(err, ErrNotJSON)) {
		t.Errorf("Identify: %v", err)
	}
	if id != deref(v.DeliveryID) || event != deref(v.EventType) {
		t.Errorf("Identify = %q, %q, want %q, %q", id, event, deref(v.DeliveryID), deref(v.EventType))
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (v *vector) verifier(t testing.TB) *Verifier {
	c := Config{Provider: v.Provider, Secrets: v.Secrets, Options: map[string]string{"scheme": v.Scheme}}
	if v.Provider == "aws-sns" {
		c.Options["topic"] = handshakeOptions[v.Provider]["topic"]
	}
	for name, value := range v.Config {
		c.Options[name] = value
	}
	for field, value := range v.SchemeOverrides {
		c.Options[overrides[field]] = value
	}
	for _, k := range v.PublicKeys {
		secret := string(k.Value)
		if k.Format != "jwk" {
			if err := json.Unmarshal(k.Value, &secret); err != nil {
				t.Fatalf("public key: %v", err)
			}
		}
		c.Secrets = append(c.Secrets, secret)
	}
	if v.ToleranceS != 0 {
		c.Options["tolerance"] = (time.Duration(v.ToleranceS) * time.Second).String()
	}
	checker, err := New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return checker
}

// overrides are the options for the fields that a vector changes.
var overrides = map[string]string{"alg": "algorithm", "signature.encoding": "encoding"}

func (v *vector) request(t testing.TB) *Request {
	u, err := url.Parse(v.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	for name, raw := range v.Request.Headers {
		var lines []string
		if !strings.HasPrefix(string(raw), "[") {
			raw = json.RawMessage("[" + string(raw) + "]")
		}
		if err := json.Unmarshal(raw, &lines); err != nil {
			t.Fatalf("header %s: %v", name, err)
		}
		for _, line := range lines {
			h.Add(name, line)
		}
	}
	return &Request{Method: v.Request.Method, URI: u.RequestURI(), Header: h, Body: v.Request.Body}
}
