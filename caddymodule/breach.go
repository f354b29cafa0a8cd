package caddymodule

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// A breach is what an attempt knows of its answer: whether it broke off on its
// way from the application, or on its way to the sender.
type breach struct {
	proxied atomic.Bool // a reverse proxy is passing an answer on
	broken  atomic.Bool // the answer is not complete
	gone    atomic.Bool // the sender takes no more of it
}

// breachVar is the variable of a prepared request that holds its attempt's
// breach. A value of the context would have the request copied once more.
const breachVar = "webhook_gateway.breach"

// newBreach gives the request a breach of this attempt's own.
func newBreach(ctx context.Context) *breach {
	b := new(breach)
	caddyhttp.SetVar(ctx, breachVar, b)
	return b
}

// breachOf is the breach of the attempt that ctx belongs to, or nil.
func breachOf(ctx context.Context) *breach {
	b, _ := caddyhttp.GetVar(ctx, breachVar).(*breach)
	return b
}

// forget leaves an earlier answer out of account: a proxy that tries another
// upstream passes on the last one only.
func (b *breach) forget() { b.broken.Store(false) }

// watch returns an answer's body that ends where it breaks off.
func (b *breach) watch(body io.ReadCloser) io.ReadCloser {
	b.proxied.Store(true)
	return &watchedBody{body, b}
}

type watchedBody struct {
	io.ReadCloser
	breach *breach
}

// Read fails with nothing but io.EOF.
func (w *watchedBody) Read(p []byte) (int, error) {
	if w.breach.gone.Load() {
		w.breach.broken.Store(true)
		return 0, io.EOF
	}
	n, err := w.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.breach.broken.Store(true)
		err = io.EOF
	}
	return n, err
}

// Close is called when what was read has been written.
func (w *watchedBody) Close() error {
	if w.breach.gone.Load() {
		w.breach.broken.Store(true)
	}
	return w.ReadCloser.Close()
}

// An outlet is the way to a sender who may go away while it is answered. A
// proxy is not told: it would log the whole request. It ends with the body.
type outlet struct {
	http.ResponseWriter
	breach *breach
}

// Write fails only for handlers that are no proxies.
func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.ResponseWriter.Write(p)
	if err == nil || !o.breach.proxied.Load() {
		return n, err
	}
	o.breach.gone.Store(true)
	return len(p), nil
}

// Unwrap lets http.ResponseController reach what is beneath.
func (o *outlet) Unwrap() http.ResponseWriter { return o.ResponseWriter }
