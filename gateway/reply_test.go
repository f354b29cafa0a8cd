package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// untouched reports whether nothing was written to the sender.
func untouched(w *httptest.ResponseRecorder) bool {
	return !w.Flushed && w.Body.Len() == 0 && w.Code == 200 && len(w.Result().Header) == 0
}

func newTestReply() (*reply, *httptest.ResponseRecorder) {
	w := httptest.NewRecorder()
	return newReply(w, Retry{}.WithDefaults()), w
}

var long = strings.Repeat("x", longestHeld+1)

func TestAnAnswerIsHeldUntilItIsSent(t *testing.T) {
	for _, body := range []string{"", "thanks", strings.Repeat("x", longestHeld)} {
		r, w := newTestReply()
		r.Header().Set("X-App", "1")
		r.WriteHeader(103)
		r.WriteHeader(201)
		r.WriteHeader(500)
		io.WriteString(r, body)
		if r.Flush(); !untouched(w) || r.begun() {
			t.Errorf("%d bytes: the sender has seen %d of them", len(body), w.Body.Len())
		}
		if r.Status() != 201 || string(r.Beginning()) != body[:min(len(body), keptAnswer)] {
			t.Errorf("%d bytes: status %d, beginning of %d bytes", len(body), r.Status(), len(r.Beginning()))
		}
		r.send()
		if w.Code != 201 || w.Body.String() != body || w.Header().Get("X-App") != "1" {
			t.Errorf("%d bytes: the sender got %d, %d bytes, %v", len(body), w.Code, w.Body.Len(), w.Header())
		}
	}
}

func TestLongAnswers(t *testing.T) {
	tests := []struct {
		status int
		passed bool
	}{{200, true}, {299, true}, {302, true}, {404, true}, {410, true}, {408, false}, {429, false}, {500, false}, {503, false}}
	for _, tt := range tests {
		r, w := newTestReply()
		r.WriteHeader(tt.status)
		n, err := io.Copy(r, struct{ io.Reader }{strings.NewReader(long + long)})
		if n != int64(2*len(long)) || err != nil {
			t.Errorf("%d: took %d bytes, %v", tt.status, n, err)
		}
		if r.begun() != tt.passed || !tt.passed && !untouched(w) {
			t.Errorf("%d: the sender has seen %d bytes", tt.status, w.Body.Len())
		}
		if tt.passed && (w.Code != tt.status || w.Body.String() != long+long) {
			t.Errorf("%d: the sender got %d, %d bytes", tt.status, w.Code, w.Body.Len())
		}
		if len(r.held) > longestHeld || len(r.Beginning()) != keptAnswer {
			t.Errorf("%d: %d bytes are held, %d kept", tt.status, len(r.held), len(r.Beginning()))
		}
		if r.send(); tt.passed && w.Body.Len() != 2*len(long) {
			t.Errorf("%d: sent twice: %d bytes", tt.status, w.Body.Len())
		}
	}
}

func TestFlushesReachTheSenderOnceAnAnswerIsPassedOn(t *testing.T) {
	r, w := newTestReply()
	io.WriteString(r, "x")
	if r.Flush(); w.Flushed {
		t.Error("what is held was flushed")
	}
	io.WriteString(r, long)
	if r.Flush(); !w.Flushed {
		t.Error("what is passed on was not")
	}
}

func TestAnAbandonedAnswerWritesNothing(t *testing.T) {
	r, w := newTestReply()
	io.WriteString(r, "x")
	if !r.abandon() {
		t.Fatal("an answer that was held could not be abandoned")
	}
	r.Header().Set("X-Late", "1")
	r.WriteHeader(200)
	if n, err := io.WriteString(r, long); n != len(long) || err != nil {
		t.Errorf("took %d bytes, %v", n, err)
	}
	if r.Flush(); !untouched(w) || r.begun() {
		t.Errorf("the sender has seen %d bytes, %v", w.Body.Len(), w.Header())
	}
	if r.Status() != 200 || len(r.Beginning()) != keptAnswer {
		t.Errorf("status %d, %d bytes kept", r.Status(), len(r.Beginning()))
	}
}

func TestAnAnswerThatIsPassedOnCannotBeAbandoned(t *testing.T) {
	r, w := newTestReply()
	io.WriteString(r, long)
	if r.abandon() {
		t.Error("it was")
	}
	if io.WriteString(r, "end"); w.Body.String() != long+"end" {
		t.Errorf("the sender got %d bytes", w.Body.Len())
	}
}

func TestAnAnswerIsResumed(t *testing.T) {
	r, w := newTestReply()
	r.abandon()
	io.WriteString(r, "while nobody listens, ")
	r.resume()
	io.WriteString(r, "and then")
	if r.send(); w.Body.String() != "while nobody listens, and then" {
		t.Errorf("the sender got %q", w.Body)
	}
}

// What the server has set for every answer is there for the route to see,
// change and remove.
func TestHeadersOfTheServer(t *testing.T) {
	for name, body := range map[string]string{"held": "", "passed on": long} {
		w := httptest.NewRecorder()
		w.Header()["Server"], w.Header()["Alt-Svc"], w.Header()["X-Many"] = []string{"Caddy"}, []string{"h3"}, []string{"a"}
		r := newReply(w, Retry{}.WithDefaults())
		if r.Header().Get("Server") != "Caddy" {
			t.Errorf("%s: the route sees %v", name, r.Header())
		}
		r.Header().Del("Alt-Svc")
		r.Header().Add("X-Many", "b")
		r.Header().Set("X-App", "1")
		if len(w.Header()) != 3 || len(w.Header()["X-Many"]) != 1 {
			t.Errorf("%s: the sender's headers changed before the answer was sent: %v", name, w.Header())
		}
		io.WriteString(r, body)
		r.send()
		got := w.Result().Header
		if got.Get("Server") != "Caddy" || got["Alt-Svc"] != nil || strings.Join(got["X-Many"], "") != "ab" || got.Get("X-App") != "1" {
			t.Errorf("%s: the sender got %v", name, got)
		}
	}
}

// The headers of an answer that is not sent are not the sender's.
func TestHeadersOfAnAnswerThatIsNotSent(t *testing.T) {
	r, w := newTestReply()
	r.Header().Set("Set-Cookie", "a=b")
	io.WriteString(r, "x")
	if len(w.Header()) != 0 {
		t.Errorf("the sender would get %v", w.Header())
	}
}

func TestTrailers(t *testing.T) {
	for name, body := range map[string]string{"held": "x", "passed on": long} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				r := newReply(w, Retry{}.WithDefaults())
				r.Header().Set("Trailer", "X-Announced")
				io.WriteString(r, body)
				r.Header().Set("X-Announced", "1")
				r.Header().Set(http.TrailerPrefix+"X-Sudden", "2")
				r.send()
			}))
			defer server.Close()
			got, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer got.Body.Close()
			if text := must(io.ReadAll(got.Body)); string(text) != body {
				t.Errorf("%d bytes of %d", len(text), len(body))
			}
			if got.Trailer.Get("X-Announced") != "1" || got.Trailer.Get("X-Sudden") != "2" || got.Header.Get("X-Announced") != "" {
				t.Errorf("trailers %v, headers %v", got.Trailer, got.Header)
			}
		})
	}
}

// gone is a sender that has hung up.
type gone struct{ http.ResponseWriter }

func (gone) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// A sender that hangs up does not stop the application: a proxy would break
// off the attempt at the first error.
func TestASenderThatIsGone(t *testing.T) {
	r := newReply(gone{httptest.NewRecorder()}, Retry{}.WithDefaults())
	for range 3 {
		if n, err := io.WriteString(r, long); n != len(long) || err != nil {
			t.Errorf("took %d bytes, %v", n, err)
		}
	}
	if r.send(); r.Status() != 200 {
		t.Errorf("status %d", r.Status())
	}
}

// Either the sender gets all of an answer, or it is abandoned and gets nothing.
func TestAbandonWhileItIsWritten(t *testing.T) {
	part := bytes.Repeat([]byte("x"), longestHeld/10)
	for range 50 {
		r, w := newTestReply()
		abandoned := false
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 20 {
				_, err := r.Write(part)
				if r.Flush(); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() { abandoned = r.abandon() })
		wg.Go(func() { r.Status(); r.Beginning(); r.begun() })
		wg.Wait()
		if want := 20 * len(part); abandoned && !untouched(w) || !abandoned && w.Body.Len() != want {
			t.Fatalf("abandoned is %v, and the sender got %d bytes of %d", abandoned, w.Body.Len(), want)
		}
	}
}

// What was cut while nobody listened is not passed on with a hole in it.
func TestAnAnswerThatWasCutIsNotSent(t *testing.T) {
	r, w := newTestReply()
	r.abandon()
	io.WriteString(r, long)
	r.resume()
	io.WriteString(r, long)
	if r.send() || r.begun() || !untouched(w) {
		t.Errorf("the sender got %d bytes of %d", w.Body.Len(), 2*len(long))
	}
}
