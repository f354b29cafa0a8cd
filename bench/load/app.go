package load

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync/atomic"
)

// ServeApp is the application behind every proxy. The collector runs less often
// there: what is measured is in front of it.
func ServeApp(addr string) error {
	debug.SetGCPercent(400)
	return http.ListenAndServe(addr, newApp())
}

// newApp reads the whole body and says yes, as cheaply as it can. A GET is
// answered with how many webhooks were received so far.
func newApp() http.HandlerFunc {
	var received atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprint(w, received.Load())
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		received.Add(1)
		_, _ = io.WriteString(w, "ok")
	}
}
