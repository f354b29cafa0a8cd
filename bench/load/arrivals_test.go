package load

import (
	"bytes"
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// arrive has the i-th request of b come to a.
func arrive(a *arrivals, b *batch, i int) {
	tmpl := newTemplate(b.size, "", b.at)
	b.fill(tmpl, i)
	a.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/hook", bytes.NewReader(tmpl.raw[tmpl.body:])))
}

func TestArrivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, other := newBatch(5, 1<<10, Secret, t0), newBatch(5, 1<<10, Secret, t0)
		a := newArrivals(b)
		a.note(a.answered, 0, time.Now())
		time.Sleep(time.Second)
		from := time.Now()
		arrive(a, b, 1) // before its answer
		time.Sleep(time.Second)
		a.note(a.answered, 1, time.Now())
		a.note(a.answered, 2, time.Now())
		arrive(a, other, 2)
		time.Sleep(time.Second)
		arrive(a, b, 0)
		arrive(a, b, 2)
		time.Sleep(time.Second)
		arrive(a, b, 2) // again
		if err := a.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		took := a.took(from)
		slices.Sort(took)
		if want := []time.Duration{0, time.Second}; !slices.Equal(took, want) {
			t.Errorf("took %v, want %v", took, want)
		}
	})
}

func TestArrivalMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArrivals(newBatch(1, 1<<10, Secret, t0))
		a.note(a.answered, 0, time.Now())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.wait(ctx); err == nil {
			t.Error("what never came is not an error")
		}
	})
}

func TestParseID(t *testing.T) {
	for name, body := range map[string]string{"empty": "", "short": idPrefix, "not hex": string(bytes.Repeat([]byte("z"), 1<<10))} {
		if process, i := parseID([]byte(body)); process != "" || i != 0 {
			t.Errorf("%s: %q, %d", name, process, i)
		}
	}
}
