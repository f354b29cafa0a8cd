package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

// once a second for each value of per.
func once(per string) gateway.RateLimit {
	return gateway.RateLimit{Limit: ratelimit.Policy{Events: 1, Window: time.Second}, Per: per}
}

func limitedTo(limits ...gateway.RateLimit) func(*gateway.Config) {
	return func(c *gateway.Config) { c.RateLimits = limits }
}

// Events over the limit are stored, each due when the limit allows it.
func TestDeferral(t *testing.T) {
	for _, tt := range []struct {
		mode   string
		first  string // what becomes of the one within the limit
		stored string
		calls  string
	}{
		{gateway.ModeProxy, gateway.OutcomeDelivered, "app delivered 1/1, app pending 0/0 due 1s, app pending 0/0 due 2s", "enter live=true: true, leave accepted, wake 1s, wake 2s"},
		{gateway.ModeStore, gateway.OutcomeQueued, "app delivering 0/1 due 1m0s, app pending 0/0 due 1s, app pending 0/0 due 2s", "enter live=false: true, carry 1, wake 1s, wake 2s"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode, c.Respond, c.RateLimits = tt.mode, 202, []gateway.RateLimit{once("")} })
			e.app = says(200)
			for i, want := range []string{tt.first, gateway.OutcomeDeferred, gateway.OutcomeDeferred} {
				id := fmt.Sprint("d", i)
				a := e.send(id)
				if o := e.outcome(); o.Name != want || !e.knows(t, id) {
					t.Errorf("%s: outcome %+v, known is %v", id, o, e.knows(t, id))
				}
				if body := `{"status":"queued","id":"` + id + "\"}\n"; want == gateway.OutcomeDeferred && (a.Code != 202 || a.Body.String() != body) {
					t.Errorf("%s: answered %d %q", id, a.Code, a.Body)
				}
			}
			if got := e.stored(t); got != tt.stored || e.lanes[0].log() != tt.calls {
				t.Errorf("stored %q, the lane was asked %q", got, e.lanes[0].log())
			}
			if a := e.send("d1"); a.Body.String() != alreadyProcessed {
				t.Errorf("the repeat was answered %q", a.Body)
			}
		})
	}
}

// What would be due only after it is given up is refused, and delays nobody.
func TestDeferralHasAnEnd(t *testing.T) {
	e := newEndpoint(t, 1, func(c *gateway.Config) {
		limitedTo(once(""))(c)
		c.Retry.GiveUpAfter = gateway.Duration(2 * time.Second)
	})
	e.app = says(200)
	for i, want := range []int{200, 200, 200, 429, 429} {
		a := e.send(fmt.Sprint("d", i))
		if a.Code != want {
			t.Errorf("the %d. was answered %d", i, a.Code)
		}
		if want == 429 && (a.Header().Get("Retry-After") != "3" || a.Header().Get("RateLimit") != `"limit1";r=0;t=3` || e.outcome().Name != gateway.ReasonRateLimited) {
			t.Errorf("the %d. was answered with %v", i, a.Header())
		}
	}
	if got := e.stored(t); got != "app delivered 1/1, app pending 0/0 due 1s, app pending 0/0 due 2s" || e.parts.Seen.Len() != 3 || e.parts.Budget.Used() != 0 {
		t.Errorf("stored %q, %d keys and %d bytes are held", got, e.parts.Seen.Len(), e.parts.Budget.Used())
	}
}

// With several limits the one that takes longest decides.
func TestDeferralBySeveralLimits(t *testing.T) {
	slow := gateway.RateLimit{Limit: ratelimit.Policy{Events: 1, Window: time.Minute}, Per: "{webhook.body.event}"}
	e := newEndpoint(t, 1, limitedTo(once(""), slow, once("{webhook.body.delivery_id}")))
	e.app = says(200)
	e.send("d0")
	if e.send("d1"); e.stored(t) != "app delivered 1/1, app pending 0/0 due 1m0s" {
		t.Errorf("stored %q", e.stored(t))
	}
}

func TestDeferralToSeveralDestinations(t *testing.T) {
	e := newEndpoint(t, 2, func(c *gateway.Config) { c.Mode, c.RateLimits = gateway.ModeStore, []gateway.RateLimit{once("")} })
	e.send("d0")
	e.send("d1")
	const want = "app delivering 0/1 due 1m0s, b delivering 0/1 due 1m0s, app pending 0/0 due 1s, b pending 0/0 due 1s"
	if got := e.stored(t); got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestWhatIsNotDeferred(t *testing.T) {
	tests := []struct {
		name string
		edit func(*gateway.Config)
	}{
		{"by configuration", func(c *gateway.Config) { limitedTo(once(""))(c); c.OverLimit = gateway.OverLimitReject }},
		{"before verification", limitedTo(once("{http.vars.client_ip}"))},
	}
	for _, tt := range tests {
		e := newEndpoint(t, 1, tt.edit)
		e.app = says(200)
		e.send("d0")
		if a := e.send("d1"); a.Code != 429 || a.Header().Get("Retry-After") != "1" || e.stored(t) != "app delivered 1/1" {
			t.Errorf("%s: answered %d, retry after %q, stored %q", tt.name, a.Code, a.Header().Get("Retry-After"), e.stored(t))
		}
	}
	e := newEndpoint(t, 1, limitedTo(once("")))
	e.parts.Durable, e.app = false, says(200)
	e.restart(t)
	e.Open(nil)
	e.send("d0")
	if a := e.send("d1"); a.Code != 429 {
		t.Errorf("without a store: answered %d", a.Code)
	}
}

// An event that could not be stored after all is not lost on the limit's
// account: the sender comes again.
func TestDeferralWithoutAStore(t *testing.T) {
	e := newEndpoint(t, 1, limitedTo(once("")))
	e.app = says(200)
	e.send("d0")
	e.store.err = gateway.ErrFull
	if a := e.send("d1"); a.Code != 503 || e.outcome().Name != gateway.ReasonStoreFull || e.parts.Seen.Len() != 1 {
		t.Errorf("answered %d, outcome %+v", a.Code, e.outcome())
	}
}
