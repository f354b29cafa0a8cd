package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// An onlooker has the dashboard open while the target works: it keeps the
// stream, and asks for lists, filtered and searched, a few times each second.
type onlooker struct {
	api  string // URL of the admin API
	end  context.CancelFunc
	done sync.WaitGroup

	mu   sync.Mutex
	took []time.Duration
	err  error
}

// lookEvery is how often an onlooker asks.
const lookEvery = 200 * time.Millisecond

// views are what it asks for, in turn. Each is one answer of the API: what is
// rare is looked for in several.
var views = []string{
	"/deliveries", "/deliveries?state=dead", "/deliveries?state=pending", "/deliveries?endpoint=broxi", "/deliveries?event=workflow.completed",
	"/deliveries?id=nobody-has-it", "/deliveries?q=needle", "/deliveries?since=1m", "/status", "/activity", "/refusals",
}

// look begins to look on; api "" is nobody, who sees nothing.
func look(api string) *onlooker {
	ctx, end := context.WithCancel(context.Background())
	o := &onlooker{api: api, end: end}
	if api != "" {
		o.done.Go(func() { o.note(o.listen(ctx)) })
		o.done.Go(func() { o.note(o.ask(ctx)) })
	}
	return o
}

// stop ends it, and returns how long each answer took.
func (o *onlooker) stop() ([]time.Duration, error) {
	o.end()
	o.done.Wait()
	return o.took, o.err
}

// note keeps the first error that is not the end's.
func (o *onlooker) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

// listen reads the stream to the end.
func (o *onlooker) listen(ctx context.Context) error {
	return fetch(ctx, o.api+"/stream")
}

func (o *onlooker) ask(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		start := time.Now()
		if err := fetch(ctx, o.api+views[n%len(views)]); err != nil {
			return err
		}
		if ctx.Err() == nil {
			o.took = append(o.took, time.Since(start))
		}
	}
}

// fetch reads an answer to its end, or to ctx's.
func fetch(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}
