package load

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// arrivals is an application that remembers when each request of a batch
// came, and when its sender was answered.
type arrivals struct {
	process string // of the batch's ids, as in the body

	mu       sync.Mutex
	changed  *sync.Cond
	came     map[int]time.Time
	answered map[int]time.Time
	closed   bool
}

func newArrivals(b *batch) *arrivals {
	a := &arrivals{process: hex.EncodeToString(b.process[:]), came: make(map[int]time.Time), answered: make(map[int]time.Time)}
	a.changed = sync.NewCond(&a.mu)
	return a
}

// ServeHTTP takes the first arrival of each request; those of other batches do not count.
func (a *arrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	now := time.Now()
	if process, i := parseID(body); process == a.process {
		a.note(a.came, i, now)
	}
	_, _ = io.WriteString(w, "ok")
}

func (a *arrivals) note(m map[int]time.Time, i int, t time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, again := m[i]; !again {
		m[i] = t
	}
	a.changed.Broadcast()
}

// wait returns when everything that was answered has come, or at the latest when ctx ends.
func (a *arrivals) wait(ctx context.Context) error {
	defer context.AfterFunc(ctx, a.close)()
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.came) < len(a.answered) && !a.closed {
		a.changed.Wait()
	}
	if len(a.came) < len(a.answered) {
		return errors.New("some of what was accepted never came")
	}
	return nil
}

func (a *arrivals) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.changed.Broadcast()
}

// took is from answer to arrival, for each request that was answered since
// from. What came before its sender was answered took nothing.
func (a *arrivals) took(from time.Time) (took []time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, answered := range a.answered {
		if !answered.Before(from) {
			took = append(took, max(0, a.came[i].Sub(answered)))
		}
	}
	return took
}

// withArrivals runs the open loop with an application of our own on addr; the
// times are from answer to arrival.
func (r *run) withArrivals(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	r.arrivals = newArrivals(r.clients[0].b)
	r.sleep = func(until time.Time) { time.Sleep(time.Until(until)) } // sleepUntil keeps a processor for a while, which the application needs
	s := &http.Server{Handler: r.arrivals}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	if err := r.all(context.Background(), r.openLoop); err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(context.Background(), r.to.Add(10*time.Second))
	defer cancel()
	err = r.arrivals.wait(ctx)
	r.took = r.arrivals.took(r.from)
	return err
}

// parseID takes process and number from a body that newBody made.
func parseID(body []byte) (process string, i int) {
	if len(body) < idAt+idLen {
		return "", 0
	}
	id := body[idAt:][:idLen]
	var n [8]byte
	if _, err := hex.Decode(n[:], id[20:]); err != nil {
		return "", 0
	}
	return string(id[4:20]), int(binary.BigEndian.Uint64(n[:]))
}
