package gateway

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

// sent is an event with a value in every field.
func sent() *Event {
	return &Event{
		ID: "evt.1", Type: "order.paid", Endpoint: "test", Provider: "broxi-ai", Attempt: 3, ReceivedAt: t0,
		Trace:  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Method: http.MethodPut, Target: "/hooks%2Fa/b?x=1&y=%20", Host: "hooks.example.com", RemoteAddr: "203.0.113.7:4711", TLS: true,
		Header: http.Header{"X-Many": {"1", "2"}, "X-Bytes": {"\xff\xfe"}}, Body: []byte("payload"),
	}
}

func requestOf(t *testing.T, e *Event) *http.Request {
	t.Helper()
	r, err := e.request(t.Context(), &bodyReader{rest: e.Body})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRequestIsTheSendersOwn(t *testing.T) {
	r := requestOf(t, sent())
	if r.Method != http.MethodPut || r.RequestURI != "/hooks%2Fa/b?x=1&y=%20" || r.Host != "hooks.example.com" || r.RemoteAddr != "203.0.113.7:4711" {
		t.Errorf("%s %s from %s to %s", r.Method, r.RequestURI, r.RemoteAddr, r.Host)
	}
	if r.URL.Path != "/hooks/a/b" || r.URL.RawPath != "/hooks%2Fa/b" || r.URL.RawQuery != "x=1&y=%20" || r.URL.Host != "" || r.URL.Scheme != "" {
		t.Errorf("URL %#v", r.URL)
	}
	if r.Proto != "HTTP/1.1" || !r.ProtoAtLeast(1, 1) || r.ProtoMajor != 1 {
		t.Errorf("protocol %s, %d.%d", r.Proto, r.ProtoMajor, r.ProtoMinor)
	}
	if body := must(io.ReadAll(r.Body)); string(body) != "payload" || r.ContentLength != 7 || r.TransferEncoding != nil || r.Trailer != nil {
		t.Errorf("body %q of length %d", body, r.ContentLength)
	}
	if r.TLS == nil || !r.TLS.HandshakeComplete || r.TLS.ServerName != "hooks.example.com" {
		t.Errorf("TLS %+v", r.TLS)
	}
	want := http.Header{
		"X-Many": {"1", "2"}, "X-Bytes": {"\xff\xfe"},
		"Webhook-Gateway-Event-Id": {"evt.1"}, "Webhook-Gateway-Attempt": {"3"}, "Webhook-Gateway-Received-At": {t0.UTC().Format(time.RFC3339Nano)},
		"Webhook-Gateway-Endpoint": {"test"}, "Webhook-Gateway-Provider": {"broxi-ai"}, "Webhook-Gateway-Event": {"order.paid"},
	}
	if !reflect.DeepEqual(r.Header, want) {
		t.Errorf("headers %v, want %v", r.Header, want)
	}
}

func TestRequestsOfOddEvents(t *testing.T) {
	tests := []struct {
		name  string
		edit  func(*Event)
		right func(*http.Request) bool
	}{
		{"no body", func(e *Event) { e.Body = nil }, func(r *http.Request) bool { return r.Body == http.NoBody && r.ContentLength == 0 }},
		{"no TLS", func(e *Event) { e.TLS = false }, func(r *http.Request) bool { return r.TLS == nil }},
		{"no headers", func(e *Event) { e.Header = nil }, func(r *http.Request) bool { return r.Header.Get(headerEventID) == "evt.1" }},
		{"a host with a port, which no certificate has", func(e *Event) { e.Host = "hooks.example.com:8443" }, func(r *http.Request) bool {
			return r.Host == "hooks.example.com:8443" && r.TLS.ServerName == "hooks.example.com"
		}},
		{"a path like a host", func(e *Event) { e.Target = "//evil.example/a" }, func(r *http.Request) bool {
			return r.URL.Host == "" && r.URL.Path == "//evil.example/a"
		}},
		{"an empty query", func(e *Event) { e.Target = "/a?" }, func(r *http.Request) bool { return r.URL.ForceQuery && r.RequestURI == "/a?" }},
		{"no id", func(e *Event) { e.ID, e.Key = "", Key{0xab} }, func(r *http.Request) bool {
			return r.Header.Get(headerEventID) == "ab000000000000000000000000000000"
		}},
		{"a type that is no header's value", func(e *Event) { e.Type = "a\r\nX-Evil: 1" }, func(r *http.Request) bool {
			return r.Header[headerEvent] == nil && r.Header["X-Evil"] == nil
		}},
		{"a stranger's facts", func(e *Event) {
			e.Header = http.Header{"Webhook-Gateway-Attempt": {"99"}, "Webhook_gateway_id": {"x"}, "Webhook-Gateway-Future": {"x"}}
		}, func(r *http.Request) bool { return r.Header.Get(headerAttempt) == "3" && len(r.Header) == 6 }},
		{"headers of the sender's hop", func(e *Event) {
			e.Header = http.Header{"Upgrade": {"h2c"}, "Expect": {"100-continue"}, "Incremental": {"?1"}}
		}, func(r *http.Request) bool {
			return r.Header["Upgrade"] == nil && r.Header["Expect"] == nil && r.Header["Incremental"] == nil
		}},
		{"headers that Connection names", func(e *Event) {
			e.Header = http.Header{"Connection": {"close, x-own", " Http2-Settings ,"}, "X-Own": {"1", "2"}, "Http2-Settings": {"x"}, "X-Kept": {"1"}}
		}, func(r *http.Request) bool {
			return r.Header["Connection"] == nil && r.Header["X-Own"] == nil && r.Header["Http2-Settings"] == nil && r.Header["X-Kept"] != nil
		}},
		{"our own among them", func(e *Event) {
			e.Header = http.Header{"Connection": {"webhook-gateway-attempt"}, "Webhook-Gateway-Attempt": {"99"}}
		}, func(r *http.Request) bool { return r.Header["Connection"] == nil && r.Header.Get(headerAttempt) == "3" }},
	}
	for _, tt := range tests {
		e := sent()
		tt.edit(e)
		if r := requestOf(t, e); !tt.right(r) {
			t.Errorf("%s: %+v, headers %v", tt.name, r, r.Header)
		}
	}
}

func TestARequestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := sent().request(ctx, new(bodyReader))
	if cancel(); err != nil || r.Context().Err() == nil {
		t.Errorf("context %v, %v", r.Context().Err(), err)
	}
}

// A shell is the event but for its body, and for what was parsed of it.
func TestAShellIsTheSame(t *testing.T) {
	e := sent()
	e.Key, e.Proof, e.Sender = Key{1}, Key{2}, netip.MustParseAddr("203.0.113.7")
	of, is := reflect.ValueOf(e).Elem(), reflect.ValueOf(e.shell()).Elem()
	for i := range of.NumField() {
		switch name := of.Type().Field(i).Name; {
		case name == "json":
		case of.Field(i).IsZero():
			t.Errorf("%s has no value: it is not tested", name)
		case name == "Body":
			if !is.Field(i).IsZero() {
				t.Errorf("the shell has the body %q", is.Field(i).Bytes())
			}
		case !reflect.DeepEqual(of.Field(i).Interface(), is.Field(i).Interface()):
			t.Errorf("%s is %v, want %v", name, is.Field(i), of.Field(i))
		}
	}
}
