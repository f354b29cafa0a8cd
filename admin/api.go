package admin

import (
	"net/http"
	"time"
)

// Options are how the API and the dashboard are served. Source and Now are
// required.
type Options struct {
	Source Source
	Prefix string // the path that everything is below, as /webhook_gateway: no slash at the end
	CSRF   bool   // changes need the token that GET {prefix}/session gives
	// Backups lets POST backup be used: whoever may change things may then write
	// a new file wherever the process may. Otherwise it is answered 403.
	Backups bool
	// Hosts that a request may be for, as in its Host header; nil: any. The
	// server checks it already.
	Hosts []string
	Now   func() time.Time // wall clock
	// Done ends streams when it is closed, so that a server which is being
	// replaced need not wait for them; nil: only their clients do.
	Done <-chan struct{}
}

// NewHandler returns a handler of everything below the prefix: the API, and the
// dashboard at {prefix}/. It may be used concurrently.
func NewHandler(o Options) http.Handler {
	a := &api{Options: o, key: newKey()}
	mux := http.NewServeMux()
	a.register(mux)
	return a.guard(mux)
}

// An api is what all requests share.
type api struct {
	Options
	key []byte // of the tokens against forged requests
}
