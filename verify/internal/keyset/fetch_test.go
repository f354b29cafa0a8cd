package keyset

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

type (
	handler     = http.HandlerFunc
	httpWriter  = http.ResponseWriter
	httpRequest = http.Request
)

func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusFound)
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	must(w.Write([]byte(s)))
	must(0, w.Close())
	return b.String()
}

func quoted(s string) string { return string(must(json.Marshal(s))) }

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A caller's client is not changed, and its cookies stay at home.
func TestClientIsCopied(t *testing.T) {
	cookies := make(chan string, 2)
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		cookies <- r.Header.Get("Cookie")
		w.Header().Set("Set-Cookie", "a=b")
	})
	given := h.Client()
	jar := must(cookiejar.New(nil))
	jar.SetCookies(must(url.Parse(h.URL)), []*http.Cookie{{Name: "session", Value: "secret"}})
	given.Jar = jar
	c := newClient(given)
	for range 2 {
		if _, err := get(t.Context(), c, h.URL); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-cookies + <-cookies; got != "" {
		t.Errorf("sent cookies %q", got)
	}
	if given.Jar == nil || given.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

func TestGetErrorsLeaveOutTheAddress(t *testing.T) {
	h := newHost(t, says(""))
	h.Close()
	for _, address := range []string{h.URL + "/secret", "https://\x7fsecret", h.URL + "/secret%"} {
		_, err := get(t.Context(), newClient(h.Client()), address)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("error is %v", err)
		}
	}
}

// An endless is a reader without an end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return len(b), nil
}

func TestReadAllIsBounded(t *testing.T) {
	var e endless
	if _, err := readAll(&e); !errors.Is(err, errUnfit) {
		t.Errorf("readAll = %v, want %v", err, errUnfit)
	}
	if e.read > 2*maxText {
		t.Errorf("%d bytes were read", e.read)
	}
	if _, err := readAll(io.LimitReader(&e, maxText)); err != nil {
		t.Errorf("the longest text: readAll = %v", err)
	}
}

// Without a client of the caller's, the system's authorities are asked, and
// they do not know the test's.
func TestOwnClient(t *testing.T) {
	h := newHost(t, says(newKeys))
	s, err := Open(h.URL, "jwks", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Lookup(t0, ""); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Lookup = %v, want %v", err, ErrUnavailable)
	}
	fetched(t, h, 0)
}
