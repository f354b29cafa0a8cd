package dashboard

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// An answer is what a real server said.
type answer struct {
	status  int
	header  http.Header
	content []byte
}

// ask asks a server of the handler alone.
func ask(t *testing.T, method, path string, header http.Header) answer {
	t.Helper()
	s := httptest.NewServer(Handler())
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	a, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	content, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, content}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, path string
		status             int
		kind               string // of the content
	}{
		{"the page", "GET", "/", 200, "text/html; charset=utf-8"},
		{"its head alone", "HEAD", "/", 200, "text/html; charset=utf-8"},
		{"a script", "GET", "/assets/js/app.js", 200, "text/javascript; charset=utf-8"},
		{"a style sheet", "GET", "/assets/css/base.css", 200, "text/css; charset=utf-8"},
		{"a licence", "GET", "/assets/vendor/htm.LICENSE.txt", 200, "text/plain; charset=utf-8"},
		{"the page by its file's name", "GET", "/index.html", 404, "text/plain; charset=utf-8"},
		{"a directory", "GET", "/assets/", 404, "text/plain; charset=utf-8"},
		{"a directory without its slash", "GET", "/assets/js", 404, "text/plain; charset=utf-8"},
		{"no such file", "GET", "/assets/js/none.js", 404, "text/plain; charset=utf-8"},
		{"a way out", "GET", "/assets/../../dashboard.go", 404, "text/plain; charset=utf-8"},
		{"a way out, escaped", "GET", "/assets/%2e%2e/index.html", 404, "text/plain; charset=utf-8"},
		{"a change", "POST", "/", 405, "text/plain; charset=utf-8"},
		{"a change of what is not there", "DELETE", "/none", 405, "text/plain; charset=utf-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, tt.method, tt.path, nil)
			if kind := a.header.Get("Content-Type"); a.status != tt.status || kind != tt.kind {
				t.Errorf("answer is %d %q, want %d %q", a.status, kind, tt.status, tt.kind)
			}
			if allow := a.header.Get("Allow"); (tt.status == 405) != (allow == "GET, HEAD") {
				t.Errorf("Allow is %q", allow)
			}
			checkProtection(t, a.header)
		})
	}
}

func checkProtection(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("web/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, "GET", "/", nil).content; !bytes.Equal(got, want) {
		t.Errorf("content is %q", got)
	}
	if got := ask(t, "HEAD", "/", nil).content; len(got) != 0 {
		t.Errorf("HEAD has content %q", got)
	}
}

func TestCaching(t *testing.T) {
	t.Parallel()
	first := ask(t, "GET", "/assets/js/app.js", nil)
	tag := first.header.Get("ETag")
	if first.header.Get("Cache-Control") != "no-cache" || len(tag) != 26 {
		t.Fatalf("Cache-Control is %q, ETag %q", first.header.Get("Cache-Control"), tag)
	}
	for _, tt := range []struct {
		name, known string
		status      int
	}{
		{"the same", tag, 304},
		{"the same among others", `"x", ` + tag, 304},
		{"another", `"x"`, 200},
		{"of another file", ask(t, "GET", "/", nil).header.Get("ETag"), 200},
	} {
		a := ask(t, "GET", "/assets/js/app.js", http.Header{"If-None-Match": {tt.known}})
		if a.status != tt.status || a.header.Get("ETag") != tag {
			t.Errorf("%s: answer is %d with ETag %q", tt.name, a.status, a.header.Get("ETag"))
		}
	}
}

// Below a prefix the handler is the same: nothing in it names one.
func TestPrefix(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	http.StripPrefix("/webhook_gateway", Handler()).ServeHTTP(w, httptest.NewRequest("GET", "/webhook_gateway/assets/js/early.js", nil))
	if w.Code != 200 || !strings.HasPrefix(w.Body.String(), "// Runs") {
		t.Errorf("answer is %d %q", w.Code, w.Body)
	}
}
