package command

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// maxShown is how many answers are shown one by one; of more, only those that
// are bad, and no more of them than this.
const maxShown = 20

// An answer is what became of one event.
type answer struct {
	N            int     `json:"n"`
	ID           string  `json:"id"`
	Status       int     `json:"status"` // 0: there was no answer
	Milliseconds float64 `json:"milliseconds"`
	Body         string  `json:"body"` // its beginning
	Error        string  `json:"error,omitempty"`

	took time.Duration
}

func (a *answer) good() bool { return a.Error == "" && a.Status >= 200 && a.Status < 300 }

// A tally counts answers and shows them.
type tally struct {
	out  io.Writer
	json bool
	each bool // show every answer
	bar  *bar // nil: none

	shown, good int
	statuses    map[string]int
	times       []time.Duration // of the answers
	failed      int             // without a whole answer
}

func (t *tally) add(a answer) {
	if t.statuses == nil {
		t.statuses = map[string]int{}
	}
	if a.good() {
		t.good++
	}
	if a.Error != "" {
		t.failed++
	} else {
		t.statuses[fmt.Sprint(a.Status)]++
		t.times = append(t.times, a.took)
	}
	t.show(a)
	t.bar.set(t.sent())
}

func (t *tally) sent() int { return len(t.times) + t.failed }

func (t *tally) show(a answer) {
	switch {
	case t.json:
		_ = writeJSON(t.out, a) // its reader is gone: the summary fails the same way
		return
	case !t.each && (a.good() || t.shown >= maxShown):
		return
	}
	t.shown++
	t.bar.clear()
	what := fmt.Sprintf("%d  %s", a.Status, strings.TrimSpace(printable(a.Body)))
	switch {
	case a.Error != "" && a.Status != 0:
		what = fmt.Sprintf("%d, and the answer broke off: %s", a.Status, printable(a.Error))
	case a.Error != "":
		what = "no answer: " + printable(a.Error)
	}
	id := ""
	if a.ID != "" {
		id = "  id " + a.ID
	}
	printf(t.out, "#%d%s  %.1f ms  %s\n", a.N, id, a.Milliseconds, what)
}

// summary is how a run went, as JSON.
type summary struct {
	Sent     int            `json:"sent"`
	Good     int            `json:"good"` // answered 2xx
	Statuses map[string]int `json:"statuses"`
	Failed   int            `json:"failed"` // without a whole answer
	Seconds  float64        `json:"seconds"`
	P50      float64        `json:"milliseconds_p50"`
	P95      float64        `json:"milliseconds_p95"`
	Max      float64        `json:"milliseconds_max"`
}

// finish shows the summary. It returns errNo unless all answers were good.
func (t *tally) finish(took time.Duration) error {
	t.bar.clear()
	slices.Sort(t.times)
	s := summary{
		Sent: t.sent(), Good: t.good, Statuses: t.statuses, Failed: t.failed, Seconds: took.Seconds(),
		P50: t.quantile(0.5), P95: t.quantile(0.95), Max: t.quantile(1),
	}
	if t.json {
		if err := writeJSON(t.out, s); err != nil {
			return err
		}
	} else {
		t.print(s)
	}
	if t.good != t.sent() || t.good == 0 {
		return errNo
	}
	return nil
}

func (t *tally) print(s summary) {
	printf(t.out, "%d sent in %.1f s, %d answered 2xx\n", s.Sent, s.Seconds, s.Good)
	for _, status := range slices.Sorted(maps.Keys(s.Statuses)) {
		printf(t.out, "  %s  %d\n", status, s.Statuses[status])
	}
	if s.Failed > 0 {
		printf(t.out, "  no whole answer  %d\n", s.Failed)
	}
	if len(t.times) > 1 {
		printf(t.out, "  p50 %.1f ms, p95 %.1f ms, slowest %.1f ms\n", s.P50, s.P95, s.Max)
	}
}

// quantile returns the time that a share q of the answers did not exceed, in
// milliseconds. The times are sorted.
func (t *tally) quantile(q float64) float64 {
	if len(t.times) == 0 {
		return 0
	}
	i := int(math.Ceil(q*float64(len(t.times)))) - 1
	return milliseconds(t.times[max(i, 0)])
}

// milliseconds returns a duration with three digits after the point.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// A bar shows on a terminal how far a run is. Nil shows nothing.
type bar struct {
	w     io.Writer
	total int
	last  string // as shown
}

const barWidth = 40 // characters

func (b *bar) set(done int) {
	if b == nil {
		return
	}
	full := done * barWidth / b.total
	line := fmt.Sprintf("\r[%-*s] %3d%%  %d of %d ", barWidth, strings.Repeat("=", full), done*100/b.total, done, b.total)
	if line != b.last {
		printf(b.w, "%s", line)
	}
	b.last = line
}

// clear removes the bar, so that other text can take its line.
func (b *bar) clear() {
	if b != nil {
		printf(b.w, "\r\x1b[K")
		b.last = ""
	}
}
