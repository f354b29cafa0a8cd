package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// admit lets the event in if nobody has before and nobody is doing so. The
// claim is confirmed when the application accepted the event or it is stored,
// and released on every other exit, so that the provider's retry is welcome.
// That goes for a repeat that only the store knows, too: the store knows for how
// long it is one, and to confirm it here would begin that time anew.
func (v *visit) admit() error {
	if err := v.open(); err != nil {
		return err
	}
	if !v.claims() {
		return v.take()
	}
	switch v.claim() {
	case Ours:
	case Done:
		return v.duplicate()
	default: // it may yet fail, so it is too early to say yes
		return &Refusal{Status: http.StatusConflict, Reason: ReasonInFlight, Wait: time.Second}
	}
	defer func() {
		if !v.accepted {
			v.disclaim(v.event.Keys())
		}
	}()
	return v.take()
}

// claim claims the event's keys: all or none.
func (v *visit) claim() Claim {
	keys := v.event.Keys()
	for i, k := range keys {
		if claim := v.Seen.Claim(v.now, k); claim != Ours {
			v.disclaim(keys[:i])
			return claim
		}
	}
	return Ours
}

// disclaim gives back what is claimed of them.
func (v *visit) disclaim(keys []Key) {
	for _, k := range keys {
		v.Seen.Release(k)
	}
}

// admitted notes that somebody is responsible for the event from now on: the
// application or the store. It comes before the event is handed on, because a
// delivery may be given up, and the event forgotten, before its sender is
// answered.
func (v *visit) admitted() {
	v.accepted = true
	if !v.claims() {
		return
	}
	now, ttl := v.Now(), time.Duration(v.config.Idempotency.TTL)
	for _, k := range v.event.Keys() {
		v.Seen.Confirm(now, k, ttl)
	}
}

// open takes hold of the store, if there is to be one.
func (v *visit) open() error {
	if v.backing = v.Gateway.backing.Load(); v.backing == nil && v.Durable {
		v.awaitOpen()
		v.backing = v.Gateway.backing.Load()
	}
	switch {
	case v.backing != nil && v.backing.Err != nil:
		return storeRefusal(v.backing.Err)
	case v.Durable && v.backing == nil:
		return storeRefusal(ErrClosed)
	}
	return nil
}

// openPatience is how long an event waits for the store: a server may begin to
// serve a configuration a moment before its store is open.
const openPatience = 2 * time.Second

// awaitOpen waits for the first Open. Only what has been verified gets here.
func (v *visit) awaitOpen() {
	patience := time.NewTimer(openPatience)
	defer patience.Stop()
	select {
	case <-v.Gateway.opened:
	case <-v.r.Context().Done():
	case <-patience.C:
	}
}

func (v *visit) claims() bool { return !v.config.Idempotency.Off && !v.unclaimed }

// take does with the event what the endpoint's mode says.
func (v *visit) take() error {
	switch {
	case v.backing == nil:
		return v.hand()
	case v.config.Mode == ModeStore, v.deferred > 0:
		return v.store()
	default:
		return v.proxy()
	}
}

// known reports whether the store remembers the event, which the memory may
// have forgotten.
func (v *visit) known() (known bool, err error) {
	if !v.claims() {
		return false, nil
	}
	for _, k := range v.event.Keys() {
		if known, err = v.backing.Journal.Known(v.background(), v.now, k); known || err != nil {
			break
		}
	}
	return known, err
}

// background is the request's context, but that a sender who hangs up does not
// end it: what has been begun is finished.
func (v *visit) background() context.Context { return context.WithoutCancel(v.r.Context()) }

// duplicate answers a repeat.
func (v *visit) duplicate() error {
	v.witness()
	return v.answer(OutcomeDuplicate, http.StatusOK, `{"status":"already_processed"}`)
}

// witness has the signature of a repeat count as the event's, which may have
// come with another: or whoever saw a retry could replay it with another id.
func (v *visit) witness() {
	if v.event.Proof == (Key{}) {
		return
	}
	ttl := time.Duration(v.config.Idempotency.TTL)
	v.Seen.Confirm(v.now, v.event.Proof, ttl)
	if v.backing != nil {
		v.backing.Journal.Note(&Entry{Event: &Event{Key: v.event.Proof, ReceivedAt: v.now}, Until: v.now.Add(ttl)})
	}
}

// When a sender may try again that a store could not take in.
const (
	fullWait   = 30 * time.Second
	failedWait = 5 * time.Second
	closedWait = time.Second // it opens within moments, in the same or a new configuration
)

// storeRefusal is the refusal for what a store returned.
func storeRefusal(err error) *Refusal {
	r := &Refusal{Status: http.StatusServiceUnavailable, Reason: ReasonStoreFailed, Wait: failedWait, Err: err}
	switch {
	case errors.Is(err, ErrFull):
		r.Reason, r.Wait = ReasonStoreFull, fullWait
	case errors.Is(err, ErrClosed):
		r.Reason, r.Wait = ReasonNotReady, closedWait
	}
	return r
}
