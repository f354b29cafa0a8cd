package activity

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// refused is the outcome of a request that is turned away.
func refused(endpoint, reason string, r *http.Request) *gateway.Outcome {
	return &gateway.Outcome{
		Endpoint: endpoint, Provider: "broxi", Name: reason, Status: 401, Refused: true, Err: errors.New("signature mismatch"),
		Sender: netip.MustParseAddr("203.0.113.7"), Start: t0, Total: time.Millisecond, Request: r,
	}
}

func post(target string) *http.Request {
	return httptest.NewRequest(http.MethodPost, target, http.NoBody)
}

func ids(all []Refusal) []int64 {
	var found []int64
	for _, r := range all {
		found = append(found, r.ID)
	}
	return found
}

func TestARefusalIsACopyWithoutSecrets(t *testing.T) {
	l, _ := newLog()
	r := post("/hook%20s/a?token=secret")
	r.Header.Set("X-Signature", "secret")
	r.Header.Set("Content-Type", "text/secret")
	o := refused("a", gateway.ReasonSigBad, r)
	o.Body = []byte("a secret body")
	l.Observe(o)
	o.Body[0], r.URL.Path = 'x', "/changed"
	r.Header.Set("Another", "x")
	got := l.Refusals("", "", 0, 10)
	if len(got) != 1 {
		t.Fatalf("%d refusals", len(got))
	}
	text := fmt.Sprintf("%+v", got[0])
	want := Refusal{
		ID: 1, Time: t0.Add(time.Millisecond), Endpoint: "a", Provider: "broxi", Reason: "sig_bad", Status: 401, Detail: "signature mismatch",
		Sender: o.Sender, Method: "POST", Path: "/hook%20s/a", Headers: []string{"Content-Type", "X-Signature"}, Size: 13,
		Advice: advice["sig_bad"],
	}
	if text != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %s\nwant %+v", text, want)
	}
	got[0].Headers[0] = "changed"
	if again := l.Refusals("", "", 0, 10); again[0].Headers[0] != "Content-Type" {
		t.Error("what was returned is what is kept")
	}
}

func TestARefusalWithoutARequest(t *testing.T) {
	l, _ := newLog()
	o := refused("a", gateway.ReasonMethod, nil)
	o.Err = nil
	l.Observe(o)
	if got := l.Refusals("", "", 0, 1); got[0].Detail != "" || got[0].Path != "" || got[0].Headers != nil || got[0].Body != nil {
		t.Errorf("got %+v", got[0])
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	l := New(Options{Refusals: 10, Now: func() time.Time { return t0 }})
	for range 25 {
		l.Observe(refused("a", gateway.ReasonSigBad, post("/")))
	}
	if got, want := ids(l.Refusals("", "", 0, 100)), []int64{25, 24, 23, 22, 21, 20, 19, 18, 17, 16}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

func TestTextsOfARefusalAreBounded(t *testing.T) {
	l, _ := newLog()
	r := post("/" + strings.Repeat("p", 5000))
	r.Method = strings.Repeat("M", 500)
	for i := range 300 {
		r.Header[fmt.Sprintf("X-%03d-%s", i, strings.Repeat("h", 500))] = []string{"v"}
	}
	o := refused("a", gateway.ReasonSigBad, r)
	o.Err = errors.New(strings.Repeat("é", 5000))
	o.Body, o.KeepBody = bytes.Repeat([]byte("b"), 100<<10), true
	l.Observe(o)
	got := l.Refusals("", "", 0, 1)[0]
	if len(got.Path) != longestPath || len(got.Method) != longestMethod || len(got.Detail) != longestDetail || len(got.Body) != longestBody || got.Size != 100<<10 {
		t.Errorf("path %d, method %d, detail %d, body %d, size %d", len(got.Path), len(got.Method), len(got.Detail), len(got.Body), got.Size)
	}
	if len(got.Headers) != mostNames || !slices.IsSorted(got.Headers) {
		t.Errorf("%d names", len(got.Headers))
	}
	for _, name := range got.Headers {
		if len(name) != longestName {
			t.Errorf("a name of %d bytes", len(name))
		}
	}
}

// A character that is cut in two is left out.
func TestTextsAreCutBetweenCharacters(t *testing.T) {
	l, _ := newLog()
	o := refused("a", gateway.ReasonSigBad, post("/"))
	o.Err = errors.New("x" + strings.Repeat("é", longestDetail/2))
	l.Observe(o)
	if got := l.Refusals("", "", 0, 1)[0].Detail; len(got) != longestDetail-1 || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("%d bytes: %q", len(got), got[len(got)-4:])
	}
}

func TestFilterAndPages(t *testing.T) {
	l, _ := newLog()
	for i := range 12 {
		endpoint, reason := "a", gateway.ReasonSigBad
		if i%2 == 1 {
			endpoint = "b"
		}
		if i%3 == 0 {
			reason = gateway.ReasonTSStale
		}
		l.Observe(refused(endpoint, reason, post("/"))) // ID i+1
	}
	tests := []struct {
		name             string
		endpoint, reason string
		before           int64
		limit            int
		want             []int64
	}{
		{"all", "", "", 0, 100, []int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{"none", "", "", 0, 0, nil},
		{"first page", "", "", 0, 3, []int64{12, 11, 10}},
		{"second page", "", "", 10, 3, []int64{9, 8, 7}},
		{"last page", "", "", 2, 3, []int64{1}},
		{"after it", "", "", 1, 3, nil},
		{"before what is to come", "", "", 99, 1, []int64{12}},
		{"of an endpoint", "b", "", 0, 100, []int64{12, 10, 8, 6, 4, 2}},
		{"of a reason", "", gateway.ReasonTSStale, 0, 100, []int64{10, 7, 4, 1}},
		{"of both, by pages", "b", gateway.ReasonTSStale, 10, 1, []int64{4}},
		{"of nobody", "c", "", 0, 100, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ids(l.Refusals(tt.endpoint, tt.reason, tt.before, tt.limit)); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// The bodies that are kept are bounded in all, and the latest.
func TestBodiesAreBounded(t *testing.T) {
	l, _ := newLog()
	const n, size = 500, 60_000
	for i := range n {
		o := refused("a", gateway.ReasonSigBad, post("/"))
		o.Body, o.KeepBody = bytes.Repeat([]byte{byte(i)}, size), i%10 != 0
		l.Observe(o)
	}
	held := 0
	for _, r := range l.Refusals("", "", 0, n) {
		i := r.ID - 1
		if r.Body == nil {
			continue
		}
		held += len(r.Body)
		if i%10 == 0 || !bytes.Equal(r.Body, bytes.Repeat([]byte{byte(i)}, size)) {
			t.Fatalf("refusal %d has another's body", r.ID)
		}
	}
	if held > mostBodies || held < mostBodies*9/10 {
		t.Errorf("%d bytes are kept", held)
	}
	if got := l.Refusals("", "", 0, 1)[0]; got.Body == nil {
		t.Error("the latest has no body")
	}
}

func TestAnEmptyBodyIsNone(t *testing.T) {
	l, _ := newLog()
	for _, body := range [][]byte{nil, {}} {
		o := refused("a", gateway.ReasonSigBad, post("/"))
		o.Body, o.KeepBody = body, true
		l.Observe(o)
		if got := l.Refusals("", "", 0, 1)[0].Body; got != nil {
			t.Errorf("got %q", got)
		}
	}
	if l.refusals.bodies.memory != nil {
		t.Error("memory was taken for nothing")
	}
}
