package gateway

import (
	"net/http"
	"time"
)

// proxy hands the event to the application and its answer to the sender, and
// stores the event when that fails, takes too long, or need not be tried.
func (v *visit) proxy() error {
	known, err := v.known()
	switch {
	case err != nil:
		return storeRefusal(err)
	case known:
		return v.duplicate()
	}
	place, ok := v.backing.Lanes[0].Enter(v.now, true)
	switch {
	case !ok:
		return v.store()
	case len(v.destinations) > 1:
		return v.proxyStored(place)
	default:
		return v.proxyFirst(place)
	}
}

// proxyFirst asks the application before anything is stored.
func (v *visit) proxyFirst(place Place) error {
	l := v.begin(place)
	if !l.wait(v.patience()) {
		if v.overtake(l) {
			return v.queued(errPatience)
		}
		<-l.done // it cannot be stored, so all hope is on the application
	}
	v.ended(l)
	defer place.Leave(l.result)
	d := v.settled(l.result)
	if d.State == Pending {
		return v.fallBack(l, d)
	}
	if d.State == Delivered {
		v.admitted()
	}
	v.note(d)
	return l.answer()
}

func (v *visit) patience() time.Duration { return time.Duration(v.config.AckWithin) }

// overtake stores an event whose attempt takes longer than its sender may wait.
// The attempt goes on, and its outcome settles the delivery, even one that the
// store took in too late to say so. It reports false if it is not stored.
func (v *visit) overtake(l *live) bool {
	if !l.reply.abandon() {
		return false // the sender is being answered already
	}
	d, lane := v.deliveries()[0], v.backing.Lanes[0]
	v.lease(d, 0)
	entry := v.entry(d)
	entry.Late = l.late(*d, lane)
	claim, err := v.journal(entry)
	if err != nil {
		l.reply.resume()
		return false
	}
	if claim == Ours {
		v.admitted()
	}
	v.outcome.Delivery = d.ID
	done := v.lend([]Place{l.place})
	go func() {
		defer done()
		<-l.done
		if claim == Ours {
			lane.Settle(d, l.result)
		}
		l.place.Leave(l.result)
	}()
	return true
}

// fallBack stores an event that the application failed to take, to be
// attempted again.
func (v *visit) fallBack(l *live, d *Delivery) error {
	err := v.append([]*Delivery{d}, nil)
	if l.reply.begun() {
		panic(http.ErrAbortHandler) // the sender must not take the part it has seen for the whole
	}
	if err != nil || v.answered {
		return err
	}
	v.backing.Lanes[0].Wake(d.Due)
	return v.queued(l.result.Err)
}

// proxyStored stores an event of several destinations before the application
// is asked: the others must get it whatever the first one says.
func (v *visit) proxyStored(place Place) error {
	deliveries, places := v.deliveries(), make([]Place, len(v.destinations))
	v.lease(deliveries[0], 0)
	places[0] = place
	v.reserve(deliveries, places)
	if err := v.append(deliveries, places); err != nil || v.answered {
		return err
	}
	l := v.begin(place)
	v.carryLive(l, deliveries, places)
	if !l.wait(v.patience()) && l.reply.abandon() {
		return v.queued(errPatience)
	}
	<-l.done
	v.ended(l)
	if l.result.Verdict == Again && !l.reply.begun() {
		return v.queued(l.result.Err)
	}
	return l.answer()
}

// carryLive hands all deliveries but the first to their lanes, and has that one
// settled when its attempt ends.
func (v *visit) carryLive(l *live, deliveries []*Delivery, places []Place) {
	done := v.lend(places)
	carry(deliveries[1:], places[1:], v.backing.Lanes[1:], done)
	lane := v.backing.Lanes[0]
	go func() {
		defer done()
		<-l.done
		lane.Settle(deliveries[0], l.result)
		l.place.Leave(l.result)
	}()
}
