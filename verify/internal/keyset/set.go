package keyset

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// maxAge is how long keys are used without a successful refresh.
	maxAge = 7 * 24 * time.Hour
	// retryAfter is how long a failed fetch is not repeated.
	retryAfter = 30 * time.Second
	// unknownAfter is how fresh the keys are to be for an unknown id to be
	// believed. It bounds what a stranger who makes up ids can cause.
	unknownAfter = time.Minute
)

// A Set is the keys at one address or in one file. The first use fetches them;
// after the refresh interval they are fetched again in the background, while
// the last good ones stay in use, for 7 days at most. An id that they lack has
// them fetched at once, if they are older than a minute. A fetch that failed is
// not repeated for 30 seconds. There is never more than one fetch at a time.
//
// A Set may be used concurrently. Its zero value is not usable.
type Set struct {
	source  source
	parse   parser
	name    string // for the log
	refresh time.Duration
	log     *slog.Logger

	ctx  context.Context // of all fetches
	stop context.CancelFunc
	work sync.WaitGroup

	mu     sync.Mutex    // guards the rest
	keys   []Key         // the last good ones; replaced, never changed
	fresh  time.Time     // when the fetch of keys began
	tried  time.Time     // when the last fetch began
	next   time.Time     // when the next one is due
	flight chan struct{} // closed when the fetch under way is over; nil: there is none
}

// Open returns the keys at a location, which is "https://..." or the path of a
// file. The format is "jwks", "pem", or "json:" with the dotted path to a string
// of PEM, such as json:config.notifications.webhook.public_key. Nothing is
// fetched yet; the error is about the arguments. Close the Set after use.
func Open(location, format string, o Options) (*Set, error) {
	o = o.withDefaults()
	src, name, err := newSource(location, newClient(o.Client))
	if err != nil {
		return nil, fmt.Errorf("location of keys: %w", err)
	}
	parse, err := newParser(format)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	s := &Set{source: src, parse: parse, name: name, refresh: o.Refresh, log: o.Logger}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Close cancels the fetch under way, if any, and waits for its end. A Set that
// is closed still looks up the keys it has, and fetches no more.
func (s *Set) Close() {
	s.mu.Lock()
	s.stop() // under the lock, so that no fetch begins behind Wait's back
	s.mu.Unlock()
	s.work.Wait()
}

// Lookup returns the keys with the id kid, or all of them when kid is empty; the
// caller must not change the slice. It waits for a fetch, up to 5 s, only when
// there are no keys to use or none has the id. The error wraps ErrUnavailable
// or ErrUnknownKey.
func (s *Set) Lookup(now time.Time, kid string) ([]Key, error) {
	s.mu.Lock()
	keys, err := s.find(now, kid)
	flight := s.fetch(now, err)
	s.mu.Unlock()
	if err == nil || flight == nil {
		return keys, err
	}
	<-flight
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(now, kid)
}

// find looks among the last good keys. The caller holds mu.
func (s *Set) find(now time.Time, kid string) ([]Key, error) {
	if s.keys == nil || now.Sub(s.fresh) > maxAge {
		return nil, ErrUnavailable
	}
	if kid == "" {
		return slices.Clip(s.keys), nil
	}
	var found []Key
	for _, k := range s.keys {
		if k.ID == kid {
			found = append(found, k)
		}
	}
	if found == nil {
		return nil, ErrUnknownKey
	}
	return found, nil
}

// fetch starts a fetch if one is due, given what find said, and returns the
// channel that is closed at the end of the one under way; nil if there is none.
// The caller holds mu.
func (s *Set) fetch(now time.Time, found error) <-chan struct{} {
	due := !now.Before(s.next)
	if errors.Is(found, ErrUnknownKey) {
		due = due || now.Sub(s.tried) >= unknownAfter
	}
	if s.flight == nil && due && s.ctx.Err() == nil {
		s.tried, s.flight = now, make(chan struct{})
		s.work.Go(func() { s.load(now) })
	}
	return s.flight
}

// load fetches the keys, and keeps the last good ones if it cannot.
func (s *Set) load(now time.Time) {
	keys, life, err := s.read()
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.flight)
	s.flight = nil
	if err != nil {
		s.next = now.Add(retryAfter)
		if s.ctx.Err() == nil {
			s.log.Warn("public keys not refreshed", "from", s.name, "have", len(s.keys), "error", err)
		}
		return
	}
	s.keys, s.fresh, s.next = keys, now, now.Add(life)
}

func (s *Set) read() ([]Key, time.Duration, error) {
	ctx, cancel := context.WithTimeout(s.ctx, fetchTime)
	defer cancel()
	a, err := s.source.read(ctx)
	if err != nil {
		return nil, 0, err
	}
	if a.life == 0 {
		a.life = s.refresh
	}
	keys, err := s.parse(a.text)
	return keys, a.life, err
}
