package caddymodule

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// Store says where events are kept that the application has not taken yet, and
// those it has, to be looked at and replayed.
type Store struct {
	// `sqlite`, a file of the gateway's own, or `off`: then nothing is stored,
	// and what the application does not take is refused. Options that would do
	// nothing without a store are errors.
	// Default: sqlite.
	Engine string `json:"engine,omitempty"`

	// The file. A relative one is in Caddy's data directory. One process can
	// use it at a time.
	// Default: webhooks.db.
	Path string `json:"path,omitempty"`

	// How many bytes of the disk must be free for events to be taken in.
	// Default: 64 MiB.
	Reserve int64 `json:"reserve,omitempty"`

	// How long a sender waits for its event to be on the disk before it is
	// answered 503.
	// Default: 3s.
	CommitWithin gateway.Duration `json:"commit_within,omitempty"`

	// What to do with a file that is damaged: `refuse` to start, or
	// `quarantine` it under another name and begin a new one.
	// Default: refuse.
	OnCorrupt string `json:"on_corrupt,omitempty"`
}

// The values of Engine and OnCorrupt.
const (
	engineSQLite = "sqlite"
	engineOff    = "off"
	refuseFile   = "refuse"
	quarantine   = "quarantine"
)

// Retain bounds what is kept of events that are delivered or dead letters.
type Retain struct {
	// Keep nothing of them, but dead letters for seven days.
	// Default: false.
	Off bool `json:"off,omitempty"`

	// How long.
	// Default: 7d.
	For gateway.Duration `json:"for,omitempty"`

	// How many bytes; delivered ones go before dead letters do.
	// Default: 2 GiB.
	Bytes int64 `json:"bytes,omitempty"`
}

// MaxStored bounds what waits to be delivered. Past it senders are answered
// 503.
type MaxStored struct {
	// How many events.
	// Default: 1000000.
	Events int64 `json:"events,omitempty"`

	// How many bytes of them.
	// Default: 10 GiB.
	Bytes int64 `json:"bytes,omitempty"`
}

const (
	defaultPath        = "webhooks.db"
	defaultRetain      = 7 * 24 * time.Hour
	defaultRetainBytes = 2 << 30
	defaultMaxEvents   = 1_000_000
	defaultMaxBytes    = 10 << 30
)

// validateStore reports what is wrong with the options about the store.
func (a *App) validateStore() error {
	var problems []error
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	s := a.Store
	report(s.Engine != "" && s.Engine != engineSQLite && s.Engine != engineOff, "store: %q is neither sqlite nor off", s.Engine)
	report(s.OnCorrupt != "" && s.OnCorrupt != refuseFile && s.OnCorrupt != quarantine, "store: on_corrupt: %q is neither refuse nor quarantine", s.OnCorrupt)
	report(s.Reserve < 0, "store: reserve: %d is negative", s.Reserve)
	report(s.CommitWithin < 0, "store: commit_within: %v is negative", s.CommitWithin)
	report(a.Retain.For < 0 || a.Retain.Bytes < 0, "retain: a bound is negative")
	report(a.Retain.Off && (a.Retain.For != 0 || a.Retain.Bytes != 0), "retain: off goes with no bound")
	report(a.MaxStored.Events < 0 || a.MaxStored.Bytes < 0, "max_stored: a bound is negative")
	if a.StoreOff() {
		report(s != Store{Engine: engineOff}, "store: off goes with no other option")
		report(a.Retain.For != 0 || a.Retain.Bytes != 0, "retain: needs a store")
		report(a.MaxStored != MaxStored{}, "max_stored: needs a store")
	}
	return errors.Join(problems...)
}

// StoreOff reports whether nothing is stored.
func (a *App) StoreOff() bool { return a.Store.Engine == engineOff }

// StorePath is the absolute path of the file. A placeholder that is not set is
// an error.
func (a *App) StorePath() (string, error) {
	path, err := caddy.NewReplacer().ReplaceOrErr(a.Store.Path, true, true)
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	if path == "" {
		path = defaultPath
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(caddy.AppDataDir(), path)
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("store: %s is relative, and there is no data directory: set HOME or XDG_DATA_HOME, or give an absolute path", path)
	}
	return filepath.Clean(path), nil
}

// limits are the bounds of the store, which may change with each configuration.
func (a *App) limits() sqlite.Limits {
	l := sqlite.Limits{ // the store has defaults of its own for the last two
		RetainFor:    time.Duration(a.Retain.For),
		RetainBytes:  cmp.Or(a.Retain.Bytes, defaultRetainBytes),
		MaxEvents:    cmp.Or(a.MaxStored.Events, defaultMaxEvents),
		MaxBytes:     cmp.Or(a.MaxStored.Bytes, defaultMaxBytes),
		Reserve:      a.Store.Reserve,
		CommitWithin: time.Duration(a.Store.CommitWithin),
	}
	switch {
	case a.Retain.Off:
		l.RetainDead = defaultRetain
	case l.RetainFor == 0:
		l.RetainFor = defaultRetain
	}
	return l
}

// openStore opens the file.
func (a *App) openStore(path string, log *slog.Logger, observe func(sqlite.Commit), failed func(error)) (*sqlite.Store, error) {
	return sqlite.Open(path, sqlite.Options{
		Limits: a.limits(), Quarantine: a.Store.OnCorrupt == quarantine, Observe: observe, Failed: failed, Log: log, Now: time.Now,
	})
}
