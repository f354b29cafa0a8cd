package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// attempts tells the log of attempts at the shop, of which some failed.
func (s *stand) attempts(accepted, failed int) {
	verdicts := append(slices.Repeat([]gateway.Verdict{gateway.Accepted}, accepted), slices.Repeat([]gateway.Verdict{gateway.Again}, failed)...)
	for _, v := range verdicts {
		s.log.Attempted(delivery.Attempt{Address: shop, Result: gateway.Result{Verdict: v, Start: time.Now()}})
	}
}

// down has the shop's application fail until its breaker opens.
func (s *stand) down() {
	s.worker.Serve(&gateway.Destination{Address: shop, Now: time.Now, Breaker: gateway.Breaker{Failures: 1, Pause: gateway.Duration(time.Hour)}})
	place, ok := s.worker.Lane(shop).Enter(time.Now(), true)
	if !ok {
		s.Fatal("there is no place")
	}
	place.Leave(gateway.Result{Verdict: gateway.Again, Reason: gateway.ReasonNetwork})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	gone := gateway.Address{Endpoint: "old", Destination: "app"}
	tests := []struct {
		name    string
		happens func(*stand)
		want    []string // reasons
	}{
		{"nothing happened", func(*stand) {}, nil},
		{"just enough succeed", func(s *stand) { s.attempts(95, 5) }, nil},
		{"one too many fails", func(s *stand) { s.attempts(94, 6) }, []string{"shop: 6 of 100 attempts in the last hour failed (a success rate of at least 95 % is healthy)."}},
		{"the only one fails", func(s *stand) { s.attempts(0, 1) }, []string{"shop: 1 of 1 attempts in the last hour failed (a success rate of at least 95 % is healthy)."}},
		{"a dead letter", func(s *stand) { s.log.Settled(git, &gateway.Delivery{State: gateway.Dead}) }, []string{"git: 1 dead letter in the last hour."}},
		{"two dead letters", func(s *stand) {
			s.log.Settled(git, &gateway.Delivery{State: gateway.Dead})
			s.log.Settled(git, &gateway.Delivery{State: gateway.Dead})
		}, []string{"git: 2 dead letters in the last hour."}},
		{"old dead letters", func(s *stand) { s.add(gateway.Dead, nil, shop) }, nil},
		{"a breaker is open", (*stand).down, []string{
			"shop: 1 of 1 attempts in the last hour failed (a success rate of at least 95 % is healthy).", "shop: the destination app is down."}},
		{"something waits for who is gone", func(s *stand) { s.add(gateway.Pending, nil, gone) }, []string{"old: 1 delivery waits for the destination app, which is not configured."}},
		{"some wait for who is gone", func(s *stand) {
			s.add(gateway.Pending, nil, gone)
			s.add(gateway.Delivering, nil, gone)
		}, []string{"old: 2 deliveries wait for the destination app, which is not configured."}},
		{"nothing waits for who is gone", func(s *stand) { s.add(gateway.Delivered, nil, gone) }, nil},
		{"the store is full", func(s *stand) {
			s.set(func(sys *admin.System) { sys.Engine.Stats = gateway.Stats{Health: gateway.Full, Err: gateway.ErrFull} })
		}, []string{"The store is full: store is full."}},
		{"the store is not open", func(s *stand) { s.set(unopened) }, []string{"The store is full: open: store is full."}},
		{"there is no store", func(s *stand) { s.set(func(sys *admin.System) { sys.Engine = nil }) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			tt.happens(s)
			var got admin.Status
			s.get("/status", &got)
			if !slices.Equal(got.Reasons, tt.want) {
				t.Errorf("reasons %q, want %q", got.Reasons, tt.want)
			}
			if want := map[bool]string{true: "healthy", false: "degraded"}[tt.want == nil]; got.Health != want {
				t.Errorf("health %s, want %s", got.Health, want)
			}
		})
	}
}

// Each endpoint says what is wrong with it alone, and all is said of all.
func TestReasons(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.attempts(0, 1)
	s.log.Settled(shop, &gateway.Delivery{State: gateway.Dead})
	s.log.Settled(git, &gateway.Delivery{State: gateway.Dead})
	var got admin.Status
	s.get("/status", &got)
	failed, dead := "1 of 1 attempts in the last hour failed (a success rate of at least 95 % is healthy).", "1 dead letter in the last hour."
	if e := got.Endpoints[0]; e.Health != "degraded" || !slices.Equal(e.Reasons, []string{failed, dead}) {
		t.Errorf("the shop is %s: %q", e.Health, e.Reasons)
	}
	if e := got.Endpoints[1]; e.Health != "degraded" || !slices.Equal(e.Reasons, []string{dead}) {
		t.Errorf("git is %s: %q", e.Health, e.Reasons)
	}
	if want := []string{"shop: " + failed, "shop: " + dead, "git: " + dead}; !slices.Equal(got.Reasons, want) {
		t.Errorf("reasons %q, want %q", got.Reasons, want)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.add(gateway.Dead, nil, shop, audit)
	s.add(gateway.Pending, nil, shop)
	s.add(gateway.Delivering, nil, gateway.Address{Endpoint: "old", Destination: "b"})
	s.add(gateway.Delivered, nil, gateway.Address{Endpoint: "shop", Destination: "former"})
	s.worker.Pause(audit)
	var got admin.Status
	s.get("/status", &got)
	if got.Version != "v1.2.3" || got.Store.State != "ready" || got.Store.Events != 4 || got.Store.Unsettled != 2 || got.Store.Path == "" {
		t.Errorf("status %+v", got)
	}
	var names []string
	for _, e := range got.Endpoints {
		for _, d := range e.Destinations {
			names = append(names, e.Name+"/"+d.Name)
			if want := e.Name != "old" && d.Name != "former"; d.Configured != want {
				t.Errorf("%s/%s: configured %v, want %v", e.Name, d.Name, d.Configured, want)
			}
		}
	}
	if want := []string{"shop/app", "shop/audit", "shop/former", "git/app", "old/b"}; !slices.Equal(names, want) {
		t.Errorf("destinations %q, want %q", names, want)
	}
	first := got.Endpoints[0].Destinations
	if d := first[0]; d.Dead != 1 || d.Pending != 1 || d.Paused || d.Breaker != "closed" || d.Oldest == nil || d.Due == nil {
		t.Errorf("shop/app: %+v", d)
	}
	if d := first[1]; d.Dead != 1 || !d.Paused || d.Oldest != nil {
		t.Errorf("shop/audit: %+v", d)
	}
}

// unopened has the store wait for room on its disk.
func unopened(sys *admin.System) {
	sys.Engine = &admin.Engine{Path: "/hooks.db", Stats: gateway.Stats{
		Health: gateway.Full, Err: fmt.Errorf("open: %w", gateway.ErrFull), Disk: &gateway.Disk{Free: 4096, Reserve: 1 << 20},
	}}
}

func TestWithoutAnOpenStore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		store func(*admin.System)
		want  admin.StoreStatus
		why   string
	}{
		{"off", func(sys *admin.System) { sys.Engine = nil }, admin.StoreStatus{State: "off"}, "the gateway runs without a store"},
		{"not open", unopened, admin.StoreStatus{
			State: "full", Path: "/hooks.db", Error: "open: store is full", Disk: &admin.Disk{Free: 4096, Reserve: 1 << 20},
		}, "open: store is full"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.set(tt.store)
			var got admin.Status
			s.get("/status", &got)
			if diff := cmp.Diff(tt.want, got.Store); diff != "" {
				t.Errorf("store (-want +got):\n%s", diff)
			}
			for _, path := range []string{"/deliveries", "/deliveries/1", "/deliveries/1/body"} {
				s.refused(http.MethodGet, path, "", http.StatusServiceUnavailable, tt.why)
			}
			for path, body := range map[string]string{
				"/deliveries/1/replay": "", "/deliveries/1/discard": "", "/replay": `{"state":"dead"}`, "/discard": `{"state":"dead"}`,
				"/destinations/shop/app/pause": "", "/destinations/shop/app/resume": "", "/backup": `{"path":"/x"}`,
			} {
				s.refused(http.MethodPost, path, body, http.StatusServiceUnavailable, tt.why)
			}
			for _, path := range []string{"/activity", "/refusals", "/endpoints", "/session"} {
				s.get(path, nil)
			}
		})
	}
}

func TestNothingRuns(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.stop()
	for _, path := range []string{"/status", "/activity", "/deliveries", "/deliveries/1", "/deliveries/1/body", "/refusals", "/endpoints", "/stream"} {
		s.refused(http.MethodGet, path, "", http.StatusServiceUnavailable, "the gateway does not run")
	}
	s.refused(http.MethodPost, "/replay", `{"state":"dead"}`, http.StatusServiceUnavailable, "the gateway does not run")
	s.get("/session", nil)
}

func TestActivity(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.attempts(2, 1)
	s.log.Observe(&gateway.Outcome{Endpoint: "shop", Name: gateway.OutcomeQueued, Status: 200, Durable: true, Start: time.Now(), Total: 250 * time.Millisecond})
	for endpoint, want := range map[string]int64{"": 2, "shop": 2, "git": 0} {
		var got admin.Activity
		s.get("/activity?endpoint="+endpoint, &got)
		var sum admin.Counts
		for _, m := range got.Minutes {
			sum.Delivered += m.Delivered
			sum.Accepted += m.Accepted
			sum.P99 = max(sum.P99, m.P99)
		}
		if len(got.Minutes) != 60 || sum.Delivered != want || sum.Accepted != want/2 {
			t.Errorf("%q: %d minutes with %+v, want 60 with %d delivered", endpoint, len(got.Minutes), sum, want)
		}
		if want > 0 && (sum.P99 < 0.2 || sum.P99 > 0.3) {
			t.Errorf("%q: p99 %v s, want about 0.25", endpoint, sum.P99)
		}
	}
}

// What a store cannot do is not the caller's fault.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"it is closed", gateway.ErrClosed, http.StatusServiceUnavailable},
		{"it has failed", gateway.ErrFailed, http.StatusServiceUnavailable},
		{"it is slow", gateway.ErrSlow, http.StatusServiceUnavailable},
		{"anything else", errors.New("bug"), http.StatusInternalServerError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := admin.StatusOf(tt.err); got != tt.want {
				t.Errorf("StatusOf(%v) = %d, want %d", tt.err, got, tt.want)
			}
		})
	}
}
