package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// provided is newTest for a provider with the tests' secret.
func provided(t *testing.T, provider string, edit func(*Config)) (*Gateway, *stand, *outcomes) {
	t.Helper()
	return newTest(t, func(c *Config) {
		c.Verify = verify.Config{Provider: provider, Secrets: []string{secret}}
		if edit != nil {
			edit(c)
		}
	})
}

// slacked returns a request as Slack signs it at t0.
func slacked(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/slack", strings.NewReader(body))
	ts := strconv.FormatInt(t0.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, "v0:"+ts+":"+body)
	r.Header.Set("X-Slack-Request-Timestamp", ts)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(h.Sum(nil)))
	return r
}

func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestHandshakes(t *testing.T) {
	const validation = `[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"c1"}}]`
	tests := []struct {
		name, provider string
		request        *http.Request
		status         int
		kind, body     string
		handshake      string
	}{
		{"echo by GET", "dropbox", request("GET", "/?challenge=abc", ""), 200, "text/plain; charset=utf-8", "abc", "dropbox-challenge"},
		{"proof by GET", "x-twitter", request("GET", "/?crc_token=abc", ""), 200, "application/json", `{"response_token":"sha256=` + base64.StdEncoding.EncodeToString(sum256("abc")) + `"}`, "x-crc"},
		{"HEAD", "trello", request("HEAD", "/", ""), 200, "", "", "head-200"},
		{"OPTIONS", "cloudevents", request("OPTIONS", "/", "", "WebHook-Request-Origin", "e.example"), 200, "", "", "cloudevents-options"},
		{"unsigned POST of JSON", "monday", request("POST", "/", `{"challenge":"c"}`), 200, "application/json", `{"challenge":"c"}`, "monday-challenge"},
		{"unsigned POST without a body", "microsoft-graph", request("POST", "/?validationToken=a+b", ""), 200, "text/plain; charset=utf-8", "a b", "microsoft-graph-validation-token"},
		{"unsigned POST where the body is signed", "dropbox-sign", request("POST", "/", ""), 200, "text/plain; charset=utf-8", "Hello API Event Received", "dropbox-sign-ack"},
		{"unsigned POST of a form", "woocommerce", request("POST", "/", "webhook_id=7"), 200, "", "", "woocommerce-ping"},
		{"header", "asana", request("POST", "/", "{}", "X-Hook-Secret", "s1"), 200, "", "", "asana-x-hook-secret"},
		{"signed POST", "slack", slacked(`{"type":"url_verification","challenge":"c"}`), 200, "application/json", `{"challenge":"c"}`, "slack-url-verification"},
		{"POST with its token", "azure-event-grid", request("POST", "/?code="+secret, validation, "aeg-event-type", "SubscriptionValidation"), 200, "application/json", `{"validationResponse":"c1"}`, "azure-event-grid-validation"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, s, o := provided(t, tt.provider, func(c *Config) {
				if tt.provider == "trello" {
					c.Verify.Options = map[string]string{"url": "https://hooks.example"}
				}
				c.Events, c.RateLimits = []string{"nothing.matches"}, nil // not an event, so no filter counts
			})
			w := serve(g, tt.request)
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.kind || w.Body.String() != tt.body || len(s.got) != 0 {
				t.Errorf("answered %d %s %q, delivered %d", w.Code, w.Header().Get("Content-Type"), w.Body, len(s.got))
			}
			if w.Header().Get("Content-Length") != strconv.Itoa(len(tt.body)) || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("header %v", w.Header())
			}
			if got := (*o)[0]; len(*o) != 1 || got.Name != OutcomeHandshake || got.Handshake != tt.handshake || got.Status != tt.status || got.Refused || got.Err != nil || got.ID != "" {
				t.Errorf("outcome %+v", got)
			}
		})
	}
}

func sum256(text string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, text)
	return h.Sum(nil)
}

func TestHandshakesRefused(t *testing.T) {
	tests := []struct {
		name, provider string
		request        *http.Request
		status         int
		reason, allow  string
	}{
		{"GET of a provider that has none", "broxi", request("GET", "/?challenge=abc", ""), 405, ReasonMethod, "POST"},
		{"GET that is none", "dropbox", request("GET", "/", ""), 405, ReasonMethod, "POST, GET"},
		{"GET of another provider's", "dropbox", request("GET", "/?crc_token=abc", ""), 405, ReasonMethod, "POST, GET"},
		{"PUT", "dropbox", request("PUT", "/?challenge=abc", ""), 405, ReasonMethod, "POST, GET"},
		{"HEAD instead of GET", "dropbox", request("HEAD", "/?challenge=abc", ""), 405, ReasonMethod, "POST, GET"},
		{"GET with a body", "dropbox", request("GET", "/?challenge=abc", "x"), 405, ReasonMethod, "POST, GET"},
		{"GET with a body of unknown length", "dropbox", chunked(request("GET", "/?challenge=abc", "x")), 413, ReasonTooLarge, ""},
		{"GET with a bad signature", "dropbox", request("GET", "/?challenge=abc", "", "X-Dropbox-Signature", strings.Repeat("0", 64)), 401, ReasonSigBad, ""},
		{"GET that is malformed", "dropbox", request("GET", "/?challenge=%00", ""), 400, ReasonMalformed, ""},
		{"token wrong", "meta", request("GET", "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=x", ""), 403, ReasonSigBad, ""},
		{"topic not wanted", "websub", request("GET", "/?hub.mode=unsubscribe&hub.topic=x&hub.challenge=1", ""), 404, ReasonMalformed, ""},
		{"POST of another provider's", "broxi", request("POST", "/", `{"challenge":"c"}`), 401, ReasonSigMissing, ""},
		{"unsigned POST of a signed one", "zoom", request("POST", "/", `{"event":"endpoint.url_validation","payload":{"plainToken":"x"}}`), 401, ReasonSigMissing, ""},
		{"POST with a bad signature", "asana", request("POST", "/", "{}", "X-Hook-Secret", "x", "X-Hook-Signature", strings.Repeat("0", 64)), 401, ReasonSigBad, ""},
		{"unsigned event", "monday", request("POST", "/", `{"event":{}}`), 401, ReasonSigMissing, ""},
		{"unsigned event larger than a handshake", "monday", request("POST", "/", strings.Repeat(" ", verify.MaxHandshake+1)), 401, ReasonSigMissing, ""},
		{"the same of unknown length", "monday", chunked(request("POST", "/", strings.Repeat(" ", verify.MaxHandshake+1))), 413, ReasonTooLarge, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, s, o := provided(t, tt.provider, nil)
			w := serve(g, tt.request)
			if w.Code != tt.status || w.Header().Get("Allow") != tt.allow || len(s.got) != 0 {
				t.Errorf("answered %d, Allow %q, delivered %d", w.Code, w.Header().Get("Allow"), len(s.got))
			}
			if got := (*o)[0]; got.Name != tt.reason || got.Handshake != "" {
				t.Errorf("outcome %+v, want %s", got, tt.reason)
			}
		})
	}
}

func chunked(r *http.Request) *http.Request {
	r.ContentLength = -1
	return r
}

// TestHandshakeOverHTTP3: there a GET without a body has no length either.
func TestHandshakeOverHTTP3(t *testing.T) {
	g, _, _ := provided(t, "dropbox", nil)
	r := chunked(request("GET", "/?challenge=abc", ""))
	r.Body = io.NopCloser(strings.NewReader(""))
	if w := serve(g, r); w.Code != 200 || w.Body.String() != "abc" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
}

func TestHandshakesPassTheChecksBefore(t *testing.T) {
	get := func() *http.Request { return request("GET", "/?challenge=abc", "") }
	g, _, o := provided(t, "dropbox", func(c *Config) { c.AllowIPs = []string{"198.51.100.0/24"} })
	if w := serve(g, get()); w.Code != 403 || (*o)[0].Name != ReasonIPDenied {
		t.Errorf("a sender not on the list was answered %d", w.Code)
	}
	g, _, o = provided(t, "dropbox", limited("1/1h", clientIP))
	if w := serve(g, get()); w.Code != 200 {
		t.Errorf("the first was answered %d", w.Code)
	}
	if w := serve(g, get()); w.Code != 429 || (*o)[1].Name != ReasonRateLimited {
		t.Errorf("one over the sender's limit was answered %d", w.Code)
	}
}

// TestHandshakesAreLimited: of one sender, and wrong ones count.
func TestHandshakesAreLimited(t *testing.T) {
	g, s, _ := provided(t, "meta", nil)
	guess := func() *httptest.ResponseRecorder {
		return serve(g, request("GET", "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=x", ""))
	}
	for range handshakeBurst {
		if w := guess(); w.Code != 403 {
			t.Fatalf("a guess was answered %d", w.Code)
		}
	}
	if w := guess(); w.Code != 429 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("one too many was answered %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	s.addr = netip.MustParseAddr("198.51.100.9")
	if w := guess(); w.Code != 403 {
		t.Errorf("another sender was answered %d", w.Code)
	}
}
