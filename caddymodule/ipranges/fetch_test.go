package ipranges

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const good = `{"hooks": ["192.0.2.0/24"]}`

// from is a list that a server on this machine has.
func from(s *httptest.Server) verify.IPRanges {
	return verify.IPRanges{URL: s.URL + "/meta", Format: "json", Paths: []string{"hooks"}}
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestFetch(t *testing.T) {
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, good) })
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/there" {
				io.WriteString(w, good)
				return
			}
			http.Redirect(w, r, to, http.StatusFound)
		}
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			if code != http.StatusNoContent && code != http.StatusNotModified {
				io.WriteString(w, good)
			}
		}
	}
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
	}
	tests := []struct {
		odd     string
		handler http.HandlerFunc
		err     error
	}{
		{"a list", text(good), nil},
		{"HTML", text("<html>"), errFormat},
		{"1 MiB", text(good + strings.Repeat(" ", maxSize-len(good))), nil},
		{"a byte more", text(good + strings.Repeat(" ", maxSize+1-len(good))), errSize},
		{"more than 1 MiB, packed", packed(good + strings.Repeat(" ", 8*maxSize)), errSize},
		{"packed", packed(good), nil},
		{"cut short", cutShort, io.ErrUnexpectedEOF},
		{"203", status(203), errStatus},
		{"204", status(204), errStatus},
		{"206", status(206), errStatus},
		{"304 that was not asked for", status(304), errStatus},
		{"403 with a list", status(403), errStatus},
		{"404", status(404), errStatus},
		{"500", status(500), errStatus},
		{"redirect on the host", redirect("/there"), nil},
		{"redirect to another host", redirect(other.URL), errRedirect},
		{"redirect to a name of the same address", redirect(strings.Replace(other.URL, "127.0.0.1", "localhost", 1)), errRedirect},
		{"redirect to https", redirect("https://127.0.0.1/there"), errRedirect},
		{"redirect in a circle", redirect("/meta"), errRedirect},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			got, err := fetch(t.Context(), newClient(), from(serve(t, tt.handler)), "")
			if !errors.Is(err, tt.err) {
				t.Fatalf("fetch = %v, want %v", err, tt.err)
			}
			if err == nil {
				wantRanges(t, got.Ranges, "192.0.2.0/24")
			} else if len(got.Ranges) > 0 {
				t.Errorf("ranges %v with an error", got.Ranges)
			}
		})
	}
}

func packed(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, body)
		z.Close()
	}
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, good)
}

// TestFetchHTTPS: a certificate that nobody vouches for is refused, and so is a
// redirect from https to http.
func TestFetchHTTPS(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, good) })
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, plain.URL, http.StatusFound)
			return
		}
		io.WriteString(w, good)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // about the client that trusts nobody
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, err := fetch(t.Context(), newClient(), from(s), ""); err == nil {
		t.Error("a list with an unknown certificate was fetched")
	}
	trusting := newClient()
	trusting.Transport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	if _, err := fetch(t.Context(), trusting, from(s), ""); err != nil {
		t.Error(err)
	}
	away := verify.IPRanges{URL: s.URL + "/away", Format: "json", Paths: []string{"hooks"}}
	if _, err := fetch(t.Context(), trusting, away, ""); !errors.Is(err, errRedirect) {
		t.Errorf("fetch = %v, want %v", err, errRedirect)
	}
}

func TestFetchUnreachable(t *testing.T) {
	s := serve(t, nil)
	s.Close()
	if _, err := fetch(t.Context(), newClient(), from(s), ""); err == nil {
		t.Error("a list was fetched from nowhere")
	}
}

func TestFetchCancelled(t *testing.T) {
	asked := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := fetch(ctx, newClient(), from(s), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("fetch = %v, want %v", err, context.Canceled)
	}
}

func TestFetchCondition(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() == "" || strings.HasPrefix(r.UserAgent(), "Go-http") {
			t.Errorf("User-Agent %q", r.UserAgent())
		}
		w.Header().Set("ETag", `W/"1"`)
		if r.Header.Get("If-None-Match") == `W/"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, good)
	})
	first, err := fetch(t.Context(), newClient(), from(s), "")
	if err != nil || first.ETag != `W/"1"` || first.condition(from(s)) != `W/"1"` {
		t.Fatalf("fetch = %+v, %v", first, err)
	}
	if _, err := fetch(t.Context(), newClient(), from(s), first.ETag); !errors.Is(err, errNotModified) {
		t.Errorf("fetch = %v, want %v", err, errNotModified)
	}
	elsewhere := from(s)
	elsewhere.Paths = []string{"web"}
	if got := first.condition(elsewhere); got != "" {
		t.Errorf("what was read from other paths has the condition %q", got)
	}
}

func TestEntityTag(t *testing.T) {
	for field, want := range map[string]string{
		"": "", `"a"`: `"a"`, `W/"a"`: `W/"a"`, `""`: `""`, "a": "", `"a" "b"`: "", `"a"x`: "", "\"\x01\"": "", `"` + strings.Repeat("a", 201) + `"`: "",
	} {
		if got := entityTag(http.Header{"Etag": {field}}); got != want {
			t.Errorf("entityTag(%q) = %q, want %q", field, got, want)
		}
	}
}
