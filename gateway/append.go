package gateway

import (
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/internal/failpoint"
)

// store stores the event, due when the limits allow it, and answers. What can
// be attempted at once is leased from the start and handed to its lane without
// a detour over the disk.
func (v *visit) store() error {
	deliveries, places := v.deliveries(), make([]Place, len(v.destinations))
	v.reserve(deliveries, places)
	if err := v.append(deliveries, places); err != nil || v.answered {
		return err
	}
	carry(deliveries, places, v.backing.Lanes, v.lend(places))
	return v.queued(nil)
}

// deliveries are one for each destination, due when the limits allow.
func (v *visit) deliveries() []*Delivery {
	all := make([]*Delivery, len(v.destinations))
	order := v.order()
	for i, d := range v.destinations {
		all[i] = &Delivery{Event: v.event, Address: d.Address, ReceivedAt: v.now, Due: v.now.Add(v.deferred), Order: order}
	}
	return all
}

// order is the value by which the event is ordered among others; "" if it is not.
func (v *visit) order() string {
	if v.config.Order == "" {
		return ""
	}
	value, _ := v.Server.Expand(v.config.Order, v.r, v.event) // one without the value has no order
	return value
}

// reserve takes places for the deliveries that can be attempted at once. What
// they hold in memory until then must leave room for new requests.
func (v *visit) reserve(deliveries []*Delivery, places []Place) {
	if v.deferred > 0 || deliveries[0].Order != "" || v.Budget.Used() > v.Budget.Max()/2 {
		return
	}
	for i, d := range deliveries {
		if places[i] != nil {
			continue
		}
		if place, ok := v.backing.Lanes[i].Enter(v.now, false); ok {
			places[i] = place
			v.lease(d, i)
		}
	}
}

// lease makes the delivery one whose first attempt is under way.
func (v *visit) lease(d *Delivery, i int) {
	d.State, d.Attempt = Delivering, 1
	d.Due = v.now.Add(v.destinations[i].Timeout + leaseMargin)
}

// leaseMargin is how much longer a lease is than the attempt that it is for.
const leaseMargin = 30 * time.Second

func leaveAll(places []Place) {
	for _, p := range places {
		if p != nil {
			p.Leave(Result{})
		}
	}
}

// append stores the event and, if it is claimed, its keys. An event that is
// known already is answered here. Places are left unless it is stored.
func (v *visit) append(deliveries []*Delivery, places []Place) error {
	claim, err := v.journal(v.entry(deliveries...))
	failpoint.Hit("answer.before")
	if err != nil {
		leaveAll(places)
		v.lookLater(err)
		return storeRefusal(err)
	}
	if claim == Done {
		leaveAll(places)
		v.answered = true
		return v.duplicate()
	}
	v.admitted()
	v.outcome.Delivery = deliveries[0].ID
	return nil
}

// journal has the store take the event in.
func (v *visit) journal(e *Entry) (Claim, error) {
	span := v.step(spanStore)
	claim, err := v.backing.Journal.Append(v.background(), e)
	endStep(span, err)
	return claim, err
}

// lookLater has the lanes look for an event that may have been stored after
// all, by a store that was too slow to say so.
func (v *visit) lookLater(err error) {
	if !errors.Is(err, ErrSlow) {
		return
	}
	for _, lane := range v.backing.Lanes {
		lane.Wake(v.Now().Add(failedWait))
	}
}

func (v *visit) entry(deliveries ...*Delivery) *Entry {
	e := &Entry{Event: v.event, Deliveries: deliveries}
	if v.claims() {
		e.Until = v.now.Add(time.Duration(v.config.Idempotency.TTL))
	}
	return e
}

// carry hands the deliveries that have a place to their lanes, and with them
// the event and its memory; the others wait for their turn.
func carry(deliveries []*Delivery, places []Place, lanes []Lane, done func()) {
	for i, d := range deliveries {
		if places[i] != nil {
			lanes[i].Carry(d, places[i], done)
		} else {
			lanes[i].Wake(d.Due)
		}
	}
}

// lend gives the event and the memory of its body away to those who have a
// place, each of whom calls done when it is finished with them. The request
// keeps an event without a body.
func (v *visit) lend(places []Place) (done func()) {
	left := new(atomic.Int64)
	for _, p := range places {
		if p != nil {
			left.Add(1)
		}
	}
	if left.Load() == 0 {
		return nil
	}
	body := v.body
	v.body = nil
	v.event = v.event.shell()
	v.Server.Admit(v.r, v.event)
	return func() {
		if left.Add(-1) == 0 {
			body.release()
		}
	}
}

// queued answers the sender of an event that is stored. cause is why it had to
// be, if the application had its chance.
func (v *visit) queued(cause error) error {
	name := OutcomeQueued
	if v.deferred > 0 {
		name = OutcomeDeferred
	}
	v.outcome.Err = cause
	v.locate()
	return v.answer(name, v.config.Respond, `{"status":"queued","id":`+strconv.Quote(v.event.Reference())+`}`)
}

// settled is the delivery of an event that the application was asked about
// before it was stored.
func (v *visit) settled(r Result) *Delivery {
	d := v.deliveries()[0]
	d.Attempt = 1
	now := v.Now()
	v.destinations[0].Retry.Settle(d, r, now, now.Sub(v.now), v.Random())
	return d
}
