package keyset

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	oldKeys = jwks(jwk(rsaKey.Public(), "a", nil))
	newKeys = jwks(jwk(rsaKey.Public(), "a", nil), jwk(otherKey.Public(), "b", nil))
)

func open(t *testing.T, h *host, location, format string) *Set {
	t.Helper()
	o := Options{Client: h.Client()}
	s, err := Open(h.URL+location, format, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// settle waits for the fetch under way.
func settle(s *Set) {
	s.mu.Lock()
	flight := s.flight
	s.mu.Unlock()
	if flight != nil {
		<-flight
	}
}

// lookup looks up and waits for the background to be quiet again.
func lookup(t *testing.T, s *Set, now time.Time, kid string, want error) {
	t.Helper()
	keys, err := s.Lookup(now, kid)
	settle(s)
	if !errors.Is(err, want) || (err == nil) != (len(keys) > 0) {
		t.Errorf("%v: Lookup(%q) = %d keys, %v; want %v", now.Sub(t0), kid, len(keys), err, want)
	}
}

func fetched(t *testing.T, h *host, want int) {
	t.Helper()
	if got := h.fetches(); got != want {
		t.Errorf("%d fetches, want %d", got, want)
	}
}

func TestSetRefresh(t *testing.T) {
	h := newHost(t, says(oldKeys))
	s := open(t, h, "/certs", "jwks")
	fetched(t, h, 0) // Open fetches nothing

	lookup(t, s, t0, "a", nil)
	lookup(t, s, t0, "", nil)
	lookup(t, s, t0.Add(time.Hour-1), "a", nil)
	fetched(t, h, 1)

	h.set(says(jwks(jwk(otherKey.Public(), "b", nil))))
	lookup(t, s, t0.Add(time.Hour), "a", nil) // the old ones, while the new ones come
	fetched(t, h, 2)
	lookup(t, s, t0.Add(time.Hour), "b", nil)
	lookup(t, s, t0.Add(time.Hour), "a", ErrUnknownKey) // it was withdrawn
	fetched(t, h, 2)
}

func TestSetUnknownKey(t *testing.T) {
	h := newHost(t, says(oldKeys))
	s := open(t, h, "/certs", "jwks")
	lookup(t, s, t0, "b", ErrUnknownKey)
	fetched(t, h, 1) // the keys are fresh: no second one

	h.set(says(newKeys))
	for i := range 100 { // whatever the ids are
		lookup(t, s, t0.Add(59*time.Second), "b"+strings.Repeat("x", i), ErrUnknownKey)
	}
	fetched(t, h, 1)
	lookup(t, s, t0.Add(time.Minute), "b", nil) // found by the same call
	fetched(t, h, 2)

	for i := range 600 {
		lookup(t, s, t0.Add(time.Minute+time.Duration(i)*time.Second), "c", ErrUnknownKey)
	}
	fetched(t, h, 2+9)
	lookup(t, s, t0.Add(time.Minute), "A", ErrUnknownKey) // ids have letter case
	lookup(t, s, t0.Add(time.Minute), "a ", ErrUnknownKey)
}

func TestSetFirstUseIsShared(t *testing.T) {
	const callers = 50
	release := make(chan struct{})
	h := newHost(t, nil)
	answer := says(oldKeys)
	h.set(func(w httpWriter, r *httpRequest) { <-release; answer(w, r) })
	s := open(t, h, "/certs", "jwks")

	var ready, done sync.WaitGroup
	ready.Add(callers)
	for i := range callers {
		done.Go(func() {
			kid := []string{"a", "", "unknown"}[i%3]
			want := []error{nil, nil, ErrUnknownKey}[i%3]
			ready.Done()
			if _, err := s.Lookup(t0, kid); !errors.Is(err, want) {
				t.Errorf("Lookup(%q) = %v, want %v", kid, err, want)
			}
		})
	}
	ready.Wait()
	close(release)
	done.Wait()
	fetched(t, h, 1)
}

func TestSetServerDown(t *testing.T) {
	h := newHost(t, status(503))
	s := open(t, h, "/certs", "jwks")
	for i := range 30 {
		lookup(t, s, t0.Add(time.Duration(i)*time.Second), "a", ErrUnavailable)
	}
	fetched(t, h, 1)
	h.set(says(oldKeys))
	at := t0.Add(30 * time.Second)
	lookup(t, s, at, "a", nil)
	fetched(t, h, 2)

	h.Close()
	for _, age := range []time.Duration{time.Hour, 24 * time.Hour, maxAge} {
		lookup(t, s, at.Add(age), "a", nil)
		lookup(t, s, at.Add(age), "b", ErrUnknownKey)
	}
	lookup(t, s, at.Add(maxAge+1), "a", ErrUnavailable)
	lookup(t, s, at.Add(maxAge+1), "b", ErrUnavailable)
	fetched(t, h, 2)
}

// What nobody asked for in a week is asked for when it is.
func TestSetIdle(t *testing.T) {
	h := newHost(t, says(oldKeys))
	s := open(t, h, "/certs", "jwks")
	lookup(t, s, t0, "a", nil)
	lookup(t, s, t0.Add(maxAge+1), "a", nil)
	fetched(t, h, 2)
}

func TestSetRefusesAnswers(t *testing.T) {
	elsewhere := newHost(t, says(newKeys))
	tests := []struct {
		name   string
		answer handler
	}{
		{"redirect", func(w httpWriter, r *httpRequest) { redirect(w, r, elsewhere.URL+"/certs") }},
		{"redirect to itself", func(w httpWriter, r *httpRequest) { redirect(w, r, "/other") }},
		{"not found", status(404)},
		{"forbidden", status(403)},
		{"another success", status(203)},
		{"no content", status(204)},
		{"error", status(500)},
		{"HTML", says("<!doctype html><title>Sign in</title>")},
		{"keys that say they are HTML", says(newKeys, "Content-Type", "text/html; charset=utf-8")},
		{"empty", says("")},
		{"empty set", says(jwks())},
		{"garbage", says("\x00\x01\x02")},
		{"cut off", says(newKeys[:len(newKeys)-2])},
		{"connection cut", says(newKeys, "Content-Length", "5000")},
		{"a private key among them", says(jwks(jwk(otherKey.Public(), "b", nil), jwk(rsaKey, "c", nil)))},
		{"too long", says(newKeys + strings.Repeat(" ", maxText))},
		{"too long, announced", says(newKeys+strings.Repeat(" ", maxText), "Content-Length", "300000")},
		{"too long, compressed", says(gzipped(newKeys+strings.Repeat(" ", maxText)), "Content-Encoding", "gzip")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, tt.answer)
			lookup(t, open(t, h, "/certs", "jwks"), t0, "", ErrUnavailable)

			h.set(says(oldKeys))
			s := open(t, h, "/certs", "jwks")
			lookup(t, s, t0, "a", nil)
			h.set(tt.answer)
			lookup(t, s, t0.Add(time.Hour), "a", nil)
			lookup(t, s, t0.Add(2*time.Hour), "a", nil)
			lookup(t, s, t0.Add(3*time.Hour), "b", ErrUnknownKey)
			fetched(t, elsewhere, 0)
			fetched(t, h, 5)
		})
	}
}

func TestSetCacheControl(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		want    time.Duration
	}{
		{"nothing", nil, time.Hour},
		{"Google's", []string{"Cache-Control", "public, max-age=22222, must-revalidate, no-transform"}, 22222 * time.Second},
		{"spent in a cache", []string{"Cache-Control", "public, max-age=22222", "Age", "2222"}, 20000 * time.Second},
		{"spent entirely", []string{"Cache-Control", "max-age=3600", "Age", "7200"}, minRefresh},
		{"Age is no number", []string{"Cache-Control", "max-age=7200", "Age", "old"}, 2 * time.Hour},
		{"capitals and quotes", []string{"Cache-Control", `MAX-AGE="7200"`}, 2 * time.Hour},
		{"second line", []string{"Cache-Control", "public", "Cache-Control", "max-age=7200"}, 2 * time.Hour},
		{"zero", []string{"Cache-Control", "max-age=0"}, minRefresh},
		{"a year", []string{"Cache-Control", "max-age=31536000"}, maxRefresh},
		{"more than a number holds", []string{"Cache-Control", "max-age=99999999999999999999"}, maxRefresh},
		{"negative", []string{"Cache-Control", "max-age=-1"}, time.Hour},
		{"no number", []string{"Cache-Control", "max-age=soon"}, time.Hour},
		{"another directive", []string{"Cache-Control", "s-maxage=7200, no-store"}, time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, says(oldKeys, tt.headers...))
			s := open(t, h, "/certs", "jwks")
			lookup(t, s, t0, "a", nil)
			lookup(t, s, t0.Add(tt.want-1), "a", nil)
			fetched(t, h, 1)
			lookup(t, s, t0.Add(tt.want), "a", nil)
			fetched(t, h, 2)
		})
	}
}

func TestSetClose(t *testing.T) {
	h := newHost(t, says(oldKeys))
	s := open(t, h, "/certs", "jwks")
	lookup(t, s, t0, "a", nil)

	started, hold := make(chan struct{}), make(chan struct{})
	h.set(func(httpWriter, *httpRequest) { close(started); <-hold })
	defer close(hold)
	if _, err := s.Lookup(t0.Add(time.Hour), "a"); err != nil {
		t.Fatal(err)
	}
	<-started
	s.Close() // cancels the refresh: it does not wait for the server
	s.Close() // a second time does nothing
	lookup(t, s, t0.Add(2*time.Hour), "a", nil)
	lookup(t, s, t0.Add(2*time.Hour), "b", ErrUnknownKey)
	lookup(t, s, t0.Add(maxAge*2), "a", ErrUnavailable)
	fetched(t, h, 2)

	never := open(t, h, "/certs", "jwks")
	never.Close()
	lookup(t, never, t0, "a", ErrUnavailable)
	fetched(t, h, 2)
}

// A stuck is a source that answers only to being cancelled.
type stuck struct{}

func (stuck) read(ctx context.Context) (answer, error) {
	<-ctx.Done()
	return answer{}, ctx.Err()
}

func TestSetGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open("/nowhere", "jwks", Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.source = stuck{}
		begin := time.Now()
		lookup(t, s, begin, "a", ErrUnavailable)
		if d := time.Since(begin); d != fetchTime {
			t.Errorf("gave up after %v, want %v", d, fetchTime)
		}
		go s.Lookup(begin.Add(retryAfter), "a") //nolint:errcheck // it is given up
		synctest.Wait()
		begin = time.Now()
		s.Close()
		if d := time.Since(begin); d != 0 {
			t.Errorf("closed after %v, want at once", d)
		}
	})
}

// The log says where from, and neither the query nor the answer.
func TestSetLog(t *testing.T) {
	h := newHost(t, says("secret answer"))
	var log strings.Builder
	o := Options{Client: h.Client(), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	s, err := Open(h.URL+"/certs?token=secret", "jwks", o)
	if err != nil {
		t.Fatal(err)
	}
	lookup(t, s, t0, "a", ErrUnavailable)
	h.Close()
	lookup(t, s, t0.Add(retryAfter), "a", ErrUnavailable)
	s.Close()
	if got := log.String(); strings.Count(got, "public keys not refreshed") != 2 ||
		strings.Count(got, "from="+h.URL+"/certs ") != 2 || strings.Contains(got, "secret") {
		t.Errorf("log: %s", got)
	}
}

func TestSetConcurrently(t *testing.T) {
	h := newHost(t, says(oldKeys))
	s := open(t, h, "/certs", "jwks")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				now := t0.Add(time.Duration(j) * 5 * time.Minute)
				if _, err := s.Lookup(now, []string{"a", "x"}[(i+j)%2]); errors.Is(err, ErrUnavailable) {
					t.Errorf("Lookup = %v", err)
				}
			}
		})
	}
	all.Wait()
	settle(s)
}
