package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Run tests the stores that open opens: empty ones, without bounds, which keep
// settled events for Retention. open sees to it that they are closed.
func Run(t *testing.T, open func(t *testing.T) gateway.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *subject)
	}{
		{"Append", testAppend}, {"AppendTwice", testAppendTwice}, {"AppendAtOnce", testAppendAtOnce}, {"AppendKeyOnly", testAppendKeyOnly}, {"AppendProof", testAppendProof},
		{"AppendKeepsNothing", testAppendKeepsNothing}, {"RoundTrip", testRoundTrip}, {"BigBody", testBigBody},
		{"Known", testKnown}, {"Note", testNote},
		{"LeaseOnce", testLeaseOnce}, {"LeaseExpires", testLeaseExpires}, {"LeasedFromTheStart", testLeasedFromTheStart},
		{"DueOrder", testDueOrder}, {"Order", testOrder}, {"OrderReplayed", testOrderReplayed},
		{"FinishFenced", testFinishFenced}, {"FinishForgets", testFinishForgets}, {"FinishForgetsProof", testFinishForgetsProof}, {"FanOut", testFanOut}, {"Attempts", testAttempts},
		{"ListPages", testListPages}, {"ListFilters", testListFilters}, {"ListEvents", testListEvents}, {"Show", testShow},
		{"Discard", testDiscard}, {"DiscardSiblings", testDiscardSiblings}, {"DiscardSettler", testDiscardSettler},
		{"DiscardOrder", testDiscardOrder}, {"DiscardFenced", testDiscardFenced},
		{"Replay", testReplay}, {"ReplayClaims", testReplayClaims}, {"ReplayClaimsProof", testReplayClaimsProof}, {"Sweep", testSweep}, {"Stats", testStats}, {"Closed", testClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, &subject{t, open(t)})
		})
	}
}

// A subject is the store under test, whose methods must not fail.
type subject struct {
	t *testing.T
	gateway.Store
}

func (s *subject) fatal(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// append stores the entries and returns their first deliveries.
func (s *subject) append(list ...*gateway.Entry) (deliveries []*gateway.Delivery) {
	s.t.Helper()
	for _, e := range list {
		claim, err := s.Append(s.t.Context(), e)
		if err != nil || claim != gateway.Ours {
			s.t.Fatalf("Append(%s) = %v, %v; want Ours", e.Event.ID, claim, err)
		}
		deliveries = append(deliveries, e.Deliveries...)
	}
	return deliveries
}

// lease leases for ten seconds what is due to main at the instant.
func (s *subject) lease(at time.Time, n int) []*gateway.Delivery {
	s.t.Helper()
	leased, _, err := s.Lease(s.t.Context(), main, at, at.Add(10*time.Second), n)
	s.fatal(err)
	return unloaded(leased)
}

// leaseOne is lease, where one must be due.
func (s *subject) leaseOne(at time.Time) *gateway.Delivery {
	s.t.Helper()
	leased := s.lease(at, 1)
	if len(leased) != 1 {
		s.t.Fatalf("nothing is due at %v", at)
	}
	return leased[0]
}

func (s *subject) finish(d *gateway.Delivery) (forgotten bool) {
	s.t.Helper()
	forgotten, err := s.Finish(s.t.Context(), d)
	s.fatal(err)
	return forgotten
}

func (s *subject) known(key gateway.Key, at time.Time) bool {
	s.t.Helper()
	known, err := s.Known(s.t.Context(), at, key)
	s.fatal(err)
	return known
}

// list is the first of what the filter selects, however often that takes a
// further look.
func (s *subject) list(f gateway.Filter, limit int) (list []*gateway.Delivery) {
	s.t.Helper()
	for {
		page, err := s.List(s.t.Context(), f, limit-len(list))
		s.fatal(err)
		list, f.Before = append(list, page.Deliveries...), page.Next
		if page.Next == 0 || len(list) == limit {
			return list
		}
	}
}

func (s *subject) stats() gateway.Stats {
	s.t.Helper()
	stats, err := s.Stats(s.t.Context(), Epoch)
	s.fatal(err)
	return stats
}

func (s *subject) sweep(at time.Time) {
	s.t.Helper()
	for more := true; more; {
		var err error
		more, err = s.Sweep(s.t.Context(), at)
		s.fatal(err)
	}
}

// same fails the test unless got is want.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := diff(got, want); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// until waits for what happens soon.
func until(ctx context.Context, happened func() bool) error {
	for !happened() {
		if ctx.Err() != nil {
			return errors.New("it has not happened")
		}
	}
	return nil
}

func ids(list []*gateway.Delivery) (ids []int64) {
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	return ids
}
