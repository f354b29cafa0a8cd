package sqlite

import (
	"log/slog"
	"time"
)

// Options are what a Store is opened with.
type Options struct {
	Limits

	// Quarantine renames a corrupt file, to <path>.corrupt-<unix time>, and
	// begins a new one. Without it Open refuses.
	Quarantine bool

	// Observe is told of each commit, in their order: it must be quick. It may be nil.
	Observe func(Commit)

	// Failed is told why, once, when the Store fails: it must be quick. It may be nil.
	Failed func(error)

	Log *slog.Logger     // nil: nothing is logged
	Now func() time.Time // wall clock; needed
}

// Limits are what may be changed while a Store is open. A zero bound is none.
type Limits struct {
	RetainFor    time.Duration // settled events are kept so long after they were settled; 0: not at all
	RetainDead   time.Duration // events with a dead letter are kept at least so long; 0: as the others
	RetainBytes  int64         // of settled events; past it the oldest go, the delivered ones first
	MaxEvents    int64         // unsettled events, past which Append fails with ErrFull
	MaxBytes     int64         // of unsettled events, past which it does too
	Reserve      int64         // bytes free on the disk, below which it does too; 0: 64 MiB
	CommitWithin time.Duration // how long Append waits before it fails with ErrSlow; 0: 3 s
}

func (l Limits) withDefaults() *Limits {
	if l.Reserve == 0 {
		l.Reserve = 64 << 20
	}
	if l.CommitWithin == 0 {
		l.CommitWithin = 3 * time.Second
	}
	return &l
}

// A Commit is what Options.Observe is told.
type Commit struct {
	Size     int           // calls in the group, notes included
	Duration time.Duration // from the first statement until it is durable
	Dropped  int64         // notes of which at most the key was kept, since the last commit
	Err      error         // why nothing of it was stored
}

// Configure changes the limits.
func (s *Store) Configure(l Limits) { s.limits.Store(l.withDefaults()) }
