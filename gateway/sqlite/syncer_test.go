package sqlite

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// TestKnownIsDurable: a repeat must not be answered as known while a power cut
// may still undo what it repeats.
func TestKnownIsDurable(t *testing.T) {
	reached, release := make(chan struct{}), make(chan struct{})
	o := testOptions(t)
	o.Observe = func(Commit) { // the syncer waits in it
		reached <- struct{}{}
		<-release
	}
	s := openAt(t, t.TempDir()+"/webhooks.db", o)
	appended := make(chan error)
	add := func(name string) {
		go func() {
			_, err := s.Append(t.Context(), storetest.Entry(name, to))
			appended <- err
		}()
	}
	add("first")
	<-reached
	add("second")
	for !s.keys.ahead() { // it is written, and behind the first
		runtime.Gosched()
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if known, err := s.Known(impatient, storetest.Epoch, gateway.NewKey("second")); !errors.Is(err, gateway.ErrSlow) {
		t.Errorf("Known before it is durable = %v, %v; want %v", known, err, gateway.ErrSlow)
	}
	go func() {
		for range reached {
		}
	}()
	close(release)
	for range 2 {
		if err := <-appended; err != nil {
			t.Fatal(err)
		}
	}
	if known, err := s.Known(t.Context(), storetest.Epoch, gateway.NewKey("second")); !known || err != nil {
		t.Errorf("Known = %v, %v; want true", known, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	close(reached)
}

// TestSyncFails: what is not durable is not acknowledged, nor is anything after it.
func TestSyncFails(t *testing.T) {
	s := openNew(t)
	mustAppend(t, s, storetest.Entry("1", to))
	if err := s.syncer.log.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"2", "3"} {
		if _, err := s.Append(t.Context(), storetest.Entry(name, to)); !errors.Is(err, gateway.ErrFailed) {
			t.Errorf("Append(%s) = %v; want %v", name, err, gateway.ErrFailed)
		}
	}
	expectHealth(t, s, gateway.Failed, gateway.ErrFailed)
}
