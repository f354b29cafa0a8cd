package activity_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
)

// always answers with the status.
func always(status int) app { return func(string, int) int { return status } }

// describe is a happening in a line. Whether there is a delivery counts, not
// which one.
func describe(h activity.Happening) string {
	line := strings.TrimSpace(h.Kind + " " + h.Destination)
	if h.Delivery != 0 {
		line += " stored"
	}
	for _, text := range []string{h.Reference, h.Type, h.Reason} {
		if text != "" {
			line += " " + text
		}
	}
	return fmt.Sprintf("%s %d", line, h.Status)
}

// TestWhatIsTold sends an event through a real endpoint and compares all that a
// listener hears of it, in any order, and what is counted. Nothing may be told
// twice.
func TestWhatIsTold(t *testing.T) {
	const durable, off = true, false
	store := func(c *gateway.Config) { c.Mode = gateway.ModeStore }
	onSecond := func(_ string, attempt int) int { return []int{0, 503, 200}[attempt] }
	tests := []struct {
		name         string
		durable      bool
		destinations string
		edit         func(*gateway.Config)
		app          app
		counts       [5]int64 // accepted, refused, delivered, failed, dead
		want         []string
	}{
		{"delivered", durable, "app", nil, always(200), [5]int64{1, 0, 1, 0, 0}, []string{
			"new app d1 order.paid 200", "delivered app d1 order.paid 200"}},
		{"delivered at the second attempt", durable, "app", nil, onSecond, [5]int64{1, 0, 1, 1, 0}, []string{
			"attempt app status 503", "new app stored d1 order.paid 200", "delivered app stored 200"}},
		{"refused for good by the application", durable, "app", nil, always(400), [5]int64{0, 0, 0, 1, 1}, []string{
			"attempt app status 400", "dead app d1 order.paid status 400"}},
		{"not reached", durable, "app", func(c *gateway.Config) { c.Retry.Attempts = 1 }, always(0), [5]int64{0, 0, 0, 1, 1}, []string{
			"attempt app network 0", "dead app d1 order.paid network 0"}},
		{"several destinations", durable, "app b", nil, always(200), [5]int64{1, 0, 2, 0, 0}, []string{
			"new app stored d1 order.paid 200", "delivered app stored d1 order.paid 200", "delivered b stored 200"}},
		{"several, of which the first refuses", durable, "app b", nil, func(name string, _ int) int { return map[string]int{"app": 400, "b": 200}[name] }, [5]int64{0, 0, 1, 1, 1}, []string{
			"new app stored d1 order.paid 400", "attempt app status 400", "dead app stored d1 order.paid status 400", "delivered b stored 200"}},
		{"mode store", durable, "app", store, always(200), [5]int64{1, 0, 1, 0, 0}, []string{
			"new app stored d1 order.paid 200", "delivered app stored 200"}},
		{"mode store, given up", durable, "app", store, always(503), [5]int64{1, 0, 0, 3, 1}, []string{
			"new app stored d1 order.paid 200", "attempt app stored d1 order.paid status 503", "attempt app stored d1 order.paid status 503",
			"attempt app stored d1 order.paid status 503", "dead app stored d1 order.paid status 503"}},
		{"filtered", durable, "app", func(c *gateway.Config) { c.Events = []string{"other"} }, always(200), [5]int64{1, 0, 0, 0, 0}, nil},
		{"no store", off, "app", nil, always(200), [5]int64{1, 0, 1, 0, 0}, []string{
			"new app d1 order.paid 200", "delivered app d1 order.paid 200"}},
		{"no store, failed", off, "app", nil, always(500), [5]int64{0, 0, 0, 1, 0}, []string{
			"attempt app d1 order.paid status 500"}},
		{"no store, not reached", off, "app", nil, always(0), [5]int64{0, 0, 0, 1, 0}, []string{
			"attempt app d1 order.paid network 0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, tt.durable, tt.app, tt.edit, strings.Fields(tt.destinations)...)
			s.send("d1", nil)
			s.expect(tt.want, tt.counts)
		})
	}
}

// expect waits until as much is told as is wanted, ends the stand, and compares
// everything.
func (s *stand) expect(want []string, counts [5]int64) {
	s.Helper()
	var got []string
	for range want {
		got = append(got, describe(<-s.heard))
	}
	s.stop()
	s.leave()
	for h := range s.heard {
		got = append(got, describe(h))
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		s.Errorf("told of\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if m := s.Hour("shop"); [5]int64{m.Accepted, m.Refused, m.Delivered, m.Failed, m.Dead} != counts {
		s.Errorf("counted %+v, want %v", m, counts)
	}
}

func TestADuplicateIsToldOnce(t *testing.T) {
	s := newStand(t, true, always(200), nil, "app")
	s.send("d1", nil)
	s.send("d1", nil)
	s.expect([]string{"new app d1 order.paid 200", "delivered app d1 order.paid 200"}, [5]int64{2, 0, 1, 0, 0})
}

// An attempt that takes longer than its sender may wait goes on: what it comes
// to is told once, after it.
func TestAnAttemptThatIsOvertaken(t *testing.T) {
	answered := make(chan struct{})
	s := newStand(t, true, func(string, int) int { <-answered; return 200 }, func(c *gateway.Config) { c.AckWithin = gateway.Duration(time.Millisecond) }, "app")
	s.send("d1", nil)
	if got := describe(<-s.heard); got != "new app stored d1 order.paid 200" {
		t.Errorf("told of %s", got)
	}
	close(answered)
	s.expect([]string{"delivered app stored d1 order.paid 200"}, [5]int64{1, 0, 1, 0, 0})
}

func TestARefusalIsToldAndKept(t *testing.T) {
	for _, keep := range []bool{false, true} {
		s := newStand(t, true, always(200), func(c *gateway.Config) { c.KeepRefusedBodies = keep }, "app")
		s.send("d1", func(h http.Header) { h.Set("X-Broxi-Signature", strings.Repeat("0", 64)) })
		all := s.Refusals("shop", gateway.ReasonSigBad, 0, 10)
		if len(all) != 1 {
			t.Fatalf("%d refusals", len(all))
		}
		r, body := all[0], `{"delivery_id":"d1","event":"order.paid"}`
		if r.Path != "/shop" || r.Method != "POST" || r.Provider != "broxi-ai" || r.Status != 401 || r.Size != len(body) || r.Sender.String() != "203.0.113.7" ||
			!slices.Equal(r.Headers, []string{"X-Broxi-Signature", "X-Broxi-Timestamp"}) || r.Detail == "" || r.Advice == "" {
			t.Errorf("got %+v", r)
		}
		if keep != (string(r.Body) == body) || !keep && r.Body != nil {
			t.Errorf("keep_refused_bodies %v: the body is %q", keep, r.Body)
		}
		s.expect([]string{"refused sig_bad 401"}, [5]int64{0, 1, 0, 0, 0})
	}
}
