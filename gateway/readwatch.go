package gateway

import (
	"net/http"
	"sync"
	"time"
)

// A readWatch ends the reading of a body that takes too long. To set the
// connection's deadline is a matter of microseconds, so it is set only when
// the time has come.
type readWatch struct {
	control *http.ResponseController
	timer   *time.Timer
	mu      sync.Mutex
	over    bool // stopped, or too late to be
}

func watchRead(w http.ResponseWriter, timeout time.Duration) *readWatch {
	watch := &readWatch{control: http.NewResponseController(w)}
	watch.timer = time.AfterFunc(timeout, watch.expire)
	return watch
}

// expire fails the read in progress and those to come. A server that cannot
// set deadlines bounds them by its own.
func (w *readWatch) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		_ = w.control.SetReadDeadline(time.Unix(1, 0)) // any time in the past
	}
}

// stop ends the watch: reads after it are bounded by the server alone, unless
// the time was over before.
func (w *readWatch) stop() {
	if w.timer.Stop() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}
