package gateway

import "time"

// A State is where a delivery stands.
type State int

// The states of a delivery. It begins Pending, or Delivering when its first
// attempt is under way; Delivered and Dead are final, until it is replayed.
const (
	Pending    State = iota // waits until it is due
	Delivering              // leased: an attempt is under way, or was when the process died
	Delivered               // the application answered 2xx
	Dead                    // given up: a dead letter, which can be replayed
)

// String is the state's name, for people and for labels of metrics.
func (s State) String() string {
	return [...]string{"pending", "delivering", "delivered", "dead"}[s]
}

// An Address names a destination among those of all endpoints.
type Address struct {
	Endpoint    string
	Destination string
}

// A Delivery is one event on its way to one destination.
type Delivery struct {
	ID          int64  // given by the store; never used again for another
	Event       *Event // nil until it is loaded
	EventID     int64  // the event's, given by the store
	Address     Address
	State       State
	Attempt     int       // attempts begun, each with a lease of its own; it fences them
	Spent       int       // attempts that count against the policy
	ReceivedAt  time.Time // the event's
	ReplayedAt  time.Time // the last time; zero: it was not
	Due         time.Time // Pending: not before; Delivering: when the lease ends
	Since       time.Time // as given out by Lease: when it was due; else zero
	Order       string    // deliveries of one Address that have the same are made one after the other; "" has no order
	LastAttempt Attempt   // the zero Attempt before the first has ended
}

// An Attempt is one try of a delivery, as it is remembered.
type Attempt struct {
	Number   int // 1 for the first; 0 is no attempt
	Start    time.Time
	Duration time.Duration
	Status   int    // the application's; 0 when it gave none
	Reason   string // why it failed: network, timeout, status, ...; "" when it did not
	Error    string // more about it, for the operator
	Answer   []byte // the beginning of the application's answer
}
