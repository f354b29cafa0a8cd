// Package dashboard is the page on top of the admin API: static files, with no
// build step, that ask nobody but the server they come from.
package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// policy is what the page may do: nothing but run and show its own files and
// ask its own server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed web
var embedded embed.FS

// types are by the name's end, and fixed: what the system knows of types differs.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".md":   "text/plain; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
}

// A file is one of the page's.
type file struct {
	kind    string // its media type
	tag     string // its ETag
	content []byte
}

// files are all there are, by the path of their address.
var files = sync.OnceValue(load)

// Handler returns a handler of the dashboard: the page at / and its files below
// /assets/. Their addresses are relative, so that it can be put below any prefix
// that ends with a slash. It may be used concurrently.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, ok := files()[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("ETag", f.tag)
	w.Header().Set("Cache-Control", "no-cache") // ask first: a new version has new files
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}

func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// load reads what is embedded. It panics on what cannot be: a file without a
// type, which the tests would have found.
func load() map[string]file {
	all := map[string]file{}
	err := fs.WalkDir(embedded, "web", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		kind, ok := types[path.Ext(name)]
		if !ok {
			return fmt.Errorf("%s: a file of no known type", name)
		}
		all[address(name)] = file{kind, tag(content), content}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}

// address is the path under which an embedded file is served.
func address(name string) string {
	if name == "web/index.html" {
		return "/"
	}
	return strings.TrimPrefix(name, "web")
}

// tag is the ETag of content: the same for the same content only.
func tag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
}
