package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestReadBody(t *testing.T) {
	tests := []struct {
		name   string
		size   int
		length int64 // Content-Length; -1 for chunked
		limit  int64
		budget int64
		reason string
	}{
		{"empty", 0, 0, 10, 0, ""},
		{"at the limit", 10, 10, 10, 1 << 20, ""},
		{"chunked at the limit", 10, -1, 10, 1 << 20, ""},
		{"chunked past the limit", 11, -1, 10, 1 << 20, ReasonTooLarge},
		{"exactly a buffer", smallest, smallest, 1 << 20, 1 << 20, ""},
		{"chunked, exactly a buffer", smallest, -1, 1 << 20, 1 << 20, ""},
		{"large", 256<<10 + 1, 256<<10 + 1, 1 << 20, 1 << 20, ""},
		{"chunked and large", 256<<10 + 1, -1, 1 << 20, 1 << 20, ""},
		{"exactly the budget", 256 << 10, 256 << 10, 1 << 20, 256 << 10, ""},
		{"one byte past the budget", 256<<10 + 1, 256<<10 + 1, 1 << 20, 256 << 10, ReasonBusy},
		{"exactly the budget and the limit", 256 << 10, 256 << 10, 256 << 10, 256 << 10, ""},
		{"chunked, exactly the budget and the limit", 256 << 10, -1, 256 << 10, 256 << 10, ""},
		{"chunked, past the budget and the limit", 256<<10 + 1, -1, 256 << 10, 256 << 10, ReasonTooLarge},
		{"over the budget", smallest + 1, smallest + 1, 1 << 20, smallest, ReasonBusy},
		{"chunked over the budget", smallest + 1, -1, 1 << 20, smallest, ReasonBusy},
		{"longer than it said", 11, 10, 20, 1 << 20, ReasonBodyBroken},
	}
	for _, tt := range tests {
		for _, way := range []struct {
			name string
			wrap func(io.Reader) io.Reader
		}{
			{"", func(r io.Reader) io.Reader { return r }},
			{", byte by byte", iotest.OneByteReader},
			{", with the end in the last read", iotest.DataErrReader},
		} {
			t.Run(tt.name+way.name, func(t *testing.T) {
				sent := bytes.Repeat([]byte("x"), tt.size)
				r := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(way.wrap(bytes.NewReader(sent))))
				r.ContentLength = tt.length
				budget := NewBudget(tt.budget)
				b, err := readBody(httptest.NewRecorder(), r, tt.limit, time.Hour, budget.share(netip.Addr{}))
				if reason(err) != tt.reason {
					t.Fatalf("readBody = %v, want %q", err, tt.reason)
				}
				if err == nil {
					if !bytes.Equal(b.bytes, sent) {
						t.Errorf("read %d bytes of %d", len(b.bytes), len(sent))
					}
					b.release()
				}
				if budget.Used() != 0 {
					t.Errorf("%d bytes are still held", budget.Used())
				}
			})
		}
	}
}

func reason(err error) string {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

func TestBrokenBodies(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		reason string
	}{
		{io.ErrUnexpectedEOF, 400, ReasonBodyBroken},
		{errors.New("invalid byte in chunk length"), 400, ReasonBodyBroken},
		{os.ErrDeadlineExceeded, 408, ReasonBodyTimeout},
		{&http.MaxBytesError{Limit: 3}, 413, ReasonTooLarge},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(tt.err)))
		_, err := readBody(httptest.NewRecorder(), r, 10, time.Hour, NewBudget(1<<20).share(netip.Addr{}))
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Status != tt.status || refusal.Reason != tt.reason || !errors.Is(err, tt.err) {
			t.Errorf("after %v: %v", tt.err, err)
		}
	}
}

func TestABudgetIsShared(t *testing.T) {
	budget := NewBudget(smallest)
	read := func() (*body, error) {
		return readBody(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader("abc")), 10, time.Hour, budget.share(netip.Addr{}))
	}
	first, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(); reason(err) != ReasonBusy {
		t.Errorf("the second body: %v", err)
	}
	first.release()
	if _, err := read(); err != nil {
		t.Errorf("after the first was released: %v", err)
	}
}

// A stranger may announce a large body and send it slowly, or not at all.
func TestABodyHoldsWhatHasCome(t *testing.T) {
	const announced, strangers = 1 << 20, 256
	for _, tt := range []struct {
		name string
		sent int
		each int64 // bytes that each stranger may hold
	}{
		{"nothing", 0, smallest},
		{"one byte", 1, smallest},
		{"all but one byte of the smallest buffer", smallest - 1, smallest},
		{"one byte past the smallest buffer", smallest + 1, 2 * smallest},
		{"half of what was granted before anything came", 128 << 10, 256 << 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				budget := NewBudget(strangers*tt.each + smallest)
				senders, results := make([]*io.PipeWriter, strangers), make(chan error, strangers)
				for i := range senders {
					var r *io.PipeReader
					r, senders[i] = io.Pipe()
					go func() { results <- readAnnounced(r, announced, budget) }()
					go func() {
						if tt.sent > 0 {
							_, _ = senders[i].Write(make([]byte, tt.sent))
						}
					}()
				}
				synctest.Wait()
				if got, want := budget.Used(), strangers*tt.each; got != want {
					t.Errorf("%d strangers hold %d bytes, want %d", strangers, got, want)
				}
				if err := readAnnounced(strings.NewReader("abc"), 3, budget); err != nil {
					t.Errorf("a genuine body beside them: %v", err)
				}
				for _, w := range senders {
					w.Close()
					if err := <-results; reason(err) != ReasonBodyBroken {
						t.Errorf("a body that was broken off: %v", err)
					}
				}
				if budget.Used() != 0 {
					t.Errorf("%d bytes are still held", budget.Used())
				}
			})
		})
	}
}

// readAnnounced reads a body of which the sender says that it has length bytes.
func readAnnounced(from io.Reader, length int64, budget *Budget) error {
	r := httptest.NewRequest(http.MethodPost, "/", from)
	r.ContentLength = length
	b, err := readBody(httptest.NewRecorder(), r, 1<<20, time.Hour, budget.share(netip.Addr{}))
	if err == nil {
		b.release()
	}
	return err
}

func TestBodyReaderAfterClose(t *testing.T) {
	r := &bodyReader{rest: []byte("abc")}
	one := make([]byte, 1)
	if err := iotest.TestReader(&bodyReader{rest: []byte("abc")}, []byte("abc")); err != nil {
		t.Error(err)
	}
	if n, err := r.Read(one); n != 1 || err != nil {
		t.Fatalf("Read = %d, %v", n, err)
	}
	r.Close()
	if n, err := r.Read(one); n != 0 || !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("Read after Close = %d, %v", n, err)
	}
}
