package gateway

import (
	"context"
	"errors"
	"time"
)

// A Store keeps events and their deliveries durably: what one of its methods
// has reported as done survives a crash of the process and of the machine. It
// is in three parts, for those who use it. A Store may be used concurrently.
//
// Instants are arguments, and wall clock.
type Store interface {
	Journal
	Queue
	Archive
}

// What a Store answers when it cannot do what it is asked. Callers decide by
// them: errors are wrapped.
var (
	ErrFull      = errors.New("store is full")                 // a bound, or the disk: later again
	ErrFailed    = errors.New("store has failed")              // for good: only a restart can help
	ErrSlow      = errors.New("store does not answer in time") // whether it was done is not known
	ErrClosed    = errors.New("store is closed")
	ErrLeaseLost = errors.New("lease is lost") // the delivery is somebody else's, or settled
	ErrNotFound  = errors.New("no such delivery")
)

// A Journal takes in events.
type Journal interface {
	// Append claims the event's keys, Key and Proof, and stores the event with
	// its deliveries, in one durable step: all or nothing. Ours: it is stored,
	// and the deliveries have their ids. Done: one of the keys is known, and
	// nothing was stored. A delivery that is Delivering is leased to the caller
	// from the start.
	//
	// It fails with ErrFull, ErrFailed, ErrSlow or ErrClosed. After ErrSlow the
	// entry may be stored yet. It keeps nothing of the entry's memory.
	Append(ctx context.Context, e *Entry) (Claim, error)

	// Known reports whether the key is claimed at now.
	Known(ctx context.Context, now time.Time, k Key) (bool, error)

	// Note stores an entry whose deliveries are settled, or which has none,
	// soon: nobody waits for it. A crash may lose it, and so may a store that
	// is full or cannot keep up. It keeps nothing of the entry's memory.
	Note(e *Entry)
}

// An Entry is an event and its deliveries, on their way into a Store.
type Entry struct {
	Event      *Event
	Until      time.Time   // the keys stay claimed so long; zero: they are not claimed
	Deliveries []*Delivery // one for each destination; none: only the keys are kept

	// Late is told when the entry was stored after Append had failed with
	// ErrSlow, and the id of the event, which is that of its first delivery too:
	// what is leased to the caller still is. It must return at once. If it is
	// nil, leases are given back then.
	Late func(id int64)
}

// A Queue gives out deliveries.
type Queue interface {
	// Lease takes up to n deliveries to the address that are due at now, the
	// ones due longest first, until the instant given: each becomes Delivering
	// and its Attempt one more, and says Since when it was due. A delivery whose
	// lease has ended is due again. Of those with the same Order only the oldest
	// that is not settled is given out. Their events may be loaded already.
	//
	// When fewer than n are due, next is when the next one is, or zero.
	Lease(ctx context.Context, to Address, now, until time.Time, n int) (leased []*Delivery, next time.Time, err error)

	// Load fills in the delivery's Event, with body and Attempt.
	Load(ctx context.Context, d *Delivery) error

	// Finish ends the lease that d holds and makes what d says of itself
	// durable: State, Spent, Due and LastAttempt. It fails with ErrLeaseLost,
	// and changes nothing, unless the stored delivery is Delivering in the
	// same Attempt.
	//
	// When all deliveries of an event are Dead its keys are free again: forgotten
	// is true, so that the sender's own redelivery is welcome.
	Finish(ctx context.Context, d *Delivery) (forgotten bool, err error)
}

// An Archive shows and tends what is stored.
type Archive interface {
	// List returns deliveries that match, the newest first, without their
	// events' bodies: up to limit, and fewer, or none, when it takes long to
	// find them. Page.Next alone tells whether there may be more.
	List(ctx context.Context, f Filter, limit int) (Page, error)

	// Count returns how many deliveries match. It may take long.
	Count(ctx context.Context, f Filter) (int, error)

	// Show returns the delivery with its event, body included. It fails with
	// ErrNotFound.
	Show(ctx context.Context, id int64) (*Delivery, error)

	// Attempts returns what is remembered of the delivery's attempts, the first
	// one first. It fails with ErrNotFound.
	Attempts(ctx context.Context, id int64) ([]Attempt, error)

	// Replay makes up to limit deliveries that match and are Dead or Delivered
	// Pending again, due at now, ReplayedAt then and with nothing spent, and
	// returns how many. Their event's keys are claimed again, if nobody has
	// them, until the instant.
	Replay(ctx context.Context, f Filter, now, until time.Time, limit int) (int, error)

	// Discard deletes up to limit deliveries that match and are not Delivering,
	// and returns how many. An event goes with its last delivery. Its keys are
	// claimed as they were before: what is thrown away is not welcome again,
	// unless all of it was dead letters.
	Discard(ctx context.Context, f Filter, limit int) (int, error)

	// Sweep forgets, in a small step, events that are settled and outlived
	// their retention at now, and keys whose time has ended. It reports whether
	// there may be more to do.
	Sweep(ctx context.Context, now time.Time) (more bool, err error)

	// Stats describes the store at now.
	Stats(ctx context.Context, now time.Time) (Stats, error)

	// Backup writes a copy of everything to a new file, while work goes on.
	Backup(ctx context.Context, path string) error
}

// A Page is a part of a list.
type Page struct {
	Deliveries []*Delivery
	Next       int64 // Filter.Before of the next page; 0: this is the last one
}

// A Filter selects deliveries. Its zero fields select all.
type Filter struct {
	IDs          []int64 // these
	Before       int64   // of an id below this: where a page ends, the next begins
	Endpoint     string
	Destination  string // of the Endpoint
	States       []State
	Since, Until time.Time // when the event was received: from Since, before Until
	Reference    string    // the event's, exactly
	Type         string    // the event's, exactly
	Search       string    // is in the event's reference, type or body, whatever the case of ASCII letters
}

// Stats describe a Store.
type Stats struct {
	Health    Health
	Err       error // why it is not Ready; nil when it is
	Events    int64 // stored, settled ones included
	Bytes     int64 // of these events
	Unsettled int64 // events with a delivery that is neither Delivered nor Dead
	Disk      *Disk // nil: not known
	Lanes     map[Address]LaneStats
}

// A Disk is what a Store lies on, in bytes. Below Reserve the Store is Full.
type Disk struct{ Free, Reserve int64 }

// LaneStats describe the deliveries to one Address.
type LaneStats struct {
	Count  [Dead + 1]int64 // by State
	Oldest time.Time       // when the oldest event that is not settled was received; zero: none
	Due    time.Time       // when the next delivery is, or was, due; zero: none
}

// Health is what a Store can do at the moment.
type Health int

// A Store is Ready, or refuses new events because it is Full, or everything
// because it has Failed or is Closed.
const (
	Ready Health = iota
	Full
	Failed
	Closed
)

// Works reports whether a restart would not help. That a Store is Full ends by
// itself: a restart would only keep it from being emptied.
func (h Health) Works() bool { return h == Ready || h == Full }

// String is the name, for people and for labels of metrics.
func (h Health) String() string { return [...]string{"ready", "full", "failed", "closed"}[h] }
