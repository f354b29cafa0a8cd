package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A signedRequest is a request to the provider's public address, as an SDK or
// the gateway's own command made it.
type signedRequest struct {
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      []byte            `json:"body"`
	Signature string            `json:"signature"` // wherever it is in the above
	verdict
}

func (r signedRequest) String() string {
	return fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Headers, r.Body)
}

// A verdict is what an SDK says about a request.
type verdict struct {
	Accepted bool   `json:"accepted"`
	Error    string `json:"error"`
}

// sign has the SDK sign, as of some time ago.
func (s *sdks) sign(t *testing.T, sender sdkSender, secret string, age time.Duration) signedRequest {
	t.Helper()
	r := signedRequest{}
	s.ask(t, map[string]any{
		"op": "sign", "sender": sender.name, "secret": secret, "options": sender.options, "contentType": sender.kind,
		"url": sdkAddress + sender.name + sender.query, "body": []byte(sender.body), "age": age / time.Second,
	}, &r)
	r.Method = http.MethodPost
	if r.Signature == "" {
		t.Fatalf("signed without a signature: %v", r)
	}
	return r
}

// verify has the SDK judge a request.
func (s *sdks) verify(t *testing.T, sender sdkSender, r signedRequest) (v verdict) {
	t.Helper()
	s.ask(t, map[string]any{
		"op": "verify", "sender": sender.name, "secret": sender.secret, "options": sender.options,
		"method": r.Method, "url": r.URL, "headers": r.Headers, "body": r.Body,
	}, &v)
	return v
}

// edit returns the request with a text exchanged in its address, headers and
// body. It must be there.
func (r signedRequest) edit(t *testing.T, from, to string) signedRequest {
	t.Helper()
	edited := signedRequest{Method: r.Method, URL: strings.ReplaceAll(r.URL, from, to), Headers: make(map[string]string)}
	edited.Body = []byte(strings.ReplaceAll(string(r.Body), from, to))
	for name, value := range r.Headers {
		edited.Headers[name] = strings.ReplaceAll(value, from, to)
	}
	if edited.String() == r.String() {
		t.Fatalf("there is no %q in %v", from, r)
	}
	return edited
}

// forged is the signature with its first letter exchanged.
func (r signedRequest) forged() string {
	other := "b"
	if strings.HasPrefix(r.Signature, other) {
		other = "a"
	}
	return other + r.Signature[1:]
}

// unsigned is the request without the header that has the signature; false when
// it is in the body.
func (r signedRequest) unsigned() (signedRequest, bool) {
	all := r.Headers
	r.Headers = make(map[string]string)
	for name, value := range all {
		if !strings.Contains(value, r.Signature) {
			r.Headers[name] = value
		}
	}
	return r, len(r.Headers) < len(all)
}

// to is the request to the gateway that stands at the public address.
func (r signedRequest) to(t *testing.T, f front) *http.Request {
	t.Helper()
	sent, err := http.NewRequest(r.Method, f.url+"/"+strings.TrimPrefix(r.URL, sdkAddress), strings.NewReader(string(r.Body)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range r.Headers {
		sent.Header.Set(name, value)
	}
	return sent
}

// commandSigned is the request that `caddy webhook sign` makes for the
// provider's public address.
func commandSigned(t *testing.T, s sdkSender) signedRequest {
	t.Helper()
	body := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(body, []byte(s.body), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"webhook", "sign", "--json", "--provider", s.provider, "--secret", s.secret, "--now", unix(time.Now()),
		"--url", sdkAddress + s.name + s.query, "--header", "Content-Type: " + s.kind, "--body", body,
	}
	for name, value := range s.options {
		args = append(args, "--option", name+"="+value)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env = append(os.Environ(), "HOME="+t.TempDir(), "GORACE=halt_on_error=1 atexit_sleep_ms=100")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("caddy webhook sign: %v: %s", err, stderr.String())
	}
	var made struct {
		Method  string              `json:"method"`
		URL     string              `json:"url"`
		Headers map[string][]string `json:"headers"`
		Body    []byte              `json:"body_base64"`
	}
	if err := json.Unmarshal(out, &made); err != nil {
		t.Fatal(err)
	}
	r := signedRequest{Method: made.Method, URL: made.URL, Headers: make(map[string]string), Body: made.Body}
	for name, values := range made.Headers {
		r.Headers[name] = strings.Join(values, ",")
	}
	return r
}
