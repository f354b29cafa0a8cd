package ipranges

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A publisher answers requests without a network, so that tests with it run on
// synctest's clock.
type publisher struct {
	mu     sync.Mutex
	answer answer
	asked  []time.Time
}

type answer func(w http.ResponseWriter, r *http.Request) error

func (p *publisher) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.asked = append(p.asked, time.Now())
	answer := p.answer
	p.mu.Unlock()
	w := httptest.NewRecorder()
	if err := answer(w, r); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// then sets how it answers from now on.
func (p *publisher) then(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = a
}

func (p *publisher) publish(body string) {
	p.then(func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, body)
		return err
	})
}

var errDown = errors.New("nobody listens")

func (p *publisher) down() {
	p.then(func(http.ResponseWriter, *http.Request) error { return errDown })
}

// pauses are how long it was between the requests, from start on.
func (p *publisher) pauses(start time.Time) []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []time.Duration
	for _, at := range p.asked {
		found = append(found, at.Sub(start))
		start = at
	}
	return found
}

// A rig is a list with one user, a publisher and the log, in a synctest bubble.
type rig struct {
	*list
	publisher
	user  *Source
	logs  *observer.ObservedLogs
	start time.Time
}

// newRig opens the list of a place. It is closed when the bubble's test ends.
func newRig(t *testing.T, p place, prepare func(*publisher)) *rig {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	r := &rig{logs: logs, user: &Source{log: zap.New(core)}, start: time.Now()}
	prepare(&r.publisher)
	r.list = open(p, &http.Client{Transport: &r.publisher}, r.user)
	r.user.list = r.list
	t.Cleanup(func() { r.Destruct() }) //nolint:errcheck // it has no errors
	synctest.Wait()
	return r
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d) // the bubble's clock, no real one
	synctest.Wait()
}

func (r *rig) wantRanges(t *testing.T, want ...string) {
	t.Helper()
	wantRanges(t, r.user.GetIPRanges(nil), want...)
}

func (r *rig) wantPauses(t *testing.T, want ...time.Duration) {
	t.Helper()
	if got := r.pauses(r.start); !slices.Equal(got, want) {
		t.Errorf("fetched after %v, want %v", got, want)
	}
}

func (r *rig) wantLogged(t *testing.T, level zapcore.Level, n int) {
	t.Helper()
	if got := r.logs.FilterLevelExact(level).Len(); got != n {
		t.Errorf("%d lines of level %v, want %d: %v", got, level, n, r.logs.All())
	}
}

func TestRefreshPicksUpChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		r := newRig(t, p, func(p *publisher) { p.publish(good) })
		r.wantRanges(t, "192.0.2.0/24")
		r.publish(`{"hooks": ["203.0.113.0/24"]}`)
		pass(day - 1)
		r.wantRanges(t, "192.0.2.0/24")
		pass(1)
		r.wantRanges(t, "203.0.113.0/24")
		pass(2 * day)
		r.wantPauses(t, 0, day, day, day)
		r.wantLogged(t, zap.InfoLevel, 2) // one for each change
		kept, err := p.load()
		if err != nil || !kept.Fetched.Equal(r.start.Add(3*day)) {
			t.Errorf("kept on disk at %v, %v", kept.Fetched, err)
		}
		wantRanges(t, kept.Ranges, "203.0.113.0/24")
	})
}

// TestNothingKnown: nobody is on the list until it was fetched once.
func TestNothingKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		r := newRig(t, p, (*publisher).down)
		for range 20 {
			r.wantRanges(t)
			pass(lastRetry)
		}
		most, pauses := firstRetry, r.pauses(r.start)
		for i, pause := range pauses[1:] {
			if pause < most/2 || pause > most {
				t.Errorf("try %d came after %v, want %v to %v", i+2, pause, most/2, most)
			}
			most = min(2*most, lastRetry)
		}
		if len(pauses) < 20 {
			t.Errorf("only %d tries in 100 minutes", len(pauses))
		}
		if got := r.logs.FilterLevelExact(zap.ErrorLevel).FilterFieldKey("error").Len(); got != len(pauses) {
			t.Errorf("%d errors in the log of %d failures: %v", got, len(pauses), r.logs.All())
		}
		wantFiles(t, p)
		tries := len(r.pauses(r.start))
		r.publish(good)
		pass(lastRetry)
		r.wantRanges(t, "192.0.2.0/24")
		pass(day)
		if got := len(r.pauses(r.start)) - tries; got != 2 {
			t.Errorf("%d requests in a day, with the one that succeeded first", got)
		}
	})
}

// TestFaultKeepsLastGood: whatever comes afterwards, the last good list stays.
func TestFaultKeepsLastGood(t *testing.T) {
	faults := map[string]func(*publisher){
		"down":    (*publisher).down,
		"HTML":    func(p *publisher) { p.publish("<html>") },
		"empty":   func(p *publisher) { p.publish(`{"hooks": []}`) },
		"missing": func(p *publisher) { p.publish(`{}`) },
		"all":     func(p *publisher) { p.publish(`{"hooks": ["203.0.113.0/24", "0.0.0.0/0"]}`) },
		"private": func(p *publisher) { p.publish(`{"hooks": ["203.0.113.0/24", "10.0.0.0/8"]}`) },
		"503": func(p *publisher) {
			p.then(func(w http.ResponseWriter, _ *http.Request) error {
				w.WriteHeader(http.StatusServiceUnavailable)
				return nil
			})
		},
		"never answers": func(p *publisher) {
			p.then(func(_ http.ResponseWriter, r *http.Request) error {
				<-r.Context().Done()
				return r.Context().Err()
			})
		},
	}
	for odd, fault := range faults {
		t.Run(odd, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, newPlace(t), func(p *publisher) { p.publish(good) })
				fault(&r.publisher)
				pass(day + fetchTimeout)
				r.wantRanges(t, "192.0.2.0/24")
				r.wantLogged(t, zap.WarnLevel, 1)
				r.wantLogged(t, zap.ErrorLevel, 0)
				r.publish(`{"hooks": ["203.0.113.0/24"]}`)
				pass(day)
				r.wantRanges(t, "203.0.113.0/24")
			})
		})
	}
}

// TestRestart: the list on disk is in use at once, and fetched when it is due.
func TestRestart(t *testing.T) {
	for _, tt := range []struct {
		odd string
		age time.Duration
		due time.Duration
	}{
		{"young", time.Hour, 23 * time.Hour},
		{"due", day, 0},
		{"old", 100 * day, 0},
		{"from the future", -365 * day, day}, // the clock was wrong once
	} {
		t.Run(tt.odd, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlace(t)
				if err := p.save(p.snapshot(time.Now().Add(-tt.age), "192.0.2.0/24")); err != nil {
					t.Fatal(err)
				}
				r := newRig(t, p, func(p *publisher) { p.publish(`{"hooks": ["203.0.113.0/24"]}`) })
				if tt.due > 0 {
					pass(tt.due - 1)
					r.wantRanges(t, "192.0.2.0/24")
					pass(1)
				}
				r.wantRanges(t, "203.0.113.0/24")
				r.wantPauses(t, tt.due)
			})
		})
	}
}

// TestRestartWithPublisherDown: a list of any age is better than none.
func TestRestartWithPublisherDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		if err := p.save(p.snapshot(time.Now().Add(-29*day), "192.0.2.0/24")); err != nil {
			t.Fatal(err)
		}
		r := newRig(t, p, (*publisher).down)
		pass(4*day + time.Hour)
		r.wantRanges(t, "192.0.2.0/24")
		r.wantLogged(t, zap.ErrorLevel, 0)
		old := "the list of addresses is older than 30 days: new senders may be missing, and old ones still be on it"
		if got := r.logs.FilterMessage(old).Len(); got != 4 {
			t.Errorf("warned %d times in the 4 days that the list was stale", got)
		}
	})
}

// TestBrokenFile: what is on disk is judged too.
func TestBrokenFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		if err := p.save(p.snapshot(time.Now(), "0.0.0.0/0")); err != nil {
			t.Fatal(err)
		}
		r := newRig(t, p, (*publisher).down)
		r.wantRanges(t)
		r.wantLogged(t, zap.WarnLevel, 1)
		r.publish(good)
		pass(firstRetry)
		r.wantRanges(t, "192.0.2.0/24")
	})
}

// TestDiskFull: a list that cannot be kept is used all the same.
func TestDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.dir = "/dev/null/ip-ranges"
		r := newRig(t, p, func(p *publisher) { p.publish(good) })
		r.wantRanges(t, "192.0.2.0/24")
		r.wantLogged(t, zap.WarnLevel, 2) // it could be neither read nor written
	})
}

func TestNotModified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		r := newRig(t, p, func(p *publisher) {
			p.then(func(w http.ResponseWriter, r *http.Request) error {
				w.Header().Set("ETag", `"1"`)
				if r.Header.Get("If-None-Match") == `"1"` {
					w.WriteHeader(http.StatusNotModified)
					return nil
				}
				_, err := io.WriteString(w, good)
				return err
			})
		})
		pass(3 * day)
		r.wantRanges(t, "192.0.2.0/24")
		r.wantLogged(t, zap.WarnLevel, 0)
		if kept, err := p.load(); err != nil || !kept.Fetched.Equal(r.start.Add(3*day)) || kept.ETag != `"1"` {
			t.Errorf("kept %+v, %v", kept, err)
		}
	})
}

// TestMostEagerUserDecides how often the list is fetched.
func TestMostEagerUserDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newPlace(t), func(p *publisher) { p.publish(good) })
		eager := &Source{log: r.user.log, Refresh: gateway.Duration(time.Hour)}
		r.use(func(users []*Source) []*Source { return append(users, eager) })
		pass(2 * time.Hour)
		r.use(func([]*Source) []*Source { return []*Source{r.user} })
		pass(day)
		r.wantPauses(t, 0, time.Hour, time.Hour, day)
		lazy := &Source{log: r.user.log, Refresh: gateway.Duration(3 * day)}
		r.use(func([]*Source) []*Source { return []*Source{lazy} })
		pass(3 * day)
		r.down()
		pass(4 * day) // after a failure, daily
		r.wantPauses(t, 0, time.Hour, time.Hour, day, 3*day, 3*day, day)
	})
}

// TestStopWritesNothing: a list that nobody wants any more, as after `caddy
// validate`, leaves no file, even if it arrives.
func TestStopWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		r := newRig(t, p, func(p *publisher) {
			p.then(func(w http.ResponseWriter, r *http.Request) error {
				<-r.Context().Done()
				_, err := io.WriteString(w, good)
				return err
			})
		})
		if err := r.Destruct(); err != nil {
			t.Error(err)
		}
		r.wantRanges(t)
		r.wantLogged(t, zap.ErrorLevel, 0)
		wantFiles(t, p)
	})
}

func TestGetIPRangesDoesNotAllocate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newPlace(t), func(p *publisher) { p.publish(good) })
		if n := testing.AllocsPerRun(100, func() { r.user.GetIPRanges(nil) }); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
