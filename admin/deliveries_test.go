package admin_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// all are the ids on all pages of a list, which may be short: a store looks for
// a while only.
func (s *stand) all(query string) (ids []string) {
	s.Helper()
	next := ""
	for more := true; more; more = next != "" {
		var page admin.Deliveries
		s.get("/deliveries?cursor="+next+query, &page)
		for _, d := range page.Deliveries {
			ids = append(ids, d.ID)
		}
		next = page.Next
	}
	return ids
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := open(t)
	dead := s.add(gateway.Dead, func(e *gateway.Event) { e.ID = "evt_dead" }, shop, audit)
	pending := s.add(gateway.Pending, func(e *gateway.Event) { e.Type = "invoice.sent" }, git)
	delivering := s.add(gateway.Delivering, nil, shop)
	delivered := s.add(gateway.Delivered, func(e *gateway.Event) { e.Body = []byte(`{"note":"Needle"}`) }, shop)
	second := func(n int) string {
		return url.QueryEscape(s.start.Add(time.Duration(n) * time.Second).Format(time.RFC3339Nano))
	}
	tests := []struct {
		name  string
		query string
		want  []string
	}{
		{"all, the newest first", "", []string{delivered[0], delivering[0], pending[0], dead[1], dead[0]}},
		{"empty parameters", "&endpoint=&state=&since=&limit=", []string{delivered[0], delivering[0], pending[0], dead[1], dead[0]}},
		{"endpoint", "&endpoint=git", pending},
		{"destination", "&endpoint=shop&destination=audit", dead[1:]},
		{"unknown endpoint", "&endpoint=nobody", nil},
		{"state", "&state=dead", []string{dead[1], dead[0]}},
		{"states", "&state=pending,delivering", []string{delivering[0], pending[0]}},
		{"type", "&event=invoice.sent", pending},
		{"reference", "&id=evt_dead", []string{dead[1], dead[0]}},
		{"text in the body", "&q=needle", delivered},
		{"since a time", "&since=" + second(3), []string{delivered[0], delivering[0]}},
		{"until a time, without it", "&until=" + second(2), []string{dead[1], dead[0]}},
		{"since a while ago", "&since=2h", []string{delivered[0], delivering[0], pending[0], dead[1], dead[0]}},
		{"since days ago, until a while ago", "&since=7d&until=30m", []string{delivered[0], delivering[0], pending[0], dead[1], dead[0]}},
		{"nothing is as young", "&since=1s", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.all(tt.query); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDeliveryInList(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.add(gateway.Dead, nil, shop)
	s.add(gateway.Pending, nil, shop)
	var got admin.Deliveries
	s.get("/deliveries", &got)
	pending, dead := got.Deliveries[0], got.Deliveries[1]
	if pending.State != "pending" || pending.Due == nil || pending.LastAttempt != nil || pending.Attempts != 0 {
		t.Errorf("pending: %+v", pending)
	}
	last := dead.LastAttempt
	if dead.State != "dead" || dead.Due != nil || dead.Attempts != 1 || last == nil || last.Duration != 1.5 || last.Reason != "status" || last.Answer != "ok\uFFFD" {
		t.Errorf("dead: %+v, %+v", dead, last)
	}
}

// Going through the pages while more comes shows each delivery that was there
// once.
func TestPaging(t *testing.T) {
	t.Parallel()
	s := open(t)
	var want []string
	for range 23 {
		want = append(want, s.add(gateway.Dead, nil, shop)...)
		s.add(gateway.Pending, nil, git)
	}
	slices.Reverse(want)
	var got []string
	next := ""
	for more := true; more; more = next != "" {
		var page admin.Deliveries
		s.get("/deliveries?endpoint=shop&limit=5&cursor="+next, &page)
		if len(page.Deliveries) > 5 {
			t.Errorf("a page has %d deliveries, want 5 at most", len(page.Deliveries))
		}
		for _, d := range page.Deliveries {
			got = append(got, d.ID)
		}
		next = page.Next
		s.add(gateway.Dead, nil, shop)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages have %q, want %q", got, want)
	}
}

func TestDefaultLimit(t *testing.T) {
	t.Parallel()
	s := open(t)
	for range 51 {
		s.add(gateway.Pending, nil, shop)
	}
	var got admin.Deliveries
	s.get("/deliveries", &got)
	if len(got.Deliveries) > 50 || got.Next == "" {
		t.Errorf("%d deliveries and next %q, want 50 at most and more", len(got.Deliveries), got.Next)
	}
}

func TestBadParameters(t *testing.T) {
	t.Parallel()
	s := open(t)
	tests := []struct{ name, path, want string }{
		{"state", "/deliveries?state=dead,lost", `state: "lost"`},
		{"no state between commas", "/deliveries?state=dead,", `state: ""`},
		{"since", "/deliveries?since=yesterday", `since: "yesterday"`},
		{"a negative duration", "/deliveries?since=-1h", `since: "-1h"`},
		{"until", "/deliveries?until=2026-13-01T00:00:00Z", `until: "2026-13-01T00:00:00Z"`},
		{"limit is no number", "/deliveries?limit=many", `limit: "many"`},
		{"limit is zero", "/deliveries?limit=0", `limit: "0"`},
		{"limit is too large", "/deliveries?limit=501", `limit: "501"`},
		{"cursor is no base64", "/deliveries?cursor=*", "cursor"},
		{"cursor is short", "/deliveries?cursor=AQ", "cursor"},
		{"cursor of another version", "/deliveries?cursor=AgAAAAAAAAAB", "cursor"},
		{"cursor with an id below zero", "/deliveries?cursor=" + admin.Cursor(-1), "cursor"},
		{"cursor with bits too many", "/refusals?cursor=" + admin.Cursor(1) + "=", "cursor"},
		{"unknown", "/deliveries?sate=dead", `there is no parameter "sate"`},
		{"unknown where there are none", "/status?x=1", `there is no parameter "x"`},
		{"twice", "/deliveries?endpoint=a&endpoint=b", "endpoint may be given once"},
		{"a query that is none", "/deliveries?endpoint=%zz", "cannot be read"},
		{"limit of refusals", "/refusals?limit=-1", `limit: "-1"`},
		{"of the stream", "/stream?kind=new", `there is no parameter "kind"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.refused(http.MethodGet, tt.path, "", http.StatusBadRequest, tt.want)
		})
	}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set(func(sys *admin.System) {
		sys.Endpoints[0].Config = []byte(`{"verify":{"options":{"header":"X-Proof"}}}`)
	})
	all := s.add(gateway.Dead, func(e *gateway.Event) {
		e.Target, e.TLS = "/hook?a=b&access_token=geheim", true
		e.Header = http.Header{"X-Proof": {"geheim"}, "Authorization": {"Bearer geheim"}, "Stripe-Signature": {"t=1,v1=geheim"}, "A": {"1", "2"}}
	}, shop, audit)
	s.add(gateway.Dead, func(e *gateway.Event) { e.ReceivedAt = e.ReceivedAt.Add(-time.Second) }, shop) // at the same instant
	var got admin.DeliveryDetail
	s.get("/deliveries/"+all[0], &got)
	if want := [][2]string{{"A", "1"}, {"A", "2"}, {"Authorization", "[redacted]"}, {"Stripe-Signature", "[redacted]"}, {"X-Proof", "[redacted]"}}; !slices.Equal(got.Request.Headers, want) {
		t.Errorf("headers %q, want %q", got.Request.Headers, want)
	}
	if want := "/hook?a=b&access_token=[redacted]"; got.Request.Target != want {
		t.Errorf("target %q, want %q", got.Request.Target, want)
	}
	if r := got.Request; r.Sender != "192.0.2.7" || !r.TLS || r.Method != "POST" || r.Host != "hooks.example.com" || r.Size != len(r.Body) || r.Cut {
		t.Errorf("request %+v", r)
	}
	if !slices.Equal(got.Siblings, all[1:]) || got.ID != all[0] || got.Destination != "app" {
		t.Errorf("%s to %s has the siblings %q, want %q", got.ID, got.Destination, got.Siblings, all[1:])
	}
	if len(got.History) != 1 || got.History[0].Number != 1 || got.History[0].Error != "the application answered 400" {
		t.Errorf("history %+v", got.History)
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	s := open(t)
	long := strings.Repeat("a", 1<<20-1)
	tests := []struct {
		name string
		body string
		want admin.Request
	}{
		{"none", "", admin.Request{}},
		{"text", "grüße", admin.Request{Body: "grüße"}},
		{"markup", "<script>alert(1)</script>", admin.Request{Body: "<script>alert(1)</script>"}},
		{"no text", "a\xff", admin.Request{Base64: "Yf8="}},
		{"as long as is shown", long + "b", admin.Request{Body: long + "b"}},
		{"longer", long + "bc", admin.Request{Body: long + "b", Cut: true}},
		{"cut in a character", long + "\u20ac", admin.Request{Body: long, Cut: true}},
		{"no text, and cut", "\xff" + long + "b", admin.Request{Base64: base64.StdEncoding.EncodeToString([]byte("\xff" + long)), Cut: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := s.add(gateway.Pending, func(e *gateway.Event) { e.Body = []byte(tt.body) }, shop)[0]
			var detail admin.DeliveryDetail
			s.get("/deliveries/"+id, &detail)
			got := detail.Request
			if got.Body != tt.want.Body || got.Base64 != tt.want.Base64 || got.Cut != tt.want.Cut || got.Size != len(tt.body) {
				t.Errorf("%d bytes of text, %d of base64, cut %v, size %d", len(got.Body), len(got.Base64), got.Cut, got.Size)
			}
			answer := s.do(s.request(http.MethodGet, "/deliveries/"+id+"/body", ""))
			if !bytes.Equal(answer.body, []byte(tt.body)) {
				t.Errorf("the file has %d bytes, want %d", len(answer.body), len(tt.body))
			}
			for name, want := range map[string]string{
				"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
				"Content-Disposition": `attachment; filename="webhook-` + id + `.bin"`,
			} {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestUnknownDelivery(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, id := range []string{"4711", "0", "-1", "01", "x", "99999999999999999999"} {
		for _, path := range []string{"", "/body"} {
			s.refused(http.MethodGet, "/deliveries/"+id+path, "", http.StatusNotFound, "no such delivery")
		}
		for _, path := range []string{"/replay", "/discard"} {
			s.refused(http.MethodPost, "/deliveries/"+id+path, "", http.StatusNotFound, "no such delivery")
		}
	}
}
