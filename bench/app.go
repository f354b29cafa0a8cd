package main

import (
	"io"
	"net/http"
	"runtime/debug"
)

// serveApp is the application behind every proxy: it reads the whole body and
// says yes, as cheaply as it can, so that what is measured is in front of it.
func serveApp(addr string) error {
	debug.SetGCPercent(400)
	return http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
}
