package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
)

// A listener reads a stream.
type listener struct {
	*testing.T
	lines *bufio.Scanner
}

// listen returns when the stream has begun.
func (s *stand) listen(query string) *listener {
	s.Helper()
	ctx, leave := context.WithCancel(s.Context())
	s.Cleanup(leave)
	answer, err := s.server.Client().Do(s.request(http.MethodGet, "/stream"+query, "").WithContext(ctx))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || got != "text/event-stream" {
		s.Fatalf("%d, %s, want a stream", answer.StatusCode, got)
	}
	l := &listener{s.T, bufio.NewScanner(answer.Body)}
	if first := l.line(); first != ":" {
		s.Errorf("it begins with %q, want a comment", first)
	}
	l.line()
	return l
}

// line is the next one; io.EOF at the end.
func (l *listener) line() string {
	if !l.lines.Scan() {
		return io.EOF.Error()
	}
	return l.lines.Text()
}

// happening is the next one.
func (l *listener) happening() (h admin.Happening) {
	l.Helper()
	name, data, end := l.line(), l.line(), l.line()
	if err := json.Unmarshal([]byte(strings.TrimPrefix(data, "data: ")), &h); err != nil || end != "" {
		l.Fatalf("%q, %q, %q is no event: %v", name, data, end, err)
	}
	if want := "event: " + h.Kind; name != want {
		l.Errorf("%q, want %q", name, want)
	}
	return h
}

func TestStream(t *testing.T) {
	t.Parallel()
	s := open(t)
	all, git := s.listen(""), s.listen("?endpoint=git")
	s.refuse("shop", gateway.ReasonSigBad)
	s.refuse("git", gateway.ReasonTSStale)
	id := s.add(gateway.Dead, nil, shop)[0]
	s.serve(shop)
	s.post("/deliveries/"+id+"/replay", "", nil)
	for _, want := range []admin.Happening{
		{Kind: "refused", Endpoint: "shop", Reason: "sig_bad", Status: 401},
		{Kind: "refused", Endpoint: "git", Reason: "ts_stale", Status: 401},
		{Kind: "delivered", Endpoint: "shop", Destination: "app", Delivery: id, Status: 204},
	} {
		got := all.happening()
		s.contract.happening(t, got)
		if got.Time.IsZero() {
			t.Errorf("%+v has no time", got)
		}
		got.Time, got.Duration, got.Reference, got.Event = time.Time{}, 0, "", ""
		if got != want {
			t.Errorf("heard %+v, want %+v", got, want)
		}
	}
	if got := git.happening(); got.Endpoint != "git" || got.Reason != "ts_stale" {
		t.Errorf("heard %+v, want what happens at git only", got)
	}
}

// A text of a stranger's cannot begin an event.
func TestStreamInjection(t *testing.T) {
	t.Parallel()
	s := open(t)
	l := s.listen("")
	s.log.Observe(&gateway.Outcome{Endpoint: "shop", Name: gateway.OutcomeQueued, Status: 200, ID: "a\n\nevent: dead\ndata: {}\n\n", Start: time.Now()})
	if got := l.happening(); got.Kind != "new" || got.Reference != "a\n\nevent: dead\ndata: {}\n\n" {
		t.Errorf("heard %+v", got)
	}
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	s := open(t, func(o *admin.Options) { o.Done = done })
	l := s.listen("")
	stopped := make(chan error)
	go func() { stopped <- s.server.Config.Shutdown(t.Context()) }()
	close(done)
	if got := l.line(); got != io.EOF.Error() {
		t.Errorf("heard %q, want the end", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

func TestStreamHead(t *testing.T) {
	t.Parallel()
	s := open(t)
	answer := s.do(s.request(http.MethodHead, "/stream", ""))
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Errorf("%d, %s, want a stream's header", answer.StatusCode, got)
	}
}

// A pipe is a listener in memory, so that a server on it lives by the clock of
// its bubble.
type pipe chan net.Conn

func (p pipe) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipe) Close() error   { return nil }
func (p pipe) Addr() net.Addr { return &net.TCPAddr{} }

// inBubble has a stream in a bubble, from a server that has time limits.
func inBubble(t *testing.T, test func(t *testing.T, log *activity.Log, conn net.Conn, stream io.Reader)) {
	synctest.Test(t, func(t *testing.T) {
		log := activity.New(activity.Options{Now: time.Now})
		server := &http.Server{ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, Handler: admin.NewHandler(admin.Options{
			Prefix: prefix, Now: time.Now, Source: func() *admin.System { return &admin.System{Activity: log} },
		})}
		p := make(pipe)
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(p) })
		client, conn := net.Pipe()
		p <- conn
		if _, err := io.WriteString(client, "GET "+prefix+"/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		test(t, log, client, answer.Body)
		client.Close()
		answer.Body.Close()
		close(p)
		serving.Wait()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
	})
}

// A quiet stream says something every fifteen seconds, and outlives the time
// that a server gives a request.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, log *activity.Log, conn net.Conn, stream io.Reader) {
		heard := make(chan string)
		go func() {
			b, _ := io.ReadAll(stream) // it ends when the connection is closed
			heard <- string(b)
		}()
		time.Sleep(46 * time.Second)
		log.Observe(&gateway.Outcome{Endpoint: "shop", Name: gateway.ReasonSigBad, Refused: true, Start: time.Now()})
		synctest.Wait()
		conn.Close()
		got := <-heard
		if want := strings.Repeat(":\n\n", 1+3) + "event: refused\n"; !strings.HasPrefix(got, want) {
			t.Errorf("in 46 s it said %q, want %q", got, want)
		}
	})
}

// A client that does not read is given up.
func TestStuckClient(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, _ *activity.Log, conn net.Conn, stream io.Reader) {
		if err := conn.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
		time.Sleep(26 * time.Second) // a comment was to be taken within ten seconds
		if _, err := io.ReadAll(stream); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the stream ends with %v, want that it is broken off", err)
		}
	})
}
