package ipranges

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
)

const (
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute

	// A list that could not be fetched again for so long is warned of daily.
	// It stays in use: fewer and fewer senders are on it, but nobody else is.
	stale = 30 * 24 * time.Hour
	day   = 24 * time.Hour
)

// lists are those in use, by identity. They outlive a configuration if the
// next one uses them too.
var lists = caddy.NewUsagePool()

type identity struct{ provider, url string }

// A list is the addresses from one place. Sources that want the same share it.
type list struct {
	place  place
	client *http.Client
	now    func() time.Time

	ranges atomic.Pointer[[]netip.Prefix] // never nil

	mu      sync.Mutex
	users   []*Source
	changed chan struct{} // users were; holds one

	kept   snapshot  // the last good list; the loop's own
	warned time.Time // of a stale list; the loop's own

	stop context.CancelFunc
	done chan struct{} // closed when the loop has ended
}

// join returns the list for a place, and makes s one of its users.
func join(p place, s *Source) (*list, error) {
	value, loaded, err := lists.LoadOrNew(p.identity(), func() (caddy.Destructor, error) {
		return open(p, newClient(), s), nil
	})
	if err != nil {
		return nil, err
	}
	l := value.(*list)
	if loaded {
		l.use(func(users []*Source) []*Source { return append(users, s) })
	}
	return l, nil
}

// leave ends the use by s, which must have joined.
func (l *list) leave(s *Source) error {
	l.use(func(users []*Source) []*Source {
		i := slices.Index(users, s)
		return slices.Delete(users, i, i+1)
	})
	_, err := lists.Delete(l.place.identity())
	return err
}

// open loads a list from disk and starts to keep it up to date.
func open(p place, client *http.Client, first *Source) *list {
	ctx, cancel := context.WithCancel(context.Background())
	l := &list{
		place: p, client: client, now: time.Now, users: []*Source{first},
		changed: make(chan struct{}, 1), stop: cancel, done: make(chan struct{}),
	}
	var err error
	if l.kept, err = p.load(); err != nil {
		l.log().Warn("the list of addresses on disk is not usable", zap.Error(err))
	}
	l.show(l.kept)
	go l.run(ctx)
	return l
}

// Destruct ends the list when its last user has left.
func (l *list) Destruct() error {
	l.stop()
	<-l.done
	return nil
}

func (l *list) use(change func([]*Source) []*Source) {
	l.mu.Lock()
	l.users = change(l.users)
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// refresh is how often the most eager user wants the list to be fetched.
func (l *list) refresh() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	least := defaultRefresh
	for i, s := range l.users {
		if i == 0 || s.refresh() < least {
			least = s.refresh()
		}
	}
	return least
}

// log is the logger of a configuration that is still in use.
func (l *list) log() *zap.Logger {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.users) == 0 {
		return zap.NewNop()
	}
	newest := l.users[len(l.users)-1]
	return newest.log.With(zap.String("provider", l.place.provider), zap.String("url", l.place.from.URL))
}

// run fetches the list until ctx is done: soon again until that succeeded for
// the first time, then every refresh, and after a failure at least daily.
func (l *list) run(ctx context.Context) {
	defer close(l.done)
	since, wait := l.kept.Fetched, l.refresh
	retry, succeeded := firstRetry, false
	for l.sleep(ctx, since, wait) {
		err := l.update(ctx)
		if ctx.Err() != nil {
			return
		}
		since = l.now()
		l.report(err, since)
		switch {
		case err == nil:
			succeeded, wait = true, l.refresh
		case succeeded:
			wait = func() time.Duration { return min(l.refresh(), day) }
		default:
			pause := retry/2 + rand.N(retry/2)
			wait, retry = func() time.Duration { return pause }, min(2*retry, lastRetry)
		}
	}
}

// sleep returns when wait has passed since then, as far as the clock is right:
// never later than wait from now. It returns false if ctx is done.
func (l *list) sleep(ctx context.Context, since time.Time, wait func() time.Duration) bool {
	for {
		timer := time.NewTimer(min(since.Add(wait()).Sub(l.now()), wait()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-l.changed: // and with the users maybe the refresh
			timer.Stop()
		case <-timer.C:
			return ctx.Err() == nil
		}
	}
}

// update fetches the list once. If anything is wrong with what comes, all of it
// is refused and the last good list stays.
func (l *list) update(ctx context.Context) error {
	fresh, err := fetch(ctx, l.client, l.place.from, l.kept.condition(l.place.from))
	if errors.Is(err, errNotModified) {
		fresh, err = l.kept, nil
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err // nobody wants it any more: write nothing
	}
	fresh.Fetched = l.now()
	l.put(fresh)
	return nil
}

// put makes a list the last good one, in memory and then on disk.
func (l *list) put(fresh snapshot) {
	level := zap.DebugLevel
	if !slices.Equal(fresh.Ranges, l.kept.Ranges) {
		level = zap.InfoLevel
	}
	l.kept = fresh
	l.show(fresh)
	if err := l.place.save(fresh); err != nil {
		l.log().Warn("the list of addresses could not be kept on disk", zap.Error(err))
	}
	l.log().Log(level, "fetched the list of addresses", zap.Int("ranges", len(fresh.Ranges)))
}

// show lets users see a list.
func (l *list) show(s snapshot) { l.ranges.Store(&s.Ranges) }

// report says what came of fetching the list, and warns daily of a stale one.
func (l *list) report(err error, now time.Time) {
	if err == nil {
		return
	}
	log := l.log().With(zap.Error(err))
	if len(l.kept.Ranges) == 0 {
		log.Error("there is no list of addresses, so none is let in by it: it could not be fetched and none is on disk")
		return
	}
	log = log.With(zap.Time("fetched", l.kept.Fetched))
	log.Warn("the list of addresses could not be fetched: the last good one stays in use")
	if now.Sub(l.kept.Fetched) >= stale && now.Sub(l.warned) >= day {
		l.warned = now
		log.Warn("the list of addresses is older than 30 days: new senders may be missing, and old ones still be on it")
	}
}
