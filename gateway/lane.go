package gateway

import "time"

// A Lane is the way to one destination: it knows how much the destination
// takes at once, whether it is down, and who attempts what is stored for it. A
// Lane may be used concurrently.
type Lane interface {
	// Enter takes a place for one attempt now. For a live one, which a sender
	// waits for, it says no when the destination is down or takes no more. For
	// one in the background also when older deliveries wait in the store; those
	// that wait in memory it may join. A place that was taken must be left.
	Enter(now time.Time, live bool) (Place, bool)

	// Carry makes the attempt of a delivery that was stored as leased to the
	// caller, in the background, in a place that was taken for it; and settles
	// it. done is called when the event's memory is not needed any more.
	Carry(d *Delivery, p Place, done func())

	// Settle ends the lease of a delivery by the result of the caller's
	// attempt.
	Settle(d *Delivery, r Result)

	// Wake says that something was stored that is due at the instant.
	Wake(due time.Time)
}

// A Place is a lane's permission for one attempt.
type Place interface {
	// Leave gives the place back and tells the lane how the attempt went. A
	// result without a verdict is no attempt.
	Leave(r Result)

	// Go makes the attempt, on a goroutine that is ready for one.
	Go(attempt func())

	// Probe reports whether the attempt is to find out if the destination is
	// up again.
	Probe() bool
}
