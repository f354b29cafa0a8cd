package caddymodule

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// stored has two destinations, of which one refuses an event that is replayed.
func (s *tallied) stored() {
	s.stores("stored", 200)
	s.stores("stored", 503, breakOff, 200)
	s.stores("stored", 410, 200)
	want := tally{
		"requests_total queued": 3, "request_seconds": 3, "verify_seconds": 3, "condition_errors_total": 3,
		"attempts_total first accepted": 2, "attempts_total first status": 2, "attempts_total first network": 1,
		"attempt_seconds first": 5, "due_lag_seconds first": 5, "dead_total first": 1,
		"deliveries first delivered": 2, "deliveries first dead": 1,
		"attempts_total second accepted": 3, "attempt_seconds second": 3, "due_lag_seconds second": 3, "deliveries second delivered": 3,
	}
	s.becomes("stored", want)

	w, a, now := running().engine.works.Load(), gateway.Address{Endpoint: "stored", Destination: "first"}, time.Now()
	n, err := w.store.Replay(s.Context(), gateway.Filter{Endpoint: "stored", States: []gateway.State{gateway.Dead}}, now, now, 10)
	if n != 1 || err != nil {
		s.Fatalf("Replay = %d, %v", n, err)
	}
	w.worker.Lane(a).Wake(now)
	want["attempts_total first accepted"]++
	want["attempt_seconds first"]++
	want["due_lag_seconds first"]++
	want["deliveries first delivered"]++
	delete(want, "deliveries first dead")
	s.becomes("stored", want)
}

func (s *tallied) deferred() {
	s.stores("deferred", 200)
	s.stores("deferred", 200)
	s.becomes("deferred", tally{
		"requests_total queued": 1, "requests_total deferred": 1, "request_seconds": 2, "verify_seconds": 2,
		"attempts_total default accepted": 1, "attempt_seconds default": 1, "due_lag_seconds default": 1,
		"deliveries default delivered": 1, "deliveries default pending": 1,
	})
	s.wantAge("deferred", "oldest_age_seconds default")
	if got := s.value("deferred", "overdue_seconds default"); got != 0 {
		s.Errorf("what is due in an hour is overdue by %v", got)
	}
}

// down has a breaker trip.
func (s *tallied) down() {
	s.stores("down", 503)
	s.becomes("down", tally{
		"requests_total queued": 1, "request_seconds": 1, "verify_seconds": 1, "breaker_state default": 2,
		"attempts_total default status": 1, "attempt_seconds default": 1, "due_lag_seconds default": 1, "deliveries default pending": 1,
	})
}

// held has a sender wait for an application, and another find no place.
func (s *tallied) held() {
	first, ended := s.event("held", hold), make(chan struct{})
	again := signedEvent("held", fmt.Sprintf(`{"n":%d,"say":[%d]}`, s.made, hold))
	go func() {
		defer close(ended)
		s.sends(first, http.StatusOK)
	}()
	<-s.app.holds
	s.sends(again, http.StatusConflict)
	if got := s.value("", "buffered_bytes"); got != 4<<10 {
		s.Errorf("%v bytes are held, want the one buffer of the request that waits", got)
	}
	s.stores("held", 200)
	s.becomes("held", tally{
		"requests_total queued": 1, "requests_total in_flight": 1, "request_seconds": 1, "verify_seconds": 2,
		"in_flight default": 1, "deliveries default delivering": 1,
	})
	s.app.release <- struct{}{}
	<-ended
	s.becomes("held", tally{
		"requests_total queued": 1, "requests_total in_flight": 1, "requests_total delivered": 1, "request_seconds": 2, "verify_seconds": 3,
		"upstream_seconds": 1, "attempts_total default accepted": 2, "attempt_seconds default": 2, "due_lag_seconds default": 1,
		"deliveries default delivered": 2,
	})
	if got := s.value("", "buffered_bytes"); got != 0 {
		s.Errorf("%v bytes are held by nobody", got)
	}
}

// lost has another, whose clock is ahead, take a delivery over.
func (s *tallied) lost() {
	s.stores("lost", hold)
	<-s.app.holds
	store, ahead := running().engine.works.Load().store, time.Now().Add(time.Hour)
	taken, _, err := store.Lease(s.Context(), gateway.Address{Endpoint: "lost", Destination: defaultDestination}, ahead, ahead.Add(time.Hour), 1)
	if len(taken) != 1 || err != nil {
		s.Fatalf("Lease = %v, %v", taken, err)
	}
	s.app.release <- struct{}{}
	want := tally{
		"requests_total queued": 1, "request_seconds": 1, "verify_seconds": 1, "leases_lost_total default": 1,
		"attempts_total default accepted": 1, "attempt_seconds default": 1, "due_lag_seconds default": 1, "deliveries default delivering": 1,
	}
	s.becomes("lost", want)
	taken[0].State = gateway.Dead
	if _, err := store.Finish(s.Context(), taken[0]); err != nil {
		s.Fatal(err)
	}
	delete(want, "deliveries default delivering")
	want["deliveries default dead"] = 1
	s.becomes("lost", want)
}

func (s *tallied) paused() {
	running().engine.works.Load().worker.Pause(gateway.Address{Endpoint: "paused", Destination: defaultDestination})
	s.stores("paused", 200)
	s.becomes("paused", tally{
		"requests_total queued": 1, "request_seconds": 1, "verify_seconds": 1, "paused default": 1, "deliveries default pending": 1,
	})
	s.wantAge("paused", "oldest_age_seconds default")
	s.wantAge("paused", "overdue_seconds default")
}

// inTheStore looks at what no endpoint has of its own.
func (s *tallied) inTheStore() {
	const delivered, dead, waiting = 6 + 1 + 3 + 1 + 2, 1 + 1 + 1, 3
	got := s.read("")
	for name, want := range map[string]float64{
		"store_state ready": 1, "store_state full": 0, "store_state failed": 0, "store_state closed": 0,
		"stored_events": delivered + dead + waiting, "unsettled_events": waiting, "max_unsettled_events": 1234,
		"disk_reserve_bytes": 1 << 20,
	} {
		if s.value("", name) != want {
			s.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if free := s.value("", "disk_free_bytes"); free < 1<<20 {
		s.Errorf("%v bytes are free, and the store is ready", free)
	}
	if commits, groups := s.value("", "store_commit_seconds"), s.value("", "store_group_size"); commits == 0 || commits != groups {
		s.Errorf("%v commits had a time, and %v a size", commits, groups)
	}
}

// orphaned takes an endpoint away for which something waits.
func (s *tallied) orphaned() {
	before, _, _ := strings.Cut(talliedSite, "\twebhook_gateway /paused")
	s.load(before + "}\n")
	want := s.expected["paused"]
	want["orphaned default"] = 1
	s.becomes("paused", want)
	store := running().engine.works.Load().store
	if got := s.value("", "stored_bytes"); got == 0 {
		s.Error("what is stored has no bytes")
	}
	if _, err := store.Discard(s.Context(), gateway.Filter{}, 100); err != nil {
		s.Fatal(err)
	}
	for _, name := range []string{"stored_events", "stored_bytes", "unsettled_events"} {
		if got := s.value("", name); got != 0 {
			s.Errorf("%s is %v after all was discarded", name, got)
		}
	}
	s.becomes("paused", tally{"requests_total queued": 1, "request_seconds": 1, "verify_seconds": 1, "paused default": 1})
}

// full has a disk with less on it than has to be free.
func (s *tallied) full() {
	dropped := s.value("", "store_dropped_total")
	s.load(talliedSite)
	limits := running().limits()
	limits.Reserve = math.MaxInt64
	running().engine.works.Load().store.Configure(limits)
	s.sends(s.event("lost", 200), http.StatusServiceUnavailable)
	s.becomes("lost", tally{
		"requests_total queued": 1, "requests_total store_full": 1, "request_seconds": 1, "verify_seconds": 2, "leases_lost_total default": 1,
		"attempts_total default accepted": 1, "attempt_seconds default": 1, "due_lag_seconds default": 1,
	})
	s.sends(s.event("proxied", 200), http.StatusOK) // which is no longer kept to be looked at
	until(s.T, func() bool { return s.value("", "store_dropped_total") == dropped+1 }, func() {
		s.Errorf("%v events are missing from the history, want %v", s.value("", "store_dropped_total"), dropped+1)
	})
	if ready, full := s.value("", "store_state ready"), s.value("", "store_state full"); ready != 0 || full != 1 {
		s.Errorf("the store is ready %v and full %v, want 0 and 1", ready, full)
	}
}

// canceled ends while an attempt is under way.
func (s *tallied) canceled() {
	s.load(talliedSite)
	s.stores("lost", hold)
	<-s.app.holds
	want := s.expected["lost"]
	want["requests_total queued"]++
	want["request_seconds"]++
	want["verify_seconds"]++
	want["attempts_total default canceled"]++
	want["attempt_seconds default"]++
	want["due_lag_seconds default"]++
	stop(s.T)
	s.becomes("lost", want)
}
