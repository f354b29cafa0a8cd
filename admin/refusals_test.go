package admin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// refuse tells the log of a request that was turned away.
func (s *stand) refuse(endpoint, reason string) {
	r := httptest.NewRequest(http.MethodPost, "/hook?token=geheim", nil)
	r.Header = http.Header{"X-Signature": {"geheim"}, "A": {"b"}}
	s.log.Observe(&gateway.Outcome{
		Endpoint: endpoint, Provider: "github", Name: reason, Status: 401, Refused: true, Err: errors.New("does not fit"),
		Sender: netip.MustParseAddr("192.0.2.7"), Start: time.Now(), Request: r, Body: []byte("hello\xff"), KeepBody: endpoint == "git",
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.refuse("shop", gateway.ReasonSigBad)
	s.refuse("git", gateway.ReasonSigBad)
	s.refuse("git", gateway.ReasonTSStale)
	for query, want := range map[string][]string{
		"": {"3", "2", "1"}, "?endpoint=git": {"3", "2"}, "?reason=sig_bad": {"2", "1"}, "?endpoint=git&reason=sig_bad": {"2"},
		"?reason=lost": nil, "?limit=3": {"3", "2", "1"},
	} {
		var page admin.Refusals
		s.get("/refusals"+query, &page)
		var got []string
		for _, r := range page.Refusals {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, want) || page.Next != "" {
			t.Errorf("%q: %q and next %q, want %q", query, got, page.Next, want)
		}
	}
	var page admin.Refusals
	s.get("/refusals", &page)
	kept, other := page.Refusals[1], page.Refusals[2]
	if kept.Body != "hello\uFFFD" || kept.Size != 6 || kept.Path != "/hook" || kept.Sender != "192.0.2.7" || kept.Detail != "does not fit" || kept.Advice == "" {
		t.Errorf("kept: %+v", kept)
	}
	if other.Body != "" || !slices.Equal(other.Headers, []string{"A", "X-Signature"}) {
		t.Errorf("the other one: %+v", other)
	}
}

// Going through the pages while more are refused shows each once.
func TestRefusalPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	var want []string
	for i := range 20 {
		s.refuse("shop", gateway.ReasonSigBad)
		want = append([]string{strconv.Itoa(i + 1)}, want...)
	}
	var got []string
	next, pages := "", 0
	for more := true; more; more = next != "" {
		var page admin.Refusals
		s.get("/refusals?limit=5&cursor="+next, &page)
		for _, r := range page.Refusals {
			got = append(got, r.ID)
		}
		next = page.Next
		pages++
		s.refuse("shop", gateway.ReasonSigBad)
	}
	if !slices.Equal(got, want) || pages != 4 {
		t.Errorf("%d pages have %q, want 4 with %q", pages, got, want)
	}
}
