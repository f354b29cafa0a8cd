package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

// A vector is a request with its secrets, its clock and what should happen.
type vector struct {
	Provider, Scheme, Name string
	Request                struct {
		Method, URL string
		Headers     map[string]json.RawMessage
		Body        []byte `json:"body_base64"`
	}
	Secrets    []string
	PublicKeys []struct {
		Format string
		Value  json.RawMessage
	} `json:"public_keys"`
	Config          map[string]string
	SchemeOverrides map[string]string `json:"scheme_overrides"`
	Now             int64             `json:"now_unix"`
	Tolerance       int64             `json:"tolerance_s"`
	Expect          string
	AcceptAlso      []string `json:"accept_also"`
	ID              string   `json:"delivery_id"`
	Event           string   `json:"event_type"`
	ExtractFrom     string   `json:"extract_from"`
}

// TestVectors runs the vectors of providers that have little in common: the
// signature in headers, body, query and tokens, of all kinds.
func TestVectors(t *testing.T) {
	for _, name := range []string{
		"adyen", "braintree", "broxi-ai", "cloudevents", "discord", "ebay", "fireblocks", "github", "google-pubsub",
		"mailgun", "messagebird", "moralis", "paypal", "postmark", "sendgrid", "standard-webhooks", "stripe", "twilio",
	} {
		text, err := os.ReadFile("../../verify/testdata/vectors/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var vs []vector
		if err := json.Unmarshal(text, &vs); err != nil {
			t.Fatal(err)
		}
		for i, v := range vs {
			t.Run(v.Provider+"/"+v.Scheme+"/"+v.Name, func(t *testing.T) { v.check(t, i%2 == 0) })
		}
	}
}

func (v *vector) check(t *testing.T, chunked bool) {
	r := execute(t, v.raw(t, chunked), append([]string{"verify", "--json"}, v.args(t)...)...)
	var got verdict
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatalf("status %d, %q: %v", r.status, r.out+r.err, err)
	}
	may := append(slices.Clone(v.AcceptAlso), v.Expect)
	wantStatus := 1
	if got.Valid {
		wantStatus = 0
	}
	if refused := slices.ContainsFunc(may, func(s string) bool { return s != "valid" }); got.Valid && !slices.Contains(may, "valid") || !got.Valid && !refused {
		t.Fatalf("%s, want %v", r.out, may)
	}
	if r.status != wantStatus || (got.Reason == "") != got.Valid || got.Detail == "" {
		t.Errorf("status %d, %s", r.status, r.out)
	}
	if got.Valid && v.Expect == "valid" && v.ExtractFrom == "" && (got.ID != v.ID || got.Event != v.Event) {
		t.Errorf("id %q, event %q, want %q, %q", got.ID, got.Event, v.ID, v.Event)
	}
	for _, secret := range v.Secrets {
		if len(secret) > 16 && strings.Contains(got.Detail, secret) {
			t.Errorf("the detail has a secret: %s", got.Detail)
		}
	}
}

// args are the vector's secrets, options and clock as flags.
func (v *vector) args(t *testing.T) []string {
	args := []string{"--provider", v.Provider, "--option", "scheme=" + v.Scheme, "--now", fmt.Sprint(v.Now)}
	for _, s := range v.Secrets {
		args = append(args, "--secret", s)
	}
	for _, k := range v.PublicKeys {
		value := string(k.Value)
		if k.Format != "jwk" {
			if err := json.Unmarshal(k.Value, &value); err != nil {
				t.Fatal(err)
			}
		}
		args = append(args, "--secret", value)
	}
	for name, value := range v.Config {
		args = append(args, "--option", name+"="+value)
	}
	if v.Tolerance != 0 {
		args = append(args, "--option", fmt.Sprintf("tolerance=%d", v.Tolerance))
	}
	return args
}

// raw is the vector's request on the wire.
func (v *vector) raw(t *testing.T, chunked bool) string {
	u, err := url.Parse(v.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", v.Request.Method, u.RequestURI(), u.Host)
	for name, raw := range v.Request.Headers {
		if !bytes.HasPrefix(raw, []byte("[")) {
			raw = slices.Concat([]byte("["), raw, []byte("]"))
		}
		var lines []string
		if err := json.Unmarshal(raw, &lines); err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			fmt.Fprintf(&b, "%s: %s\r\n", name, line)
		}
	}
	if chunked && len(v.Request.Body) > 0 {
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(v.Request.Body), v.Request.Body)
	} else {
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(v.Request.Body), v.Request.Body)
	}
	return b.String()
}
